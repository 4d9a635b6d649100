"""Where a long list is cut: into rectangles along meridians and parallels, each cut where few circles are crossed.

A country's demands stand in cities, so that between them there is nearly always a line that crosses none. Cuts decide
how much is left to the border, never what is answered.
"""

import numpy as np

from sharing.matching.arrays import Floats, Ints
from sharing.matching.places import boxes

UNEVEN = 0.35
"""The least share of a cell that a cut leaves on one side."""


def cells(lonlat: Floats, radius_m: Floats, most: int) -> list[Ints]:
    """The rows of places in cells of at most `most`."""
    _, box = boxes(lonlat[:, 0], lonlat[:, 1], radius_m)
    box = box[: len(lonlat)]
    found, left = [], [np.arange(len(lonlat), dtype=np.int64)]
    while left:
        rows = left.pop()
        if rows.size <= most:
            found.append(np.sort(rows))
            continue
        cuts = [_cut(rows, lonlat[rows, axis], box[rows, axis], box[rows, axis + 2]) for axis in (0, 1)]
        _, low, high = min(cuts, key=lambda cut: cut[0])
        left += [high, low]
    return found


def beside(cells: list[Ints], lonlat: Floats, radius_m: Floats) -> list[Ints]:
    """For each cell the rows of others whose circles may share a place with one of its own."""
    row, box = boxes(lonlat[:, 0], lonlat[:, 1], radius_m)
    cell = np.empty(len(lonlat), dtype=np.int64)
    for number, rows in enumerate(cells):
        cell[rows] = number
    found = []
    for number in range(len(cells)):
        own = cell[row] == number
        low, high = box[own, :2].min(axis=0), box[own, 2:].max(axis=0)
        meets = (box[:, :2] <= high).all(axis=1) & (box[:, 2:] >= low).all(axis=1)
        found.append(np.unique(row[meets & ~own]))
    return found


def _cut(rows: Ints, at: Floats, low: Floats, high: Floats) -> tuple[int, Ints, Ints]:
    """(circles crossed, rows below, rows above) of the best cut across one axis, on which circles go from low to
    high."""
    order = np.argsort(at, kind="stable")
    first, last = max(int(rows.size * UNEVEN), 1), max(int(rows.size * (1 - UNEVEN)), 1)
    count = np.arange(first, last + 1)
    between = (at[order][count - 1] + at[order][count]) / 2
    crossed = np.searchsorted(np.sort(low), between) - np.searchsorted(np.sort(high), between)
    best = np.lexsort((np.abs(count - rows.size // 2), crossed))[0]
    return int(crossed[best]), rows[order[: count[best]]], rows[order[count[best] :]]
