"""Decisions that meet: whatever the order, one wins and the rest are told so; the controls lack the lock."""

import threading
from functools import partial
from typing import Any

import pytest

from registry import capacity
from registry.models import Allocation, Asset, Protection, Purpose
from sharing.models import Agreement, Approval, Event, EventType, Match, MatchStatus
from sharing.workflow import agreements, approvals, consents, locks, matches
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories
from tests.races.crowd import at_once, kinds
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)


def consented(scene: Scene, number: int) -> list[Match]:
    tower = factories.asset(scene.metro, capacity=number)
    return [scene.consented(factories.match(factories.demand(scene.list), [tower])) for _match in range(number)]


def approve(match: Match, actor) -> partial[Match]:
    return partial(approvals.approve, match, fingerprint=fingerprint_of(match), actor=actor)


def without_match_lock(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """All read the match before any of them moves it."""
    all_have_read = threading.Barrier(number)
    load = locks.lock_matches

    def read(match_ids, *, skip_locked=False):
        found = load(match_ids)
        all_have_read.wait(60)
        return found

    monkeypatch.setattr(locks, "_lock", lambda ids, skip_locked=False: list(ids))
    monkeypatch.setattr(locks, "lock_matches", read)


def consistent(match: Match) -> bool:
    """Whether ledger, agreement and status tell the same story."""
    match.refresh_from_db()
    granted = Allocation.objects.filter(reference__in=match.legs.values("reference"), purpose=Purpose.GRANTED).exists()
    held = Allocation.objects.filter(reference__in=match.legs.values("reference"), purpose=Purpose.HELD).exists()
    agreed = Agreement.objects.filter(match=match).exists()
    in_force = match.status in (MatchStatus.APPROVED, MatchStatus.ACTIVE)
    return granted == agreed == in_force and held == (match.status in (MatchStatus.REQUESTED, MatchStatus.CONSENTED))


def test_approval_and_withdrawal_at_once_one_wins(scene: Scene):
    for match in consented(scene, 10):
        acts = [approve(match, scene.officer), partial(matches.withdraw, match, actor=scene.asker)]
        outcomes = at_once(acts)
        assert kinds(outcomes) == {"WrongState": 1, "done": 1}
        assert consistent(match)


def test_control_without_the_lock_neither_learns_of_the_other(scene: Scene, monkeypatch):
    [match] = consented(scene, 1)
    acts = [approve(match, scene.officer), partial(matches.withdraw, match, actor=scene.asker)]
    without_match_lock(monkeypatch, 2)
    outcomes = kinds(at_once(acts))
    # Both go on: to a deadlock over match and assets, to an agreement without units, or until the approval is stopped
    # by the ledger's version, which it looks at last.
    assert "WrongState" not in outcomes
    stopped = ({"OperationalError": 1, "done": 1}, {"StaleForm": 1, "done": 1})
    assert outcomes in stopped or not consistent(match)


def test_two_approvals_of_one_match_make_one_agreement(scene: Scene):
    for match in consented(scene, 5):
        outcomes = at_once([approve(match, officer) for officer in (scene.officer, scene.second_officer)] * 2)
        assert kinds(outcomes) == {"WrongState": 3, "done": 1}
        assert Approval.objects.filter(match=match).count() == 1
        assert consistent(match)


def requests_that_meet(scene: Scene) -> list[partial[Any]]:
    """Of two matches each, over the same two assets in opposite orders."""
    one, other = (factories.asset(scene.metro, capacity=4) for _tower in range(2))
    orders = [
        [factories.match(factories.demand(scene.list, quantity=1), [tower]).pk for tower in towers]
        for towers in ((one, other), (other, one))
    ]
    return [partial(matches.request_many, order, actor=scene.asker) for order in orders]


def test_many_requests_over_the_same_assets_in_opposite_orders_all_go_through(scene: Scene):
    for _round in range(10):
        outcomes = at_once(requests_that_meet(scene))
        assert kinds(outcomes) == {"done": 2}
        assert [len(result.done) for result in outcomes] == [2, 2]


def test_control_without_the_lock_ahead_such_requests_wait_for_each_other(scene: Scene, monkeypatch):
    acts, both_hold_one = requests_that_meet(scene), threading.Barrier(2)
    ask_owners = matches.ask_owners

    def ask(match, *, actor):
        ask_owners(match, actor=actor)
        if match.pk in (act.args[0][0] for act in acts):
            both_hold_one.wait(60)

    monkeypatch.setattr(matches, "lock_assets_of", lambda proposals: None)
    monkeypatch.setattr(matches, "ask_owners", ask)
    assert kinds(at_once(acts)) == {"OperationalError": 1, "done": 1}


def test_two_first_approvals_of_a_core_asset_are_not_taken_for_two_of_what_both_saw(scene: Scene):
    core = factories.asset(scene.metro, capacity=2, protection=Protection.CORE)
    match = scene.consented(factories.match(scene.demand, [core], rank=3))
    outcomes = at_once([approve(match, officer) for officer in (scene.officer, scene.second_officer)])
    assert kinds(outcomes) == {"StaleForm": 1, "done": 1}
    assert not Agreement.objects.exists()


def test_a_grant_and_a_refusal_by_two_owners_at_once(scene: Scene):
    match = scene.requested(factories.match(scene.demand, [scene.near, scene.far], rank=3))
    metro, grid = match.consents.get(owner=scene.metro), match.consents.get(owner=scene.grid)
    at_once(
        [
            partial(consents.grant, metro, actor=scene.metro_manager),
            partial(consents.refuse, grid, reason="no_space", actor=scene.grid_manager),
        ]
    )
    assert consistent(match)
    assert match.status == MatchStatus.REFUSED


def test_the_last_two_grants_at_once_bring_the_match_before_the_regulator_once(scene: Scene):
    match = scene.requested(factories.match(scene.demand, [scene.near, scene.far], rank=3))
    acts = [
        partial(consents.grant, consent, actor=scene.manager_of(consent.owner_id)) for consent in match.consents.all()
    ]
    assert kinds(at_once(acts)) == {"done": 2}
    match.refresh_from_db()
    assert match.status == MatchStatus.CONSENTED
    assert Event.objects.filter(type=EventType.MATCH_CONSENTED).count() == 1


def different_assets(scene: Scene, number: int) -> list[Match]:
    return [
        scene.consented(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
        for _match in range(number)
    ]


def test_numbers_given_out_at_once_are_unique_and_without_gap(scene: Scene):
    found = different_assets(scene, 16)
    assert kinds(at_once([approve(match, scene.officer) for match in found])) == {"done": 16}
    numbers = sorted(int(number[-6:]) for number in Agreement.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 17))


def test_control_without_the_numbering_lock_a_number_is_given_twice(scene: Scene, monkeypatch):
    found = different_assets(scene, 2)
    both_have_read = threading.Barrier(2)
    read = agreements._next_number

    def next_number(regulator):
        number = read(regulator)
        both_have_read.wait(60)
        return number

    monkeypatch.setattr(agreements, "_lock_numbering", lambda: None)
    monkeypatch.setattr(agreements, "_next_number", next_number)
    outcomes = at_once([approve(match, scene.officer) for match in found])
    assert kinds(outcomes) == {"IntegrityError": 1, "done": 1}
    assert Agreement.objects.count() == 1


def test_bulk_approvals_in_opposite_order_approve_each_once(scene: Scene):
    """Two of the matches share an asset with two others, so that the approvals meet on assets too."""
    shared = consented(scene, 4)
    found = [*shared, *different_assets(scene, 4)]
    shown = {match.pk: fingerprint_of(match) for match in found}
    backwards = dict(reversed(shown.items()))
    outcomes = at_once(
        [partial(approvals.approve_many, order, actor=scene.officer) for order in (shown, backwards)] * 2
    )
    assert kinds(outcomes) == {"done": 4}
    done = [match_id for outcome in outcomes for match_id in outcome.done]
    assert sorted(done) == sorted(shown)
    assert all(consistent(match) for match in found)


def crossing(scene: Scene) -> tuple[dict[int, str], Match]:
    """A bulk approval that comes to the assets in the order high, low, and a match that takes low, high."""
    low, high = sorted((factories.asset(scene.metro) for _asset in range(2)), key=lambda asset: asset.pk)
    bulk = [scene.consented(factories.match(factories.demand(scene.list), [asset])) for asset in (high, low)]
    single = scene.consented(factories.match(factories.demand(scene.list), [low, high]))
    return {match.pk: fingerprint_of(match) for match in bulk}, single


def test_bulk_approvals_lock_their_assets_ahead(scene: Scene):
    for _time in range(5):
        shown, single = crossing(scene)
        acts = [
            partial(approvals.approve_many, shown, actor=scene.officer),
            partial(matches.withdraw, single, actor=scene.asker),
        ]
        assert kinds(at_once(acts)) == {"done": 2}


def test_control_bulk_approvals_that_lock_one_asset_after_the_other_deadlock(scene: Scene, monkeypatch):
    shown, single = crossing(scene)
    monkeypatch.setattr(approvals, "lock_assets_of", lambda matches: None)
    both_hold_one = threading.Barrier(2)
    met = threading.local()

    def lock_one_by_one(asset_ids):
        locked = {}
        for asset_id in sorted(asset_ids):
            locked[asset_id] = Asset.objects.select_for_update(no_key=True).get(pk=asset_id)
            if not hasattr(met, "other"):
                met.other = True
                both_hold_one.wait(60)
        return locked

    monkeypatch.setattr(capacity, "_lock", lock_one_by_one)
    outcomes = at_once(
        [
            partial(approvals.approve_many, shown, actor=scene.officer),
            partial(matches.withdraw, single, actor=scene.asker),
        ]
    )
    assert kinds(outcomes) == {"OperationalError": 1, "done": 1}


def test_bulk_approvals_meet_single_decisions_without_deadlock(scene: Scene):
    found = consented(scene, 8)
    shown = {match.pk: fingerprint_of(match) for match in found}
    acts = [partial(approvals.approve_many, shown, actor=scene.officer)]
    acts += [partial(matches.withdraw, match, actor=scene.asker) for match in reversed(found)]
    outcomes = at_once(acts)
    assert set(kinds(outcomes)) <= {"done", "WrongState"}
    assert all(consistent(match) for match in found)
