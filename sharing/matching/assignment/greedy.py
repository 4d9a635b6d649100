"""A first solution: demands by priority, each on its cheapest options that still have room."""

import numpy as np

from sharing.matching.arrays import Ints, group_starts
from sharing.matching.assignment.model import Model


def greedy(model: Model) -> Ints:
    """v by option: feasible, not necessarily best."""
    used = np.zeros(model.demand.size, dtype=np.int64)
    room = model.rows.limit.tolist()
    entries = _entries_by_option(model)
    options = _options_by_demand(model)
    for demand in np.argsort(model.priority, kind="stable").tolist():
        missing = int(model.need[demand])
        taken: list[tuple[int, int]] = []
        for option in options[demand]:
            amount = min([missing, int(model.most[option]), *(room[row] // size for row, size in entries[option])])
            if amount > 0:
                taken.append((option, amount))
                missing -= amount
                for row, size in entries[option]:
                    room[row] -= size * amount
            if missing == 0:
                break
        for option, amount in taken:
            if missing == 0:
                used[option] = amount
                continue
            for row, size in entries[option]:
                room[row] += size * amount
    return used


def _entries_by_option(model: Model) -> list[list[tuple[int, int]]]:
    entries: list[list[tuple[int, int]]] = [[] for _ in range(model.demand.size)]
    rows = model.rows
    for row, option, size in zip(rows.row.tolist(), rows.option.tolist(), rows.coefficient.tolist(), strict=True):
        entries[option].append((row, size))
    return entries


def _options_by_demand(model: Model) -> list[list[int]]:
    order = np.lexsort((np.arange(model.cost.size), model.regret, model.cost, model.demand))
    bounds = np.append(group_starts(model.demand[order]), order.size)
    options: list[list[int]] = [[] for _ in range(model.priority.size)]
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        options[int(model.demand[order[begin]])] = order[begin:end].tolist()
    return options
