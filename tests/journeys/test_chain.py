"""The whole chain at the function level: list, match, consent, approval, ledger, notification, end and renewal."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from registry.kinds import Kind
from registry.models import Allocation, Purpose, Role, Sector
from sharing.matching import engine
from sharing.models import (
    Agreement,
    Channel,
    ConsentStatus,
    DeliveryStatus,
    Demand,
    Event,
    EventType,
    ListStatus,
    MatchStatus,
    Notification,
)
from sharing.notifications import delivery, outbox
from sharing.workflow import agreements, approvals, consents, lists, matches
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories

pytestmark = pytest.mark.django_db


def tell() -> dict[str, set[str]]:
    """Dispatches and delivers; who was told of which event, by inbox."""
    outbox.dispatch()
    delivery.deliver()
    told: dict[str, set[str]] = {}
    for notification in Notification.objects.filter(channel=Channel.INBOX).select_related("event", "recipient"):
        told.setdefault(notification.event.type, set()).add(notification.recipient.username)
    return told


def test_a_demand_becomes_an_agreement_and_everybody_is_told():
    metro = factories.organization("metro", sector=Sector.TRANSPORT)
    grid = factories.organization("grid", sector=Sector.POWER)
    telco = factories.organization("telco", sector=Sector.TELECOM)
    bureau = factories.regulator("bureau")
    asker = factories.member(telco, Role.MANAGER, "asker")
    drafter = factories.member(telco, Role.EDITOR, "drafter")
    metro_manager = factories.member(metro, Role.MANAGER, "metro-manager")
    officer = factories.member(bureau, Role.MANAGER, "officer")
    factories.member(grid, Role.MANAGER, "grid-manager")
    near = factories.asset(metro, Kind.TOWER, capacity=3, used=1)
    factories.asset(grid, Kind.TOWER, at=(114.3075, 30.5928), capacity=3)

    demand_list = lists.create(telco, title="5G, Jiang'an", actor=drafter)
    draft = factories.demand(demand_list, quantity=2)
    Demand.objects.filter(pk=draft.pk).delete()
    draft.pk = None
    [demand] = lists.add_demands(demand_list, [draft], actor=drafter)
    run = lists.submit(demand_list, actor=drafter)
    run = engine.run(run.pk)
    demand_list = lists.record_matched(run)
    assert demand_list.status == ListStatus.MATCHED

    proposals = list(demand.matches.order_by("rank"))
    assert [[leg.asset.owner.code for leg in match.legs.all()] for match in proposals] == [["metro"], ["grid"]]
    match = matches.request(proposals[0], actor=asker)
    assert match.status == MatchStatus.REQUESTED
    near.refresh_from_db()
    held = Allocation.objects.get(asset=near, purpose=Purpose.HELD)
    assert (held.units.upper - held.units.lower, held.holder) == (2, telco)

    consent = consents.grant(match.consents.get(), conditions="Climb by day only.", actor=metro_manager)
    assert consent.status == ConsentStatus.GRANTED
    match.refresh_from_db()
    assert match.status == MatchStatus.CONSENTED

    match = approvals.approve(match, fingerprint=fingerprint_of(match), actor=officer)
    assert match.status == MatchStatus.APPROVED
    agreement = Agreement.objects.get()
    assert agreement.number == f"4201-{timezone.localdate().year}-000001"
    assert (agreement.period, agreement.fee_per_year) == (demand.period, match.cost_per_year)
    held.refresh_from_db()
    assert (held.purpose, held.held_until) == (Purpose.GRANTED, None)
    proposals[1].refresh_from_db()
    assert proposals[1].status == MatchStatus.SUPERSEDED

    assert tell() == {
        "list.submitted": {"asker"},
        "list.matched": {"asker", "drafter"},
        "match.requested": {"drafter"},
        "consent.asked": {"metro-manager"},
        "consent.granted": {"asker", "drafter"},
        "match.consented": {"asker", "drafter", "officer"},
        "match.approved": {"asker", "drafter", "metro-manager"},
    }
    assert Counter(mail.outbox[i].to[0].partition("@")[0] for i in range(len(mail.outbox))) == {
        "asker": 5,
        "drafter": 5,
        "metro-manager": 2,
        "officer": 1,
    }
    assert not Notification.objects.exclude(status=DeliveryStatus.SENT).exists()

    renewal = agreements.renew(agreement, until=agreement.period.upper + timedelta(days=365), actor=asker)
    assert renewal.period.lower == agreement.period.upper
    consents.grant(renewal.consents.get(), actor=metro_manager)
    renewal.refresh_from_db()
    approvals.approve(renewal, fingerprint=fingerprint_of(renewal), actor=officer)
    lines = Allocation.objects.filter(asset=near, purpose=Purpose.GRANTED).order_by("period")
    assert [line.period for line in lines] == [agreement.period, renewal.period]

    ended = agreements.end(agreement, reason="The site is given up.", actor=asker)
    renewal.refresh_from_db()
    assert ended.match.status == renewal.status == MatchStatus.ENDED
    assert not Allocation.objects.filter(asset=near, purpose=Purpose.GRANTED).exists()
    assert Event.objects.first().type == EventType.AGREEMENT_ENDED
