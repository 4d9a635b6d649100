"""A first solution: demands by priority, each on its cheapest options that still have room; where none has, one demand
that stands in the way moves to another of its options, if there is one with room."""

from collections.abc import Iterator

import numpy as np

from sharing.matching.arrays import Ints, group_starts
from sharing.matching.assignment.model import Model


def greedy(model: Model, start: Ints | None = None) -> Ints:
    """v by option: feasible, not necessarily best. What `start` serves whole is served already."""
    plan = _Plan(model)
    served = np.zeros(model.priority.size, dtype=np.bool_)
    if start is not None:
        for option in np.flatnonzero(start).tolist():
            plan.put(option, int(start[option]))
            served[model.demand[option]] = True
    for demand in np.argsort(model.priority, kind="stable").tolist():
        if not served[demand] and not plan.serve(demand):
            plan.make_room(demand)
    return np.array(plan.used, dtype=np.int64)


class _Plan:
    """What is used so far, and the room that each row has left."""

    def __init__(self, model: Model) -> None:
        self.need: list[int] = model.need.tolist()
        self.most: list[int] = model.most.tolist()
        self.demand: list[int] = model.demand.tolist()
        self.entries = _entries_by_option(model)
        self.options = _options_by_demand(model)
        self.room: list[int] = model.rows.limit.tolist()
        self.used = [0] * model.demand.size
        self.standing: list[dict[int, None]] = [{} for _ in self.room]
        """By row the options in use, in the order they came."""

    def serve(self, demand: int) -> bool:
        """Serve the demand on its cheapest options with room, wholly or not at all."""
        missing = self.need[demand]
        taken: list[tuple[int, int]] = []
        for option in self.options[demand]:
            amount = min(missing, self._room_for(option))
            if amount > 0:
                taken.append((option, amount))
                missing -= amount
            if missing == 0:
                break
        if missing:
            return False
        for option, amount in taken:
            self.put(option, amount)
        return True

    def make_room(self, demand: int) -> bool:
        """Serve a demand that is served whole by one option, moving one such other out of the way."""
        if self.need[demand] != 1:
            return False
        for option in self.options[demand]:
            for other in list(self._in_the_way(option)):
                self.put(other, -1)
                if self._room_for(option) > 0:
                    self.put(option, 1)
                    if self.serve(self.demand[other]):
                        return True
                    self.put(option, -1)
                self.put(other, 1)
        return False

    def _in_the_way(self, option: int) -> Iterator[int]:
        """Options in use that are the whole of a demand, on the first row without room for `option`."""
        for row, size in self.entries[option]:
            if self.room[row] < size:
                yield from (other for other in self.standing[row] if self.need[self.demand[other]] == 1)
                return

    def _room_for(self, option: int) -> int:
        return min([self.most[option], *(self.room[row] // size for row, size in self.entries[option])])

    def put(self, option: int, amount: int) -> None:
        self.used[option] += amount
        for row, size in self.entries[option]:
            self.room[row] -= size * amount
            if self.used[option]:
                self.standing[row][option] = None
            else:
                self.standing[row].pop(option, None)


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
