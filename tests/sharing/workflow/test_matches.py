from datetime import timedelta

import pytest
from django.utils import timezone

from registry.models import Allocation, Asset, Protection, Purpose
from sharing.errors import NotSeen, NotYours, UnitsGone, WrongState
from sharing.models import Consent, ConsentStatus, ListStatus, MatchStatus
from sharing.workflow import calendar, matches, offers
from tests import factories
from tests.meanwhile import change_before
from tests.sharing.scene import Scene, events, free, refused


def test_a_request_holds_the_units_and_asks_each_owner_once(scene: Scene):
    route = factories.match(scene.demand, [scene.near, None, scene.far], rank=3)
    match = matches.request(route, actor=scene.asker)
    assert match.status == MatchStatus.REQUESTED
    assert match.deadline == calendar.deadline(10)
    held = {(line.asset.code, line.reference): line for line in Allocation.objects.select_related("asset")}
    assert set(held) == {(leg.asset.code, leg.reference) for leg in match.legs.all() if leg.asset}
    for line in held.values():
        assert (line.purpose, line.holder, line.period) == (Purpose.HELD, scene.party, scene.demand.period)
        assert line.held_until == calendar.with_grace(match.deadline)
    assert {consent.owner.code for consent in match.consents.pending()} == {"metro", "grid"}
    assert events() == ["consent.asked", "consent.asked", "match.requested"]


def test_two_legs_on_one_owners_assets_are_one_question(scene: Scene):
    other = factories.asset(scene.metro, capacity=2)
    match = matches.request(factories.match(scene.demand, [scene.near, other], rank=3), actor=scene.asker)
    assert match.consents.count() == 1
    assert Allocation.objects.count() == 2


def test_a_route_that_comes_back_to_an_asset_holds_it_once(scene: Scene):
    """Both units of NEAR are asked for, and there are two."""
    route = factories.match(scene.demand, [scene.near, scene.far, scene.near], rank=3)
    match = matches.request(route, actor=scene.asker)
    held = Allocation.objects.values_list("reference", flat=True)
    assert list(held.order_by("id")) == [leg.reference for leg in match.legs.all()[:2]]
    assert (free(scene.near), free(scene.far)) == (0, 0)


def test_the_loads_of_a_leg_are_held_with_its_units(scene: Scene):
    scene.demand.weight_kg = 40
    scene.demand.save()
    matches.request(factories.match(scene.demand, [scene.far], rank=3), actor=scene.asker)
    assert Allocation.objects.get().weight_kg == 40


def test_only_a_manager_of_the_party_requests(scene: Scene):
    with refused(NotYours):
        matches.request(scene.match, actor=scene.drafter)


@pytest.mark.parametrize("who", ["stranger", "metro_manager", "officer"])
def test_a_proposal_is_not_seen_by_others_than_its_party(scene: Scene, who: str):
    with refused(NotSeen):
        matches.request(scene.match, actor=getattr(scene, who))


def test_a_match_is_requested_once(scene: Scene):
    scene.requested()
    with refused(WrongState):
        matches.request(scene.match, actor=scene.asker)


def test_a_demand_has_one_match_under_way(scene: Scene):
    scene.requested()
    with refused(WrongState):
        matches.request(scene.runner_up, actor=scene.asker)


def test_nothing_is_requested_from_a_list_that_is_not_matched(scene: Scene):
    scene.list.status = ListStatus.DRAFT
    scene.list.save()
    with refused(WrongState):
        matches.request(scene.match, actor=scene.asker)


def test_a_match_of_gaps_only_has_nobody_to_ask(scene: Scene):
    gap = factories.match(scene.demand, [None], rank=3)
    with refused(WrongState):
        matches.request(gap, actor=scene.asker)


def test_a_period_that_is_over_is_not_requested(scene: Scene):
    scene.demand.period = factories.period(-30, 30)
    scene.demand.save()
    with refused(WrongState):
        matches.request(scene.match, actor=scene.asker)


def test_a_period_that_ends_tomorrow_is_requested(scene: Scene):
    scene.demand.period = factories.period(-30, 31)
    scene.demand.save()
    assert matches.request(scene.match, actor=scene.asker).status == MatchStatus.REQUESTED


def test_when_the_units_are_gone_the_next_best_that_fits_is_named(scene: Scene):
    factories.allocate(scene.near, 1)
    with refused(UnitsGone) as info:
        matches.request(scene.match, actor=scene.asker)
    assert info.value.next_best == scene.runner_up
    assert "NEAR" in info.value.message


def test_of_a_core_asset_nothing_is_told_when_its_units_are_gone(scene: Scene):
    hidden = factories.asset(scene.metro, capacity=2, code="BUNKER-7", protection=Protection.CORE)
    match = factories.match(scene.demand, [hidden], rank=3)
    factories.allocate(hidden, 1)
    with refused(UnitsGone) as info:
        matches.request(match, actor=scene.asker)
    assert info.value.message == "Others were faster: the units are taken."


def test_what_does_not_fit_either_is_not_named(scene: Scene):
    third = factories.match(scene.demand, [factories.asset(scene.grid, capacity=2)], rank=3)
    factories.allocate(scene.near, 1)
    factories.allocate(scene.far, 1)
    with refused(UnitsGone) as info:
        matches.request(scene.match, actor=scene.asker)
    assert info.value.next_best == third


def test_a_proposal_whose_asset_carries_too_much_in_the_period_is_not_named(scene: Scene):
    """Two tenants on different days carry 60 kg each: 50 kg more is too much on either day for a limit of 100."""
    scene.demand.weight_kg = 50
    scene.demand.save()
    tower = factories.asset(scene.grid, capacity=9, weight_kg=100)
    today = timezone.localdate()
    for start in (40, 80):
        day = today + timedelta(days=start)
        factories.allocate(tower, 1, start=day, end=day + timedelta(days=10), weight_kg=60)
    heavy = factories.match(scene.demand, [tower], rank=2, run=factories.match_run(scene.list))
    scene.runner_up.delete()
    factories.allocate(scene.near, 1)
    with refused(UnitsGone) as info:
        matches.request(scene.match, actor=scene.asker)
    assert info.value.next_best is None
    heavy.legs.update(weight_kg=40)
    with refused(UnitsGone) as info:
        matches.request(scene.match, actor=scene.asker)
    assert info.value.next_best == heavy


def test_a_withdrawn_request_frees_its_units_and_asks_nobody_any_more(scene: Scene):
    match = scene.requested()
    assert free(scene.near) == 0
    assert matches.withdraw(match, actor=scene.asker).status == MatchStatus.WITHDRAWN
    assert free(scene.near) == 2
    assert Consent.objects.get().status == ConsentStatus.LAPSED
    assert events() == ["consent.asked", "match.requested", "match.withdrawn"]


def test_what_was_consented_can_still_be_withdrawn_and_the_consent_stays_history(scene: Scene):
    matches.withdraw(scene.consented(), actor=scene.asker)
    assert Consent.objects.get().status == ConsentStatus.GRANTED
    assert free(scene.near) == 2


def test_what_is_approved_is_not_withdrawn(scene: Scene):
    agreement = scene.approved()
    with refused(WrongState):
        matches.withdraw(agreement.match, actor=scene.asker)


def test_an_owner_does_not_withdraw_the_request_of_the_party(scene: Scene):
    match = scene.requested()
    with refused(NotYours):
        matches.withdraw(match, actor=scene.metro_manager)


def test_after_a_withdrawal_the_runner_up_can_be_requested(scene: Scene):
    matches.withdraw(scene.requested(), actor=scene.asker)
    assert matches.request(scene.runner_up, actor=scene.asker).status == MatchStatus.REQUESTED


def test_nothing_expires_before_its_grace_is_over(scene: Scene, time_machine):
    match = scene.requested()
    last_moment = calendar.with_grace(match.deadline)
    time_machine.move_to(last_moment, tick=False)
    with refused(WrongState):
        matches.expire(match)
    time_machine.move_to(last_moment + timedelta(seconds=1), tick=False)
    assert matches.expire(match).status == MatchStatus.EXPIRED
    assert free(scene.near) == 2
    assert Consent.objects.get().status == ConsentStatus.LAPSED
    assert events()[-2:] == ["match.expired", "match.offered"]


@pytest.mark.parametrize("withdrawn", [{"open_to_sectors": ["power"]}, {"status": "out_of_service"}])
def test_what_its_owner_offers_no_more_is_refused_and_the_next_best_named(scene: Scene, withdrawn: dict[str, object]):
    Asset.objects.filter(pk=scene.near.pk).update(**withdrawn)
    with refused(UnitsGone) as info:
        matches.request(scene.match, actor=scene.asker)
    assert info.value.next_best == scene.runner_up


def test_what_its_owner_offers_no_more_is_not_the_next_best(scene: Scene):
    Asset.objects.filter(pk=scene.far.pk).update(open_to_sectors=[])
    assert offers.next_best(scene.match) is None


def test_what_is_there_only_later_is_not_offered_any_more(scene: Scene):
    first_day = scene.demand.period.lower
    Asset.objects.update(available_from=first_day)
    assert offers.next_best(scene.match) == scene.runner_up
    Asset.objects.update(available_from=first_day + timedelta(days=1))
    with refused(UnitsGone) as info:
        matches.request(scene.match, actor=scene.asker)
    assert (info.value.message, info.value.next_best) == ("An owner no longer offers this.", None)


def test_who_owns_an_asset_once_it_is_locked_is_asked(scene: Scene):
    sold = Asset.objects.filter(pk=scene.near.pk)
    with change_before("pg_advisory_xact_lock_shared", lambda: sold.update(owner=scene.grid)):
        match = matches.request(scene.match, actor=scene.asker)
    assert match.consents.get().owner == scene.grid


def test_what_its_owner_takes_back_while_it_is_waited_for_is_refused(scene: Scene):
    shared = Asset.objects.filter(pk=scene.near.pk)
    with (
        refused(UnitsGone) as info,
        change_before("pg_advisory_xact_lock_shared", lambda: shared.update(open_to_sectors=[])),
    ):
        matches.request(scene.match, actor=scene.asker)
    assert info.value.message == "An owner no longer offers this."
