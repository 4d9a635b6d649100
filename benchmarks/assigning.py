"""The assignment alone, on demands that may not be split: how near the bound, how soon, and what greed would lose."""

import time
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.figures import figure
from registry.kinds import LOADS
from sharing.matching.arrays import UNLIMITED
from sharing.matching.assignment import chains
from sharing.matching.assignment.assign import assign
from sharing.matching.assignment.large import most_of
from sharing.matching.assignment.model import build
from sharing.matching.assignment.problem import Assignment, Problem
from sharing.matching.assignment.web import Web, web_of
from sharing.matching.ledger import Holdings

CITIES = 400
EXTENT_KM = 2_000.0

# name: assets, demands, mean radius in km, most seconds, largest gap
CASES = {
    "loose, 100,000": (240_000, 100_000, 0.5, 5.0, 0.0005),
    "tight, 10,000": (60_000, 10_000, 2.0, 60.0, 0.007),
    "tight, 100,000": (60_000, 100_000, 2.0, 120.0, 0.011),
}


def assigning() -> list[dict[str, Any]]:
    """For each case the processor's seconds, the gap to the proven bound beside that of serving the cheapest first,
    and how many fewer are served than units would flow, priority by priority, if demands could be split."""
    figures = []
    assign(instance(6_000, 10_000, 2.0))  # what is compiled once a machine is compiled
    for name, (assets, demands, radius_km, most_seconds, largest_gap) in CASES.items():
        problem = instance(assets, demands, radius_km)
        began = time.process_time()
        found = assign(problem)
        seconds = time.process_time() - began
        gap = _gap(found, int(found.served.sum()), found.cost)
        web = web_of(model := build(problem, []), model.cost)
        served, cost = _greedy(web)
        flow = _flow(web)
        short, greedy_short = 1 - int(found.served.sum()) / flow, 1 - served / flow
        figures += [
            figure(
                f"unsplittable, {name} demands", seconds, "s", most_seconds, None, seconds <= most_seconds
            ),
            figure(
                f"unsplittable, {name} demands, gap", 100 * gap, "%", 100 * largest_gap,
                100 * _gap(found, served, cost), gap <= largest_gap,
            ),
            figure(
                f"unsplittable, {name} demands, served short of the flow", 100 * short, "%", 100 * largest_gap,
                100 * greedy_short, short <= largest_gap,
            ),
        ]  # fmt: skip
    return figures


def instance(assets: int, demands: int, radius_km: float, seed: int = 165) -> Problem:
    """Assets and demands clustered like population (Zipf's cities) on a plane, all for the same year."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, CITIES + 1)
    share /= share.sum()
    centres, spread_km = rng.uniform(0, EXTENT_KM, (CITIES, 2)), rng.uniform(5, 20, CITIES)

    def places(count: int) -> np.ndarray:
        city = rng.choice(CITIES, count, p=share)
        return np.asarray(centres[city] + rng.standard_normal((count, 2)) * spread_km[city][:, None])

    near = cKDTree(places(assets)).query_ball_point(
        places(demands), radius_km * rng.uniform(0.5, 1.5, demands), return_sorted=True
    )
    capacity, quantity = rng.integers(2, 7, assets), rng.integers(1, 5, demands)
    demand = np.repeat(np.arange(demands), [len(one) for one in near])
    asset = np.concatenate([np.asarray(one, dtype=np.int64) for one in near])
    fits = capacity[asset] >= quantity[demand]
    demand, asset = demand[fits], asset[fits]
    price_cents = rng.integers(5, 30, assets) * 10_000
    return Problem(
        priority=rng.integers(1, 4, demands),
        quantity=quantity,
        start=np.zeros(demands, dtype=np.int64),
        end=np.full(demands, 365),
        splittable=np.zeros(demands, dtype=np.bool_),
        loads=np.zeros((demands, len(LOADS)), dtype=np.int64),
        capacity=capacity,
        contiguous=np.zeros(assets, dtype=np.bool_),
        limits=np.full((assets, len(LOADS)), UNLIMITED),
        holdings=Holdings.none(len(LOADS)),
        demand=demand,
        asset=asset,
        unit_cost=price_cents[asset],
        regret=rng.integers(0, 1000, demand.size),
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
