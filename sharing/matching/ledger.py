"""What is free of each asset over a period, from the ledger's rows: pure, on arrays.

Days are ordinal numbers (date.toordinal); a period is half-open [start, end). Units are numbered from 1 and
a holding takes [lower, upper). Loads are integers in thousandths of their unit (g, cm² x 10, W), so that sums
are exact.
"""

from dataclasses import dataclass, fields

import numpy as np

from sharing.matching.arrays import (
    FOREVER,
    UNLIMITED,
    Flags,
    Ints,
    group_starts,
    join_sorted,
    running_total,
)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Rows of the ledger, sorted by asset (an index into the assets of the run), then by lower unit."""

    asset: Ints
    lower: Ints
    upper: Ints
    start: Ints
    end: Ints
    loads: Ints  # (rows, loads)

    def __len__(self) -> int:
        return int(self.asset.size)

    @classmethod
    def sorted(cls, *, asset: Ints, lower: Ints, upper: Ints, start: Ints, end: Ints, loads: Ints) -> "Holdings":
        order = np.lexsort((start, lower, asset))
        return cls(asset[order], lower[order], upper[order], start[order], end[order], loads[order])

    def take(self, rows: Flags) -> "Holdings":
        return Holdings(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def none(cls, load_count: int) -> "Holdings":
        empty = np.empty(0, dtype=np.int64)
        return cls(empty, empty, empty, empty, empty, np.empty((0, load_count), dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Freedom:
    """What is free for each (asset, period) asked about."""

    units: Ints  # units free on every day of the period
    block: Ints  # the longest run of consecutive such units
    headroom: Ints  # (asked, loads): limit minus the largest sum of loads on any day of the period


def freedom(asset: Ints, start: Ints, end: Ints, *, capacity: Ints, limits: Ints, holdings: Holdings) -> Freedom:
    """Free units, longest free block and load headroom of `asset[i]` over [start[i], end[i]).

    `capacity` (units) and `limits` ((assets, loads), UNLIMITED where there is none) are by asset.
    """
    asked, held = join_sorted(asset, holdings.asset)
    overlaps = (holdings.start[held] < end[asked]) & (holdings.end[held] > start[asked])
    asked, held = asked[overlaps], held[overlaps]
    units, block = _free_units(asked, holdings.lower[held], holdings.upper[held], capacity[asset])
    highest = _highest_loads(
        asked, holdings.start[held], holdings.end[held], holdings.loads[held], start, end, asset.size
    )
    headroom = np.where(limits[asset] >= UNLIMITED, UNLIMITED, limits[asset] - highest)
    return Freedom(units, block, headroom)


def _free_units(asked: Ints, lower: Ints, upper: Ints, capacity: Ints) -> tuple[Ints, Ints]:
    """Capacity less the union of [lower, upper) per asked row, and the longest gap; rows sorted by (asked, lower)."""
    free, block = capacity.copy(), capacity.copy()
    if asked.size == 0:
        return free, block
    wide = int(max(upper.max(), capacity.max())) + 2
    reached = np.maximum.accumulate(asked * wide + upper) - asked * wide  # highest upper so far in the group
    starts = group_starts(asked)
    before = np.empty_like(reached)
    before[1:] = reached[:-1]
    before[starts] = 1
    gap = np.maximum(lower - before, 0)
    lasts = np.append(starts[1:], asked.size) - 1
    rows = asked[starts]
    tail = np.maximum(capacity[rows] + 1 - reached[lasts], 0)
    free[rows] = np.add.reduceat(gap, starts) + tail
    block[rows] = np.maximum(np.maximum.reduceat(gap, starts), tail)
    return free, block


def _highest_loads(
    asked: Ints, held_start: Ints, held_end: Ints, loads: Ints, start: Ints, end: Ints, count: int
) -> Ints:
    """The largest sum of each load on any day of each asked row's period."""
    highest = np.zeros((count, loads.shape[1]), dtype=np.int64)
    loaded = loads.any(axis=1)
    if not loaded.any():
        return highest
    asked, loads = asked[loaded], loads[loaded]
    begins = np.maximum(held_start[loaded], start[asked])
    ends = np.minimum(held_end[loaded], end[asked])
    rows = np.concatenate((asked, asked))
    days = np.concatenate((begins, ends))
    change = np.concatenate((loads, -loads))
    order = np.lexsort((change[:, 0] > 0, days, rows))
    rows, days, change = rows[order], days[order], change[order]
    total = running_total(rows, change)
    # A day's sum is known at its last event only: what ends that day is already gone.
    closes = np.append((rows[1:] != rows[:-1]) | (days[1:] != days[:-1]), True)
    rows, total = rows[closes], total[closes]
    starts = group_starts(rows)
    highest[rows[starts]] = np.maximum(np.maximum.reduceat(total, starts, axis=0), 0)
    return highest


def free_until(asset: Ints, end: Ints, quantity: Ints, free: Ints, holdings: Holdings) -> Ints:
    """The first day from `end` on when later holdings may leave fewer than `quantity` units; FOREVER when none does.

    A lower estimate: holdings that follow one another on the same units are each counted.
    """
    until = np.full(asset.size, FOREVER, dtype=np.int64)
    asked, held = join_sorted(asset, holdings.asset)
    later = holdings.start[held] >= end[asked]
    asked, held = asked[later], held[later]
    if asked.size == 0:
        return until
    order = np.lexsort((holdings.start[held], asked))
    asked, held = asked[order], held[order]
    taken = running_total(asked, holdings.upper[held] - holdings.lower[held])
    short = free[asked] - taken < quantity[asked]
    np.minimum.at(until, asked[short], holdings.start[held][short])
    return until
