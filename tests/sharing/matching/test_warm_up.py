"""After warming up, no search of matching is left to be compiled."""

import pytest

from sharing.matching import landmarks, path_search, remaining, two_paths
from sharing.matching.assignment import chains, row_prices
from sharing.matching.warm_up import warm_up

CALLED_FROM_PYTHON = {
    path_search: ["search"],
    remaining: ["remaining"],
    landmarks: ["_distances", "_by_gap"],
    two_paths: ["cheapest_flow"],
    row_prices: ["cheapest", "spread"],
    chains: ["fill", "cheapen"],
}


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in CALLED_FROM_PYTHON.items() for name in names]
)
def test_each_search_is_compiled(module, name: str):
    warm_up()
    compiled = getattr(module, name)
    before = len(compiled.signatures)
    warm_up()
    assert before == len(compiled.signatures) >= 1
