"""The whole list at once: the demands' priorities served most, then the total yearly cost least.

The model is reduced and taken apart; each part is solved as a flow where it is one, else as an integer
programme; then units are numbered. Where the numbers cannot be laid out although the counts suffice
(fragmentation), what cannot stand together is forbidden and the parts concerned are solved again, so what is
returned can really be held.
"""

from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Ints, group_starts
from sharing.matching.assignment import exact, flow, reduction, tiny
from sharing.matching.assignment.layout import Layout, lay_out
from sharing.matching.assignment.model import Model, Rows, build
from sharing.matching.assignment.problem import PRIORITIES, Assignment, Problem
from sharing.matching.assignment.programme import served_by_priority

ROUNDS = 30
"""Solutions tried before the legs that still cannot be laid out are given up."""


def assign(problem: Problem) -> Assignment:
    """The best assignment whose units can be numbered, with proven bounds. Same problem, same answer."""
    cuts: list[Rows] = []
    memory: dict[bytes, exact.Solution] = {}
    proven: Solved | None = None
    valid = True
    for round_number in range(1, ROUNDS + 1):
        model = build(problem, cuts)
        solved = _solve(model, memory)
        if valid:
            proven = solved
        layout = lay_out(problem, model, solved.used)
        if not layout.cuts or round_number == ROUNDS:
            break
        cuts.append(layout.cuts_as_rows(problem))
        valid = valid and layout.proven
    assert proven is not None
    return result_of(problem, model, layout, proven, round_number)


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


def result_of(problem: Problem, model: Model, layout: Layout, proven: Solved, rounds: int) -> Assignment:
    """What is laid out, with the bounds of the last solution that nothing was taken from."""
    served, cost = served_by_priority(model, layout.used), int(model.cost @ layout.used)
    as_many = bool((served == proven.served).all())
    option = np.flatnonzero(layout.used)
    demand = problem.demand[option]
    return Assignment(
        option=option,
        units=np.where(model.need[demand] > 1, layout.used[option], problem.quantity[demand]),
        numbers=[layout.numbers[i] for i in option.tolist()],
        served=served,
        served_bound=proven.served_bound,
        cost=cost,
        cost_bound=proven.cost_bound if as_many else 0,
        components=proven.parts,
        exact=proven.exact and as_many and cost == proven.cost,
        rounds=rounds,
    )
