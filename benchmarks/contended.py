"""What a list of routes costs that contend for bores: with prices, one after another, and at the least by the
bound."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.figures import figure
from registry.kinds import Kind
from sharing.matching.assignment.packing import Request
from sharing.matching.contention.contenders import Contender
from sharing.matching.contention.planning import Routes, plan
from sharing.matching.network import Network
from sharing.matching.route_terms import TERMS
from sharing.matching.routing import Route, RouteDemand, RouteSearch

BORES = 2
LISTED = 40
QUARTER_DEGREES = 0.01
"""Half the width of the quarter in the middle from which all routes lead: about 1 km."""


@dataclass(frozen=True)
class _Bores:
    """So many in each duct, all free."""

    def free_units(self, line: int, start: int, end: int) -> frozenset[int]:
        return frozenset(range(1, BORES + 1))

    def conflict(self, line: int, requests: Sequence[Request]) -> tuple[list[int], bool] | None:
        return (list(range(BORES + 1)), True) if len(requests) > BORES else None


def contended(network: Network) -> list[dict[str, Any]]:
    """Figures of one list; the reference of each cost is the bound, and of the seconds those of one after another."""
    contenders = _contenders(network, np.random.default_rng(7))
    alone = {one.number: route for one in contenders if (route := one.search.cheapest(one.usable)) is not None}
    contenders = [one for one in contenders if one.number in alone]
    started = time.perf_counter()
    laid = _in_turn(contenders)
    in_turn = time.perf_counter() - started
    found = plan(contenders, _Bores(), alone, lambda: laid)
    seconds = time.perf_counter() - started
    if not len(alone) == len(laid) == len(found.routes):
        raise RuntimeError("what is served differs: costs do not compare")
    bound = sum(route.cost_per_year for number, route in found.routes.items() if number not in found.anew)
    bound += sum(component.cost_bound for component in found.components)
    cost, turns = (sum(route.cost_per_year for route in routes.values()) for routes in (found.routes, laid))
    title = f"contended list, {len(contenders)} routes over ducts of {BORES} bores"
    return [
        figure(f"{title}: cost beside the bound", cost, "a year", None, bound, None),
        figure(f"{title}: cost one after another", turns, "a year", None, bound, None),
        figure(f"{title}: time beside one after another", seconds, "s", None, in_turn, None),
    ]


def _contenders(network: Network, rng: np.random.Generator) -> list[Contender]:
    """From the middle to anywhere, one bore each, in three priorities."""
    places = network.node_lonlat
    middle = np.flatnonzero((np.abs(places - places.mean(axis=0)) < QUARTER_DEGREES).all(axis=1))
    starts, ends = rng.choice(middle, LISTED), rng.integers(0, len(places), LISTED)
    terms, usable = TERMS[Kind.DUCT.value], np.ones(len(network.lines), dtype=np.bool_)
    return [
        Contender(
            number, 1 + number % 3, 1, 0, 1, np.inf,
            RouteSearch(network, RouteDemand(tuple(start), tuple(end), 1, 2.0), terms), usable,
        )
        for number, (start, end) in enumerate(zip(places[starts].tolist(), places[ends].tolist(), strict=True))
    ]  # fmt: skip


def _in_turn(contenders: Sequence[Contender]) -> Routes:
    """Each on what those before it leave, by priority."""
    free = np.full(len(contenders[0].network.lines), BORES)
    found: dict[int, Route] = {}
    for one in sorted(contenders, key=lambda one: (one.priority, one.number)):
        route = one.search.cheapest(one.usable & (free > 0))
        if route is not None:
            found[one.number] = route
            free[[one.network.row_of[line] for line in route.assets]] -= 1
    return found
