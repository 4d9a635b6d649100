"""Routes under tolls: each the cheapest of all, tolls counted once an asset."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.contention.pricing import Pricing
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import RouteDemand
from tests.sharing.matching.contention.contention_scene import Scene, Wish, every_route, scenes
from tests.sharing.matching.route_scene import SPOTS, Line

TOLLS = st.dictionaries(st.integers(100, 105), st.sampled_from([1.0, 20.0, 60.0, 300.0]), max_size=6)


@settings(max_examples=150, deadline=None)
@given(scene=scenes(), tolls=st.lists(TOLLS, min_size=1, max_size=3), most=st.sampled_from([np.inf, 100.0, 400.0]))
def test_a_route_is_the_cheapest_with_its_tolls_each_paid_once(
    scene: Scene, tolls: list[dict[int, float]], most: float
) -> None:
    for contender in scene.contenders(scene.network()):
        pricing = Pricing(contender)
        every = list(every_route(contender))
        for asked in tolls:
            asked = {line: toll for line, toll in asked.items() if line < 100 + len(scene.assets)}
            found = pricing.cheapest(asked, frozenset(), most)
            costs = [
                route.cost_per_year + sum(toll for line, toll in asked.items() if line in route.assets)
                for route in every
            ]
            least = min(costs, default=np.inf)
            if least < most * (1 - 1e-9):
                assert found.least == pytest.approx(least, rel=1e-9, abs=1e-6)
            else:
                assert found.least >= most * (1 - 1e-9)


def test_a_route_that_leaves_a_line_and_comes_back_pays_its_toll_once() -> None:
    """From B to C another line is free, where the long one would cost a third of its price or so."""
    a, b, c, d = SPOTS[0], SPOTS[3], SPOTS[6], SPOTS[9]
    assets = (Line((a, b, c, d), price=90.0), Line((b, c), price=0.0))
    wish = Wish(RouteDemand(a, d, 1, 10.0))
    scene = Scene(assets, (wish,), RouteTerms(gap_cost_per_m=20.0, max_gap_m=1.0, max_gap_share=0.0))
    [contender] = scene.contenders(scene.network())
    found = Pricing(contender).cheapest({100: 100.0}, frozenset(), np.inf)
    assert found.column is not None
    assert [leg.asset for leg in found.column.route.legs] == [100, 101, 100]
    assert found.least == pytest.approx(found.column.cost + 100.0)
    assert found.column.cost < 75.0
