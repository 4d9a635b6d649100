"""What is free of each line while a list's routes are laid one after another."""

import numpy as np

from sharing.matching.arrays import Ints
from sharing.matching.assignment.packing import Busy, Request, free_units, pack
from sharing.matching.facts import AssetFacts
from sharing.matching.ledger import Holdings, freedom


class LineLedger:
    """The ledger's rows of the lines, and the units that earlier routes of the run take."""

    def __init__(self, assets: AssetFacts, holdings: Holdings) -> None:
        self.assets, self.holdings = assets, holdings
        self.taken: dict[int, list[Busy]] = {}

    def free_at_first(self, start: int, end: int) -> Ints:
        """Units of each line free on every day of [start, end), before the run."""
        count = len(self.assets)
        found = freedom(
            np.arange(count), np.full(count, start), np.full(count, end),
            capacity=self.assets.capacity, limits=self.assets.limits, holdings=self.holdings,
        )  # fmt: skip
        return found.units

    def free_now(self, at_first: Ints, start: int, end: int) -> Ints:
        """The same, less what earlier routes of the run take."""
        free = at_first.copy()
        for line in self.taken:
            free[line] = free_units(int(self.assets.capacity[line]), self._busy(line), start, end)
        return free

    def take(self, line: int, units: int, start: int, end: int) -> None:
        """Give units of a line away; the caller has seen that they are free."""
        request = Request(units, start, end)
        packing = pack(int(self.assets.capacity[line]), self._busy(line), [request], contiguous=False)
        if packing.ranges is None:
            raise ValueError("more units taken than are free")
        held = [Busy(lower, upper, start, end) for lower, upper in packing.ranges[0]]
        self.taken.setdefault(line, []).extend(held)

    def _busy(self, line: int) -> list[Busy]:
        held = self.holdings
        first, last = np.searchsorted(held.asset, (line, line + 1))
        columns = (held.lower, held.upper, held.start, held.end)
        rows = zip(*(column[first:last].tolist() for column in columns), strict=True)
        return [Busy(*row) for row in rows] + self.taken.get(line, [])
