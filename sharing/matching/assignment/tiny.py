"""Parts so small that every way to serve them can be looked at: most of those that a long list falls into."""

import math

import numpy as np

from sharing.matching.arrays import Ints
from sharing.matching.assignment.model import Model

MOST_WAYS = 4_000
"""Ways to serve a part, beyond which a search takes less time than looking at each."""


def solve(model: Model) -> Ints | None:
    """v by option: the most demands served, priority by priority, then the least cost, then the least regret; of these
    the first. None where a demand takes several options at once, or where there are too many ways."""
    choices = np.bincount(model.demand, minlength=model.need.size) + 1  # one is to serve it not at all
    too_many = choices.size >= MOST_WAYS.bit_length() or math.prod(choices.tolist()) > MOST_WAYS
    if too_many or (model.need != 1).any():
        return None
    way = np.indices(choices.tolist()).reshape(choices.size, -1).T
    first = np.cumsum(choices - 1) - (choices - 1)
    nth = np.arange(model.demand.size) - first[model.demand] + 1
    used = (way[:, model.demand] == nth).astype(np.int64)
    rows = model.rows
    amount = np.zeros((model.demand.size, rows.count), dtype=np.int64)
    np.add.at(amount, (rows.option, rows.row), rows.coefficient)
    possible = (used @ amount <= rows.limit).all(axis=1) & (used <= model.most).all(axis=1)
    way, used = way[possible], used[possible]
    served = [((way > 0) & (model.priority == one)).sum(axis=1) for one in np.unique(model.priority)]
    order = np.lexsort((used @ model.regret, used @ model.cost, *(-count for count in reversed(served))))
    return np.asarray(used[order[0]], dtype=np.int64)
