"""What is free of each line: before a list's routes are laid, and beside those that are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Ints, spans
from sharing.matching.assignment.packing import Busy, Packing, Request, pack, smallest_conflict
from sharing.matching.facts import AssetFacts
from sharing.matching.ledger import Holdings, freedom


@dataclass(frozen=True, slots=True)
class Use:
    """What one route takes: units of each of its lines over a period."""

    lines: tuple[int, ...]
    units: int
    start: int
    end: int


class LineLedger:
    """The ledger's rows of the lines, and the units that routes of the run take, by demand."""

    def __init__(self, assets: AssetFacts, holdings: Holdings) -> None:
        self.assets, self.holdings = assets, holdings
        self.taken: dict[int, Use] = {}
        self._at_first: dict[tuple[int, int], Ints] = {}
        self._units: dict[tuple[int, int, int], frozenset[int]] = {}
        self._rows: dict[int, list[tuple[int, Busy]]] = {}  # by line: demand, and what it holds

    def free_at_first(self, start: int, end: int) -> Ints:
        """Units of each line free on every day of [start, end), before the run."""
        if (start, end) not in self._at_first:
            self._at_first[start, end] = self._free(np.arange(len(self.assets)), self.holdings, start, end)
        return self._at_first[start, end]

    def free_now(self, start: int, end: int, *, beside: Collection[int] = ()) -> Ints:
        """The same, less what routes of the run take, but for those of the demands `beside` which it is asked."""
        held = [
            (line, busy.lower, busy.upper, busy.start, busy.end)
            for line, rows in self._rows.items()
            for demand, busy in rows
            if demand not in beside and busy.start < end and start < busy.end
        ]
        free = self.free_at_first(start, end).copy()
        if held:
            line, lower, upper, begin, until = np.array(held, dtype=np.int64).T
            lines = np.unique(line)
            first, last = np.searchsorted(self.holdings.asset, (lines, lines + 1))
            before = spans(first, last - first)
            rows = self.holdings
            both = Holdings.sorted(
                asset=np.concatenate((rows.asset[before], line)),
                lower=np.concatenate((rows.lower[before], lower)),
                upper=np.concatenate((rows.upper[before], upper)),
                start=np.concatenate((rows.start[before], begin)),
                end=np.concatenate((rows.end[before], until)),
                loads=np.zeros((before.size + line.size, rows.loads.shape[1]), dtype=np.int64),
            )
            free[lines] = self._free(lines, both, start, end)
        return free

    def _free(self, lines: Ints, holdings: Holdings, start: int, end: int) -> Ints:
        found = freedom(
            lines, np.full(lines.size, start), np.full(lines.size, end),
            capacity=self.assets.capacity, limits=self.assets.limits, holdings=holdings,
        )  # fmt: skip
        return found.units

    def take(self, demand: int, use: Use) -> None:
        """Give units of lines away. Where their numbers do not suit as they are, all that the run has given of a line
        is numbered anew; raises ValueError where that cannot be done."""
        self.taken[demand] = use
        for line in use.lines:
            rows = self._rows.setdefault(line, [])
            packing = self._pack(line, [busy for _, busy in rows], [use])
            if packing.ranges is not None:
                rows += [(demand, Busy(*units, use.start, use.end)) for units in packing.ranges[0]]
                continue
            users = list(dict.fromkeys((*(other for other, _ in rows), demand)))
            packing = self._pack(line, [], [self.taken[user] for user in users])
            if packing.ranges is None:
                raise ValueError("more units taken than are free")
            self._rows[line] = [
                (user, Busy(*units, self.taken[user].start, self.taken[user].end))
                for user, ranges in zip(users, packing.ranges, strict=True)
                for units in ranges
            ]

    # --- What contention asks (contention.scarcity.Stock) ---------------------------------------------------------

    def free_units(self, line: int, start: int, end: int) -> frozenset[int]:
        key = line, start, end
        if key not in self._units:
            held = [busy for busy in self._held(line) if busy.start < end and start < busy.end]
            taken = {unit for busy in held for unit in range(busy.lower, busy.upper)}
            self._units[key] = frozenset(range(1, int(self.assets.capacity[line]) + 1)) - taken
        return self._units[key]

    def conflict(self, line: int, requests: Sequence[Request]) -> tuple[list[int], bool] | None:
        capacity, held = int(self.assets.capacity[line]), self._held(line)
        packing = pack(capacity, held, requests, contiguous=False)
        if packing.ranges is not None:
            return None
        return smallest_conflict(capacity, held, requests, contiguous=False), packing.proven

    def _pack(self, line: int, busy: list[Busy], uses: Sequence[Use]) -> Packing:
        requests = [Request(use.units, use.start, use.end) for use in uses]
        return pack(int(self.assets.capacity[line]), self._held(line) + busy, requests, contiguous=False)

    def _held(self, line: int) -> list[Busy]:
        held = self.holdings
        first, last = np.searchsorted(held.asset, (line, line + 1))
        columns = (held.lower, held.upper, held.start, held.end)
        return [Busy(*row) for row in zip(*(column[first:last].tolist() for column in columns), strict=True)]
