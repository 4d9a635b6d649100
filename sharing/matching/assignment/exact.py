"""Parts that are no plain flow: solved by HiGHS as integer programmes, one objective after another, or, where they are
too large for that, by `large`.

First the most demands of the highest priority, then of the next with these kept, and so on; then the least cost
of serving as many; then, of equal costs, the least regret. Each step proves a bound. Steps keep the numbers
small: one weighted sum of all would need weights beyond a float's precision. The search is limited by nodes,
not by time, so that the same input gives the same result on any machine.
"""

import math
from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.assignment import large
from sharing.matching.assignment.greedy import greedy
from sharing.matching.assignment.model import Model
from sharing.matching.assignment.narrowing import HUGE, LARGE, WIDE, least, most
from sharing.matching.assignment.problem import by_priority
from sharing.matching.assignment.programme import Kept, is_served, served_by_priority

ROUNDING = 1e-4
"""Slack taken off a bound that the solver states as a float, before it is rounded to a whole number."""


CROWDED = 0.01
"""Share of the demands of a wide part that find no place at first, from which on it is solved as a large one."""

SHARE = 0.25
"""Of a cent: what all regret together may weigh beside cost. Costs are whole, so a bound less it still is one."""


@dataclass(frozen=True, slots=True)
class Solution:
    """v by option, with proven bounds; exact when every step ended with a proof of optimality."""

    used: Ints
    served_bound: Ints  # by priority
    cost_bound: int
    exact: bool


def solve(model: Model, parties: tuple[tuple[Flags, int], ...] = (), start: Ints | None = None) -> Solution:
    """The most demands, priority by priority, then the least cost, then the least regret.

    parties: demands of which so many must be served, as `start` does.
    """
    if not parties and model.demand.size >= HUGE:
        return _of_large(model)
    used = greedy(model) if start is None else start
    if not parties and _crowded(model, used):
        return _of_large(model)
    bound = by_priority(model.priority)
    kept = Kept(model, parties=parties)
    exact = True
    for priority in np.unique(model.priority).tolist():
        served = int(served_by_priority(model, used)[priority])
        if served < bound[priority]:
            used, highest, proven = most(model, kept, model.priority == priority, used)
            served = int(served_by_priority(model, used)[priority])
            bound[priority] = served if proven else math.floor(highest + ROUNDING)
            exact &= proven
        kept.served[priority] = served
    floor = _cheapest_possible(model, used)
    if int(model.cost @ used) > floor:
        found = least(model, kept, _with_regret(model), used)
        used, exact = found.used, exact and found.proven
        floor = int(model.cost @ used) if found.proven else max(math.ceil(found.bound - SHARE), floor)
    if exact and not _mixed(model):
        kept.cost = floor
        used = least(model, kept, model.regret, used).used
    return Solution(used, bound, floor, exact)


def _crowded(model: Model, used: Ints) -> bool:
    """Whether so many must stay without that a search for the fewest would not end."""
    unserved = model.priority.size - int(is_served(model, used).sum())
    return bool(model.demand.size >= WIDE and unserved > CROWDED * model.priority.size)


def _of_large(model: Model) -> Solution:
    used, served_bound, least_cost = large.solve(model, _with_regret(model))
    floor = max(math.floor(least_cost - SHARE), _cheapest_possible(model, used))
    return Solution(used, served_bound, floor, exact=False)


def _mixed(model: Model) -> bool:
    """Whether a part is so large, and its costs so different, that a search among equal costs takes long and finds
    little; a share of a cent for regret then has to do."""
    return bool(model.demand.size >= LARGE and model.cost.min() < model.cost.max())


def _with_regret(model: Model) -> Floats:
    """Cost, with regret as so small a part of a cent that all of it together cannot outweigh one."""
    if not _mixed(model):
        return model.cost.astype(np.float64)
    worst = np.zeros(model.priority.size, dtype=np.int64)
    np.maximum.at(worst, model.demand, model.regret)
    return np.asarray(model.cost + model.regret * (SHARE / max(int(worst @ model.need), 1)), dtype=np.float64)


def _cheapest_possible(model: Model, used: Ints) -> int:
    """A lower bound of the cost where all are served: every demand on its cheapest options as if alone; else 0."""
    if not is_served(model, used).all():
        return 0
    order = np.lexsort((model.cost, model.demand))
    demand, most = model.demand[order], model.most[order]
    before = np.cumsum(most) - most
    first = np.searchsorted(demand, np.arange(model.priority.size))
    taken = np.clip(model.need[demand] - (before - before[first][demand]), 0, most)
    return int(model.cost[order] @ taken)
