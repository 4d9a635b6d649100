"""A good pair of disjoint routes, soon: each the cheapest beside the other, by turns, from several beginnings.

No turn makes a pair dearer. It need not be the best of all: what it costs is how far a search for that need look.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from sharing.matching.apart import Apart, Disjoint
from sharing.matching.arrays import Flags
from sharing.matching.beside import Laid, beside
from sharing.matching.best_path import SearchTooLarge
from sharing.matching.routing import Route, RouteSearch

MOST_TURNS: Final = 8


def by_turns(
    search: RouteSearch,
    usable: Flags,
    beginnings: Iterable[Route],
    *,
    by: Disjoint,
    apart: Apart | None,
    whole_assets: bool,
) -> tuple[Route, Route] | None:
    """The cheapest pair found, by leases and new build. whole_assets: no asset in common either."""
    plain = RouteSearch(search.network, search.demand, replace(search.terms, crossing_cost=0.0))
    best: tuple[Route, Route] | None = None
    for route in beginnings:
        for pair in _turns(plain, usable, route, by, apart, whole_assets):
            if best is None or _cost(pair) < _cost(best):
                best = pair
    return best


def _turns(
    search: RouteSearch, usable: Flags, route: Route, by: Disjoint, apart: Apart | None, whole_assets: bool
) -> Iterator[tuple[Route, Route]]:
    ends, cost = np.array([search.demand.origin, search.demand.destination]), np.inf
    for _ in range(MOST_TURNS):
        network = beside(search.network, [Laid(route, ends, by, apart)], ends)
        left = usable.copy()
        if whole_assets:
            left[[search.network.row_of[asset] for asset in route.assets]] = False
        try:
            other = RouteSearch(network, search.demand, search.terms).cheapest(left)
        except SearchTooLarge:
            return
        if other is None or _cost((route, other)) >= cost:
            return
        yield route, other
        cost, route = _cost((route, other)), other


def _cost(pair: tuple[Route, Route]) -> float:
    return sum(plain_cost(route) for route in pair)


def plain_cost(route: Route) -> float:
    """What a route costs a year without changes of owner."""
    return sum(leg.cost_per_year for leg in route.legs)
