"""Sixteen real connections grant on few assets: nothing is oversold and nobody deadlocks. The controls take away the
lock, the constraint or the order of locks, and show what each of them is for."""

import random
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.utils import timezone

from registry import capacity
from registry.models import Allocation, Asset, Purpose
from sharing.errors import UnitsGone
from sharing.models import Match, MatchStatus
from sharing.workflow import matches
from tests import factories
from tests.races.crowd import at_once, kinds
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 16


def oversold(schema: str = "public") -> int:
    """Pairs of lines that sell the same unit of the same asset on the same day, counted without the constraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FROM {schema}.registry_allocation AS one JOIN {schema}.registry_allocation AS other
            ON one.asset_id = other.asset_id AND one.id < other.id
                AND one.units && other.units AND one.period && other.period
            """
        )
        return int(cursor.fetchone()[0])


def grab(assets: list[Asset], holder: int, seed: int, times: int) -> Callable[[], int]:
    """Asks `times` times for one or two units of one to three assets in any order; how many units it got."""

    def act() -> int:
        chance, got = random.Random(seed), 0
        for _time in range(times):
            quantity = chance.randint(1, 2)
            chosen = chance.sample(assets, chance.randint(1, len(assets)))
            start = timezone.localdate()
            claims = [capacity.Claim(asset.pk, quantity, start, None, holder) for asset in chosen]
            try:
                capacity.allocate(claims, purpose=Purpose.GRANTED)
                got += quantity * len(claims)
            except capacity.NotEnoughUnits:
                pass
        return got

    return act


@pytest.fixture
def assets(transactional_db: None) -> list[Asset]:
    owner = factories.organization(sector="transport")
    return [factories.asset(owner, "duct", capacity=units) for units in (20, 30, 40)]


@pytest.fixture
def holder(transactional_db: None) -> int:
    return factories.organization().pk


@pytest.fixture
def control(assets: list[Asset]) -> Iterator[str]:
    """A schema with the ledger's tables as they are, without constraints and triggers."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA control")
        cursor.execute("CREATE TABLE control.registry_allocation (LIKE registry_allocation INCLUDING IDENTITY)")
        cursor.execute("CREATE TABLE control.registry_asset AS TABLE registry_asset")
    yield "control, public"
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA control CASCADE")


def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody reads what is free before anybody writes: what a lock is there to prevent."""
    all_have_read = threading.Barrier(CONNECTIONS)
    first_time = threading.local()
    read = capacity.free_runs

    def free_runs(*arguments):
        runs = read(*arguments)
        if not hasattr(first_time, "over"):
            first_time.over = True
            all_have_read.wait(60)
        return runs

    monkeypatch.setattr(capacity, "_lock", lambda ids: {a.pk: a for a in Asset.objects.filter(pk__in=list(ids))})
    monkeypatch.setattr(capacity, "free_runs", free_runs)


def test_nothing_is_oversold_and_everything_is_sold(assets: list[Asset], holder: int):
    got = at_once([grab(assets, holder, seed, times=25) for seed in range(CONNECTIONS)])
    assert kinds(got) == {"done": CONNECTIONS}
    assert oversold() == 0
    sold = {asset.pk: 0 for asset in assets}
    for line in Allocation.objects.all():
        assert 1 <= line.units.lower < line.units.upper <= line.asset.capacity + 1
        sold[line.asset_id] += line.units.upper - line.units.lower
    assert sum(got) == sum(sold.values())
    for asset in assets:
        asset.refresh_from_db()
        assert asset.used_today == sold[asset.pk]
        assert asset.capacity - sold[asset.pk] <= 1  # 400 wishes for 90 units; a last one is too few for a wish of two


def test_the_lock_alone_oversells_nothing(assets: list[Asset], holder: int, control: str):
    got = at_once([grab(assets, holder, seed, times=25) for seed in range(CONNECTIONS)], search_path=control)
    assert kinds(got) == {"done": CONNECTIONS}
    assert oversold("control") == 0


def test_control_without_lock_and_constraint_units_are_sold_twice(
    assets: list[Asset], holder: int, control: str, monkeypatch
):
    without_lock(monkeypatch)
    acts = [grab(assets, holder, seed, times=1) for seed in range(CONNECTIONS)]
    assert kinds(at_once(acts, search_path=control)) == {"done": CONNECTIONS}
    assert oversold("control") > 0


def test_the_constraint_alone_oversells_nothing_either(assets: list[Asset], holder: int, monkeypatch):
    without_lock(monkeypatch)
    at_once([grab(assets, holder, seed, times=1) for seed in range(CONNECTIONS)])
    assert oversold() == 0


def requests(scene: Scene, first: Asset, second: Asset) -> list[Match]:
    """One demand a connection for one unit of both assets; every second route runs the other way round."""
    made = []
    for number in range(CONNECTIONS):
        legs = [first, second] if number % 2 else [second, first]
        made.append(factories.match(factories.demand(scene.list), legs))
    return made


def test_requests_over_the_same_assets_in_opposite_order_never_deadlock(scene: Scene):
    first, second = (factories.asset(scene.metro, capacity=5) for _asset in range(2))
    wanted = requests(scene, first, second)
    outcomes = at_once([lambda match=match: matches.request(match, actor=scene.asker) for match in wanted])
    assert kinds(outcomes) == {"UnitsGone": CONNECTIONS - 5, "done": 5}
    assert oversold() == 0
    assert Match.objects.filter(status=MatchStatus.REQUESTED).count() == 5
    for asset in (first, second):
        asset.refresh_from_db()
        assert asset.allocations.filter(purpose=Purpose.HELD).count() == 5


def test_control_locks_in_the_order_of_the_legs_deadlock(scene: Scene, monkeypatch):
    first, second = (factories.asset(scene.metro, capacity=5) for _asset in range(2))
    one_way, other_way = requests(scene, first, second)[:2]
    both_hold_one = threading.Barrier(2)

    def lock_in_order_of_legs(asset_ids):
        locked = {}
        for number, asset_id in enumerate(asset_ids):
            locked[asset_id] = Asset.objects.select_for_update(no_key=True).get(pk=asset_id)
            if number == 0:
                both_hold_one.wait(60)
        return locked

    monkeypatch.setattr(matches, "lock_assets_of", lambda found: None)
    monkeypatch.setattr(capacity, "_lock", lock_in_order_of_legs)
    outcomes = at_once(
        [lambda match=match: matches.request(match, actor=scene.asker) for match in (one_way, other_way)]
    )
    assert kinds(outcomes) == {"OperationalError": 1, "done": 1}
    assert "deadlock detected" in str(next(o for o in outcomes if isinstance(o, Exception)))


def test_two_proposals_of_one_demand_are_not_both_requested(scene: Scene):
    outcomes = at_once(
        [lambda match=match: matches.request(match, actor=scene.asker) for match in (scene.match, scene.runner_up)] * 4
    )
    assert kinds(outcomes) == {"WrongState": 7, "done": 1}
    assert Match.objects.live().count() == 1
    assert not any(isinstance(outcome, UnitsGone) for outcome in outcomes)
