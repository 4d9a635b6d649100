"""Parts too large for a solver: prices on rows say where demands had best go and prove bounds, chains of moves find
who is served where, and a solver then betters it neighbourhood by neighbourhood (`pieces`). It takes seconds where an
integer programme of the whole does not end; what is left open is stated.
"""

import math

import numpy as np

from sharing.matching.arrays import Floats, Ints
from sharing.matching.assignment import chains
from sharing.matching.assignment.model import Model
from sharing.matching.assignment.narrowing import cheapest_split
from sharing.matching.assignment.pieces import improve
from sharing.matching.assignment.problem import PRIORITIES
from sharing.matching.assignment.programme import Kept, served_by_priority
from sharing.matching.assignment.row_prices import Aim, Bound, Cooling, settle
from sharing.matching.assignment.web import Web, web_of

ROUNDING = 1e-4
"""Slack taken off a sum of floats before it is rounded to a whole number."""

PASSES = 2
"""How often all demands are looked at for cheaper places: later passes find next to nothing."""

FIRST: Cooling = ((8, 15), (4, 10), (2, 10), (1, 10), (0.5, 10), (0.25, 10), (0.12, 10))
"""In mean costs of an option."""

AGAIN: Cooling = ((8, 10), (4, 10), (2, 10), (1, 10), (0.5, 10), (0.25, 10), (0.12, 15))
LAST: Cooling = ((0.06, 15), (0.03, 20), (0.015, 20), (0.007, 20))
"""The colder, the nearer the bound is to the best, and the fewer options are looked at."""

NUMBERS: Cooling = ((1, 15), (0.3, 15), (0.1, 15), (0.03, 20))
"""Where the number served is all that counts: in demands."""

DEAR = 4.0
"""How many times the dearest option it costs not to serve a demand, and how many times that for a higher priority:
no more, or prices would take long to settle. Chains keep to the order of priorities all the same."""

PRICED = 500_000
"""Options from which on prices prove the bound of the cost too: the linear relaxation proves a better one in about
thirty microseconds an option, as long as there are not too many."""


def solve(model: Model, value: Ints | Floats) -> tuple[Ints, Ints, float]:
    """(v by option, bound of the demands served by priority, bound of the sum of `value` where as many are served)."""
    web = web_of(model, value)
    ranks = np.unique(model.priority)
    typical = float(web.value.mean())
    dearest = DEAR * max(float(web.value.max()), 1.0)
    beside = np.array([dearest * 2.0**rank for rank in range(ranks.size)][::-1])
    scale = max(typical, 1.0)
    price = settle(web, np.zeros(web.limit.size), Aim(1.0, beside), _times(FIRST, scale))
    used = _planned(model, value, price)
    served = served_by_priority(model, used)[ranks]
    if served.sum() == np.count_nonzero(web.able):
        price = settle(web, price, Aim(1.0, beside), _times(LAST, scale))
    else:
        price = settle(web, np.zeros_like(price), Aim(1.0, beside), _times((*AGAIN, *LAST), scale), served)
    other = _planned(model, value, price)
    if _merit(model, value, other) < _merit(model, value, used):
        used = other
    used = improve(model, value, used)
    served = served_by_priority(model, used)[ranks]
    served_bound = np.zeros(PRIORITIES, dtype=np.int64)
    served_bound[ranks] = most_served(web, served)
    least = Bound(1.0, served).at(web, price)
    if model.demand.size < PRICED:
        kept = Kept(model, dict(zip(ranks.tolist(), served.tolist(), strict=True)))
        least = max(least, cheapest_split(model, kept, value, used))
    return used, served_bound, least


def _merit(model: Model, value: Ints | Floats, used: Ints) -> tuple[list[int], float]:
    """What is compared, least first."""
    return (-served_by_priority(model, used)).tolist(), float(value @ used)


def most_served(web: Web, served: Ints) -> Ints:
    """By rank: no more can be served where as many of each higher one are as `served` says."""
    able = np.bincount(web.rank[web.able], minlength=served.size)
    short = np.flatnonzero(served < able).tolist()
    bound = able.copy()
    bound[short] = [max(most_of(web, rank, served[:rank]), served[rank]) for rank in short]
    return bound


def most_of(web: Web, rank: int, higher: Ints) -> int:
    """No more of a rank can be served where so many of the `higher` ones are."""
    able = np.bincount(web.rank[web.able], minlength=int(web.rank.max()) + 1)
    number = np.arange(able.size)
    beside = np.where(number < rank, 2.0, np.where(number == rank, 1.0, -np.inf))
    price = settle(web, np.zeros(web.limit.size), Aim(0.0, beside), NUMBERS, np.append(higher, able[rank:]))
    must = np.append(higher, np.zeros_like(able[rank:]))
    return int(min(able[rank], math.floor(ROUNDING - Bound(0.0, must, rank).at(web, price))))


def _planned(model: Model, value: Ints | Floats, price: Floats) -> Ints:
    """Everyone goes where it is cheapest at these prices, the first priority first and of it who takes most; chains of
    moves make room; then who stands dear moves."""
    rows = model.rows
    priced = value + np.bincount(rows.option, price[rows.row] * rows.coefficient, model.demand.size)
    web = web_of(model, priced)
    share = np.bincount(rows.option, rows.coefficient / np.maximum(rows.limit[rows.row], 1), model.demand.size)
    options = np.bincount(model.demand, minlength=model.need.size)
    width = np.bincount(model.demand, share, model.need.size) / np.maximum(options, 1)
    plan = chains.plan_of(web)
    chains.fill(web, plan, chains.trail_of(web), np.lexsort((-width, web.rank)), width)
    cost = value[web.order].astype(np.float64)
    for _ in range(PASSES):
        if not chains.cheapen(web, plan, cost):
            break
    used = np.empty_like(plan.used)
    used[web.order] = plan.used
    return used


def _times(cooling: Cooling, scale: float) -> Cooling:
    return [(heat * scale, rounds) for heat, rounds in cooling]
