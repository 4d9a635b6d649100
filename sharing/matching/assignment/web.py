"""A part as compiled code reads it: options by demand, the cheapest first, and the rows each option takes from."""

from typing import NamedTuple

import numpy as np

from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.assignment.model import Model


class Web(NamedTuple):
    """Options are numbered in the order of `Model` (`order` says which) by demand, value and place.

    Entries (row, coefficient) of option i are entry_from[i] to entry_from[i + 1]; options of demand d are
    option_from[d] to option_from[d + 1].
    """

    order: Ints  # by option: its number in the model
    option_from: Ints
    demand: Ints
    value: Floats
    most: Ints
    need: Ints
    rank: Ints  # by demand: 0 is served first
    able: Flags  # by demand: whether its options meet its need
    entry_from: Ints
    option: Ints  # by entry
    row: Ints
    size: Ints
    limit: Ints


def web_of(model: Model, value: Ints | Floats) -> Web:
    """The part with what its options are worth comparing by."""
    count, demands = model.demand.size, model.priority.size
    order = np.lexsort((np.arange(count), value, model.demand))
    number = np.empty(count, dtype=np.int64)
    number[order] = np.arange(count)
    rows = model.rows
    option = number[rows.option]
    entries = np.lexsort((rows.row, option))
    return Web(
        order=order,
        option_from=np.searchsorted(model.demand[order], np.arange(demands + 1)).astype(np.int64),
        demand=model.demand[order],
        value=value[order].astype(np.float64),
        most=model.most[order],
        need=model.need,
        rank=np.unique(model.priority, return_inverse=True)[1].astype(np.int64),
        able=np.bincount(model.demand, model.most, demands) >= model.need,
        entry_from=np.searchsorted(option[entries], np.arange(count + 1)).astype(np.int64),
        option=option[entries],
        row=rows.row[entries],
        size=rows.coefficient[entries],
        limit=rows.limit,
    )
