"""Whole runs on a real database: answers, explanations, protection, and runs started twice."""

import itertools
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from registry import capacity
from registry.models import Asset, AssetStatus, Protection
from sharing.matching import engine, points, saving
from sharing.matching import heartbeat as beat
from sharing.matching.answers import Answers
from sharing.matching.describing import describe_change, describe_miss
from sharing.models import Demand, DemandList, Match, MatchLeg, MatchRun, Outcome, RunStatus
from tests import factories

pytestmark = pytest.mark.django_db

HERE = factories.WUHAN


def east(metres: float) -> factories.Place:
    """A place so far east of HERE, near enough for a test (95.9 km a degree at this latitude)."""
    return (HERE[0] + metres / 95_900, HERE[1])


@pytest.fixture
def demand_list() -> DemandList:
    return factories.demand_list(factories.organization("asker"))


@pytest.fixture
def owner() -> Any:
    return factories.organization("owner", sector="municipal")


def run(demand_list: DemandList) -> MatchRun:
    return engine.run(factories.match_run(demand_list, status=RunStatus.QUEUED).pk)


def matched(match_run: MatchRun, demand: Demand, rank: int = 1) -> list[tuple[int | None, int]]:
    """The legs of a demand's match: (asset, units)."""
    legs = MatchLeg.objects.filter(match__run=match_run, match__demand=demand, match__rank=rank)
    return list(legs.order_by("position").values_list("asset", "quantity"))


def outcome(match_run: MatchRun, demand: Demand) -> Outcome:
    return Outcome.objects.get(run=match_run, demand=demand)


def test_the_cheapest_asset_that_fits_is_proposed_with_its_score_and_runners_up(
    demand_list: DemandList, owner: Any
) -> None:
    demand = factories.demand(demand_list, quantity=2, weight_kg=Decimal(40), mounting_height_m=20)
    prices = (900, 700, 800, 1000, 1100)
    assets = [
        factories.asset(owner, at=east(50 * i), price_per_unit_year=Decimal(price), details={"height_m": 30})
        for i, price in enumerate(prices)
    ]
    factories.asset(owner, price_per_unit_year=Decimal(1), details={"height_m": 19})
    done = run(demand_list)
    assert [matched(done, demand, rank) for rank in range(1, 6)] == [
        [(assets[1].pk, 2)], [(assets[2].pk, 2)], [(assets[0].pk, 2)], [(assets[3].pk, 2)], [],
    ]  # fmt: skip
    match = Match.objects.get(run=done, rank=1)
    assert (match.cost_per_year, match.status) == (Decimal("1400.00"), "proposed")
    assert match.distance_m == pytest.approx(50, abs=0.1)
    parts = {part["code"]: part for part in match.score_parts}
    assert list(parts) == ["price", "distance", "headroom", "stays_free", "policy"]
    assert (parts["price"]["value"], parts["price"]["score"], parts["headroom"]["value"]) == (1400, 1, 2)
    assert match.score == pytest.approx(sum(p["score"] * p["weight"] for p in match.score_parts), abs=1e-3)
    leg = match.legs.get()
    assert (leg.weight_kg, leg.cost_per_year) == (Decimal("40.000"), Decimal("1400.00"))
    assert leg.geometry.coords == assets[1].geometry.coords
    assert (done.status, done.progress, done.value, done.bound, done.gap) == ("done", 100, 1400, 1400, 0)
    assert outcome(done, demand).funnel == {"near": 6, "open": 6, "fit": 5, "free": 5, "left": 4}


def test_of_equal_costs_the_better_scored_is_proposed(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list)
    factories.asset(owner, at=east(300))
    near = factories.asset(owner, at=east(20))
    assert matched(run(demand_list), demand) == [(near.pk, 1)]


def test_priorities_come_first_then_cost(demand_list: DemandList, owner: Any) -> None:
    late = factories.demand(demand_list, priority=6, name="late")
    first = factories.demand(demand_list, priority=2, name="first")
    middle = factories.demand(demand_list, priority=3, name="middle")
    assets = [factories.asset(owner, capacity=1, price_per_unit_year=Decimal(price)) for price in (10, 20)]
    done = run(demand_list)
    assert {matched(done, first)[0][0], matched(done, middle)[0][0]} == {asset.pk for asset in assets}
    lost = outcome(done, late)
    assert (lost.met, lost.reason) == (False, "contested")
    assert lost.funnel == {"near": 2, "open": 2, "fit": 2, "free": 2, "left": 0}
    assert "higher priority" in describe_miss(lost)


def test_demands_whose_periods_do_not_overlap_share_a_unit(demand_list: DemandList, owner: Any) -> None:
    asset = factories.asset(owner, capacity=1)
    demands = [factories.demand(demand_list, period=factories.period(30 + 100 * i, 100)) for i in range(3)]
    overlapping = factories.demand(demand_list, period=factories.period(100, 100), priority=9)
    done = run(demand_list)
    assert [matched(done, demand) for demand in demands] == [[(asset.pk, 1)]] * 3
    assert matched(done, overlapping) == []


def test_summed_loads_keep_the_assets_limit(demand_list: DemandList, owner: Any) -> None:
    asset = factories.asset(owner, capacity=9, weight_kg=Decimal(100))
    factories.allocate(asset, 1, weight_kg=Decimal(30))
    demands = [factories.demand(demand_list, weight_kg=Decimal(30)) for _ in range(3)]
    done = run(demand_list)
    assert Match.objects.filter(run=done, rank=1).count() == 2
    lost = [demand for demand in demands if not matched(done, demand)]
    assert [outcome(done, demand).reason for demand in lost] == ["contested"]


def test_a_demand_that_may_be_split_has_a_leg_on_each_asset(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list, quantity=3, splittable=True, weight_kg=Decimal(31))
    cheap = factories.asset(owner, capacity=2, price_per_unit_year=Decimal(10))
    dear = factories.asset(owner, capacity=2, price_per_unit_year=Decimal(20))
    done = run(demand_list)
    assert sorted(matched(done, demand)) == sorted([(cheap.pk, 2), (dear.pk, 1)])
    loads = MatchLeg.objects.filter(match__run=done).order_by("quantity").values_list("weight_kg", flat=True)
    assert list(loads) == [Decimal("10.334"), Decimal("20.667")]


def test_the_funnel_counts_each_stage(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list, mounting_height_m=20, radius_m=500)
    tall = {"details": {"height_m": 30}}
    factories.asset(owner, at=east(600), **tall)
    factories.asset(owner, open_to_sectors=["transport"], **tall)
    factories.asset(owner, status=AssetStatus.OUT_OF_SERVICE, **tall)
    factories.asset(owner, details={"height_m": 18})
    factories.asset(owner, capacity=1, used=1, **tall)
    done = run(demand_list)
    assert outcome(done, demand).funnel == {"near": 4, "open": 2, "fit": 1, "free": 0, "left": 0}


MISSES: list[tuple[dict[str, Any], dict[str, Any], str, float, float, dict[str, Any]]] = [
    ({"mounting_height_m": 28}, {"details": {"height_m": 24}}, "mounting_height", 28, 24,
     {"field": "mounting_height_m", "from": 28, "to": 24, "by": -4}),
    ({"radius_m": 400}, {"at": east(500.0)}, "radius", 400, 500,
     {"field": "radius_m", "from": 400, "to": 501, "by": 101}),
    ({"budget_per_year": Decimal(900)}, {}, "budget", 900, 1000,
     {"field": "budget_per_year", "from": 900, "to": 1000, "by": 100}),
    ({"quantity": 5}, {}, "units", 5, 4, {"field": "quantity", "from": 5, "to": 4, "by": -1}),
    ({"weight_kg": Decimal(50)}, {"weight_kg": Decimal(40)}, "weight_kg", 50, 40,
     {"field": "weight_kg", "from": 50, "to": 40, "by": -10}),
    ({"max_earthing_ohm": 4.0}, {"details": {"earthing_ohm": 5.5}}, "earthing", 4, 5.5,
     {"field": "max_earthing_ohm", "from": 4, "to": 5.5, "by": 1.5}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "offered", "code", "ask", "offer", "change"), MISSES)
def test_a_miss_is_explained_in_numbers_and_the_change_it_names_would_meet_it(
    demand_list: DemandList, owner: Any, asked: dict[str, Any], offered: dict[str, Any], code: str, ask: float,
    offer: float, change: dict[str, Any],
) -> None:  # fmt: skip
    demand = factories.demand(demand_list, **asked)
    asset = factories.asset(owner, **offered)
    found = outcome(run(demand_list), demand)
    assert (found.met, found.reason) == (False, code)
    assert found.nearest_miss["asset"] == asset.pk
    assert found.nearest_miss["asked"] == ask
    assert found.nearest_miss["offered"] == pytest.approx(offer, rel=1e-3)
    told = {name: found.change[name] for name in (*change, "asset")}
    assert told == {**change, "asset": asset.pk}
    assert describe_miss(found) and describe_change(found)
    Demand.objects.filter(pk=demand.pk).update(**{change["field"]: change["to"]})
    assert matched(run(demand_list), demand) == [(asset.pk, min(demand.quantity, 4))]


def test_a_later_start_is_named_where_it_would_meet_the_demand(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list)
    asset = factories.asset(owner, capacity=1)
    factories.allocate(asset, end=demand.period.lower + timedelta(days=40))
    found = outcome(run(demand_list), demand)
    later = demand.period.lower + timedelta(days=40)
    assert (found.reason, found.change["field"], found.change["to"]) == ("units", "period", later.isoformat())
    Demand.objects.filter(pk=demand.pk).update(period=(later, demand.period.upper + timedelta(days=40)))
    assert matched(run(demand_list), demand) == [(asset.pk, 1)]


def test_a_planned_asset_serves_from_its_opening_on(demand_list: DemandList, owner: Any) -> None:
    opening = timezone.localdate() + timedelta(days=60)
    asset = factories.asset(owner, status=AssetStatus.PLANNED, available_from=opening)
    early = factories.demand(demand_list, period=factories.period(30))
    late = factories.demand(demand_list, period=factories.period(60))
    done = run(demand_list)
    assert matched(done, late) == [(asset.pk, 1)]
    found = outcome(done, early)
    assert (found.reason, found.change["to"]) == ("available_from", opening.isoformat())
    assert opening.isoformat() in describe_miss(found)


def test_splitting_is_named_where_several_assets_together_would_do(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list, quantity=8)
    assets = [factories.asset(owner, capacity=4) for _ in range(2)]
    found = outcome(run(demand_list), demand)
    assert (found.change["field"], found.change["to"]) == ("splittable", True)
    Demand.objects.filter(pk=demand.pk).update(splittable=True)
    assert sorted(matched(run(demand_list), demand)) == sorted((asset.pk, 4) for asset in assets)


def test_too_few_units_in_all_assets_together_are_counted(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list, quantity=9, splittable=True)
    for _ in range(2):
        factories.asset(owner, capacity=4)
    found = outcome(run(demand_list), demand)
    assert (found.reason, found.nearest_miss["asked"], found.nearest_miss["offered"]) == ("units", 9, 8)
    Demand.objects.filter(pk=demand.pk).update(quantity=found.change["to"])
    assert len(matched(run(demand_list), demand)) == 2


@pytest.mark.parametrize(("away_m", "change"), [(90_000, "radius_m"), (110_000, None)])
def test_no_change_asks_a_line_to_look_farther_than_it_may(
    demand_list: DemandList, owner: Any, away_m: float, change: str | None
) -> None:
    demand = factories.demand(demand_list, radius_m=60_000)
    factories.asset(owner, at=east(away_m))
    assert outcome(run(demand_list), demand).change.get("field") == change


@pytest.mark.parametrize(
    ("limits", "code", "offered"),
    [
        ([{"weight_kg": Decimal(200)}], "weight_kg", 200),
        ([{"weight_kg": Decimal(150)}, {"weight_kg": Decimal(299)}], "weight_kg", 300),
        ([{"weight_kg": Decimal(200)}, {"power_kw": Decimal("1.5")}], "power_kw", 3),
        ([{"weight_kg": Decimal(100), "capacity": 1}, {"capacity": 1}], "units", 2),
    ],
)
def test_what_may_be_split_and_is_too_heavy_for_all_together_is_told_so_and_not_that_others_got_it(
    demand_list: DemandList, owner: Any, limits: list[dict[str, Any]], code: str, offered: float
) -> None:
    """Nobody else asks. What a mast can take of it is told in whole units: 100 kg and 1 kW each."""
    demand = factories.demand(
        demand_list, quantity=4, splittable=True, weight_kg=Decimal(400), power_kw=Decimal(4), radius_m=500
    )
    for number, limit in enumerate(limits):
        factories.asset(owner, at=east(10 * number), **{"capacity": 6, **limit})
    found = outcome(run(demand_list), demand)
    asked = {"weight_kg": (400, "kg"), "power_kw": (4, "kW"), "units": (4, "units")}[code]
    assert (found.met, found.reason) == (False, code)
    assert found.nearest_miss == {
        "code": code, "asset": None, "owner": None, "asked": asked[0], "offered": offered,
        "shortfall": asked[0] - offered, "unit": asked[1],
    }  # fmt: skip


def test_nothing_near_says_so(demand_list: DemandList) -> None:
    demand = factories.demand(demand_list)
    found = outcome(run(demand_list), demand)
    assert (found.reason, found.nearest_miss, found.change) == ("none_near", {}, {})


def test_a_demand_with_nothing_near_is_explained_beside_one_that_is_met(demand_list: DemandList, owner: Any) -> None:
    met, alone = factories.demand(demand_list), factories.demand(demand_list, at=(100.0, 30.0))
    asset = factories.asset(owner)
    done = run(demand_list)
    assert matched(done, met) == [(asset.pk, 1)]
    assert outcome(done, alone).reason == "none_near"


def test_a_line_whose_period_is_over_is_told_so_and_nothing_is_proposed_for_it(
    demand_list: DemandList, owner: Any
) -> None:
    over, duct_over, lasts = (
        factories.demand(demand_list, period=factories.period(-30, 30)),
        factories.demand(demand_list, "duct", period=factories.period(-30, 30)),
        factories.demand(demand_list, period=factories.period(-30, 31)),
    )
    factories.match(factories.demand(demand_list, period=over.period), [factories.asset(owner)], status="ended")
    factories.asset(owner)
    done = run(demand_list)
    assert [match.demand for match in Match.objects.filter(run=done, rank=1)] == [lasts]
    assert (done.figures["demands"], done.figures["matched"]) == (1, 1)
    assert [outcome(done, one).reason for one in (over, duct_over, lasts)] == ["over", "over", ""]
    assert done.outcomes.count() == 4


def test_a_line_that_ends_while_the_list_is_matched_is_answered_once(
    demand_list: DemandList, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    demand = factories.demand(demand_list, period=factories.period(-30, 31))
    factories.asset(owner)
    monkeypatch.setattr(saving, "over_demands", lambda list_id: [demand.pk])
    assert outcome(run(demand_list), demand).met


def test_rack_units_of_one_leg_follow_one_another(demand_list: DemandList, owner: Any) -> None:
    room = factories.asset(owner, "equipment_room", capacity=10)
    reference = uuid.uuid4()
    factories.allocate(room, 3, reference=reference)
    factories.allocate(room, 2)
    capacity.release([reference])
    fits = factories.demand(demand_list, "equipment_room", quantity=5)
    too_long = factories.demand(demand_list, "equipment_room", quantity=6)
    done = run(demand_list)
    assert matched(done, fits) == [(room.pk, 5)]
    miss = outcome(done, too_long)
    assert (miss.met, miss.reason) == (False, "units")
    assert (miss.nearest_miss["asked"], miss.nearest_miss["offered"]) == (6, 3)


def test_a_restricted_assets_leg_shows_its_cell_only(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list, at=(114.305, 30.595), radius_m=50)
    asset = factories.asset(owner, at=(114.3001, 30.5901), protection=Protection.RESTRICTED, protection_reason="grid")
    done = run(demand_list)
    assert matched(done, demand) == [(asset.pk, 1)]
    assert MatchLeg.objects.get(match__run=done).geometry.coords == pytest.approx((114.305, 30.595), abs=1e-9)


def test_a_core_assets_leg_shows_nothing_but_that_its_owner_must_be_asked(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list, at=(114.325, 30.575), radius_m=50)
    asset = factories.asset(owner, at=(114.3001, 30.5901), protection=Protection.CORE, protection_reason="grid")
    done = run(demand_list)
    match = Match.objects.get(run=done, demand=demand)
    assert (match.distance_m, match.score, match.score_parts) == (None, 0, [])
    assert matched(done, demand) == [(asset.pk, 1)]
    assert match.legs.get().geometry is None


def test_a_miss_tells_nothing_of_a_core_asset(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list, at=(114.325, 30.575), radius_m=50, mounting_height_m=30)
    factories.asset(
        owner, at=(114.3001, 30.5901), details={"height_m": 20}, protection=Protection.CORE, protection_reason="grid"
    )
    found = outcome(run(demand_list), demand)
    assert (found.met, found.nearest_miss, found.change) == (False, {}, {})


def test_a_pair_refused_before_is_not_proposed_again(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list)
    refused, other = (factories.asset(owner, price_per_unit_year=Decimal(price)) for price in (1, 2))
    factories.match(demand, [refused], status="refused")
    assert matched(run(demand_list), demand) == [(other.pk, 1)]


def test_a_run_that_is_done_or_under_way_is_left_alone(demand_list: DemandList, owner: Any) -> None:
    factories.demand(demand_list)
    factories.asset(owner)
    done = run(demand_list)
    before = list(Match.objects.values_list("pk", flat=True))
    assert engine.run(done.pk).status == RunStatus.DONE
    under_way = factories.match_run(demand_list, status=RunStatus.RUNNING, alive_at=timezone.now())
    assert engine.run(under_way.pk).status == RunStatus.RUNNING
    assert list(Match.objects.values_list("pk", flat=True)) == before


def test_a_run_whose_worker_died_is_taken_up_and_saved_once(demand_list: DemandList, owner: Any) -> None:
    demand = factories.demand(demand_list)
    asset = factories.asset(owner)
    silent = timezone.now() - engine.SILENT_FOR - timedelta(seconds=1)
    dead = factories.match_run(demand_list, status=RunStatus.RUNNING, alive_at=silent, started_at=silent)
    assert engine.run(dead.pk).status == RunStatus.DONE
    assert matched(dead, demand) == [(asset.pk, 1)]


def test_a_run_whose_workers_died_time_and_again_is_taken_up_no_more(demand_list: DemandList) -> None:
    silent = timezone.now() - engine.SILENT_FOR - timedelta(seconds=1)
    run = factories.match_run(
        demand_list, status=RunStatus.RUNNING, alive_at=silent, attempts=engine.MOST_ATTEMPTS - 1
    )
    assert engine.run(run.pk).attempts == engine.MOST_ATTEMPTS
    MatchRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, alive_at=silent)
    assert engine.run(run.pk).status == RunStatus.RUNNING
    assert list(engine.given_up(timezone.now())) == [run]


def test_an_attempt_that_fails_after_another_took_over_does_not_fail_the_run(
    demand_list: DemandList, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queued = factories.match_run(demand_list, status=RunStatus.QUEUED)

    def overtaken(*_arguments: Any) -> Answers:
        MatchRun.objects.filter(pk=queued.pk).update(started_at=timezone.now())
        raise MemoryError

    monkeypatch.setattr(points, "match_points", overtaken)
    assert engine.run(queued.pk).status == RunStatus.RUNNING
    assert "after another attempt had taken over" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_long_step_gives_signs_of_life(demand_list: DemandList, monkeypatch: pytest.MonkeyPatch) -> None:
    queued = factories.match_run(demand_list, status=RunStatus.QUEUED)
    seen: list[Any] = []

    def slow(*_arguments: Any) -> Answers:
        """Waits until `alive_at` moves on without any progress."""
        began = MatchRun.objects.get(pk=queued.pk).alive_at
        until = time.monotonic() + 10
        while not seen and time.monotonic() < until:
            time.sleep(0.02)
            alive = MatchRun.objects.get(pk=queued.pk).alive_at
            if alive != began:
                seen.append(alive)
        return Answers()

    monkeypatch.setattr(beat, "BEAT_S", 0.05)
    monkeypatch.setattr(points, "match_points", slow)
    assert engine.run(queued.pk).status == RunStatus.DONE
    assert seen


def answers(match_run: MatchRun, names: Sequence[str]) -> list[Any]:
    """Everything the run says, by the names of demands and assets instead of ids."""
    found: list[Any] = []
    for name in names:
        legs = MatchLeg.objects.filter(match__run=match_run, match__demand__name=name).order_by(
            "match__rank", "position"
        )
        found.append(list(legs.values_list("match__rank", "asset__code", "quantity", "cost_per_year", "match__score")))
        found.append(
            Outcome.objects.filter(run=match_run, demand__name=name).values_list("met", "reason", "funnel").get()
        )
    return [*found, match_run.value, match_run.bound, match_run.figures["served"]]


def test_the_same_input_gives_the_same_answers_in_any_order_of_rows(owner: Any) -> None:
    demands = [
        {"name": f"d{i}", "line": i + 1, "at": east(40 * i), "quantity": 1 + i % 3, "priority": 1 + i % 2}
        for i in range(9)
    ]
    assets = [{"code": f"a{i}", "at": east(60 * i), "capacity": 2 + i % 2} for i in range(5)]
    results = []
    for order in itertools.islice(itertools.permutations(range(5)), 0, 120, 40):
        party = factories.organization()
        demand_list = factories.demand_list(party)
        for asset in (assets[i] for i in order):
            factories.asset(owner, **asset)
        for demand in demands if order[0] % 2 else demands[::-1]:
            factories.demand(demand_list, **demand)
        results.append(answers(run(demand_list), [str(demand["name"]) for demand in demands]))
        MatchLeg.objects.all().delete()
        Asset.objects.all().delete()
    assert results[0] == results[1] == results[2]


def test_a_long_list_is_answered_alike_but_without_runners_up_and_changes(
    demand_list: DemandList, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    met = factories.demand(demand_list, mounting_height_m=20)
    low = factories.demand(demand_list, mounting_height_m=34)
    far = factories.demand(demand_list, at=east(5_000))
    asset, _ = (factories.asset(owner, at=east(20 * i), details={"height_m": 30}) for i in range(2))
    short = run(demand_list)
    monkeypatch.setattr(points, "LONG", 2)
    long = run(demand_list)
    assert [matched(one, met, rank=1) for one in (short, long)] == [[(asset.pk, 1)]] * 2
    assert [Match.objects.filter(run=one).count() for one in (short, long)] == [2, 1]
    assert outcome(long, met).funnel == outcome(short, met).funnel
    miss, short_miss = outcome(long, low), outcome(short, low)
    assert (miss.reason, miss.nearest_miss) == (short_miss.reason, short_miss.nearest_miss)
    assert (miss.reason, miss.nearest_miss["shortfall"]) == ("mounting_height", 4)
    assert (miss.change, miss.other_changes) == ({}, [])
    assert short_miss.change["field"] == "mounting_height_m"
    assert (outcome(long, far).reason, outcome(long, far).nearest_miss) == ("none_near", {})
