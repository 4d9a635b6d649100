"""Disjoint pairs: each the cheapest together of an oracle that tries all pairs of paths, and the rest by example."""

from itertools import islice, pairwise, product

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from sharing.matching import pair_program
from sharing.matching.apart import Apart, Disjoint
from sharing.matching.beside import Laid, beside
from sharing.matching.disjoint import RoutePair, disjoint_pair
from sharing.matching.network import build_network
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Offer, RouteDemand, RouteSearch, find_route
from tests.sharing.matching.route_scene import (
    Areas,
    Line,
    Path,
    crowded_scenes,
    grounded,
    grounds,
    keeps_limits,
    lines_of,
    metres,
    offer_of,
    paths,
    scenes,
)

MOST_PATHS = 400


def share_nothing(one: Path, other: Path, demand: RouteDemand, by: Disjoint) -> bool:
    """By span: no line and no gap in common. By node: no access point either. A and B themselves do not count."""
    ends = (demand.origin, demand.destination)

    def edges(path: Path) -> set[object]:
        legs = [step for step in path.steps if step.line is not None or step.length_m > 1.0]
        return {frozenset((step.start, step.end)) if step.line is None else step.line for step in legs}

    def places(path: Path) -> set[object]:
        inner = {step.start for step in path.steps[1:]}
        return {place for place in inner if all(metres(place, end) > 1.0 for end in ends)}

    if by is Disjoint.BY_NODE and places(one) & places(other):
        return False
    return not edges(one) & edges(other)


class Ground:
    """Paths drawn on another plane (azimuthal, about A), without what is near an end."""

    def __init__(self, demand: RouteDemand, apart_m: float) -> None:
        lon, lat = demand.origin
        self.project = Transformer.from_crs("EPSG:4326", f"+proj=aeqd +lat_0={lat} +lon_0={lon}", always_xy=True)
        ends = [shapely.Point(self.project.transform(*end)) for end in (demand.origin, demand.destination)]
        self.near, self.apart_m = shapely.union_all([end.buffer(apart_m, quad_segs=500) for end in ends]), apart_m
        self.drawn: dict[int, shapely.Geometry] = {}

    def line(self, path: Path) -> shapely.Geometry:
        if id(path) not in self.drawn:
            places = [self.project.transform(*place) for step in path.steps for place in (step.start, step.end)]
            self.drawn[id(path)] = shapely.LineString(places).difference(self.near)
        return self.drawn[id(path)]

    def far_enough(self, one: Path, other: Path) -> bool:
        away = self.line(one), self.line(other)
        return any(line.is_empty for line in away) or away[0].distance(away[1]) >= self.apart_m


@settings(max_examples=150, deadline=None)
@given(
    scene=scenes(7) | crowded_scenes(),
    areas=st.none() | grounds(),
    by=st.sampled_from(Disjoint),
    apart_m=st.sampled_from([15.0, 60.0, 95.0, 130.0, 200.0]),
    whole_assets=st.booleans(),
)
def test_a_pair_is_the_cheapest_of_all_pairs_within_the_limits(
    scene: tuple[list[Line], RouteDemand, RouteTerms],
    areas: Areas | None,
    by: Disjoint,
    apart_m: float,
    whole_assets: bool,
) -> None:
    assets, demand, terms = scene
    every = list(islice(paths(assets, demand, terms, areas), MOST_PATHS))
    assume(len(every) < MOST_PATHS)
    allowed = [path for path in every if keeps_limits(path, demand, terms)]
    ground = Ground(demand, apart_m)
    pairs = sorted(product(allowed, allowed), key=lambda pair: pair[0].plain_cost + pair[1].plain_cost)
    best = next(
        (
            one.plain_cost + other.plain_cost
            for one, other in pairs
            if share_nothing(one, other, demand, by)
            and (by is not Disjoint.BY_DISTANCE or ground.far_enough(one, other))
        ),
        None,
    )
    terms, terrain = grounded(terms, areas)
    network = build_network(lines_of(assets), max_gap_m=terms.max_gap_m, tee=False, ground=terrain)
    search, offer = RouteSearch(network, demand, terms), offer_of(assets)
    pair = disjoint_pair(search, offer, by, apart_m=apart_m, whole_assets=whole_assets)
    assert (pair is None) == (best is None)
    if pair is not None:
        assert pair.plain_cost == pytest.approx(best, rel=1e-6, abs=1e-6)
        assert pair.bound == pytest.approx(best, rel=1e-6, abs=1e-5)
        assert pair.gap == pytest.approx(0.0, abs=1e-5)
        assert pair.first.cost_per_year <= pair.second.cost_per_year
        check_beside(search, offer, pair, by, apart_m)


def check_beside(search: RouteSearch, offer: Offer, pair: RoutePair, by: Disjoint, apart_m: float) -> None:
    """Beside either of a pair the other is found, or one that is no dearer."""
    ends = np.array([search.demand.origin, search.demand.destination])
    apart = Apart.of(search.network, apart_m, ends, ends) if by is Disjoint.BY_DISTANCE else None
    for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
        left = beside(search.network, [Laid(one, ends, by, apart)], ends)
        found = find_route(left, search.demand, search.terms, offer)
        assert found is not None
        assert found.cost_per_year <= other.cost_per_year + 1e-6


A, B, C, D = (114.30, 30.60), (114.31, 30.605), (114.31, 30.595), (114.32, 30.60)
TERMS = RouteTerms(gap_cost_per_m=1.0, max_gap_m=50.0, max_gap_share=0.1)


def pair_of(
    assets: list[Line], demand: RouteDemand, by: Disjoint = Disjoint.BY_SPAN, apart_m: float = 10.0
) -> RoutePair | None:
    network = build_network(lines_of(assets), max_gap_m=50.0, tee=False)
    return disjoint_pair(RouteSearch(network, demand, TERMS), offer_of(assets), by, apart_m=apart_m)


TRAP = [
    Line((A, B), price=1.0), Line((B, C), price=1.0), Line((C, D), price=1.0),
    Line((A, C), price=5.0), Line((B, D), price=5.0),
]  # fmt: skip
"""The cheapest route takes A-B-C-D, beside which there is no other; the pair is A-B-D and A-C-D."""


@pytest.mark.parametrize("by", Disjoint)
def test_a_pair_is_found_where_the_cheapest_route_leaves_none_beside_it(by: Disjoint) -> None:
    pair = pair_of(TRAP, RouteDemand(A, D, 1, 2.0), by)
    assert pair is not None
    assert (pair.first.assets, pair.second.assets) in (((100, 104), (103, 102)), ((103, 102), (100, 104)))
    assert [pair.plain_cost, pair.bound] == pytest.approx([12.0, 12.0])


def test_two_routes_through_one_chamber_are_disjoint_by_span_only() -> None:
    assets = [Line((A, B), price=price) for price in (1.0, 2.0)] + [Line((B, D), price=price) for price in (1.0, 2.0)]
    pair = pair_of(assets, RouteDemand(A, D, 1, 2.0))
    assert pair is not None
    assert pair.plain_cost == pytest.approx(6.0)
    assert pair_of(assets, RouteDemand(A, D, 1, 2.0), Disjoint.BY_NODE) is None


def test_each_route_of_a_pair_keeps_the_detour() -> None:
    around = (114.31, 30.64)
    assets = [Line((A, D), price=9.0), Line((A, B, D), price=5.0), Line((A, around, D), price=1.0)]
    loose, strict = pair_of(assets, RouteDemand(A, D, 1, 9.0)), pair_of(assets, RouteDemand(A, D, 1, 1.5))
    assert loose is not None and strict is not None
    assert [loose.first.assets, loose.second.assets] == [(102,), (101,)]
    assert [strict.first.assets, strict.second.assets] == [(101,), (100,)]


def test_a_pair_of_a_thousand_spans_each_is_found() -> None:
    """Two chains of short ducts side by side, further apart than a gap may be."""
    chains = [
        [(114.3, 30.6), *((114.3 + 0.0001 * i, 30.6 + shift) for i in range(1, 1200)), (114.42, 30.6)]
        for shift in (0.001, -0.001)
    ]
    assets = [Line(pair, price=1.0) for chain in chains for pair in pairwise(chain)]
    pair = pair_of(assets, RouteDemand((114.3, 30.6), (114.42, 30.6), 1, 2.0), Disjoint.BY_NODE)
    assert pair is not None
    assert [len(pair.first.assets), len(pair.second.assets)] == [1200, 1200]


BESIDE = [
    Line((A, D), price=1.0), Line((A, (114.30, 30.6003), (114.32, 30.6003), D), price=2.0),
    Line((A, (114.30, 30.603), (114.32, 30.603), D), price=9.0),
]  # fmt: skip


def test_routes_keep_their_distance_but_near_the_ends() -> None:
    """Three ways from A to D: straight, 33 m beside it and 333 m beside it."""
    assets, demand = BESIDE, RouteDemand(A, D, 1, 2.0)
    found = {
        apart_m: None if pair is None else (pair.first.assets, pair.second.assets)
        for apart_m in (20.0, 100.0, 250.0, 400.0)
        for pair in [pair_of(assets, demand, Disjoint.BY_DISTANCE, apart_m)]
    }
    assert found == {20.0: ((100,), (101,)), 100.0: ((100,), (102,)), 250.0: ((100,), (102,)), 400.0: None}


def test_two_stretches_of_one_line_may_be_shared_or_not() -> None:
    """A long duct that begins near A and ends near D, with ways aside at its middle."""
    middle = (114.31, 30.60)
    assets = [
        Line((A, middle, D), price=2.0), Line((A, B, middle), price=3.0), Line((middle, C, D), price=3.0),
    ]  # fmt: skip
    network = build_network(lines_of(assets), max_gap_m=50.0, chambers=np.array([middle]), tee=False)
    search, offer = RouteSearch(network, RouteDemand(A, D, 1, 2.0), TERMS), offer_of(assets)
    shared = disjoint_pair(search, offer, Disjoint.BY_SPAN)
    assert shared is not None
    assert shared.plain_cost == pytest.approx(8.0)
    apart = disjoint_pair(search, offer, Disjoint.BY_SPAN, whole_assets=True)
    assert apart is not None
    assert {apart.first.assets, apart.second.assets} == {(100,), (101, 102)}


def test_a_pair_that_time_ran_out_on_states_how_far_it_may_be_from_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_program, "SECONDS", 0.0)
    pair = pair_of(BESIDE, RouteDemand(A, D, 1, 2.0), Disjoint.BY_DISTANCE, 100.0)
    assert pair is not None
    assert [pair.plain_cost, pair.bound, pair.gap] == pytest.approx([10.0, 3.0, 0.7])
