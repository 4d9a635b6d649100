"""Making the model smaller without changing its best solutions, and taking it apart.

A row that cannot be exceeded even if every option in it is used does not bind. An option in no binding row is
free to take; no demand needs a dearer option beside it, since taking the free one hinders nobody. Dropping
those loosens further rows, and so on. In most lists little is left, in many small parts.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sharing.matching.arrays import Flags, Ints, group_starts
from sharing.matching.assignment.model import Model, Rows


@dataclass(frozen=True, slots=True)
class Reduced:
    """Which options and rows still matter, and in which independent part each demand is."""

    alive: Flags  # by option
    binding: Flags  # by row
    part: Ints  # by demand; only of those with an alive option in a binding row, else -1
    parts: int


def reduce(model: Model) -> Reduced:
    """Drop the dominated options and the slack rows, until nothing changes; label what hangs together."""
    alive = model.most > 0
    rows = model.rows
    while True:
        wanted = np.bincount(
            rows.row, rows.coefficient * model.most[rows.option] * alive[rows.option], rows.count
        ).astype(np.int64)
        binding = wanted > rows.limit
        bound = np.zeros(alive.size, dtype=np.bool_)
        bound[rows.option[binding[rows.row]]] = True
        dominated = alive & _dominated(model, alive, bound)
        if not dominated.any():
            break
        alive &= ~dominated
    part, parts = _parts(model, alive & bound, binding)
    return Reduced(alive, binding, part, parts)


def _dominated(model: Model, alive: Flags, bound: Flags) -> Flags:
    """Options no better than a free one that meets the whole need of the same demand."""
    free = np.flatnonzero(alive & ~bound & (model.most >= model.need[model.demand]))
    order = free[np.lexsort((free, model.regret[free], model.cost[free], model.demand[free]))]
    best = order[group_starts(model.demand[order])]
    highest = np.iinfo(np.int64).max
    cost, regret = np.full(model.need.size, highest), np.full(model.need.size, highest)
    cost[model.demand[best]], regret[model.demand[best]] = model.cost[best], model.regret[best]
    cost, regret = cost[model.demand], regret[model.demand]
    dominated = (model.cost > cost) | ((model.cost == cost) & (model.regret >= regret))
    dominated[best] = False
    return np.asarray(dominated, dtype=np.bool_)


def _parts(model: Model, contested: Flags, binding: Flags) -> tuple[Ints, int]:
    """Connected components over demands and binding rows, numbered by their first demand."""
    rows = model.rows
    entries = binding[rows.row] & contested[rows.option]
    demand, row = model.demand[rows.option[entries]], rows.row[entries]
    size = model.need.size + rows.count
    graph = coo_array((np.ones(demand.size, dtype=np.int8), (demand, model.need.size + row)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    touched = np.zeros(model.need.size, dtype=np.bool_)
    touched[demand] = True
    part = np.full(model.need.size, -1, dtype=np.int64)
    _, first, inverse = np.unique(label[: model.need.size][touched], return_index=True, return_inverse=True)
    number = np.empty(first.size, dtype=np.int64)
    number[np.argsort(first)] = np.arange(first.size)
    part[touched] = number[inverse]
    return part, int(first.size)


def without_conflict(model: Model, reduced: Reduced, used: Ints) -> Flags:
    """By part: whether everyone's cheapest options (`used`) serve all of it and exceed no row. Then they are best."""
    rows = model.rows
    taken = np.bincount(rows.row, rows.coefficient * used[rows.option], rows.count).astype(np.int64)
    entries = (taken > rows.limit)[rows.row] & reduced.alive[rows.option]
    amount = np.bincount(model.demand, used, model.need.size).astype(np.int64)
    clear = np.ones(reduced.parts, dtype=np.bool_)
    for demands in (model.demand[rows.option[entries]], np.flatnonzero(amount < model.need)):
        part = reduced.part[demands]
        clear[part[part >= 0]] = False
    return clear


def split(model: Model, reduced: Reduced) -> list[tuple[Ints, Model]]:
    """Each part as (its options in the whole model, a model of its own)."""
    if reduced.parts == 0:
        return []
    options = np.flatnonzero(reduced.alive & (reduced.part[model.demand] >= 0))
    part = reduced.part[model.demand[options]]
    order = np.argsort(part, kind="stable")
    options, part = options[order], part[order]
    rows = model.rows
    entries = np.flatnonzero(reduced.binding[rows.row] & reduced.alive[rows.option])
    entry_part = reduced.part[model.demand[rows.option[entries]]]
    order = np.argsort(entry_part, kind="stable")
    entries, entry_part = entries[order], entry_part[order]
    numbers = np.arange(reduced.parts + 1)
    option_at = np.searchsorted(part, numbers)
    entry_at = np.searchsorted(entry_part, numbers)
    return [
        _part(model, options[option_at[k] : option_at[k + 1]], entries[entry_at[k] : entry_at[k + 1]])
        for k in range(reduced.parts)
    ]


def _part(model: Model, options: Ints, entries: Ints) -> tuple[Ints, Model]:
    demands, demand = np.unique(model.demand[options], return_inverse=True)
    rows, row = np.unique(model.rows.row[entries], return_inverse=True)
    return options, Model(
        priority=model.priority[demands],
        need=model.need[demands],
        demand=demand.astype(np.int64),
        cost=model.cost[options],
        regret=model.regret[options],
        most=model.most[options],
        rows=Rows(
            row=row.astype(np.int64),
            option=np.searchsorted(options, model.rows.option[entries]),
            coefficient=model.rows.coefficient[entries],
            limit=model.rows.limit[rows],
        ),
    )
