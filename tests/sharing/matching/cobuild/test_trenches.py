"""Trenches for routes: who can join whose, and that the choice costs least, against every choice there is."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.cobuild.builds import TrenchAsks
from sharing.matching.cobuild.corridors import alone_costs, joins
from sharing.matching.cobuild.costs import TrenchTerms
from sharing.matching.cobuild.trench_choice import choose_trenches
from sharing.matching.geodesy import WGS84, geodesic_m
from sharing.matching.route_terms import RouteTerms
from tests.sharing.matching.route_scene import Areas, gap, grounds

TERMS = TrenchTerms(per_m=10.0, per_unit_m=0.0, corridor_m=300.0)
CENTRE = (114.302, 30.591)
NORTH_M = 1 / 110_863
"""Degrees of latitude there."""
Route = tuple[float, float, float, float]


def asks(routes: list[Route], **columns) -> TrenchAsks:
    """Routes from and to metres east and north of the centre, each of another party, for ten years from one day."""
    count = len(routes)
    places = np.array(routes, dtype=np.float64).reshape(-1, 4)
    ends = []
    for east, north in (places[:, :2].T, places[:, 2:].T):
        azimuth = np.degrees(np.arctan2(east, north))
        centre = np.full(count, CENTRE[0]), np.full(count, CENTRE[1])
        lon, lat, _ = WGS84.fwd(*centre, azimuth, np.hypot(east, north))
        ends.append(np.column_stack((lon, lat)))
    whole = {
        "id": range(count), "party": range(count), "start": [739_000] * count, "end": [742_650] * count,
        "units": [1] * count, **columns,
    }  # fmt: skip
    longest = np.asarray(whole.pop("longest_m", [1e9] * count), dtype=np.float64)
    apart = np.array(whole.pop("apart", []), dtype=np.int64).reshape(-1, 2)
    integers = {name: np.array(list(values), dtype=np.int64) for name, values in whole.items()}
    return TrenchAsks(origin=ends[0], destination=ends[1], longest_m=longest, apart=apart, **integers)


def groups(asked: TrenchAsks, terms: TrenchTerms = TERMS) -> set[tuple[int, ...]]:
    return {tuple(build.demands.tolist()) for build in choose_trenches(asked, terms).builds}


def test_two_parallel_routes_lie_in_one_trench_and_share_its_common_stretch():
    asked = asks([(0, 0, 1000, 0), (0, 20, 1000, 20)])
    chosen = choose_trenches(asked, TERMS)
    [build] = chosen.builds
    # 1,000 m of trench and two spurs of 20 m, at 10 a year and metre, in cents.
    assert build.cost == pytest.approx(1_040_000, abs=20)
    assert build.shares.cents.tolist() == pytest.approx([520_000, 520_000], abs=10)
    assert build.alone.tolist() == pytest.approx([1_000_000, 1_000_000], abs=10)
    assert (chosen.value, chosen.bound) == (build.cost, build.cost)
    dug = sum(geodesic_m(line[:-1], line[1:]).sum() for line in build.lines)
    assert dug == pytest.approx(1040, abs=0.01)
    assert len(build.lines) == 3


def test_a_short_route_joins_a_long_one_for_a_stretch():
    asked = asks([(0, 0, 2000, 0), (1400, 30, 600, 30)])
    [build] = choose_trenches(asked, TERMS).builds
    assert build.cost == pytest.approx(2_060_000, abs=100)
    # Coming last the short one adds its two spurs of 30 m, coming first its own trench of 800 m.
    assert build.shares.cents.tolist() == pytest.approx([1_630_000, 430_000], abs=100)


def test_each_unit_is_paid_for_by_who_asks_for_it():
    terms = TrenchTerms(per_m=10.0, per_unit_m=1.0, corridor_m=300.0)
    [build] = choose_trenches(asks([(0, 0, 1000, 0), (0, 0, 1000, 0)], units=[1, 4]), terms).builds
    assert build.shares.cents.tolist() == pytest.approx([600_000, 900_000], abs=10)


def on(areas: Areas | None, terms: TrenchTerms) -> TrenchTerms:
    """The terms on a ground of these areas."""
    return replace(terms, ground=areas and areas.of(RouteTerms(terms.per_m, terms.corridor_m, 1.0))[1])


def band(name: str, south_m: float, north_m: float, price: float) -> Areas:
    """One area from so many metres north of the centre to so many, far to the east and west."""
    shape = shapely.box(114.0, CENTRE[1] + south_m * NORTH_M, 115.0, CENTRE[1] + north_m * NORTH_M)
    return Areas(((name, shape),), ((name, price),))


def test_a_trench_costs_what_it_is_dug_through():
    """Two parallel routes 20 m apart: a river runs over the northern one and over half of each spur between them."""
    asked = asks([(0, 0, 1000, 0), (0, 20, 1000, 20)])
    chosen = choose_trenches(asked, on(band("water", 10, 1000, price=40.0), TERMS))
    [build] = chosen.builds
    # 1,000 m at 10 and 40 by themselves; together the southern one, with 10 m of each kind in either spur.
    assert build.alone.tolist() == pytest.approx([1_000_000, 4_000_000], rel=1e-4)
    assert build.cost == pytest.approx(1_000_000 + 2 * (10_000 + 40_000), rel=1e-3)
    assert build.terrain == pytest.approx({"ordinary": 1020, "water": 20}, abs=0.1)
    assert (chosen.value, chosen.bound) == (build.cost, build.cost)
    assert build.lines[0].tolist() == [asked.origin[0].tolist(), asked.destination[0].tolist()]


def test_spurs_through_dear_ground_keep_routes_apart_that_would_join_on_ordinary_ground():
    asked = asks([(0, 0, 100, 0), (0, 20, 100, 20)])
    assert groups(asked) == {(0, 1)}
    # Rock between them, which neither meets by itself.
    assert groups(asked, on(band("rock", 5, 15, price=100.0), TERMS)) == set()


def test_routes_join_where_only_the_ground_of_their_own_makes_it_worth_while():
    asked = asks([(0, 0, 1000, 0), (0, 20, 30, 20)])
    assert groups(asked) == set()
    assert groups(asked, on(band("water", 19, 1000, price=40.0), TERMS)) == {(0, 1)}


def test_ground_that_costs_the_same_everywhere_chooses_the_same_and_says_what_it_is():
    asked = asks([(0, 0, 1000, 0), (0, 20, 1000, 20), (500, -100, 500, 100)])
    plain = choose_trenches(asked, TERMS)
    paved = choose_trenches(asked, on(band("paved_road", -9000, 9000, price=10.0), TERMS))
    assert (plain.value, plain.bound) == pytest.approx((paved.value, paved.bound), abs=3)
    for one, other in zip(plain.builds, paved.builds, strict=True):
        dug = sum(geodesic_m(line[:-1], line[1:]).sum() for line in one.lines)
        assert (one.terrain, other.terrain) == ({}, pytest.approx({"paved_road": dug}))


@pytest.mark.parametrize(
    ("routes", "columns"),
    [
        ([(0, 0, 1000, 0), (0, 301, 1000, 301)], {}),  # outside the corridor
        ([(0, 0, 1000, 0), (500, -100, 500, 100)], {}),  # crosses it, and would gain nothing
        ([(0, 0, 1000, 0), (0, 20, 1000, 20)], {"longest_m": [1030, 1030]}),  # too long a way round
        ([(0, 0, 1000, 0), (0, 20, 1000, 20)], {"apart": [(0, 1)]}),  # must be disjoint
        ([(0, 0, 1000, 0), (0, 20, 1000, 20)], {"start": [739_000, 739_367]}),  # too long before it is needed
        ([(0, 0, 1000, 0), (0, 20, 1000, 20)], {"end": [739_100, 742_000], "start": [739_000, 739_100]}),
        ([(0, 0, 1000, 0), (0, 20, 1000, 20)], {"party": [5, 5]}),  # a party by itself is no group
    ],
)
def test_what_does_not_fit_is_not_grouped(routes, columns):
    assert groups(asks(routes, **columns)) == set()


def test_disjoint_routes_do_not_lie_in_the_trench_of_a_third():
    routes = [(0, 0, 1000, 0), (0, 20, 1000, 20), (0, 40, 1000, 40)]
    assert groups(asks(routes)) == {(0, 1, 2)}
    assert len(groups(asks(routes, apart=[(0, 2)])).pop()) == 2


METRES = st.integers(-500, 500)
ROUTE = st.tuples(METRES, METRES, METRES, METRES, st.integers(1, 4), st.integers(0, 3), st.floats(1.0, 1.6))


def drawn(rows: list[tuple]) -> TrenchAsks:
    routes = [row[:4] for row in rows]
    straight = [max(np.hypot(c - a, d - b), 1.0) for a, b, c, d in routes]
    return asks(
        routes, units=[row[4] for row in rows], party=[row[5] for row in rows],
        longest_m=[row[6] * m + 1 for row, m in zip(rows, straight, strict=True)],
    )  # fmt: skip


PRICED = TrenchTerms(per_m=10.0, per_unit_m=0.7, corridor_m=250.0)


def dug_cost(start: np.ndarray, end: np.ndarray, areas: Areas | None) -> float:
    """What a straight stretch costs a year, class by class, as the tests of routes reckon gaps."""
    return gap(tuple(start.tolist()), tuple(end.tolist()), RouteTerms(PRICED.per_m, 1.0, 1.0), areas).build


def cost_to_join(asked: TrenchAsks, k: int, t: int) -> int | None:
    """What route k costs in the trench of t, with the foot of each end sought along the trench step by step."""
    share = np.linspace(0, 1, 20_001)[:, None]
    trench = asked.origin[t] + share * (asked.destination[t] - asked.origin[t])
    feet, spurs = [], []
    for end in (asked.origin[k], asked.destination[k]):
        away = geodesic_m(np.broadcast_to(end, trench.shape).copy(), trench)
        feet.append(trench[[away.argmin()]])
        spurs.append(float(away.min()))
    path = sum(spurs) + float(geodesic_m(feet[0], feet[1])[0])
    if max(spurs) > PRICED.corridor_m or path > asked.longest_m[k]:
        return None
    return round(sum(spurs) * PRICED.per_m * 100 + path * PRICED.per_unit_m * 100 * int(asked.units[k]))


@given(st.lists(ROUTE, min_size=2, max_size=2))
@settings(max_examples=40, deadline=None)
def test_joining_costs_the_spurs_and_the_units_along_the_way(rows):
    asked = drawn(rows)
    found = joins(asked, PRICED)
    alone = alone_costs(asked, PRICED)
    known = {
        (k, t): c for k, t, c in zip(found.route.tolist(), found.trench.tolist(), found.cost.tolist(), strict=True)
    }
    for k, t in ((0, 1), (1, 0)):
        expected = cost_to_join(asked, k, t)
        if (k, t) in known:
            assert expected is None or known[k, t] == pytest.approx(expected, abs=200)
        elif expected is not None:
            near_a_limit = cost_to_join(asks_with_slack(asked, -1.0), k, t) is None
            assert near_a_limit or expected > alone[k] - 200


def asks_with_slack(asked: TrenchAsks, metres: float) -> TrenchAsks:
    return TrenchAsks(
        asked.id, asked.party, asked.origin, asked.destination, asked.longest_m + metres, asked.start, asked.end,
        asked.units, asked.apart,
    )  # fmt: skip


@given(st.lists(ROUTE, min_size=2, max_size=4), grounds())
@settings(max_examples=60, deadline=None)
def test_what_is_dug_costs_what_gaps_of_routes_do(rows, areas):
    asked, terms = drawn(rows), on(areas, PRICED)
    straight = geodesic_m(asked.origin, asked.destination)
    alone = alone_costs(asked, terms)
    for k, metres in enumerate(straight.tolist()):
        dug = dug_cost(asked.origin[k], asked.destination[k], areas)
        assert alone[k] == pytest.approx(100 * (dug + metres * PRICED.per_unit_m * asked.units[k]), abs=3)
    found = joins(asked, terms)
    for k, on_it, off_it, cost in zip(found.route.tolist(), found.on, found.off, found.cost.tolist(), strict=True):
        spurs = ((asked.origin[k], on_it), (off_it, asked.destination[k]))
        ends = np.array([asked.origin[k], on_it, off_it, asked.destination[k]])
        laid = float(geodesic_m(ends[:-1], ends[1:]).sum()) * PRICED.per_unit_m * int(asked.units[k])
        assert cost == pytest.approx(100 * (sum(dug_cost(*spur, areas) for spur in spurs) + laid), abs=3)


@given(st.lists(ROUTE, min_size=1, max_size=6), st.booleans(), st.none() | grounds())
@settings(max_examples=120, deadline=None)
def test_no_choice_of_trenches_costs_less(rows, with_twins, areas):
    terms = on(areas, PRICED)
    asked = drawn(rows)
    if with_twins and len(rows) > 2:
        asked = TrenchAsks(
            asked.id, asked.party, asked.origin, asked.destination, asked.longest_m, asked.start, asked.end,
            asked.units, np.array([[0, 1]]),
        )  # fmt: skip
    chosen = choose_trenches(asked, terms)
    alone = alone_costs(asked, terms).tolist()
    found = joins(asked, terms)
    join = {
        (k, t): c for k, t, c in zip(found.route.tolist(), found.trench.tolist(), found.cost.tolist(), strict=True)
    }
    count = len(rows)
    least = sum(alone)
    # Every way to say in whose trench each route lies: its own, or that of one that lies in its own.
    for lies_in in itertools.product(range(count), repeat=count):
        if any(lies_in[t] != t or (k != t and (k, t) not in join) for k, t in enumerate(lies_in)):
            continue
        if any(lies_in[a] == lies_in[b] for a, b in asked.apart.tolist()):
            continue
        least = min(least, sum(alone[k] if k == t else join[k, t] for k, t in enumerate(lies_in)))
    assert (chosen.value, chosen.bound) == (least, least)
    for build in chosen.builds:
        assert np.unique(asked.party[build.demands]).size > 1
        assert int(build.shares.cents.sum()) == build.cost < int(build.alone.sum())
        assert (build.shares.cents <= build.alone).all()
        dug = sum(float(geodesic_m(line[:-1], line[1:]).sum()) for line in build.lines)
        assert sum(build.terrain.values()) == pytest.approx(dug if areas else 0)
