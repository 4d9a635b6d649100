"""A part too large for a solver, bettered piece by piece: the demands of one neighbourhood are assigned anew while all
others stay where they are (large neighbourhood search; Shaw, 1998). Each piece keeps or betters what is served,
priority by priority, then the cost, so the whole does.
"""

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from sharing.matching.arrays import Floats, Ints
from sharing.matching.assignment.model import Model, Rows
from sharing.matching.assignment.programme import Kept, Programme, served_by_priority

SIZE = 2_500
"""Options of a piece: a solver proves its optimum in about a third of a second."""

DEAR = 4.0
"""How many times the dearest option it costs not to serve a demand, and how many times that for a higher priority: one
search instead of one for each. What it finds is taken only where it is better, priority by priority."""


def improve(model: Model, value: Ints | Floats, used: Ints) -> Ints:
    """v by option, no worse than `used` in the number served, priority by priority, then in the sum of `value`."""
    used = used.copy()
    amounts = _by_option(model)
    for demands in pieces(model):
        _assign_anew(model, value, amounts, used, demands)
    return used


def pieces(model: Model) -> list[Ints]:
    """Demands by neighbourhood, each of up to SIZE options: by breadth from one end, cut in half, and again."""
    demands = model.need.size
    ask = csr_array(
        coo_array(
            (np.ones(model.rows.row.size, dtype=np.int8), (model.demand[model.rows.option], model.rows.row)),
            shape=(demands, model.rows.count),
        )
    )
    options = np.bincount(model.demand, minlength=demands)
    waiting, found = [np.arange(demands)], []
    while waiting:
        members = waiting.pop()
        if options[members].sum() <= SIZE or members.size == 1:
            found.append(members)
            continue
        order = members[_by_breadth(ask[members])]
        reached = np.cumsum(options[order])
        cut = int(np.clip(np.searchsorted(reached, reached[-1] / 2, side="right"), 1, order.size - 1))
        waiting += [order[cut:], order[:cut]]
    return found


def _by_breadth(ask: csr_array) -> Ints:
    """Rows of `ask` (demands) in the order of a search by breadth over what they share, from one that lies far out;
    one connected part after the other."""
    count = ask.shape[0]
    graph = coo_array(ask)
    size = count + ask.shape[1]
    both = csr_array(
        coo_array(
            (
                np.ones(2 * graph.nnz, dtype=np.int8),
                (np.append(graph.row, count + graph.col), np.append(count + graph.col, graph.row)),
            ),
            shape=(size, size),
        )
    )
    _, label = connected_components(both, directed=False)
    orders = []
    for first in np.unique(label[:count], return_index=True)[1].tolist():
        far = breadth_first_order(both, first, directed=True, return_predecessors=False)[-1]
        orders.append(breadth_first_order(both, far, directed=True, return_predecessors=False))
    order = np.concatenate(orders)
    return np.asarray(order[order < count], dtype=np.int64)


def _by_option(model: Model) -> csr_array:
    """What one unit of each option takes, shape (options, rows)."""
    rows = model.rows
    return csr_array(coo_array((rows.coefficient, (rows.option, rows.row)), shape=(model.demand.size, rows.count)))


def _assign_anew(model: Model, value: Ints | Floats, amounts: csr_array, used: Ints, demands: Ints) -> None:
    """Sets `used` for the options of these demands, in the room that all others leave."""
    number = np.full(model.need.size, -1, dtype=np.int64)
    number[demands] = np.arange(demands.size)
    options = np.flatnonzero(number[model.demand] >= 0)
    others = used.copy()
    others[options] = 0
    taken = coo_array(amounts[options])
    rows, row = np.unique(taken.col, return_inverse=True)
    part = Model(
        priority=model.priority[demands],
        need=model.need[demands],
        demand=number[model.demand[options]],
        cost=model.cost[options],
        regret=model.regret[options],
        most=model.most[options],
        rows=Rows(
            row=row.astype(np.int64),
            option=taken.row.astype(np.int64),
            coefficient=taken.data,
            limit=(model.rows.limit - others @ amounts)[rows],
        ),
    )
    used[options] = _best(part, value[options], used[options])


def _best(part: Model, value: Ints | Floats, start: Ints) -> Ints:
    """v by option, no worse than `start`."""
    dear = DEAR * max(float((part.cost * part.most).max()), 1.0)
    _, rank = np.unique(-part.priority, return_inverse=True)
    found, _, _ = Programme(part, Kept(part), options=value, served=-dear * DEAR ** rank.astype(np.float64)).solve(
        start
    )
    return min(start, found, key=lambda used: ((-served_by_priority(part, used)).tolist(), float(value @ used)))
