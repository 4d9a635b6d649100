"""Who is told of what."""

from datetime import date

import pytest
from django.utils import timezone

from registry.models import Membership, Organization, Role
from sharing.models import CobuildGroup, Event, EventType, Inventory, Report, WebhookEndpoint
from sharing.notifications import outbox, recipients
from sharing.workflow import consents, deadlines
from tests import factories
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.scene import Scene


def told(event: Event) -> set[str]:
    return {person.username for person in recipients.of([event.pk])[event.pk].people}


def event_of(scene: CobuildScene, kind: EventType) -> Event:
    match = scene.match
    if kind.startswith("cobuild") and kind != EventType.COBUILD_PROPOSED:
        return outbox.record(kind, CobuildGroup.objects.get(), actor=None)
    if kind.startswith(("list", "run", "cobuild")):
        return outbox.record(kind, scene.list, actor=None)
    if kind.startswith("consent"):
        return outbox.record(kind, match.consents.get(), actor=None)
    if kind.startswith("agreement") and kind != EventType.AGREEMENT_RENEWAL_ASKED:
        return outbox.record(kind, match.agreement, actor=None)
    if kind == EventType.WEBHOOK_DISABLED:
        endpoint = WebhookEndpoint(pk=7, organization=scene.party, name="orders")
        return outbox.record(kind, endpoint, actor=None, reason="gone")
    if kind in (EventType.INVENTORY_OUTGROWN, EventType.REVIEW_DUE):
        return outbox.record(kind, Inventory(pk=7, organization=scene.metro, taken_at=timezone.now()), actor=None)
    if kind == EventType.REPORT_MADE:
        return outbox.record(kind, Report(pk=7, organization=scene.city, month=date(2026, 1, 1)), actor=None)
    if kind == EventType.MATCH_ASSIGNED:
        to = scene.second_officer.pk
        return outbox.record(kind, match, actor=scene.officer, organization=scene.city, assignee=to)
    return outbox.record(kind, match, actor=None)


PARTY, OWNER = {"asker", "drafter"}, {"metro-manager"}
RIVAL = {"rival-manager", "rival-editor"}
CITY, PROVINCE = {"officer", "second-officer"}, {"governor"}


def test_every_event_tells_whom_the_table_says(db: None):
    scene = CobuildScene()
    scene.approved()
    scene.grouped()
    assert {kind.value: told(event_of(scene, kind)) for kind in EventType} == {
        "list.submitted": PARTY,
        "list.matched": PARTY,
        "list.supplied": PARTY,
        "list.reopened": PARTY,
        "list.closed": PARTY,
        "run.failed": PARTY,
        "match.requested": PARTY,
        "match.offered": PARTY,
        "match.withdrawn": PARTY | OWNER,
        "match.consented": PARTY | CITY,
        "match.refused": PARTY | OWNER,
        "match.countersigned": CITY,
        "match.assigned": {"second-officer"},  # to whom it is given, and nobody else
        "match.approved": PARTY | OWNER,
        "match.rejected": PARTY | OWNER,
        "match.expired": PARTY | OWNER | CITY,
        "consent.asked": OWNER,
        "consent.granted": PARTY | OWNER,
        "consent.refused": OWNER,
        "consent.due": OWNER,
        "consent.overdue": PARTY | OWNER | CITY,
        "approval.due": CITY,
        "approval.overdue": PARTY | CITY | PROVINCE,
        "agreement.activated": PARTY | OWNER,
        "agreement.renewal_asked": PARTY,
        "agreement.ending": PARTY | OWNER,
        "agreement.ended": PARTY | OWNER,
        "report.made": CITY,
        "inventory.outgrown": OWNER | CITY,
        "review.due": OWNER,
        "webhook.disabled": {"asker"},  # its managers, who alone can enable it again
        "cobuild.proposed": PARTY,
        "cobuild.joined": PARTY | RIVAL,
        "cobuild.left": PARTY | RIVAL,
        "cobuild.agreed": PARTY | RIVAL | CITY,
        "cobuild.closed": PARTY | RIVAL,
        "cobuild.ended": PARTY | RIVAL | CITY,
    }


def test_only_the_owner_asked_is_told_of_its_consent(scene: Scene):
    match = scene.requested(factories.match(scene.demand, [scene.near, scene.far], rank=3))
    consent = match.consents.get(owner=scene.grid)
    assert told(Event.objects.get(consent=consent)) == {"grid-manager"}


def test_viewers_and_closed_accounts_are_not_told(scene: Scene):
    factories.member(scene.party, Role.VIEWER, "viewer")
    factories.member(scene.party, Role.EDITOR, "gone", is_active=False)
    assert told(event_of(scene, EventType.LIST_MATCHED)) == PARTY


def test_who_acted_is_not_told(scene: Scene):
    event = outbox.record(EventType.LIST_CLOSED, scene.list, actor=scene.drafter)
    assert told(event) == {"asker"}


def test_a_person_on_both_sides_is_told_once(scene: Scene):
    Membership.objects.create(user=scene.asker, organization=scene.metro, role=Role.EDITOR)
    scene.approved()
    people = recipients.of([(event := event_of(scene, EventType.MATCH_APPROVED)).pk])[event.pk].people
    assert sorted(person.username for person in people) == ["asker", "drafter", "metro-manager"]


def test_across_two_prefectures_the_province_is_told(scene: Scene):
    away = factories.asset(scene.grid, capacity=2, within=factories.XIANGYANG)
    match = scene.consented(factories.match(scene.demand, [scene.near, away], rank=3))
    event = match.events.get(type=EventType.MATCH_CONSENTED)
    assert told(event) - PARTY == PROVINCE


def test_a_regulator_that_takes_part_is_passed_over(scene: Scene):
    Organization.objects.filter(pk=scene.city.pk).update(regulates=None)
    Organization.objects.filter(pk=scene.metro.pk).update(regulates=factories.region(factories.WUHAN_CODE))
    match = scene.consented()
    assert told(match.events.get(type=EventType.MATCH_CONSENTED)) == {"asker", "drafter", "governor"}


@pytest.mark.parametrize("number", [1, 6])
def test_many_events_take_as_many_queries_as_one(scene: Scene, django_assert_max_num_queries, number: int):
    scene.requested()
    pending = scene.match.consents.get()
    made = [outbox.record(EventType.CONSENT_OVERDUE, pending, actor=None).pk for _event in range(number)]
    with django_assert_max_num_queries(7):
        assert len(recipients.of(made)) == number


def test_the_verbs_of_a_refusal_tell_each_side_what_concerns_it(scene: Scene):
    consents.refuse(scene.requested().consents.get(), reason="no_space", actor=scene.metro_manager)
    assert deadlines.remind() == 0
    sides = {event.type: told(event) for event in Event.objects.exclude(type__startswith="list")}
    assert sides == {
        "consent.asked": {"metro-manager"},
        "match.requested": {"drafter"},
        "consent.refused": set(),
        "match.refused": PARTY,
        "match.offered": PARTY,
    }
