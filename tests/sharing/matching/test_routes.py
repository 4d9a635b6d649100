"""Route demands through whole runs: stitched routes, what they hold, and why there is none."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.gis.geos import LineString

from registry.models import Asset, Fiber, Organization, Protection
from sharing.matching import engine
from sharing.matching.best_path import SearchTooLarge
from sharing.matching.describing import describe_change, describe_miss
from sharing.matching.routing import RouteSearch
from sharing.matching.supply_near import supply_near
from sharing.models import Demand, DemandList, Match, MatchLeg, MatchRun, Outcome, RunStatus
from tests import factories

pytestmark = pytest.mark.django_db

A, B, C, D = (114.30, 30.60), (114.31, 30.60), (114.32, 30.60), (114.31, 30.605)


@pytest.fixture
def demand_list() -> DemandList:
    return factories.demand_list(factories.organization("asker"))


@pytest.fixture
def owner() -> Organization:
    return factories.organization("owner", sector="municipal")


def run(demand_list: DemandList, **parameters: Any) -> MatchRun:
    return engine.run(factories.match_run(demand_list, status=RunStatus.QUEUED, parameters=parameters).pk)


def legs(match_run: MatchRun, demand: Demand, rank: int = 1) -> list[int | None]:
    found = MatchLeg.objects.filter(match__run=match_run, match__demand=demand, match__rank=rank)
    return list(found.order_by("position").values_list("asset", flat=True))


def outcome(match_run: MatchRun, demand: Demand) -> Outcome:
    return Outcome.objects.get(run=match_run, demand=demand)


def ask(demand_list: DemandList, kind: str = "duct", **fields: Any) -> Demand:
    return factories.demand(demand_list, kind, at=A, to=C, **fields)


def duct(owner: Organization, at: factories.Place, to: factories.Place, **fields: Any) -> Any:
    details = {"inner_diameter_mm": 100.0, **fields.pop("details", {})}
    return factories.asset(owner, "duct", at=at, to=to, details=details, **fields)


def test_the_cheapest_route_over_two_owners_is_proposed_leg_by_leg(
    demand_list: DemandList, owner: Organization
) -> None:
    other = factories.organization("other", sector="power")
    first, second = duct(owner, A, B), duct(other, C, B)
    detour = [
        duct(owner, B, D, price_per_unit_year=Decimal(1200)),
        duct(owner, D, C, price_per_unit_year=Decimal(1200)),
    ]
    demand = ask(demand_list, quantity=2)
    done = run(demand_list)
    assert legs(done, demand) == [first.pk, second.pk]
    match = Match.objects.get(run=done, rank=1)
    # Two bores of two ducts at 1000 a year, and one change of owner.
    assert match.cost_per_year == Decimal("6000.00")
    assert match.length_m == pytest.approx(first.length_m + second.length_m, abs=0.01)
    assert {part["code"] for part in match.score_parts} == {"price", "detour", "new_build", "owners"}
    assert match.legs.get(position=2).geometry.coords == (B, C)
    assert legs(done, demand, rank=2) == [first.pk, *(leg.pk for leg in detour)]
    assert (done.figures["matched"], done.value, done.gap) == (1, Decimal("6000.00"), 0)


def test_a_gap_is_built_at_its_price(demand_list: DemandList, owner: Organization) -> None:
    near_b = (114.312, 30.60)  # 191.9 m east of B
    first, second = duct(owner, A, B), duct(owner, near_b, C)
    demand = ask(demand_list)
    done = run(demand_list)
    assert legs(done, demand) == [first.pk, None, second.pk]
    gap = MatchLeg.objects.get(match__run=done, asset=None)
    assert gap.length_m == pytest.approx(191.9, abs=0.2)
    assert float(gap.cost_per_year) == pytest.approx(25 * gap.length_m, abs=0.1)
    assert gap.geometry.coords == (B, near_b)
    stricter = run(demand_list, route_terms={"duct": {"max_gap_m": 150.0}})
    miss = outcome(stricter, demand)
    assert (miss.met, miss.reason, miss.nearest_miss["asked"]) == (False, "no_path_within_gap_limit", 150)
    assert miss.nearest_miss["offered"] == pytest.approx(191.9, abs=0.2)


def test_units_that_earlier_routes_take_are_gone_for_later_ones(demand_list: DemandList, owner: Organization) -> None:
    duct(owner, A, C, capacity=3)
    late = ask(demand_list, quantity=2, priority=7)
    first = ask(demand_list, quantity=2, priority=2)
    after = ask(demand_list, quantity=3, priority=9, period=factories.period(30 + 365, 100))
    done = run(demand_list)
    assert [bool(legs(done, demand)) for demand in (first, late, after)] == [True, False, True]
    lost = outcome(done, late)
    assert (lost.reason, lost.funnel) == ("contested", {"near": 1, "open": 1, "fit": 1, "free": 1, "left": 0})
    assert (lost.nearest_miss["asked"], lost.nearest_miss["offered"], lost.change["to"]) == (2, 1, 1)


def test_the_cheap_line_goes_to_whom_another_would_cost_more_than_it_costs_the_first(
    demand_list: DemandList, owner: Organization
) -> None:
    cheap = duct(owner, A, C, capacity=1)
    round_about = [duct(owner, A, D), duct(owner, D, C)]
    first, second = ask(demand_list), ask(demand_list, budget_per_year=Decimal(1500))
    done = run(demand_list)
    assert legs(done, first) == [asset.pk for asset in round_about]
    assert legs(done, second) == [cheap.pk]
    # Alone each would cost 1,000: together 3,000 is proven to be the least.
    assert (done.value, done.bound, done.gap) == (Decimal("3000.00"), Decimal("3000.00"), 0)
    assert (done.figures["served"], done.figures["served_bound"], done.figures["components"]) == (2, 2, 1)


def test_one_of_two_goes_without_where_both_cannot_and_that_is_proven(
    demand_list: DemandList, owner: Organization
) -> None:
    cheap = duct(owner, A, C, capacity=1)
    later, first = ask(demand_list, priority=2), ask(demand_list, priority=1)
    done = run(demand_list)
    assert (legs(done, first), legs(done, later)) == ([cheap.pk], [])
    assert outcome(done, later).reason == "contested"
    assert (done.value, done.bound, done.gap, done.figures["served_bound"]) == (1000, 1000, 0, 1)


def test_a_runner_up_can_be_held_beside_all_that_the_list_gets(demand_list: DemandList, owner: Organization) -> None:
    """The way round by D is the first one's only other way, until a later line of the list takes it."""
    straight = duct(owner, A, C)
    round_about = [duct(owner, A, D, capacity=1), duct(owner, D, C, capacity=1)]
    demand = ask(demand_list)
    assert legs(run(demand_list), demand, rank=2) == [asset.pk for asset in round_about]
    factories.demand(demand_list, "duct", at=A, to=D)
    done = run(demand_list)
    assert (legs(done, demand), legs(done, demand, rank=2)) == ([straight.pk], [])


MISSES: list[tuple[dict[str, Any], dict[str, Any], str, dict[str, Any]]] = [
    ({"quantity": 4}, {"used": 2}, "no_free_units", {"field": "quantity", "from": 4, "to": 2, "by": -2}),
    ({"budget_per_year": Decimal(900)}, {}, "budget",
     {"field": "budget_per_year", "from": 900, "to": 1000, "by": 100}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "offered", "reason", "change"), MISSES)
def test_a_miss_is_explained_and_the_change_it_names_would_meet_it(
    demand_list: DemandList, owner: Organization, asked: dict[str, Any], offered: dict[str, Any], reason: str,
    change: dict[str, Any],
) -> None:  # fmt: skip
    asset = duct(owner, A, C, **offered)
    demand = ask(demand_list, **asked)
    found = outcome(run(demand_list), demand)
    assert (found.met, found.reason) == (False, reason)
    assert {name: found.change[name] for name in (*change, "asset")} == {**change, "asset": None}
    assert describe_miss(found) and describe_change(found)
    Demand.objects.filter(pk=demand.pk).update(**{change["field"]: change["to"]})
    assert legs(run(demand_list), demand) == [asset.pk]


def test_a_detour_that_is_too_long_is_named_with_the_one_that_would_do(
    demand_list: DemandList, owner: Organization
) -> None:
    far = (114.31, 30.61)
    assets = [duct(owner, A, far), duct(owner, far, C)]
    demand = ask(demand_list, max_detour=1.2)
    found = outcome(run(demand_list), demand)
    assert (found.reason, found.change["field"]) == ("detour", "max_detour")
    Demand.objects.filter(pk=demand.pk).update(max_detour=found.change["to"])
    assert legs(run(demand_list), demand) == [asset.pk for asset in assets]


UNFIT: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("duct", {}, {"details": {"blocked": True}}, "fit"),
    ("duct", {}, {"details": {"hazardous_co_use": True}}, "fit"),
    ("duct", {"cable_outer_diameter_mm": 64.0}, {}, "fit"),
    ("duct", {}, {"open_to_sectors": ["power"]}, "open"),
    ("duct", {}, {"status": "out_of_service"}, "open"),
    ("duct", {}, {"capacity": 1, "used": 1}, "free"),
    ("fiber", {"fiber_type": "G.654.E"}, {}, "fit"),
]


@pytest.mark.parametrize(("kind", "asked", "offered", "stage"), UNFIT)
def test_what_a_line_lacks_stops_it_at_its_stage(
    demand_list: DemandList, owner: Organization, kind: str, asked: dict[str, Any], offered: dict[str, Any], stage: str
) -> None:
    if kind == "duct":
        duct(owner, A, C, **offered)
    else:
        factories.asset(owner, kind, at=A, to=C, **offered)
    demand = ask(demand_list, kind, **asked)
    funnel = outcome(run(demand_list), demand).funnel
    order = ["near", "open", "fit", "free", "left"]
    assert funnel == {name: int(order.index(name) < order.index(stage)) for name in order}


@pytest.mark.parametrize(
    ("kind", "asked", "offered"),
    [
        ("duct", {"cable_outer_diameter_mm": 63.2}, {}),
        (
            "duct",
            {"accepts_hazardous_co_use": True},
            {"details": {"hazardous_co_use": True}},
        ),
        ("fiber", {"fiber_type": "G.652.D"}, {}),
    ],
)
def test_what_just_suffices_is_used(
    demand_list: DemandList, owner: Organization, kind: str, asked: dict[str, Any], offered: dict[str, Any]
) -> None:
    details = offered.get("details", {"inner_diameter_mm": 100.0} if kind == "duct" else {})
    asset = factories.asset(owner, kind, at=A, to=C, details=details)
    demand = ask(demand_list, kind, **asked)
    assert legs(run(demand_list), demand) == [asset.pk]


def test_attenuation_counts_cable_splices_and_connectors_at_the_demands_wavelength(
    demand_list: DemandList, owner: Organization
) -> None:
    cable = factories.asset(
        owner, "fiber", at=A, to=C, details={"cable_length_m": 20_000, "splices": 4, "connectors": 0}
    )
    # 20 km at 0.21 or 0.35 dB, four splices of 0.1, and two connectors of 0.5 at the ends.
    fits = ask(demand_list, "fiber", max_attenuation_db=5.7, max_detour=20)
    too_much = ask(demand_list, "fiber", max_attenuation_db=5.7, wavelength_nm=1310, max_detour=20)
    done = run(demand_list)
    assert legs(done, fits) == [cable.pk]
    miss = outcome(done, too_much)
    assert (miss.reason, miss.change["field"]) == ("attenuation", "max_attenuation_db")
    assert miss.nearest_miss["offered"] == pytest.approx(8.4, abs=0.01)


def test_a_cable_that_is_declared_shorter_than_the_straight_line_loses_what_that_would(
    demand_list: DemandList, owner: Organization
) -> None:
    cable = factories.asset(owner, "fiber", at=A, to=C, details={"cable_length_m": 12, "connectors": 0})
    # 1.9 km at 0.21 dB, and two connectors of 0.5 at the ends.
    fits, too_much = (ask(demand_list, "fiber", max_attenuation_db=most) for most in (1.41, 1.4))
    done = run(demand_list)
    assert legs(done, fits) == [cable.pk]
    miss = outcome(done, too_much).nearest_miss
    assert (miss["code"], miss["offered"]) == ("attenuation", 1.403)


def test_a_cable_that_is_declared_shorter_than_it_is_drawn_is_near_by_where_it_is_drawn(
    demand_list: DemandList, owner: Organization
) -> None:
    """From A far to the north, and back to C."""
    cable = factories.asset(owner, "fiber", at=A, to=C, details={"cable_length_m": 2000})
    Asset.objects.update(geometry=LineString(A, (114.31, 30.70), C, srid=4326))
    demand = ask(demand_list, "fiber")
    done = run(demand_list)
    assert legs(done, demand) == [cable.pk]
    assert outcome(done, demand).funnel["near"] == 1
    assert [near and near.near for near in supply_near([demand], demand_list.party)] == [1]


@pytest.mark.parametrize(
    ("protection", "ends"),
    [
        (Protection.RESTRICTED, {"at": (114.305, 30.605), "to": (114.365, 30.605)}),
        (Protection.CORE, {"at": (114.325, 30.625), "to": (114.375, 30.625)}),
    ],
)
def test_the_length_that_an_owner_declares_of_a_masked_cable_is_in_no_answer(
    demand_list: DemandList, owner: Organization, protection: str, ends: dict[str, factories.Place]
) -> None:
    """ends: the middles of its cells."""
    cable = factories.asset(owner, "fiber", at=(114.301, 30.601), to=(114.361, 30.601), protection=protection)
    fits = factories.demand(demand_list, "fiber", max_detour=20, **ends)
    too_much = factories.demand(demand_list, "fiber", max_attenuation_db=0.5, max_detour=20, **ends)

    def answers() -> list[Any]:
        done = run(demand_list)
        assert legs(done, fits) == [cable.pk]
        match = Match.objects.get(run=done, rank=1)
        miss = outcome(done, too_much)
        return [match.length_m, match.score, match.score_parts, match.cost_per_year, miss.nearest_miss, miss.change]

    before = answers()
    Fiber.objects.update(route_length_m=7777.0, cable_length_m=7800.0)
    assert answers() == before


@pytest.mark.parametrize("twin_is_first", [True, False])
def test_a_disjoint_route_uses_no_line_of_its_twin(
    demand_list: DemandList, owner: Organization, twin_is_first: bool
) -> None:
    cheap, dear = duct(owner, A, C), duct(owner, A, C, price_per_unit_year=Decimal(2000))
    one, other = ask(demand_list, priority=1), ask(demand_list, priority=2)
    later, earlier = (other, one) if twin_is_first else (one, other)
    Demand.objects.filter(pk=later.pk).update(disjoint_from=earlier)
    done = run(demand_list)
    assert (legs(done, one), legs(done, other)) == ([cheap.pk], [dear.pk])


@pytest.mark.parametrize("reversed_ends", [False, True])
def test_two_disjoint_routes_are_found_together_where_the_cheapest_one_leaves_none(
    demand_list: DemandList, owner: Organization, reversed_ends: bool
) -> None:
    north, south = (114.31, 30.603), (114.31, 30.597)
    cheap = [duct(owner, A, north), duct(owner, south, C)]
    duct(owner, north, south, price_per_unit_year=Decimal(10))
    dear = [
        duct(owner, north, C, price_per_unit_year=Decimal(3000)),
        duct(owner, A, south, price_per_unit_year=Decimal(3000)),
    ]
    one = ask(demand_list, priority=1)
    ends = {"at": C, "to": A} if reversed_ends else {"at": A, "to": C}
    other = factories.demand(demand_list, "duct", priority=2, disjoint_from=one, **ends)
    alone = run(demand_list)
    found = [legs(alone, demand) for demand in (one, other)]
    upper, lower = [cheap[0].pk, dear[0].pk], [dear[1].pk, cheap[1].pk]
    if reversed_ends:
        found[1].reverse()
    assert sorted(found) == sorted([upper, lower])


def crossing_ways(owner: Organization) -> dict[str, set[int]]:
    """Ducts of two cheap ways from A to C through one chamber halfway, of one through another 55 m north of it, and of
    a dear one 555 m to the south."""
    middle, beside_it = (114.31, 30.60), (114.31, 30.6005)
    south = [A, (114.30, 30.595), (114.32, 30.595), C]
    ways = {"cheap": 2 * [(A, middle), (middle, C)], "north": [(A, beside_it), (beside_it, C)], "far": pairwise(south)}
    prices = {"cheap": 1000, "north": 1500, "far": 3000}
    return {
        name: {duct(owner, at, to, price_per_unit_year=Decimal(prices[name])).pk for at, to in way}
        for name, way in ways.items()
    }


@pytest.mark.parametrize("twin_is_named", [True, False])
@pytest.mark.parametrize(
    ("rule", "second"),
    [
        ({"disjoint_by": "line"}, "cheap"),
        ({"disjoint_by": "chamber"}, "north"),
        ({"disjoint_by": "distance", "apart_m": 200.0}, "far"),
    ],
)
def test_a_route_is_disjoint_from_its_twin_in_the_way_that_is_asked(
    demand_list: DemandList, owner: Organization, rule: dict[str, Any], second: str, twin_is_named: bool
) -> None:
    ways = crossing_ways(owner)
    one, other = ask(demand_list, priority=1), ask(demand_list, priority=2)
    named, naming = (one, other) if twin_is_named else (other, one)
    Demand.objects.filter(pk=naming.pk).update(disjoint_from=named, **rule)
    done = run(demand_list)
    first, laid = set(legs(done, one)), set(legs(done, other))
    assert first and laid and first <= ways["cheap"] and laid <= ways[second] and not first & laid
    [pair] = done.figures["disjoint"]
    cost = sum(float(match.cost_per_year) for match in Match.objects.filter(run=done, rank=1))
    by = {"line": "span", "chamber": "node", "distance": "distance"}[rule["disjoint_by"]]
    assert (pair["by"], pair["apart_m"], pair["lines"]) == (by, rule.get("apart_m", 0), [one.line, other.line])
    assert [pair["cost"], pair["bound"], pair["gap"]] == pytest.approx([cost, cost, 0.0])


def test_a_route_between_other_ends_keeps_its_distance_from_what_was_laid_before(
    demand_list: DemandList, owner: Organization
) -> None:
    """Two ducts side by side, 100 m from one another."""
    aside, beside_c = (114.30, 30.6009), (114.32, 30.6009)
    straight, north = duct(owner, A, C), duct(owner, aside, beside_c)
    one = ask(demand_list, priority=1)
    apart = {"disjoint_from": one, "disjoint_by": "distance", "apart_m": 110.0}
    other = factories.demand(demand_list, "duct", at=aside, to=beside_c, priority=2, **apart)
    done = run(demand_list)
    assert (legs(done, one), legs(done, other)) == ([straight.pk], [])
    Demand.objects.filter(pk=other.pk).update(apart_m=90.0)
    done = run(demand_list)
    assert (legs(done, one), legs(done, other)) == ([straight.pk], [north.pk])
    assert "disjoint" not in done.figures


def test_a_planned_line_serves_from_its_opening_on(demand_list: DemandList, owner: Organization) -> None:
    demand = ask(demand_list)
    opening = demand.period.lower + timedelta(days=1)
    asset = duct(owner, A, C, status="planned", available_from=opening)
    assert legs(run(demand_list), demand) == []
    Demand.objects.filter(pk=demand.pk).update(period=(opening, demand.period.upper))
    assert legs(run(demand_list), demand) == [asset.pk]


def test_a_restricted_line_is_matched_by_its_cells_and_a_core_one_shows_no_place(
    demand_list: DemandList, owner: Organization
) -> None:
    duct(owner, A, C, protection=Protection.CORE, protection_reason="grid")
    demand = factories.demand(demand_list, "duct", at=(114.325, 30.625), to=(114.325, 30.625 + 1e-7))
    restricted = duct(owner, (114.401, 30.601), (114.421, 30.601), protection="restricted", protection_reason="grid")
    by_cell = factories.demand(demand_list, "duct", at=(114.405, 30.605), to=(114.425, 30.605))
    done = run(demand_list)
    assert not outcome(done, demand).met
    leg = MatchLeg.objects.get(match__run=done, match__demand=by_cell)
    assert leg.asset_id == restricted.pk
    assert [round(x, 6) for point in leg.geometry.coords for x in point] == [114.405, 30.605, 114.425, 30.605]


def test_a_cable_that_is_too_thick_is_told_the_thickness_that_fits(
    demand_list: DemandList, owner: Organization
) -> None:
    asset = duct(owner, A, C)
    demand = ask(demand_list, cable_outer_diameter_mm=80.0)
    change = outcome(run(demand_list), demand).change
    assert (change["field"], change["to"], change["unit"]) == ("cable_outer_diameter_mm", 63.245, "mm")
    Demand.objects.filter(pk=demand.pk).update(cable_outer_diameter_mm=change["to"])
    assert legs(run(demand_list), demand) == [asset.pk]


def test_two_half_quantities_are_named_where_two_routes_would_do(demand_list: DemandList, owner: Organization) -> None:
    for price in (1000, 1200):
        duct(owner, A, C, capacity=2, price_per_unit_year=Decimal(price))
    demand = ask(demand_list, quantity=4)
    found = outcome(run(demand_list), demand)
    assert (found.change["field"], found.change["to"], found.change["cost_per_year"]) == ("halves", [2, 2], 4400)
    assert describe_change(found) == "It would be met by two routes of 2 and 2 instead of one of 4."
    Demand.objects.filter(pk=demand.pk).delete()
    for line in (2, 3):
        ask(demand_list, quantity=2, line=line)
    assert run(demand_list).figures["matched"] == 2


def test_a_later_start_and_a_neighbour_are_named_where_they_would_help(
    demand_list: DemandList, owner: Organization
) -> None:
    demand = ask(demand_list)
    until = demand.period.lower + timedelta(days=90)
    leased = duct(owner, A, C, capacity=1)
    factories.allocate(leased, end=until)
    found = outcome(run(demand_list), demand)
    assert (found.change["field"], found.change["to"], found.change["by"]) == ("period", until.isoformat(), 90)
    duct(owner, A, C, details={"hazardous_co_use": True})
    found = outcome(run(demand_list), demand)
    assert [change["field"] for change in (found.change, *found.other_changes)] == [
        "accepts_hazardous_co_use", "period",
    ]  # fmt: skip
    Demand.objects.filter(pk=demand.pk).update(period=(until, demand.period.upper + timedelta(days=90)))
    assert legs(run(demand_list), demand) == [leased.pk]


def test_more_new_build_is_named_where_it_would_do(demand_list: DemandList, owner: Organization) -> None:
    duct(owner, A, B)
    demand = factories.demand(demand_list, "duct", at=A, to=(114.3125, 30.60))  # 240 m beyond B
    strict = {"duct": {"max_gap_share": 0.1}}
    found = outcome(run(demand_list, route_terms=strict), demand)
    assert (found.reason, found.change["field"], found.change["from"]) == ("gap_share", "max_gap_share", 0.1)
    looser = {"duct": {"max_gap_share": found.change["to"]}}
    assert outcome(run(demand_list, route_terms=looser), demand).met


def test_a_change_tells_nothing_of_a_core_line(demand_list: DemandList, owner: Organization) -> None:
    duct(owner, A, C, protection=Protection.CORE, protection_reason="grid")
    demand = factories.demand(
        demand_list, "duct", at=(114.305, 30.605), to=(114.325, 30.605), budget_per_year=Decimal(1)
    )
    found = outcome(run(demand_list), demand)
    assert (found.met, found.change, found.other_changes) == (False, {}, [])


def test_a_line_whose_period_is_over_is_told_so_and_no_route_is_laid(
    demand_list: DemandList, owner: Organization
) -> None:
    duct(owner, A, C)
    over, lasts = (ask(demand_list, period=factories.period(-30, days)) for days in (30, 31))
    done = run(demand_list)
    assert [outcome(done, one).reason for one in (over, lasts)] == ["over", ""]
    assert describe_miss(outcome(done, over)) == "its period is over"
    assert not Match.objects.filter(demand=over).exists()


def test_nothing_near_says_so(demand_list: DemandList) -> None:
    demand = ask(demand_list)
    found = outcome(run(demand_list), demand)
    assert (found.met, found.reason, found.change) == (False, "none_near", {})


@pytest.mark.parametrize(("protection", "is_entered"), [(Protection.OPEN, True), (Protection.RESTRICTED, False)])
def test_a_duct_is_entered_at_an_equipment_room_that_stands_on_it(
    protection: Protection, is_entered: bool, demand_list: DemandList, owner: Organization
) -> None:
    """A protected room is no access point, since a route that begins there would tell where it is."""
    whole = duct(owner, A, C)
    factories.asset(owner, "equipment_room", at=B, protection=protection)
    factories.asset(owner, "equipment_room", at=(B[0], B[1] + 0.0002))  # twenty metres beside it
    asked = factories.demand(demand_list, "duct", at=B, to=C)

    found = run(demand_list)

    assert (legs(found, asked) == [whole.pk]) is is_entered
    if is_entered:
        assert Match.objects.get(demand=asked, rank=1).length_m == pytest.approx(958, abs=2)


def test_a_search_that_gives_up_over_why_there_is_no_route_fails_no_list(
    demand_list: DemandList, owner: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing has the units that are asked for; for how many there is a route is not found."""
    duct(owner, A, C, capacity=2)
    demand = ask(demand_list, quantity=3)
    before = outcome(run(demand_list), demand)

    def give_up(*_asked: object) -> None:
        raise SearchTooLarge

    monkeypatch.setattr(RouteSearch, "shortest", give_up)
    done = run(demand_list)
    found = outcome(done, demand)
    assert (before.reason, before.change["field"]) == ("no_free_units", "quantity")
    assert (done.status, found.reason, found.nearest_miss) == (RunStatus.DONE, "search_too_large", {})
    assert found.change == before.change
