from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from registry import capacity
from registry.models import Allocation, Asset, Protection
from sharing import seen
from sharing.errors import BadInput, NotSeen, NotYours, UnitsGone, WrongState
from sharing.models import Agreement, ConsentStatus, Event, Match, MatchStatus
from sharing.workflow import agreements, approvals, consents
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories
from tests.meanwhile import change_before
from tests.sharing.scene import Scene, events, refused


@pytest.fixture
def agreement(scene: Scene) -> Agreement:
    """In force since today, for a year."""
    scene.demand.period = factories.period(0)
    scene.demand.save()
    return scene.approved()


def today() -> date:
    return timezone.localdate()


def periods(scene: Scene) -> list[tuple[date, date | None]]:
    return [(line.period.lower, line.period.upper) for line in Allocation.objects.filter(asset=scene.near)]


@pytest.mark.parametrize("who", ["asker", "metro_manager"])
def test_either_side_ends_it_early_and_the_ledger_is_free_from_that_day(
    scene: Scene, agreement: Agreement, time_machine, who
):
    first_day = today()
    time_machine.move_to(timezone.now() + timedelta(days=10))
    ended = agreements.end(agreement, reason="The site moves.", actor=getattr(scene, who))
    assert ended.match.status == MatchStatus.ENDED
    ended.refresh_from_db()
    assert (ended.ended_on, ended.end_reason) == (first_day + timedelta(days=10), "The site moves.")
    assert periods(scene) == [(first_day, first_day + timedelta(days=10))]
    assert events()[-1] == "agreement.ended"


@pytest.mark.parametrize("who", ["asker", "metro_manager"])
def test_the_event_says_for_which_side_it_was_ended(scene: Scene, agreement: Agreement, who):
    agreements.end(agreement, reason="The site moves.", actor=getattr(scene, who))
    event = Event.objects.latest("pk")
    assert event.organization == {"asker": scene.party, "metro_manager": scene.metro}[who]


def test_who_ended_it_for_a_hidden_owner_is_not_told_to_the_party(scene: Scene, agreement: Agreement):
    Asset.objects.filter(pk=scene.near.pk).update(protection=Protection.CORE, protection_reason="Control room")
    agreements.end(agreement, reason="The site moves.", actor=scene.metro_manager)
    told = {event.type: seen.author(event) for event in seen.events(scene.asker)}
    assert told["agreement.ended"] == ""
    assert (
        "metro-manager"
        in {event.type: seen.author(event) for event in seen.events(scene.metro_manager)}["agreement.ended"]
    )


def test_days_already_used_stay_in_the_ledger(scene: Scene):
    scene.demand.period = factories.period(-5)
    scene.demand.save()
    agreements.end(scene.approved(), reason="Done.", actor=scene.asker)
    assert periods(scene) == [(today() - timedelta(days=5), today())]


def test_an_end_in_the_future_frees_the_days_after_it_and_keeps_it_in_force(scene: Scene, agreement: Agreement):
    last_day = today() + timedelta(days=20)
    agreements.end(agreement, reason="Moves.", on=last_day, actor=scene.asker)
    agreement.refresh_from_db()
    assert agreement.match.status == MatchStatus.ACTIVE
    assert (agreement.period.upper, agreement.ended_on) == (last_day, None)
    assert periods(scene) == [(today(), last_day)]
    assert events()[-1] == "agreement.ending"


def test_what_has_not_begun_is_ended_altogether(scene: Scene):
    agreement = scene.approved()
    agreements.end(agreement, reason="Not needed.", actor=scene.asker)
    agreement.refresh_from_db()
    assert agreement.match.status == MatchStatus.ENDED
    assert agreement.period == scene.demand.period
    assert periods(scene) == []


@pytest.mark.parametrize(
    ("who", "error"), [("drafter", NotYours), ("officer", NotYours), ("grid_manager", NotSeen), ("stranger", NotSeen)]
)
def test_others_do_not_end_it(scene: Scene, agreement: Agreement, who: str, error):
    with refused(error):
        agreements.end(agreement, reason="No.", actor=getattr(scene, who))


@pytest.mark.parametrize(("days", "field"), [(-1, "on"), (365, "on"), (400, "on")])
def test_it_ends_between_today_and_its_end(scene: Scene, agreement: Agreement, days: int, field: str):
    with refused(BadInput) as info:
        agreements.end(agreement, reason="x", on=today() + timedelta(days=days), actor=scene.asker)
    assert info.value.field == field


def test_an_early_end_needs_a_reason(scene: Scene, agreement: Agreement):
    with refused(BadInput) as info:
        agreements.end(agreement, reason=" ", actor=scene.asker)
    assert info.value.field == "reason"


def test_it_ends_once(scene: Scene, agreement: Agreement):
    agreements.end(agreement, reason="x", actor=scene.asker)
    with refused(WrongState):
        agreements.end(agreement, reason="x", actor=scene.asker)


def test_a_renewal_holds_the_same_legs_for_the_days_that_follow(scene: Scene, agreement: Agreement):
    until = agreement.period.upper + timedelta(days=100)
    renewal = agreements.renew(agreement, until=until, actor=scene.asker)
    assert (renewal.status, renewal.renews, renewal.demand) == (MatchStatus.REQUESTED, agreement, scene.demand)
    assert [(leg.asset, leg.quantity) for leg in renewal.legs.all()] == [(scene.near, 2)]
    assert sorted(periods(scene)) == [
        (agreement.period.lower, agreement.period.upper),
        (agreement.period.upper, until),
    ]
    assert events()[-2:] == ["consent.asked", "agreement.renewal_asked"]


def units(match: Match) -> list[tuple[int, int]]:
    lines = Allocation.objects.filter(reference__in=match.legs.values("reference")).order_by("units")
    return [(line.units.lower, line.units.upper) for line in lines]


@pytest.mark.parametrize(("promised", "held"), [(0, [(3, 4), (5, 6)]), (3, [(4, 6)])])
def test_a_renewal_holds_the_units_in_use_where_all_of_them_are_free_then(
    scene: Scene, promised: int, held: list[tuple[int, int]]
):
    Asset.objects.filter(pk=scene.near.pk).update(capacity=5)
    scene.demand.period = period = factories.period(0)
    scene.demand.save()
    passing, others = uuid4(), {"start": period.lower, "end": period.upper}
    factories.allocate(scene.near, 2, **others)
    factories.allocate(scene.near, 1, reference=passing, **others)
    factories.allocate(scene.near, 1, **others)
    capacity.release([passing])
    agreement = scene.approved()
    assert units(agreement.match) == [(3, 4), (5, 6)]
    if promised:
        factories.allocate(scene.near, promised, start=period.upper)
    assert units(agreements.renew(agreement, until=None, actor=scene.asker)) == held


def test_a_renewal_asks_who_owns_the_asset_once_it_is_locked(scene: Scene, agreement: Agreement):
    sold = Asset.objects.filter(pk=scene.near.pk)
    with change_before("pg_advisory_xact_lock_shared", lambda: sold.update(owner=scene.grid)):
        renewal = agreements.renew(agreement, until=None, actor=scene.asker)
    assert renewal.consents.get().owner == scene.grid


def test_an_approved_renewal_is_an_agreement_that_begins_where_the_old_one_ends(scene: Scene, agreement: Agreement):
    renewal = agreements.renew(agreement, until=None, actor=scene.asker)
    consents.grant(renewal.consents.get(), actor=scene.metro_manager)
    renewal.refresh_from_db()
    renewal = approvals.approve(renewal, fingerprint=fingerprint_of(renewal), actor=scene.officer)
    assert renewal.status == MatchStatus.APPROVED
    assert (renewal.agreement.period.lower, renewal.agreement.period.upper) == (agreement.period.upper, None)
    agreement.match.refresh_from_db()
    assert agreement.match.status == MatchStatus.ACTIVE


def test_a_refused_renewal_leaves_the_agreement_as_it_was_and_can_be_asked_again(scene: Scene, agreement: Agreement):
    renewal = agreements.renew(agreement, until=None, actor=scene.asker)
    consents.refuse(renewal.consents.get(), reason="future_need", actor=scene.metro_manager)
    assert periods(scene) == [(agreement.period.lower, agreement.period.upper)]
    assert events()[-1] == "match.refused"
    assert agreements.renew(agreement, until=None, actor=scene.asker).rank == renewal.rank + 1


def test_a_renewal_is_asked_once(scene: Scene, agreement: Agreement):
    agreements.renew(agreement, until=None, actor=scene.asker)
    with refused(WrongState):
        agreements.renew(agreement, until=None, actor=scene.asker)


@pytest.mark.parametrize("who", ["asker", "metro_manager"])
def test_a_renewal_that_is_asked_falls_with_the_agreement_that_ends_early(
    scene: Scene, agreement: Agreement, who: str
):
    renewal = agreements.renew(agreement, until=None, actor=scene.asker)
    last_day = today() + timedelta(days=20)
    agreements.end(agreement, reason="Moves.", on=last_day, actor=getattr(scene, who))
    renewal.refresh_from_db()
    assert (renewal.status, renewal.consents.get().status) == (MatchStatus.WITHDRAWN, ConsentStatus.LAPSED)
    assert periods(scene) == [(today(), last_day)]
    assert events()[-2:] == ["match.withdrawn", "agreement.ending"]
    assert Event.objects.get(type="match.withdrawn").data == {"number": agreement.number}
    again = agreements.renew(agreement, until=None, actor=scene.asker)
    assert again.period.lower == last_day


def test_renewals_that_are_approved_fall_with_the_agreement_that_ends_early(scene: Scene, agreement: Agreement):
    def approved(renewal: Match) -> Agreement:
        consents.grant(renewal.consents.get(), actor=scene.metro_manager)
        renewal.refresh_from_db()
        return approvals.approve(renewal, fingerprint=fingerprint_of(renewal), actor=scene.officer).agreement

    until = agreement.period.upper + timedelta(days=100)
    second = approved(agreements.renew(agreement, until=until, actor=scene.asker))
    third = approved(agreements.renew(second, until=None, actor=scene.asker))
    last_day = today() + timedelta(days=20)
    agreements.end(agreement, reason="The site moves.", on=last_day, actor=scene.metro_manager)
    for renewal in (second, third):
        renewal = Agreement.objects.select_related("match").get(pk=renewal.pk)
        assert (renewal.match.status, renewal.ended_on) == (MatchStatus.ENDED, renewal.period.lower)
        assert renewal.end_reason == "The site moves."
    assert periods(scene) == [(today(), last_day)]
    assert events()[-3:] == ["agreement.ended", "agreement.ended", "agreement.ending"]


def test_units_promised_to_others_are_not_renewed(scene: Scene, agreement: Agreement):
    factories.allocate(scene.near, 1, start=agreement.period.upper, end=agreement.period.upper + timedelta(days=9))
    with refused(UnitsGone) as info:
        agreements.renew(agreement, until=None, actor=scene.asker)
    assert info.value.next_best is None


def test_of_an_asset_that_became_core_a_refused_renewal_tells_no_code(scene: Scene, agreement: Agreement):
    factories.allocate(scene.near, 1, start=agreement.period.upper, end=agreement.period.upper + timedelta(days=9))
    with refused(UnitsGone) as info:
        agreements.renew(agreement, until=None, actor=scene.asker)
    assert "NEAR" in info.value.message
    factories.protect(scene.near, Protection.CORE)
    with refused(UnitsGone) as info:
        agreements.renew(agreement, until=None, actor=scene.asker)
    assert info.value.message == "Others were faster: the units are taken."


def test_a_renewal_lasts_at_least_a_day(scene: Scene, agreement: Agreement):
    with refused(BadInput) as info:
        agreements.renew(agreement, until=agreement.period.upper, actor=scene.asker)
    assert info.value.field == "until"


def test_what_has_no_end_is_not_renewed(scene: Scene):
    scene.demand.period = factories.period(0, None)
    scene.demand.save()
    agreement = scene.approved()
    with refused(WrongState):
        agreements.renew(agreement, until=None, actor=scene.asker)


@pytest.mark.parametrize(("who", "error"), [("drafter", NotYours), ("metro_manager", NotYours), ("stranger", NotSeen)])
def test_only_the_party_asks_for_renewal(scene: Scene, agreement: Agreement, who: str, error):
    with refused(error):
        agreements.renew(agreement, until=None, actor=getattr(scene, who))
    assert Match.objects.filter(renews__isnull=False).count() == 0
