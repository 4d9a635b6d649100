"""Routes: each the optimum of an oracle that tries every path, and the rest by example."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.best_path import ALL_LIMITS, NO_LIMITS, best_path
from sharing.matching.landmarks import NO_GUIDE
from sharing.matching.network import build_network
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Route, RouteDemand, RouteSearch, find_route
from sharing.matching.search_graph import COST
from tests.sharing.matching.route_scene import (
    Areas,
    Line,
    crowded_scenes,
    grounded,
    grounds,
    keeps_limits,
    lines_of,
    offer_of,
    paths,
    scenes,
)


def check_against_oracle(
    assets: list[Line], demand: RouteDemand, terms: RouteTerms, areas: Areas | None, *, landmarks: bool = False
) -> Route | None:
    terms, ground = grounded(terms, areas)
    network = build_network(lines_of(assets), max_gap_m=terms.max_gap_m, tee=False, ground=ground)
    if landmarks:
        usable = np.ones(len(assets), dtype=np.bool_)
        network.landmarks.guide(RouteSearch(network, demand, terms).ask(usable, ALL_LIMITS), worth_it=0)
    route = find_route(network, demand, terms, offer_of(assets))
    costs = [path.cost for path in paths(assets, demand, terms, areas) if keeps_limits(path, demand, terms)]
    assert (route is None) == (not costs)
    if route is not None:
        assert route.cost_per_year == pytest.approx(min(costs), rel=1e-9, abs=1e-6)
    return route


@settings(max_examples=200, deadline=None)
@given(scene=scenes() | crowded_scenes(), areas=st.none() | grounds(), landmarks=st.booleans())
def test_a_route_is_the_cheapest_of_all_paths_within_the_limits(
    scene: tuple[list[Line], RouteDemand, RouteTerms], areas: Areas | None, landmarks: bool
) -> None:
    route = check_against_oracle(*scene, areas, landmarks=landmarks)
    if route is not None:
        _, demand, terms = scene
        assert route.length_m <= demand.max_detour * demand.distance_m + 1e-6
        assert route.gap_m <= terms.max_gap_share * route.length_m + 1e-6
        assert route.loss_db <= demand.max_loss_db + 1e-6
        assert all(leg.length_m <= terms.max_gap_m for leg in route.legs if leg.asset is None)


@settings(max_examples=100, deadline=None)
@given(scene=scenes() | crowded_scenes(), areas=st.none() | grounds(), seed=st.integers(0, 2**32 - 1))
def test_landmarks_bound_what_is_dearer_than_they_know(
    scene: tuple[list[Line], RouteDemand, RouteTerms], areas: Areas | None, seed: int
) -> None:
    """As prices are raised for the sake of other routes."""
    assets, demand, plain_terms = scene
    terms, ground = grounded(plain_terms, areas)
    network = build_network(lines_of(assets), max_gap_m=terms.max_gap_m, tee=False, ground=ground)
    ask = RouteSearch(network, demand, terms).ask(np.ones(len(assets), dtype=np.bool_), ALL_LIMITS)
    guide = network.landmarks.guide(ask, worth_it=0)
    raised = np.random.default_rng(seed).choice([1.0, 2.0, 4.0], network.span_asset.size)
    dearer = network.by_cost._replace(span_price=network.by_cost.span_price * raised)
    found = [
        best_path(network, dearer, ask._replace(gap_cost=2 * ask.gap_cost), NO_LIMITS, bounds)
        for bounds in (NO_GUIDE, guide)
    ]
    weights = [None if path is None else path.sums[COST] for path in found]
    assert weights[0] == (None if weights[1] is None else pytest.approx(weights[1], rel=1e-9))


@settings(max_examples=100, deadline=None)
@given(scene=scenes(), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(scene: tuple[list[Line], RouteDemand, RouteTerms], seed: int) -> None:
    assets, demand, terms = scene
    order = list(range(len(assets)))
    random.Random(seed).shuffle(order)
    routes = [
        find_route(build_network(lines_of(assets, rows), max_gap_m=terms.max_gap_m), demand, terms, offer_of(assets))
        for rows in (None, order)
    ]
    assert routes[0] == routes[1]
    if routes[0] is not None and routes[1] is not None:
        for one, other in zip(routes[0].legs, routes[1].legs, strict=True):
            assert np.array_equal(one.lonlat, other.lonlat)
