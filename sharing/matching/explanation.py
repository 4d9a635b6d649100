"""Step five, for the demands that are met: the funnel and the runners-up."""

from typing import Any

import numpy as np

from sharing.matching.arrays import Flags, Floats, Ints, group_starts, spans
from sharing.matching.eligibility import Stage, Verdicts
from sharing.matching.facts import LOAD_SCALE, Pairs
from sharing.matching.scoring import Scores

RUNNERS_UP = 3

Json = dict[str, Any]


def funnels(pairs: Pairs, verdicts: Verdicts, left: Flags) -> list[Json]:
    """For each demand how many assets pass each stage; `left` says which pairs are still free after the run."""
    count = len(pairs.demands)
    stages = [verdicts.passes(stage) for stage in (Stage.NEAR, Stage.OPEN, Stage.FIT, Stage.FREE)]
    totals = [np.bincount(pairs.demand[passed], minlength=count).tolist() for passed in (*stages, left)]
    names = [stage.name.lower() for stage in Stage]
    return [dict(zip(names, row, strict=True)) for row in zip(*totals, strict=True)]


def holds_whole(pairs: Pairs) -> Flags:
    """Whether the asset alone has units and loads free for the whole demand."""
    loads = pairs.demands.loads[pairs.demand]
    room = (loads == 0) | (pairs.freedom.headroom >= loads)
    return np.asarray((pairs.free >= pairs.demands.quantity[pairs.demand]) & room.all(axis=1), dtype=np.bool_)


def runners_up(options: Pairs, scores: Scores, available: Flags) -> list[list[int]]:
    """For each demand up to three further options, the cheapest first, then the best scored.

    `available`: options, not in use, that would still hold the whole demand now that the run is assigned.
    """
    rows = np.flatnonzero(available)
    order = rows[np.lexsort((rows, scores.regret[rows], options.yearly_cost[rows], options.demand[rows]))]
    starts = group_starts(options.demand[order])
    counts = np.minimum(np.diff(np.append(starts, order.size)), RUNNERS_UP)
    picked = order[spans(starts, counts)]
    chosen: list[list[int]] = [[] for _ in range(len(options.demands))]
    for demand, option in zip(options.demand[picked].tolist(), picked.tolist(), strict=True):
        chosen[demand].append(option)
    return chosen


def number(value: float | np.floating[Any] | None) -> float | int | None:
    """A number as it is saved: three decimals, whole where it is whole, None where it is not known."""
    if value is None or not np.isfinite(value):
        return None
    rounded = round(float(value), 3)
    return int(rounded) if rounded.is_integer() else rounded


def numbers(values: Floats) -> list[float | int | None]:
    """The same of many at once."""
    rounded = np.round(values, 3).tolist()
    if np.isfinite(values).all():
        return [int(value) if value.is_integer() else value for value in rounded]
    return [number(value) for value in rounded]


def leg_loads(loads: Ints, units: Ints, quantity: Ints) -> Floats:
    """The share of a demand's loads that a leg of so many units carries, in the loads' own units; by leg."""
    return np.asarray(-(-loads * units[:, None] // quantity[:, None]) / LOAD_SCALE, dtype=np.float64)
