"""A small mixed-integer programme, as HiGHS takes it through SciPy: limited by nodes, never by time, so that the same
input gives the same answer on any machine."""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from sharing.matching.arrays import Flags, Floats, Ints

NODES = 2_000


@dataclass(slots=True)
class Rows:
    """Rows of "lower ≤ Σ value × column ≤ upper", gathered in blocks."""

    row: list[Ints] = field(default_factory=list)
    column: list[Ints] = field(default_factory=list)
    value: list[Floats] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    count: int = 0

    def add(self, row: Ints, column: Ints, value: Floats, lower: Floats, upper: Floats) -> None:
        """Entries of a block whose rows are numbered from 0, with the bounds of each of its rows."""
        self.row.append(row + self.count)
        self.column.append(column)
        self.value.append(value)
        self.lower.append(lower)
        self.upper.append(upper)
        self.count += lower.size

    def constraint(self, columns: int) -> LinearConstraint:
        cells = np.concatenate(self.value), (np.concatenate(self.row), np.concatenate(self.column))
        matrix = coo_array(cells, shape=(self.count, columns)).tocsr()
        return LinearConstraint(matrix, np.concatenate(self.lower), np.concatenate(self.upper))


@dataclass(frozen=True, slots=True)
class Solved:
    """x by column, None where no whole solution was found; bound: no solution costs less."""

    x: Floats | None
    bound: float


def solve(cost: Floats, rows: Rows, *, whole: Flags, upper: Floats, gap: float = 0.0) -> Solved:
    """Minimise cost · x over 0 ≤ x ≤ upper and `rows`, x whole where `whole`, to within a relative gap."""
    found = milp(
        cost,
        integrality=whole.astype(np.int64),
        bounds=Bounds(0.0, upper),
        constraints=rows.constraint(cost.size),
        options={"node_limit": NODES, "mip_rel_gap": gap},
    )
    bound = found.mip_dual_bound if found.mip_dual_bound is not None else -np.inf
    return Solved(found.x, float(bound))
