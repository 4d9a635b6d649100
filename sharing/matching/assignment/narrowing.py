"""The least sum over a part with many options: most of them are priced out before the search begins.

The linear relaxation is solved by column generation on the cheapest options of each demand. Its reduced costs say
what it costs at least to use an option: no solution with that option is better than bound + reduced cost. So a search
among a few options is a proof, as soon as all others cost more than what it finds (reduced-cost fixing; Crowder,
Johnson and Padberg, 1983). Where too many cost the same, a solution near enough to the bound has to do.
"""

from dataclasses import dataclass, replace

import numpy as np

from sharing.matching.arrays import Flags, Floats, Ints, group_starts, spans
from sharing.matching.assignment.greedy import greedy
from sharing.matching.assignment.model import Model, Rows
from sharing.matching.assignment.programme import Kept, Programme, Relaxation, is_served

LARGE = 1_500
"""Options from which on narrowing pays; below, the search is as quick as the relaxation."""

ENOUGH = 5e-3
"""Share of the sum by which a solution of a large part may lie above its bound: what is left would take most of the
time. The gap is stated with the run."""

SEARCH_GAP = 1e-3
"""The same for one search among few options."""

WIDE, WIDE_GAP = 5_000, 3e-3
"""And for one among so many."""

FIRST = 5
"""Options of each demand to begin with."""

MOST = 15_000
"""How many options a search may be given for the sake of a proof alone."""

HUGE = 100_000
"""Options from which on a solution near enough to the bound is not improved by a search."""

TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A solution and its lower bound."""

    used: Ints
    bound: float
    proven: bool


@dataclass(frozen=True, slots=True)
class _Relaxed:
    """The linear relaxation over all options: its optimum, and by option its solution and reduced cost."""

    bound: float
    share: Floats
    reduced: Floats


def least(model: Model, kept: Kept, value: Ints | Floats, start: Ints) -> Narrowed:
    """Make the sum of `value` least, keeping what earlier steps reached; `start` is feasible."""
    size = model.demand.size
    if size < LARGE:
        used, bound, proven = _search(model, kept, value, start, np.ones(size, dtype=np.bool_))
        return Narrowed(used, bound, proven)
    relaxed = _relaxation(model, kept, value, start)
    bound, reduced = relaxed.bound, relaxed.reduced
    used, each = _rounded(model, kept, value, relaxed, start), FIRST
    if size > HUGE and float(value @ used) - bound <= ENOUGH * float(value @ used):
        return Narrowed(used, bound, proven=False)
    within = np.zeros(size, dtype=np.bool_)
    while True:
        within |= _first(model, reduced, each) | (used > 0)
        gap = SEARCH_GAP if np.count_nonzero(within) < WIDE else WIDE_GAP
        used, found, _ = _search(model, kept, value, used, within, gap=gap)
        best = float(value @ used)
        better = ~within & (reduced < best - bound)
        if not better.any() or best - bound < TOLERANCE:
            break
        if np.count_nonzero(within | better) <= MOST:
            within |= better
        elif best - bound <= ENOUGH * best:
            break
        each *= 2
    beyond = float(reduced[~within].min(initial=np.inf))
    lower = max(bound, min(found, bound + beyond))
    return Narrowed(used, lower, best - lower < 0.5)


def most(model: Model, kept: Kept, demands: Flags, start: Ints) -> tuple[Ints, float, bool]:
    """Serve most of `demands`: (v by option, upper bound of their number, whether it is proven best). Of a huge part
    only the cheapest options of each demand are searched, and the bound is that all are served."""
    served = -demands.astype(np.float64)
    if model.demand.size < HUGE:
        used, lowest, proven = Programme(model, kept, served=served).solve(start)
        return used, -lowest, proven
    rows = np.flatnonzero(_first(model, model.cost, 2 * FIRST, model.most > 0) | (start > 0))
    part = _only(model, rows)
    found, _, _ = Programme(part, Kept(part, kept.served, kept.cost, kept.parties), served=served).solve(start[rows])
    used = np.zeros_like(start)
    used[rows] = found
    count = np.count_nonzero(demands)
    return used, float(count), bool(is_served(model, used)[demands].sum() == count)


def cheapest_split(model: Model, kept: Kept, value: Ints | Floats, start: Ints) -> float:
    """The least sum of `value` if demands could be split and served in part: a lower bound. `start` is feasible."""
    return _relaxation(model, kept, value, start).bound


def _rounded(model: Model, kept: Kept, value: Ints | Floats, relaxed: _Relaxed, start: Ints) -> Ints:
    """What the relaxation serves whole, the other demands greedily by reduced cost, which counts what an option takes
    from others; `start` where that is better."""
    whole = relaxed.share > 1 - TOLERANCE
    whole &= model.need[model.demand] == 1
    priced = replace(model, cost=np.round(relaxed.reduced / TOLERANCE).astype(np.int64))
    used = greedy(priced, whole.astype(np.int64))
    return used if kept.holds(used) and value @ used < value @ start else start


def _search(
    model: Model, kept: Kept, value: Ints | Floats, start: Ints, options: Flags, *, gap: float = 0.0
) -> tuple[Ints, float, bool]:
    rows = np.flatnonzero(options)
    found, bound, proven = _programme(model, kept, value, rows).solve(start[rows], gap=gap)
    used = np.zeros_like(start)
    used[rows] = found
    return used, bound, proven


def _relaxation(model: Model, kept: Kept, value: Ints | Floats, start: Ints) -> _Relaxed:
    active = _first(model, value, FIRST) | (start > 0)
    order = np.flatnonzero(active)
    relaxation = Relaxation(_programme(model, kept, value, order))
    while True:
        bound, values, dual = relaxation.solve()
        reduced = _reduced_costs(model, kept, value, dual)
        missing = ~active & (reduced < -TOLERANCE)
        if not missing.any():
            share = np.zeros(model.demand.size)
            share[order] = values
            return _Relaxed(bound, share, reduced)
        added = np.flatnonzero(_first(model, reduced, FIRST, missing))
        relaxation.add(_programme(model, kept, value, added))
        active[added] = True
        order = np.concatenate((order, added))


def _programme(model: Model, kept: Kept, value: Ints | Floats, options: Ints) -> Programme:
    part = _only(model, options)
    return Programme(part, Kept(part, kept.served, kept.cost, kept.parties), options=value[options])


def _reduced_costs(model: Model, kept: Kept, value: Ints | Floats, dual: Floats) -> Floats:
    """Of every option, also of those outside the programme that `dual` is of; rows in the programme's order."""
    demands, rows = model.priority.size, model.rows
    reduced = value - dual[:demands][model.demand]
    reduced -= np.bincount(rows.option, dual[demands + rows.row] * rows.coefficient, model.demand.size)
    if kept.cost is not None:
        reduced -= dual[-1] * model.cost
    return np.asarray(reduced, dtype=np.float64)


def _first(model: Model, value: Ints | Floats, count: int, options: Flags | None = None) -> Flags:
    """The `count` options of each demand that have the least value, of all or of these."""
    rows = np.arange(model.demand.size) if options is None else np.flatnonzero(options)
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
