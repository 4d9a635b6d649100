"""Disjoint pairs: each the cheapest together of an oracle that tries all pairs of paths, and the rest by example."""

from itertools import islice, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sharing.matching.disjoint import Disjoint, disjoint_pair
from sharing.matching.network import build_network
from sharing.matching.routing import RouteDemand, RouteSearch, RouteTerms
from tests.sharing.matching.route_scene import Line, Path, keeps_limits, lines_of, metres, offer_of, paths, scenes

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


@settings(max_examples=250, deadline=None)
@given(scene=scenes(7), by=st.sampled_from(Disjoint))
def test_a_pair_is_the_cheapest_of_all_pairs_within_the_limits(
    scene: tuple[list[Line], RouteDemand, RouteTerms], by: Disjoint
) -> None:
    assets, demand, terms = scene
    every = list(islice(paths(assets, demand, terms), MOST_PATHS))
    assume(len(every) < MOST_PATHS)
    allowed = [path for path in every if keeps_limits(path, demand, terms)]
    costs = [
        one.plain_cost + other.plain_cost
        for one, other in product(allowed, allowed)
        if share_nothing(one, other, demand, by)
    ]
    network = build_network(lines_of(assets), max_gap_m=terms.max_gap_m, tee=False)
    pair = disjoint_pair(RouteSearch(network, demand, terms), offer_of(assets), by)
    assert (pair is None) == (not costs)
    if pair is not None:
        assert pair.plain_cost == pytest.approx(min(costs), rel=1e-6, abs=1e-6)
        assert pair.bound == pytest.approx(min(costs), rel=1e-6, abs=1e-5)
        assert pair.first.cost_per_year <= pair.second.cost_per_year
