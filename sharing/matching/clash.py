"""Which arcs may not be used, one by each of two routes: those of one asset, and those that are too near."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from shapely import STRtree

from sharing.matching.apart import Apart, Shapes
from sharing.matching.arrays import Ints, join_sorted


@dataclass(frozen=True)
class Clash:
    """Over all arcs of a pair's program. asset: of each, below 0 where it has none. lines: of each, as `apart` draws
    them, where it is given."""

    asset: Ints
    apart: Apart | None = None
    lines: Shapes | None = None

    @cached_property
    def tree(self) -> STRtree:
        return STRtree(self.lines)

    @cached_property
    def by_asset(self) -> Ints:
        return np.argsort(self.asset, kind="stable")

    def only(self, rows: Ints) -> "Clash":
        """Between these of the arcs."""
        return Clash(self.asset[rows], self.apart, None if self.lines is None else self.lines[rows])

    def of(self, rows: Ints) -> tuple[Ints, Ints]:
        """What each of the rows clashes with: where in `rows`, and the other row, each pair once."""
        owned = np.flatnonzero(self.asset[rows] >= 0)
        at, place = join_sorted(self.asset[rows[owned]], self.asset[self.by_asset])
        at, other = owned[at], self.by_asset[place]
        if self.apart is not None and self.lines is not None:
            near_at, near = self.apart.clashes(self.lines[rows], self.tree)
            at, other = np.concatenate((at, near_at)), np.concatenate((other, near))
        pairs = np.unique(np.column_stack((at, other)), axis=0)
        return pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)

    def between(self, one: Ints, other: Ints) -> Ints:
        """The rows of both paths that clash with one of the other."""
        at, rows = self.of(one)
        both = np.isin(rows, other)
        return np.unique(np.concatenate((one[at[both]], rows[both])))
