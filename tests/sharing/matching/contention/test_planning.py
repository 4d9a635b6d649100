"""Lists whose routes contend: each answer beside the best of all choices, and the rest by example."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.contention.contenders import Contender
from sharing.matching.contention.pairs import Pair
from sharing.matching.contention.planning import Plan, plan
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Route, RouteDemand
from tests.sharing.matching.contention.contention_scene import (
    DAY,
    Scene,
    Wish,
    best_choice,
    holds,
    merit,
    request,
    scenes,
)
from tests.sharing.matching.route_scene import SPOTS, Line


def alone(contenders: list[Contender]) -> dict[int, Route]:
    """The cheapest route of each, as if it were the only one."""
    found = {one.number: one.search.cheapest(one.usable) for one in contenders}
    return {
        one.number: route
        for one in contenders
        if (route := found[one.number]) is not None and one.affords(route.cost_per_year)
    }


def in_turn(contenders: list[Contender], scene: Scene) -> dict[int, Route]:
    """One after another, by priority and number, each on what is left; of two that must be disjoint, only the
    first."""
    laid: dict[int, Route] = {}
    for one in sorted(contenders, key=lambda one: (one.priority, one.number)):
        if scene.apart and one.number < 2 and laid.keys() & {0, 1}:
            continue
        usable = one.usable.copy()
        for row, line in enumerate(one.network.lines.asset.tolist()):
            asked = [other for other in contenders if other.number in laid and line in laid[other.number].assets]
            usable[row] &= scene.shelf.conflict(line, [request(other) for other in (*asked, one)]) is None
        route = one.search.cheapest(usable)
        if route is not None and one.affords(route.cost_per_year):
            laid[one.number] = route
    return laid


def planned(scene: Scene, order: list[int] | None = None) -> tuple[list[Contender], Plan, dict[int, Route]]:
    """order: of the rows of lines."""
    every = scene.contenders(scene.network(order))
    known = alone(every)
    contenders = [one for one in every if one.number in known]
    laid = in_turn(contenders, scene)
    pairs = [Pair(every[0], every[1], scene.apart)] if scene.apart and {0, 1} <= known.keys() else []
    paired = frozenset({0, 1} if pairs else ())
    begun = {number: route for number, route in laid.items() if number in paired}
    found = plan(contenders, scene.shelf, known, lambda: laid, pairs=pairs, begun=begun, anew=paired)
    return contenders, found, laid


@settings(max_examples=100, deadline=None)
@given(scene=scenes())
def test_a_list_is_answered_as_the_best_of_all_choices_is_and_proves_it(scene: Scene) -> None:
    contenders, found, laid = planned(scene)
    served, cost = merit(contenders, found.routes)
    assert holds(contenders, scene.shelf, found.routes, scene.apart)
    in_turn_served, in_turn_cost = merit(contenders, laid)
    assert (served, cost) <= (in_turn_served, in_turn_cost + 1e-6)
    best_served, best_cost = best_choice(contenders, scene.shelf, scene.apart)
    assert served == best_served
    assert cost == pytest.approx(best_cost, rel=1e-9, abs=1e-6)
    for one in found.components:
        assert (one.served_bound, one.cost_bound) == (len(one.chosen), pytest.approx(one.cost, rel=1e-9, abs=1e-6))
        assert one.cost_bound <= one.cost + 1e-6


@settings(max_examples=25, deadline=None)
@given(scene=scenes(), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(scene: Scene, seed: int) -> None:
    order = list(range(len(scene.assets)))
    random.Random(seed).shuffle(order)
    one, other = (planned(scene, rows)[1] for rows in (None, order))
    assert one.routes == other.routes


A, B, C, D = SPOTS[0], SPOTS[3], SPOTS[6], SPOTS[9]
TERMS = RouteTerms(gap_cost_per_m=20.0, max_gap_m=1.0, max_gap_share=0.0)


def corridor(*wishes: Wish) -> tuple[Scene, Plan]:
    """A cheap duct of one bore from A to D and a dear way round by B and C, by which alone B and C are joined."""
    lines = (
        Line((A, D), price=100.0, free=1), Line((A, B), price=60.0, free=2),
        Line((B, C), price=60.0, free=1), Line((C, D), price=60.0, free=2),
    )  # fmt: skip
    scene = Scene(lines, wishes, TERMS)
    return scene, planned(scene)[1]


def lines(found: Plan) -> dict[int, tuple[int, ...]]:
    return {number: tuple(asset - 100 for asset in route.assets) for number, route in sorted(found.routes.items())}


def test_the_cheap_bore_goes_to_whom_another_way_would_cost_more_than_it_costs_the_first() -> None:
    """In turn, the first takes the cheap duct and the second finds no way within its budget."""
    first = Wish(RouteDemand(A, D, 1, 10.0))
    second = Wish(RouteDemand(A, D, 1, 10.0), budget=150.0)
    scene, found = corridor(first, second)
    assert len(in_turn(scene.contenders(scene.network()), scene)) == 1
    assert lines(found) == {0: (1, 2, 3), 1: (0,)}
    [component] = found.components
    assert (component.served_bound, component.cost_bound) == (2, pytest.approx(280.0))


def test_a_higher_priority_is_served_first_whatever_that_costs() -> None:
    """Only one of them can pass from B to C; the other two would cost less."""
    low, high = Wish(RouteDemand(B, C, 1, 10.0), priority=2), Wish(RouteDemand(A, D, 1, 10.0))
    _, found = corridor(low, high, Wish(RouteDemand(A, D, 1, 10.0)))
    assert lines(found).keys() == {1, 2}
    [component] = found.components
    assert (len(component.chosen), component.served_bound) == (2, 2)


def test_demands_whose_periods_do_not_overlap_share_a_bore_and_do_not_contend() -> None:
    early, late = Wish(RouteDemand(A, D, 1, 10.0)), Wish(RouteDemand(A, D, 1, 10.0), start=DAY + 100, end=DAY + 200)
    _, found = corridor(early, late)
    assert (lines(found), found.components) == ({0: (0,), 1: (0,)}, [])


def test_those_who_do_not_contend_keep_what_they_would_have_alone() -> None:
    """Two contend for the cheap duct; the third, from C to D, has room beside whoever goes round."""
    twice = [Wish(RouteDemand(A, D, 1, 10.0)) for _ in range(2)]
    _, found = corridor(*twice, Wish(RouteDemand(C, D, 1, 10.0)))
    assert found.anew == {0, 1}
    assert lines(found)[2] == (3,)
