"""Routes under tolls: each the cheapest of all, tolls counted once an asset."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.contention.pricing import Pricing
from tests.sharing.matching.contention.contention_scene import Scene, every_route, scenes

TOLLS = st.dictionaries(st.integers(100, 105), st.sampled_from([1.0, 20.0, 60.0, 300.0]), max_size=6)


@settings(max_examples=300, deadline=None)
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
