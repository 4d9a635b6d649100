"""Several parties' lists at once, fairly: the least share of a party's demands that is served is as large as can be,
then the next least, and so on (leximin). Only then come priorities, cost and score, with as many of each party kept.

Priorities are each party's own, so they cannot decide between parties. Sorted shares are compared by how many parties
reach each level, the lowest level first (Ogryczak's distribution approach): a level is an integer programme with a
variable for each party that reaches it.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import highspy
import numpy as np
from scipy.sparse import csc_array, hstack, vstack

from sharing.matching.arrays import Flags, Ints
from sharing.matching.assignment import exact
from sharing.matching.assignment.assign import ROUNDS, Solved, result_of
from sharing.matching.assignment.greedy import greedy
from sharing.matching.assignment.layout import lay_out
from sharing.matching.assignment.model import Model, Rows, build
from sharing.matching.assignment.problem import Assignment, Problem
from sharing.matching.assignment.programme import Kept, Programme, is_served, served_by_priority
from sharing.matching.assignment.proof import Round


@dataclass(frozen=True, slots=True)
class FairAssignment:
    """served, asked: demands by party. No assignment gives every party a share above `least_share_bound`."""

    assignment: Assignment
    served: Ints
    asked: Ints
    least_share_bound: float
    exact: bool


@dataclass(frozen=True, slots=True)
class _Shares:
    used: Ints
    counts: Ints
    bound: float
    exact: bool


def assign_fairly(problem: Problem, party: Ints) -> FairAssignment:
    """The fairest assignment whose units can be numbered; `party`: by demand, 0 to the number of parties less one."""
    cuts: list[Rows] = []
    rounds: list[Round] = []
    bound, valid, counts, exactly = 1.0, True, _asked(party), False
    while True:
        model = build(problem, cuts)
        shares = _fairest(model, party)
        kept = tuple((party == one, int(count)) for one, count in enumerate(shares.counts.tolist()))
        solution = exact.solve(model, kept, shares.used)
        solved = _solved(model, solution, exactly=shares.exact and solution.exact)
        if valid:
            exactly, bound, counts = solved.exact, shares.bound, shares.counts
        layout = lay_out(problem, model, solved.used)
        rounds.append(solved.as_round(certain=layout.proven))
        if not layout.cuts or len(rounds) == ROUNDS:
            break
        cuts.append(layout.cuts_as_rows(problem))
        valid = valid and layout.proven
    assignment = result_of(problem, model, layout, rounds, exactly=exactly)
    served = _counts(model, party, layout.used)
    as_fair = assignment.exact and bool((served == counts).all())
    return FairAssignment(assignment, served, _asked(party), bound, as_fair)


def _solved(model: Model, solution: exact.Solution, *, exactly: bool) -> Solved:
    served, cost = served_by_priority(model, solution.used), int(model.cost @ solution.used)
    return Solved(solution.used, served, solution.served_bound, cost, solution.cost_bound, 1, exactly)


def _asked(party: Ints) -> Ints:
    return np.bincount(party).astype(np.int64)


def _fairest(model: Model, party: Ints) -> _Shares:
    """From the lowest level on: as many parties as possible reach it, with those of lower levels kept; then, by
    halving, the highest level that as many reach."""
    asked = _asked(party)
    levels = sorted({Fraction(k, size) for size in asked.tolist() for k in range(1, size + 1)})
    search = _Search(model, party, [np.array([ceil(level * size) for size in asked.tolist()]) for level in levels])
    most, low = asked.size, 0
    while most and low < len(levels):
        high = len(levels)
        while low < high:
            middle = (low + high) // 2
            if search.reach(middle, most) >= most:
                low = middle + 1
            else:
                high = middle
        if low:
            search.steps.append((search.needed[low - 1], most))
        if low < len(levels):
            most = search.reach(low, 0)
    beyond = search.beyond_all
    bound = float(levels[beyond - 1]) if beyond else 0.0
    return _Shares(search.used, _counts(model, party, search.used), bound, search.proven)


class _Search:
    """Levels by number, on what earlier steps keep. beyond_all: a level that provably not all parties reach."""

    def __init__(self, model: Model, party: Ints, needed: list[Ints]) -> None:
        self.model, self.party, self.needed = model, party, needed
        self.used, self.proven, self.beyond_all = greedy(model), True, len(needed)
        self.steps: list[tuple[Ints, int]] = []

    def reach(self, level: int, wanted: int) -> int:
        """How many parties reach a level; where these are as many as wanted, `used` becomes a solution like that."""
        needed = self.needed[level]
        here = int(_reach(self.model, self.party, needed, self.used).sum())
        if here == needed.size or (self.steps and here >= self.steps[-1][1]):
            return here
        used, limit, proven = _Level(self.model, self.party, [*self.steps, (needed, 0)]).solve(self.used)
        self.proven &= proven
        if limit < needed.size:
            self.beyond_all = min(self.beyond_all, level)
        reached = int(_reach(self.model, self.party, needed, used).sum())
        if reached > here and reached >= wanted:
            self.used = used
        return reached


def _counts(model: Model, party: Ints, used: Ints) -> Ints:
    return np.bincount(party[is_served(model, used)], minlength=int(party.max()) + 1).astype(np.int64)


def _reach(model: Model, party: Ints, needed: Ints, used: Ints) -> Flags:
    return np.asarray((_counts(model, party, used) >= needed) & (needed > 0), dtype=np.bool_)


class _Level(Programme):
    """How many parties reach the last of some levels, each of the others being reached by as many as before."""

    def __init__(self, model: Model, party: Ints, levels: list[tuple[Ints, int]]) -> None:
        super().__init__(model, Kept(model))
        self.levels, self.party = levels, party
        parties, columns = levels[0][0].size, self.matrix.shape[1]
        served = np.arange(model.priority.size) + model.demand.size
        rows = []
        extra = parties * len(levels)
        for number, (needed, _least) in enumerate(levels):
            for one in range(parties):
                row = np.zeros(columns + extra)
                row[served[party == one]] = 1.0
                row[columns + number * parties + one] = -float(needed[one])
                rows.append(row)
        for number in range(len(levels)):
            row = np.zeros(columns + extra)
            row[columns + number * parties : columns + (number + 1) * parties] = 1.0
            rows.append(row)
        wide = hstack([self.matrix, csc_array((self.matrix.shape[0], extra))])
        self.matrix = vstack([wide, csc_array(np.array(rows))]).tocsc()
        least = [float(least) for _needed, least in levels]
        self.lower = np.concatenate((self.lower, np.zeros(extra), least))
        self.upper = np.concatenate((self.upper, np.full(len(rows), highspy.kHighsInf)))
        self.most = np.concatenate((self.most, np.tile(_wants(levels[0][0]), len(levels))))
        last = np.zeros(extra)
        last[-parties:] = -1.0
        self.cost = np.concatenate((self.cost, last))

    def solve(self, fallback: Ints, *, gap: float = 0.0) -> tuple[Ints, int, bool]:
        """(v by option, most parties that could reach the last level, whether that is proven)."""
        used, bound, _ = super().solve(fallback, gap=gap)
        limit = int(np.floor(-bound + 1e-4))
        return used, limit, int(_reach(self.model, self.party, self.levels[-1][0], used).sum()) >= limit

    def _objective(self, used: Ints) -> float:
        return -float(_reach(self.model, self.party, self.levels[-1][0], used).sum())

    def _feasible(self, used: Ints) -> bool:
        kept = (int(_reach(self.model, self.party, needed, used).sum()) >= least for needed, least in self.levels)
        return super()._feasible(used) and all(kept)


def _wants(needed: Ints) -> Ints:
    """1 for each party that asks for anything."""
    return (needed > 0).astype(np.int64)
