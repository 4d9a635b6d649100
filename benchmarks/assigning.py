"""The assignment alone, on demands that may not be split: how near the bound, how soon, and what greed would lose."""

import time
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.country.places import places
from benchmarks.figures import figure
from registry.kinds import LOADS
from sharing.matching.arrays import UNLIMITED, Ints
from sharing.matching.assignment import chains
from sharing.matching.assignment.assign import assign
from sharing.matching.assignment.large import most_of
from sharing.matching.assignment.model import build
from sharing.matching.assignment.problem import Assignment, Problem
from sharing.matching.assignment.web import Web, web_of
from sharing.matching.geodesy import ecef
from sharing.matching.ledger import Holdings

AS_THE_COUNTRY = np.array([1, 1, 2, 1, 1, 3, 1, 1, 1, 1])
"""Units that the lines of `country.lists` ask for."""

ONE_TO_FOUR = np.arange(1, 5)


class Case(NamedTuple):
    """times: the radius of the lists. quantity: as often each, by turns."""

    assets: int
    demands: int
    times: int
    quantity: Ints
    most_seconds: float | None = None
    largest_gap: float | None = None


CASES = {
    "loose, 100,000": Case(1_000_000, 100_000, 1, AS_THE_COUNTRY, 5.0, 0.0005),
    "tight, 10,000": Case(60_000, 10_000, 4, AS_THE_COUNTRY, 60.0, 0.007),
    "tight, 100,000": Case(60_000, 100_000, 4, AS_THE_COUNTRY, 120.0, 0.011),
    "more asked than there is, 100,000": Case(60_000, 100_000, 4, ONE_TO_FOUR),
}


def assigning() -> list[dict[str, Any]]:
    """For each case the processor's seconds, the gap to the proven bound beside that of serving the cheapest first,
    and how many fewer are served than units would flow, priority by priority, if demands could be split."""
    figures = []
    assign(instance(Case(6_000, 10_000, 4, ONE_TO_FOUR)))  # what is compiled once a machine is compiled
    for name, case in CASES.items():
        problem = instance(case)
        began = time.process_time()
        found = assign(problem)
        seconds = time.process_time() - began
        gap = _gap(found, int(found.served.sum()), found.cost)
        web = web_of(model := build(problem, []), model.cost)
        served, cost = _greedy(web)
        flow = _flow(web)
        short, greedy_short = 1 - int(found.served.sum()) / flow, 1 - served / flow
        figures += [
            _at_most(f"unsplittable, {name} demands", seconds, "s", case.most_seconds, None),
            _at_most(f"unsplittable, {name} demands, gap", gap, "%", case.largest_gap, _gap(found, served, cost)),
            _at_most(
                f"unsplittable, {name} demands, served short of the flow", short, "%", case.largest_gap, greedy_short
            ),
        ]
    return figures


def _at_most(name: str, value: float, unit: str, limit: float | None, reference: float | None) -> dict[str, Any]:
    """A figure; shares become percent."""
    times = 100.0 if unit == "%" else 1.0
    most, beside = (None if one is None else times * one for one in (limit, reference))
    return figure(name, times * value, unit, most, beside, None if limit is None else value <= limit)


def instance(case: Case) -> Problem:
    """Assets and demands of the made-up country (`country.catalogue`, `country.lists`), all for the same year."""
    asset_number, line = np.arange(1, case.assets + 1), np.arange(1, case.demands + 1)
    tree = cKDTree(ecef(places(case.assets, np.random.default_rng(165))))
    near = tree.query_ball_point(
        ecef(places(case.demands, np.random.default_rng(case.demands))),
        case.times * (150 + line * 7919 % 451),
        return_sorted=True,
    )
    capacity, quantity = 3 + asset_number % 4 - (1 + asset_number % 2), case.quantity[line % case.quantity.size]
    demand = np.repeat(np.arange(case.demands), [len(one) for one in near])
    asset = np.concatenate([np.asarray(one, dtype=np.int64) for one in near])
    fits = capacity[asset] >= quantity[demand]
    demand, asset = demand[fits], asset[fits]
    price_cents = 100 * (500 + 100 * (asset_number % 23) + asset_number % 97)
    return Problem(
        priority=1 + line % 3,
        quantity=quantity,
        start=np.zeros(case.demands, dtype=np.int64),
        end=np.full(case.demands, 365),
        splittable=np.zeros(case.demands, dtype=np.bool_),
        loads=np.zeros((case.demands, len(LOADS)), dtype=np.int64),
        capacity=capacity,
        contiguous=np.zeros(case.assets, dtype=np.bool_),
        limits=np.full((case.assets, len(LOADS)), UNLIMITED),
        holdings=Holdings.none(len(LOADS)),
        demand=demand,
        asset=asset,
        unit_cost=price_cents[asset],
        regret=np.random.default_rng(165).integers(0, 1000, demand.size),
        free=capacity[asset],
    )


def _gap(found: Assignment, served: int, cost: int) -> float:
    return max(1 - served / max(int(found.served_bound.sum()), 1), (cost - found.cost_bound) / cost)


def _greedy(web: Web) -> tuple[int, int]:
    """(demands served, cost) when each takes the cheapest that has room, the first priority first."""
    plan = chains.plan_of(web)
    served = sum(chains.serve(web, plan, demand) for demand in np.argsort(web.rank, kind="stable").tolist())
    return served, int(web.value @ plan.used)


def _flow(web: Web) -> int:
    """Demands that units could serve, the most of the first priority, then of the next with these kept."""
    counts = np.empty(0, dtype=np.int64)
    for rank in range(int(web.rank.max()) + 1):
        counts = np.append(counts, most_of(web, rank, counts))
    return int(counts.sum())
