"""What ground a gap goes through: beside a computation of one gap after another, and by example."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.geodesy import geodesic_m
from sharing.matching.network import build_network
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Route, RouteDemand, find_route
from sharing.matching.terrain import CLASSES, Ground
from tests.sharing.matching.route_scene import Areas, Line, Place, gap, grounds, lines_of, offer_of

EAST = st.floats(114.2995, 114.3045)
NORTH = st.floats(30.5895, 30.5925)
TERMS = RouteTerms(10.0, 500.0, 1.0)


def metres_of(ground: Ground, start: Place, end: Place) -> dict[str, float]:
    ends = np.array([start]), np.array([end])
    [row] = ground.metres(*ends, geodesic_m(*ends))
    return {name: float(of_it) for name, of_it in zip(CLASSES, row, strict=True) if of_it}


@settings(max_examples=150, deadline=None)
@given(areas=grounds(), gaps=st.lists(st.tuples(EAST, NORTH, EAST, NORTH), max_size=8))
def test_gaps_at_once_cost_what_each_costs_by_itself(
    areas: Areas, gaps: list[tuple[float, float, float, float]]
) -> None:
    _, ground = areas.of(TERMS)
    ends = np.array(gaps, dtype=np.float64).reshape(-1, 4)
    start, end = ends[:, :2].copy(), ends[:, 2:].copy()
    length = geodesic_m(start, end)
    metres, extra = ground.metres(start, end, length), ground.extra(start, end, length)
    expected = [gap(one[:2], one[2:], TERMS, areas).build for one in gaps]
    assert metres.sum(axis=1) == pytest.approx(length, rel=1e-12, abs=1e-9)
    assert metres @ ground.price == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert length * ground.cheapest + extra == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert (extra >= 0).all()


def square(west: float, east: float, south: float = 30.0, north: float = 31.0) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


def test_the_dearest_counts_where_areas_lie_over_one_another_and_pieces_of_one_join() -> None:
    """Rock from 114.300 to 114.302 in two pieces, and a river over its end, from 114.3015 to 114.303."""
    areas = Areas(
        (
            ("rock", square(114.300, 114.301)), ("rock", square(114.301, 114.302)),
            ("water", square(114.3015, 114.303)), ("open_ground", square(114.2995, 114.303)),
        ),
        (("rock", 30.0), ("water", 100.0), ("open_ground", 5.0)),
    )  # fmt: skip
    ground = areas.of(TERMS)[1]
    found = metres_of(ground, (114.299, 30.5), (114.304, 30.5))
    degree = sum(found.values()) / 0.005
    expected = {"ordinary": 0.0015, "open_ground": 0.0005, "rock": 0.0015, "water": 0.0015}
    assert {name: of_it / degree for name, of_it in found.items()} == pytest.approx(expected, abs=1e-9)
    assert ground.cheapest == 5.0


def test_a_class_without_areas_does_not_count_as_the_cheapest() -> None:
    ground = Areas((("rock", square(114.0, 115.0)),), (("rock", 30.0), ("open_ground", 1.0))).of(TERMS)[1]
    assert ground.cheapest == 10.0


def test_a_gap_that_measures_nothing_and_one_over_the_date_line_are_ordinary() -> None:
    ground = Areas((("rock", square(-10.0, 10.0)), ("water", square(179.0, 180.0))), ()).of(TERMS)[1]
    assert metres_of(ground, (0.0, 30.5), (0.0, 30.5)) == {}
    assert metres_of(ground, (0.0, 30.51), (0.0, float(np.nextafter(30.51, 90.0)))) == {}
    over = metres_of(ground, (179.999, 30.5), (-179.999, 30.5))
    assert over["water"] == pytest.approx(over["ordinary"], rel=1e-6)
    assert sum(over.values()) == pytest.approx(191.9, abs=0.1)


WEST_END, NEAR, FAR, EAST_END = (114.30, 30.60), (114.301, 30.60), (114.3035, 30.60), (114.3045, 30.60)
AROUND = [(114.301, 30.6015), (114.3035, 30.6015)]
"""A break of 240 m between two ducts, and of as much between two others 170 m to the north."""


def route_over(areas: Areas | None) -> Route:
    assets = [
        Line((WEST_END, NEAR), price=1.0), Line((FAR, EAST_END), price=1.0),
        Line((NEAR, AROUND[0]), price=900.0), Line((AROUND[1], FAR), price=900.0),
    ]  # fmt: skip
    terms, ground = (TERMS, None) if areas is None else areas.of(TERMS)
    network = build_network(lines_of(assets), max_gap_m=300.0, tee=False, ground=ground)
    route = find_route(network, RouteDemand(WEST_END, EAST_END, 1, 5.0), _short(terms), offer_of(assets))
    assert route is not None
    return route


def _short(terms: RouteTerms) -> RouteTerms:
    return RouteTerms(terms.gap_cost_per_m, 300.0, 1.0, terrain_cost_per_m=terms.terrain_cost_per_m)


def test_a_route_goes_around_a_pond_where_that_is_cheaper_and_says_what_it_goes_through() -> None:
    assert [leg.asset for leg in route_over(None).legs] == [100, None, 101]
    assert [dict(leg.terrain) for leg in route_over(None).legs] == [{}, {}, {}]
    pond = ("water", square(114.302, 114.3025, 30.599, 30.601))
    over = route_over(Areas((pond,), (("water", 40.0),)))
    gap_leg = over.legs[1]
    assert [leg.asset for leg in over.legs] == [100, None, 101]
    assert gap_leg.terrain == pytest.approx({"ordinary": gap_leg.length_m * 0.8, "water": gap_leg.length_m * 0.2})
    assert gap_leg.cost_per_year == pytest.approx(gap_leg.length_m * (0.8 * 10.0 + 0.2 * 40.0))
    around = route_over(Areas((pond,), (("water", 60.0),)))
    assert [leg.asset for leg in around.legs] == [100, 102, None, 103, 101]
    assert around.legs[2].terrain == pytest.approx({"ordinary": around.legs[2].length_m})


def test_without_terrain_a_network_costs_nothing_more() -> None:
    network = build_network(lines_of([Line((WEST_END, NEAR))]), max_gap_m=300.0)
    assert (network.ground, network.gap_extra.any()) == (None, False)
