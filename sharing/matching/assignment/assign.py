"""The whole list at once: the demands' priorities served most, then the total yearly cost least.

The model is reduced and taken apart; each part is solved as a flow where it is one, else as an integer
programme; then units are numbered. Where the numbers cannot be laid out although the counts suffice
(fragmentation), what cannot stand together is forbidden and the parts concerned are solved again, so what is
returned can really be held.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Ints, group_starts
from sharing.matching.assignment import exact, flow, reduction, tiny
from sharing.matching.assignment.layout import Layout, lay_out
from sharing.matching.assignment.model import Model, Rows, build
from sharing.matching.assignment.problem import PRIORITIES, Assignment, Problem
from sharing.matching.assignment.programme import served_by_priority
from sharing.matching.assignment.proof import Reached, Round

ROUNDS = 30
"""Solutions tried before the legs that still cannot be laid out are given up."""


def assign(problem: Problem) -> Assignment:
    """The best assignment whose units can be numbered, with proven bounds. Same problem, same answer."""
    cuts: list[Rows] = []
    memory: dict[bytes, exact.Solution] = {}
    rounds: list[Round] = []
    proven = True
    while True:
        model = build(problem, cuts)
        solved = _solve(model, memory)
        layout = lay_out(problem, model, solved.used)
        rounds.append(solved.as_round(certain=layout.proven))
        if proven:
            exactly = solved.exact
        if not layout.cuts or len(rounds) == ROUNDS:
            break
        cuts.append(layout.cuts_as_rows(problem))
        proven = proven and layout.proven
    return result_of(problem, model, layout, rounds, exactly=exactly)


@dataclass(slots=True)
class Solved:
    """A solution of the model, before its units are numbered, with what was proven."""

    used: Ints
    served: Ints
    served_bound: Ints
    cost: int
    cost_bound: int
    parts: int
    exact: bool

    def as_round(self, *, certain: bool) -> Round:
        return Round(self.served, self.served_bound, self.cost, self.cost_bound, self.parts, certain)


def _solve(model: Model, memory: dict[bytes, exact.Solution]) -> Solved:
    reduced = reduction.reduce(model)
    used = _cheapest(model, reduced)
    clear = reduction.without_conflict(model, reduced, used)
    short, over, proven = np.zeros(PRIORITIES, dtype=np.int64), 0, True
    for number, (options, part) in enumerate(reduction.split(model, reduced)):
        if clear[number]:
            continue
        solution = _remembered(memory, options, part)
        used[options] = solution.used
        short += solution.served_bound - served_by_priority(part, solution.used)
        over += int(part.cost @ solution.used) - solution.cost_bound
        proven &= solution.exact
    served, cost = served_by_priority(model, used), int(model.cost @ used)
    return Solved(used, served, served + short, cost, cost - over, reduced.parts, proven)


def _remembered(memory: dict[bytes, exact.Solution], options: Ints, part: Model) -> exact.Solution:
    """The solution of a part; solved once in all rounds that leave it as it is."""
    rows = part.rows
    key = b"".join(array.tobytes() for array in (options, rows.row, rows.option, rows.limit))
    if key not in memory:
        memory[key] = _solve_part(part)
    return memory[key]


def _solve_part(part: Model) -> exact.Solution:
    used = tiny.solve(part)
    if used is None and flow.is_transport(part):
        used = flow.solve(part)
    if used is None:
        return exact.solve(part)
    return exact.Solution(used, served_by_priority(part, used), int(part.cost @ used), exact=True)


def _cheapest(model: Model, reduced: reduction.Reduced) -> Ints:
    """v by option when each demand takes its cheapest options: right for all demands that nobody contests."""
    used = np.zeros(model.demand.size, dtype=np.int64)
    order = np.flatnonzero(reduced.alive)
    order = order[np.lexsort((order, model.regret[order], model.cost[order], model.demand[order]))]
    demand = model.demand[order]
    reached = _filled_before(demand, model.most[order])
    used[order] = np.clip(model.need[demand] - reached, 0, model.most[order])
    short = np.bincount(model.demand, used, model.need.size) < model.need
    used[short[model.demand]] = 0
    return used


def _filled_before(demand: Ints, most: Ints) -> Ints:
    """How much of a demand's need its cheaper options meet."""
    total = np.cumsum(most) - most
    starts = group_starts(demand)
    lengths = np.diff(np.append(starts, demand.size))
    return np.asarray(total - np.repeat(total[starts], lengths), dtype=np.int64)


def result_of(problem: Problem, model: Model, layout: Layout, rounds: Sequence[Round], *, exactly: bool) -> Assignment:
    """What is laid out, with the bounds of the last solution that nothing was taken from; whether that was solved
    `exactly`."""
    reached = Reached(served_by_priority(model, layout.used), int(model.cost @ layout.used), rounds)
    proven = reached.proven
    as_many = bool((reached.served == proven.served).all())
    option = np.flatnonzero(layout.used)
    demand = problem.demand[option]
    return Assignment(
        option=option,
        units=np.where(model.need[demand] > 1, layout.used[option], problem.quantity[demand]),
        numbers=[layout.numbers[i] for i in option.tolist()],
        reached=reached,
        exact=exactly and as_many and reached.cost == proven.cost,
    )
