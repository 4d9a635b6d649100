"""Disjoint pairs: each the cheapest together of an oracle that tries all pairs of paths, and the rest by example."""

from itertools import islice, pairwise, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sharing.matching.disjoint import Disjoint, RoutePair, disjoint_pair
from sharing.matching.network import build_network
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import RouteDemand, RouteSearch
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


@settings(max_examples=300, deadline=None)
@given(scene=scenes(7) | crowded_scenes(), areas=st.none() | grounds(), by=st.sampled_from(Disjoint))
def test_a_pair_is_the_cheapest_of_all_pairs_within_the_limits(
    scene: tuple[list[Line], RouteDemand, RouteTerms], areas: Areas | None, by: Disjoint
) -> None:
    assets, demand, terms = scene
    every = list(islice(paths(assets, demand, terms, areas), MOST_PATHS))
    assume(len(every) < MOST_PATHS)
    allowed = [path for path in every if keeps_limits(path, demand, terms)]
    costs = [
        one.plain_cost + other.plain_cost
        for one, other in product(allowed, allowed)
        if share_nothing(one, other, demand, by)
    ]
    terms, ground = grounded(terms, areas)
    network = build_network(lines_of(assets), max_gap_m=terms.max_gap_m, tee=False, ground=ground)
    pair = disjoint_pair(RouteSearch(network, demand, terms), offer_of(assets), by)
    assert (pair is None) == (not costs)
    if pair is not None:
        assert pair.plain_cost == pytest.approx(min(costs), rel=1e-6, abs=1e-6)
        assert pair.bound == pytest.approx(min(costs), rel=1e-6, abs=1e-5)
        assert pair.first.cost_per_year <= pair.second.cost_per_year


A, B, C, D = (114.30, 30.60), (114.31, 30.605), (114.31, 30.595), (114.32, 30.60)
TERMS = RouteTerms(gap_cost_per_m=1.0, max_gap_m=50.0, max_gap_share=0.1)


def pair_of(assets: list[Line], demand: RouteDemand, by: Disjoint = Disjoint.BY_SPAN) -> RoutePair | None:
    network = build_network(lines_of(assets), max_gap_m=50.0, tee=False)
    return disjoint_pair(RouteSearch(network, demand, TERMS), offer_of(assets), by)


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
