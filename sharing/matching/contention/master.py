"""The master problem: of the routes known, which to take, in parts or as a whole (HiGHS)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from highspy._core import _Highs
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

from sharing.matching.arrays import Floats
from sharing.matching.contention.contenders import Column
from sharing.matching.contention.scarcity import Row

MOST_NODES = 500
"""Of a search among the routes known; what it has found by then is taken."""

DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4
NOUGHT = 1e-9


@dataclass(frozen=True, slots=True)
class Phase:
    """What is to be made least: what routes cost, less `worth` for each of `wanted` that is served.

    members: contenders that take part. must: those that are to be served. floors: of each of these groups, which share
    no contender, at least so many are to be served.
    """

    members: frozenset[int]
    must: frozenset[int] = frozenset()
    wanted: frozenset[int] = frozenset()
    worth: float = 0.0
    floors: tuple[tuple[frozenset[int], int], ...] = ()

    def value(self, column: Column) -> float:
        return column.cost - (self.worth if column.number in self.wanted else 0.0)

    def floor_of(self, number: int) -> int | None:
        """Which of the floors counts the contender."""
        return next((at for at, (group, _) in enumerate(self.floors) if number in group), None)


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The linear relaxation: how much of each column is taken, and what a unit more of each thing would save."""

    value: float
    taken: Floats  # by column
    by_row: Floats  # prices of scarce units, 0 or more
    by_floor: Floats  # 0 or more
    by_member: dict[int, float]  # what a route of it may cost at most, tolls and all, to be of use
    missing: float  # how much of what must be is not


class Relaxation:
    """The linear relaxation of one phase, to which columns and rows can be added; each solution starts from the
    last."""

    def __init__(self, phase: Phase, missing: float) -> None:
        """missing: what it costs to leave one that must be served without."""
        self.phase, self.columns, self.rows = phase, list[Column](), list[Row]()
        self._members = sorted(phase.members)
        self._fixed = len(self._members) + len(phase.floors)
        self._place = {number: at for at, number in enumerate(self._members)}
        self._users: dict[int, list[int]] = {}  # columns by line
        self._limits: dict[int, list[int]] = {}  # rows by line
        self._highs = _solver()
        for number in self._members:
            self._highs.addRow(1.0 if number in phase.must else -highspy.kHighsInf, 1.0, 0, [], [])
        for _, least in phase.floors:
            self._highs.addRow(float(least), highspy.kHighsInf, 0, [], [])
        # What is missing comes first among the columns of the programme.
        self._absent = [at for at, number in enumerate(self._members) if number in phase.must]
        self._absent += range(len(self._members), self._fixed)
        for row in self._absent:
            self._highs.addCol(missing, 0.0, highspy.kHighsInf, 1, [row], [1.0])

    def add_columns(self, columns: Sequence[Column]) -> None:
        # The last solution stays feasible, so the primal simplex goes on from it.
        self._highs.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
        for column in columns:
            rows, values = [self._place[column.number]], [1.0]
            floor = self.phase.floor_of(column.number)
            if floor is not None:
                rows.append(len(self._members) + floor)
                values.append(1.0)
            for line in sorted(column.lines):
                self._users.setdefault(line, []).append(len(self.columns))
                for at in self._limits.get(line, ()):
                    if column.number in self.rows[at].weight:
                        rows.append(self._fixed + at)
                        values.append(float(self.rows[at].weight[column.number]))
            self._highs.addCol(self.phase.value(column), 0.0, highspy.kHighsInf, len(rows), rows, values)
            self.columns.append(column)

    def add_rows(self, rows: Sequence[Row]) -> None:
        # Prices stay what they are, so the dual simplex goes on from them.
        self._highs.setOptionValue("simplex_strategy", DUAL_SIMPLEX)
        for row in rows:
            users = [at for at in self._users.get(row.line, ()) if self.columns[at].number in row.weight]
            values = [float(row.weight[self.columns[at].number]) for at in users]
            places = [len(self._absent) + at for at in users]
            self._highs.addRow(-highspy.kHighsInf, float(row.room), len(users), places, values)
            self._limits.setdefault(row.line, []).append(len(self.rows))
            self.rows.append(row)

    def solve(self) -> Relaxed:
        self._highs.run()
        solution = self._highs.getSolution()
        values, duals = np.asarray(solution.col_value), np.asarray(solution.row_dual)
        by_row, by_floor = (
            np.maximum(-duals[self._fixed :], 0.0),
            np.maximum(duals[len(self._members) : self._fixed], 0.0),
        )
        by_row[by_row < NOUGHT] = 0.0
        return Relaxed(
            value=float(self._highs.getInfo().objective_function_value),
            taken=values[len(self._absent) :],
            by_row=by_row,
            by_floor=by_floor,
            by_member=dict(zip(self._members, duals.tolist(), strict=False)),
            missing=float(values[: len(self._absent)].sum()),
        )


def _solver() -> _Highs:
    solver = _Highs()  # Highs itself prints a banner to standard output when it is made
    for name, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0)):
        solver.setOptionValue(name, value)
    return solver


def choose(
    phase: Phase, columns: Sequence[Column], rows: Sequence[Row], clashes: Sequence[tuple[int, int]]
) -> dict[int, Column] | None:
    """The best whole choice, by contender, or None where none serves all that it must. clashes: pairs of columns, by
    their places, that may not both be taken."""
    matrix, own = _Matrix(len(columns)), dict[int, list[int]]()
    for at, column in enumerate(columns):
        own.setdefault(column.number, []).append(at)
    matrix.add_rows(columns, rows)
    for one, other in clashes:
        matrix.add([one, other], -np.inf, 1.0)
    for group, least in phase.floors:
        matrix.add([at for number in sorted(group) for at in own.get(number, ())], least, np.inf)
    for number in sorted(phase.members):
        if number not in own and number in phase.must:
            return None
        matrix.add(own.get(number, []), 1.0 if number in phase.must else -np.inf, 1.0)
    if not columns:
        return {} if all(least <= 0 for _, least in phase.floors) else None
    solved = milp(
        [phase.value(column) for column in columns],
        integrality=np.ones(len(columns), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(matrix.array, np.array(matrix.lower), np.array(matrix.upper))],
        options={"mip_rel_gap": 0.0, "node_limit": MOST_NODES},
    )
    if solved.x is None:
        return None
    return {column.number: column for column, taken in zip(columns, solved.x, strict=True) if taken > 0.5}


@dataclass
class _Matrix:
    """Sparse rows between bounds."""

    width: int
    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def add(self, columns: Sequence[int], lower: float, upper: float) -> None:
        self.row += [len(self.upper)] * len(columns)
        self.column += columns
        self.value += [1.0] * len(columns)
        self.lower.append(lower)
        self.upper.append(upper)

    def add_rows(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        by_line: dict[int, list[int]] = {}
        for number, row in enumerate(rows):
            by_line.setdefault(row.line, []).append(number)
        first = len(self.upper)
        for at, column in enumerate(columns):
            for line in sorted(column.lines & by_line.keys()):
                for number in by_line[line]:
                    if column.number in rows[number].weight:
                        self.row.append(first + number)
                        self.column.append(at)
                        self.value.append(float(rows[number].weight[column.number]))
        self.lower += [-np.inf] * len(rows)
        self.upper += [float(row.room) for row in rows]

    @property
    def array(self) -> csr_array:
        return coo_array((self.value, (self.row, self.column)), shape=(len(self.upper), self.width)).tocsr()
