"""Small array operations the matching steps share: everything here is pure and vectorised."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOREVER = 2**31 - 1
"""Day number of an open end: later than every date, and small enough to add days to."""

UNLIMITED = 2**50
"""Stands for "no limit" among integer amounts: larger than any sum of real ones, exact as a float."""


def spans(first: Ints, count: Ints) -> Ints:
    """The numbers first[i] .. first[i] + count[i] - 1 of every i, one after another."""
    total = int(count.sum())
    if total == 0:
        return np.empty(0, dtype=np.int64)
    offset = np.cumsum(count) - count
    numbers: Ints = np.arange(total, dtype=np.int64) + np.repeat(first - offset, count)
    return numbers


def join_sorted(left_key: Ints, right_key: Ints) -> tuple[Ints, Ints]:
    """Every (left row, right row) with equal keys; `right_key` is sorted. Ordered by left row, then right row."""
    first = np.searchsorted(right_key, left_key, side="left")
    count = np.searchsorted(right_key, left_key, side="right") - first
    left = np.repeat(np.arange(left_key.size, dtype=np.int64), count)
    return left, spans(first, count)


def group_starts(sorted_key: Ints) -> Ints:
    """Where each run of equal keys begins, in a sorted array."""
    if sorted_key.size == 0:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate(([True], sorted_key[1:] != sorted_key[:-1]))).astype(np.int64)


def running_total(sorted_key: Ints, values: Ints) -> Ints:
    """Cumulative sum of `values` down the rows, begun anew with each key."""
    total = np.cumsum(values, axis=0)
    starts = group_starts(sorted_key)
    if starts.size == 0:
        return total
    before = total[starts] - values[starts]
    lengths = np.diff(np.append(starts, sorted_key.size))
    return np.asarray(total - np.repeat(before, lengths, axis=0), dtype=np.int64)
