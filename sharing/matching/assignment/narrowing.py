"""The least sum over a part with many options: most of them are priced out before the search begins.

The linear relaxation is solved by column generation on the cheapest options of each demand. Its reduced costs say
what it costs at least to use an option: no solution with an option beyond bound + margin is better than that. So a
search among the options within a margin is a proof, as soon as what it finds lies within the margin itself
(reduced-cost fixing; Crowder, Johnson and Padberg, 1983).
"""

from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Flags, Floats, Ints, group_starts, spans
from sharing.matching.assignment.model import Model, Rows
from sharing.matching.assignment.programme import Kept, Programme

LARGE = 1_500
"""Options from which on narrowing pays; below, the search is as quick as the relaxation."""

ENOUGH = 5e-3
"""Share of the sum by which a solution of a large part may lie above its bound: what is left would take most of the
time. The gap is stated with the run."""

SEARCH_GAP = 1e-3
"""The same for one search among few options."""

FIRST = 5
"""Options of each demand to begin with, and about how many of each to search among."""

TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A solution and its lower bound."""

    used: Ints
    bound: float
    proven: bool


def least(model: Model, kept: Kept, value: Ints | Floats, start: Ints) -> Narrowed:
    """Make the sum of `value` least, keeping what earlier steps reached; `start` is feasible."""
    allowed = np.ones(model.demand.size, dtype=np.bool_)
    if allowed.size < LARGE:
        used, bound, proven = _search(model, kept, value, start, allowed)
        return Narrowed(used, bound, proven)
    bound, reduced = _relaxation(model, kept, value, allowed, start)
    used, margin = start, _margin(model, reduced, allowed)
    while True:
        within = allowed & ((reduced <= margin) | (used > 0))
        used, found, _ = _search(model, kept, value, used, within, gap=SEARCH_GAP)
        best = float(value @ used)
        if best <= bound + margin or best - bound <= ENOUGH * best:
            break
        margin = best - bound + TOLERANCE
    lower = max(bound, min(found, bound + margin))
    return Narrowed(used, lower, best - lower < 0.5)


def _search(
    model: Model, kept: Kept, value: Ints | Floats, start: Ints, options: Flags, *, gap: float = 0.0
) -> tuple[Ints, float, bool]:
    rows = np.flatnonzero(options)
    part = _only(model, rows)
    found, bound, proven = Programme(part, Kept(part, kept.served, kept.cost), options=value[rows]).solve(
        start[rows], gap=gap
    )
    used = np.zeros_like(start)
    used[rows] = found
    return used, bound, proven


def _relaxation(model: Model, kept: Kept, value: Ints | Floats, allowed: Flags, start: Ints) -> tuple[float, Floats]:
    """(bound, reduced cost by option) of the linear relaxation over all allowed options."""
    active = allowed & (_first(model, value, allowed, FIRST) | (start > 0))
    while True:
        rows = np.flatnonzero(active)
        part = _only(model, rows)
        programme = Programme(part, Kept(part, kept.served, kept.cost), options=value[rows])
        bound, dual = programme.relaxed()
        reduced = _reduced_costs(model, kept, value, dual)
        missing = allowed & ~active & (reduced < -TOLERANCE)
        if not missing.any():
            return bound, reduced
        active |= missing & _first(model, reduced, missing, FIRST)


def _reduced_costs(model: Model, kept: Kept, value: Ints | Floats, dual: Floats) -> Floats:
    """Of every option, also of those outside the programme that `dual` is of; rows in the programme's order."""
    demands, rows = model.priority.size, model.rows
    reduced = value - dual[:demands][model.demand]
    reduced -= np.bincount(rows.option, dual[demands + rows.row] * rows.coefficient, model.demand.size)
    if kept.cost is not None:
        reduced -= dual[-1] * model.cost
    return np.asarray(reduced, dtype=np.float64)


def _margin(model: Model, reduced: Floats, allowed: Flags) -> float:
    """What keeps about FIRST options a demand."""
    sorted_costs = np.sort(reduced[allowed])
    return max(float(sorted_costs[min(FIRST * model.priority.size, sorted_costs.size - 1)]), 1.0)


def _first(model: Model, value: Ints | Floats, options: Flags, count: int) -> Flags:
    """The `count` options of each demand that have the least value."""
    rows = np.flatnonzero(options)
    order = rows[np.lexsort((rows, value[rows], model.demand[rows]))]
    starts = group_starts(model.demand[order])
    lengths = np.diff(np.append(starts, order.size))
    chosen = np.zeros(model.demand.size, dtype=np.bool_)
    chosen[order[spans(starts, np.minimum(lengths, count))]] = True
    return chosen


def _only(model: Model, options: Ints) -> Model:
    """The same demands and rows with these options only (rows of options, ascending)."""
    number = np.full(model.demand.size, -1, dtype=np.int64)
    number[options] = np.arange(options.size)
    entries = number[model.rows.option] >= 0
    rows = model.rows
    return Model(
        priority=model.priority,
        need=model.need,
        demand=model.demand[options],
        cost=model.cost[options],
        regret=model.regret[options],
        most=model.most[options],
        rows=Rows(rows.row[entries], number[rows.option[entries]], rows.coefficient[entries], rows.limit),
    )
