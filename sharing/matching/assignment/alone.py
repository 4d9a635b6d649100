"""Unit numbers for the legs that have an asset to themselves, all at once: most of a long list, and no puzzle."""

import numpy as np

from sharing.matching.arrays import Ints, group_starts, join_sorted, spans
from sharing.matching.assignment.packing import Range
from sharing.matching.assignment.problem import Problem


def lay_out_alone(problem: Problem, options: Ints, units: Ints) -> dict[int, list[Range]]:
    """The lowest free numbers for each of `options`, every one the only one on its asset; without those for which too
    few are free. `units`: how many each wants, which need not follow one another."""
    asset, demand = problem.asset[options], problem.demand[options]
    capacity = problem.capacity[asset]
    first = np.cumsum(capacity) - capacity
    number = spans(np.ones_like(capacity), capacity)
    leg = np.repeat(np.arange(options.size, dtype=np.int64), capacity)
    free = np.ones(number.size, dtype=np.bool_)
    held = problem.holdings
    row, line = join_sorted(asset, held.asset)
    meets = (held.start[line] < problem.end[demand[row]]) & (held.end[line] > problem.start[demand[row]])
    row, line = row[meets], line[meets]
    lower = np.clip(held.lower[line], 1, capacity[row] + 1)
    upper = np.clip(held.upper[line], lower, capacity[row] + 1)
    free[spans(first[row] + lower - 1, upper - lower)] = False
    before: Ints = np.cumsum(free) - free
    chosen = free & (before - before[first][leg] < units[leg])
    enough = np.bincount(leg[chosen], minlength=options.size) == units
    return _ranges(options, leg, number, np.flatnonzero(chosen & enough[leg]))


def _ranges(options: Ints, leg: Ints, number: Ints, chosen: Ints) -> dict[int, list[Range]]:
    """Runs of consecutive numbers, half-open, by option."""
    if not chosen.size:
        return {}
    # Cells of one leg and consecutive numbers lie side by side; a leg's first cell begins a run of its own.
    starts = group_starts(chosen - np.arange(chosen.size) + leg[chosen] * (number.size + 1))
    ends = np.append(starts[1:], chosen.size) - 1
    ranges: dict[int, list[Range]] = {}
    for option, lower, upper in zip(
        options[leg[chosen[starts]]].tolist(),
        number[chosen[starts]].tolist(),
        (number[chosen[ends]] + 1).tolist(),
        strict=True,
    ):
        ranges.setdefault(option, []).append((lower, upper))
    return ranges
