"""One integer programme over a part, as HiGHS takes it."""

from dataclasses import dataclass, field

import highspy
import numpy as np
from highspy._core import _Highs
from scipy.sparse import coo_array

from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.assignment.model import Model
from sharing.matching.assignment.problem import by_priority

PRIMAL_SIMPLEX = 4  # of HiGHS's option simplex_strategy

NODES = 2_000
"""Branch-and-bound nodes a step may take before its best solution and bound are accepted as they are."""


def is_served(model: Model, used: Ints) -> Flags:
    """By demand."""
    return np.bincount(model.demand, used, model.priority.size) > 0


def served_by_priority(model: Model, used: Ints) -> Ints:
    return by_priority(model.priority[is_served(model, used)])


@dataclass(slots=True)
class Kept:
    """What earlier steps reached and later ones must not give up."""

    model: Model
    served: dict[int, int] = field(default_factory=dict)  # at least so many of a priority
    cost: int | None = None  # at most so much
    parties: tuple[tuple[Flags, int], ...] = ()  # of these demands at least so many

    def holds(self, used: Ints) -> bool:
        served = served_by_priority(self.model, used)
        enough = all(served[priority] >= count for priority, count in self.served.items())
        if self.parties:
            met = is_served(self.model, used)
            enough &= all(int(met[demands].sum()) >= count for demands, count in self.parties)
        return enough and (self.cost is None or int(self.model.cost @ used) <= self.cost)


class Programme:
    """One integer programme over a part: columns are the options, then whether each demand is served.

    It makes the sum of `options` over what is used and of `served` over who is served least.
    """

    def __init__(
        self, model: Model, kept: Kept, *, options: Ints | Floats | None = None, served: Floats | None = None
    ) -> None:
        self.model, self.kept = model, kept
        self.cost = np.zeros(model.demand.size + model.priority.size)
        if options is not None:
            self.cost[: model.demand.size] = options
        if served is not None:
            self.cost[model.demand.size :] = served
        self.most = np.concatenate((model.most, np.ones(model.priority.size))).astype(float)
        self._set_rows()

    def _set_rows(self) -> None:
        model, rows, options = self.model, self.model.rows, np.arange(self.model.demand.size)
        demands = np.arange(model.priority.size)
        served = options.size + demands
        cells = [
            (model.demand, options, np.ones(options.size)),
            (demands, served, -model.need),
            (demands.size + rows.row, rows.option, rows.coefficient),
        ]
        lower = [*np.zeros(demands.size), *np.full(rows.count, -highspy.kHighsInf)]
        upper = [*np.zeros(demands.size), *rows.limit]
        groups = [(model.priority == priority, count) for priority, count in self.kept.served.items()]
        for members, count in (*groups, *self.kept.parties):
            columns = served[members]
            cells.append((np.full(columns.size, len(lower)), columns, np.ones(columns.size)))
            lower.append(count)
            upper.append(highspy.kHighsInf)
        if self.kept.cost is not None:
            cells.append((np.full(options.size, len(lower)), options, model.cost))
            lower.append(-highspy.kHighsInf)
            upper.append(self.kept.cost)
        self.lower, self.upper = np.array(lower, dtype=float), np.array(upper, dtype=float)
        row, column, value = (np.concatenate(parts) for parts in zip(*cells, strict=True))
        self.matrix = coo_array((value.astype(float), (row, column)), shape=(len(lower), self.cost.size)).tocsc()

    def solve(self, fallback: Ints, *, gap: float = 0.0) -> tuple[Ints, float, bool]:
        """(v by option, lower bound of the objective, whether it is proven optimal), to within a relative gap.

        The known solution is not handed to HiGHS as a start: 1.16 maps it wrongly into the presolved space and
        has returned it as optimal when it was not. It stands in only when the search finds nothing as good.
        """
        solver = _solver()
        solver.setOptionValue("mip_rel_gap", gap)
        solver.passModel(self._linear_programme())
        solver.run()
        values = np.asarray(solver.getSolution().col_value)
        bound = solver.getInfo().mip_dual_bound
        used = np.rint(values[: fallback.size]).astype(np.int64) if values.size else fallback
        if not self._feasible(used) or self._objective(fallback) < self._objective(used):
            used = fallback
        return used, bound, self._objective(used) - bound < 0.5

    def _objective(self, used: Ints) -> float:
        return float(self.cost @ np.concatenate((used, is_served(self.model, used))))

    def _linear_programme(self, *, whole: bool = True) -> highspy.HighsLp:
        programme = highspy.HighsLp()
        programme.num_row_, programme.num_col_ = self.matrix.shape
        programme.col_cost_ = self.cost
        programme.col_lower_ = np.zeros_like(self.most)
        programme.col_upper_ = self.most
        programme.row_lower_, programme.row_upper_ = self.lower, self.upper
        programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        programme.a_matrix_.start_ = self.matrix.indptr
        programme.a_matrix_.index_ = self.matrix.indices
        programme.a_matrix_.value_ = self.matrix.data
        if whole:
            programme.integrality_ = [highspy.HighsVarType.kInteger] * self.cost.size
        return programme

    def _feasible(self, used: Ints) -> bool:
        """Whether whole numbers that the solver rounded keep every row, in whole-number arithmetic."""
        model, rows = self.model, self.model.rows
        amount = np.bincount(model.demand, used, model.priority.size).astype(np.int64)
        taken = np.bincount(rows.row, rows.coefficient * used[rows.option], rows.count).astype(np.int64)
        whole = (amount == 0) | (amount == model.need)
        within = (taken <= rows.limit).all() and (used >= 0).all() and (used <= model.most).all()
        return bool(whole.all() and within and self.kept.holds(used))


class Relaxation:
    """The linear relaxation of a programme, to which options can be added; each solution starts from the last."""

    def __init__(self, programme: Programme) -> None:
        self._highs = _solver()
        self._highs.passModel(programme._linear_programme(whole=False))
        self._first, self._demands = programme.model.demand.size, programme.model.priority.size

    def solve(self) -> tuple[float, Floats, Floats]:
        """(optimum, v by option in the order they were given, dual values of the rows)."""
        self._highs.run()
        solution = self._highs.getSolution()
        values = np.asarray(solution.col_value)
        return (
            float(self._highs.getInfo().objective_function_value),
            np.concatenate((values[: self._first], values[self._first + self._demands :])),
            np.asarray(solution.row_dual),
        )

    def add(self, programme: Programme) -> None:
        """Add the options of another programme over the same demands and rows."""
        # The last solution stays feasible, so the primal simplex goes on from it.
        self._highs.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
        count = programme.model.demand.size
        columns = programme.matrix[:, :count]
        self._highs.addCols(
            count,
            programme.cost[:count],
            np.zeros(count),
            programme.most[:count],
            columns.nnz,
            columns.indptr[:-1],
            columns.indices,
            columns.data,
        )


def _solver() -> _Highs:
    solver = _Highs()  # Highs itself prints a banner to standard output when it is made
    for name, value in _OPTIONS.items():
        solver.setOptionValue(name, value)
    return solver


_OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "mip_abs_gap": 0.5,
    "mip_max_nodes": NODES,
}
