"""Why there is no route: the numbers of the nearest miss against all paths, and each reason by example."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from sharing.matching.network import build_network
from sharing.matching.no_route_reason import NoRouteReason
from sharing.matching.refusal import NoRoute, explain
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import RouteDemand, RouteSearch, find_route
from tests.sharing.matching.route_scene import Line, Path, keeps_limits, lines_of, metres, offer_of, paths, scenes

A, B, C = (114.30, 30.60), (114.31, 30.60), (114.32, 30.60)


def refused(assets: list[Line], demand: RouteDemand, terms: RouteTerms) -> NoRoute:
    network = build_network(lines_of(assets), max_gap_m=terms.max_gap_m, tee=False)
    assert find_route(network, demand, terms, offer_of(assets)) is None
    return explain(RouteSearch(network, demand, terms), offer_of(assets))


def within(assets: list[Line], demand: RouteDemand, terms: RouteTerms, *waived: NoRouteReason) -> list[Path]:
    """Every path that keeps all limits but the waived ones."""
    if NoRouteReason.NO_FREE_UNITS in waived:
        assets = [replace(line, free=9) for line in assets]
    if NoRouteReason.DETOUR in waived:
        demand = replace(demand, max_detour=float("inf"))
    if NoRouteReason.ATTENUATION in waived:
        demand = replace(demand, max_loss_db=float("inf"))
    if NoRouteReason.GAP_SHARE in waived:
        terms = replace(terms, max_gap_share=1.0)
    return [path for path in paths(assets, demand, terms) if keeps_limits(path, demand, terms)]


ONE = (NoRouteReason.NO_FREE_UNITS, NoRouteReason.DETOUR, NoRouteReason.GAP_SHARE, NoRouteReason.ATTENUATION)


@settings(max_examples=60, deadline=None)
@given(scene=scenes(7))
def test_the_nearest_miss_is_the_least_overrun_of_the_one_limit_that_stands_in_the_way(
    scene: tuple[list[Line], RouteDemand, RouteTerms],
) -> None:
    assets, demand, terms = scene
    if within(assets, demand, terms):
        return
    why = refused(assets, demand, terms)
    alone = [reason for reason in ONE if within(assets, demand, terms, reason)]
    if not within(assets, demand, terms, *ONE):
        assert why.reason is NoRouteReason.NO_PATH
        assert why.nearest_miss is None
        return
    if not alone:
        assert len(why.shortfalls) > 1
        return
    assert why.reason is alone[0]
    (shortfall,) = why.shortfalls
    found = within(assets, demand, terms, alone[0])
    if why.reason is NoRouteReason.DETOUR:
        assert shortfall.needed == pytest.approx(min(path.length_m for path in found), abs=1e-5)
        assert shortfall.limit == pytest.approx(demand.max_detour * demand.distance_m)
    elif why.reason is NoRouteReason.ATTENUATION:
        assert shortfall.needed == pytest.approx(min(path.loss_db for path in found), abs=1e-6)
        assert shortfall.limit == demand.max_loss_db
    elif why.reason is NoRouteReason.GAP_SHARE:
        assert why.nearest_miss is not None
        assert why.nearest_miss.gap_m == pytest.approx(min(path.gap_m for path in found), abs=1e-5)
    else:
        fewer = [n for n in range(1, demand.quantity) if within(assets, replace(demand, quantity=n), terms)]
        assert why.most_units == max(fewer, default=0)


def test_a_break_wider_than_the_gap_limit_is_told_with_its_width() -> None:
    east = (114.314, 30.60)
    assets = [Line((A, B)), Line((east, C))]
    why = refused(assets, RouteDemand(A, C, 1, 2.0), RouteTerms(10.0, 200.0, 0.5))
    assert why.reason is NoRouteReason.NO_PATH
    assert why.shortfalls[0].limit == 200.0
    assert why.shortfalls[0].needed == pytest.approx(metres(B, east), abs=1e-6)


def test_no_eligible_asset_at_all_needs_a_gap_without_end() -> None:
    why = refused([Line((A, C), eligible=False)], RouteDemand(A, C, 1, 2.0), RouteTerms(10.0, 200.0, 0.5))
    assert [(one.reason, one.needed) for one in why.shortfalls] == [(NoRouteReason.NO_PATH, float("inf"))]


def test_new_build_from_end_to_end_is_not_offered_as_the_gap_that_would_do() -> None:
    """A and B lie 100 m apart, and a duct 300 m north of both: it takes gaps of 300 m to use it."""
    a, b = (114.3, 30.6), (114.30104, 30.6)
    north = ((114.3, 30.6027), (114.30104, 30.6027))
    why = refused([Line(north)], RouteDemand(a, b, 1, 9.0), RouteTerms(10.0, 90.0, 1.0))
    assert why.shortfalls[0].needed == pytest.approx(metres(a, north[0]), abs=0.01)


def test_two_limits_in_the_way_are_both_told() -> None:
    assets = [Line((A, (114.31, 30.61), C), free=1, loss_db=3.0)]
    why = refused(assets, RouteDemand(A, C, 2, 1.1, max_loss_db=2.0), RouteTerms(10.0, 200.0, 0.5))
    assert {one.reason for one in why.shortfalls} == {
        NoRouteReason.NO_FREE_UNITS,
        NoRouteReason.DETOUR,
        NoRouteReason.ATTENUATION,
    }
    assert why.nearest_miss is not None
    assert why.nearest_miss.assets == (100,)
