"""Which numbered units each leg gets, so that no unit is held twice on any day.

Without what is already held this is colouring an interval graph: taking legs by their first day, any free unit
will do (Golumbic, 1980). Units that are held for part of the time make it a list colouring, and units that must
follow one another a dynamic storage allocation; both are hard in general and tiny here, so a search follows
where taking the best fitting units fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

STEPS = 5_000
"""Placements the search tries before it gives up."""

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Busy:
    """Units [lower, upper) are held during [start, end)."""

    lower: int
    upper: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Request:
    units: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Packing:
    """Unit ranges by request, or None; `proven` is False when the search gave up before it could tell."""

    ranges: list[list[Range]] | None
    proven: bool


def pack(capacity: int, busy: Sequence[Busy], requests: Sequence[Request], *, contiguous: bool) -> Packing:
    """Lay the requests out on the units 1..capacity beside what is held."""
    if sum(request.units for request in requests) > capacity and len(requests) == 1:
        return Packing(None, proven=True)
    calendar = _Calendar(capacity, busy)
    order = sorted(range(len(requests)), key=lambda i: (requests[i].start, requests[i].end, i))
    placed = _best_fit(calendar, [requests[i] for i in order], contiguous)
    proven = True
    if placed is None:
        placed, proven = _Search(_Calendar(capacity, busy), requests, contiguous).run()
        order = list(range(len(requests)))
    if placed is None:
        return Packing(None, proven)
    ranges: list[list[Range]] = [[] for _ in requests]
    for i, units in zip(order, placed, strict=True):
        ranges[i] = _as_ranges(units)
    return Packing(ranges, proven=True)


def smallest_conflict(
    capacity: int, busy: Sequence[Busy], requests: Sequence[Request], *, contiguous: bool
) -> list[int]:
    """Requests of an impossible set that are impossible together already: none of them can be left out."""
    kept = list(range(len(requests)))
    for i in range(len(requests)):
        rest = [j for j in kept if j != i]
        if pack(capacity, busy, [requests[j] for j in rest], contiguous=contiguous).ranges is None:
            kept = rest
    return kept


class _Calendar:
    """The days on which each unit is taken; a unit's index is its number less one."""

    def __init__(self, capacity: int, busy: Sequence[Busy]) -> None:
        self.taken: list[list[Range]] = [[] for _ in range(capacity)]
        for held in busy:
            for unit in range(max(held.lower - 1, 0), min(held.upper - 1, capacity)):
                self.taken[unit].append((held.start, held.end))

    def free(self, request: Request) -> list[int]:
        return [
            unit
            for unit, taken in enumerate(self.taken)
            if all(end <= request.start or start >= request.end for start, end in taken)
        ]

    def slack(self, unit: int, request: Request) -> tuple[float, float]:
        """Idle days that would be left before and after the request: the fewer, the better it fits."""
        before = min((request.start - end for _, end in self.taken[unit] if end <= request.start), default=INFINITE)
        after = min((start - request.end for start, _ in self.taken[unit] if start >= request.end), default=INFINITE)
        return after, before

    def take(self, units: Sequence[int], request: Request) -> None:
        for unit in units:
            self.taken[unit].append((request.start, request.end))

    def give_back(self, units: Sequence[int]) -> None:
        for unit in units:
            self.taken[unit].pop()


INFINITE = float("inf")


def _best_fit(calendar: _Calendar, requests: Sequence[Request], contiguous: bool) -> list[list[int]] | None:
    placed = []
    for request in requests:
        free = calendar.free(request)
        if contiguous:
            blocks = _blocks(free, request.units)
            if not blocks:
                return None
            units = min(blocks, key=lambda block: (_edges(free, block), block[0]))
        else:
            if len(free) < request.units:
                return None
            units = sorted(sorted(free, key=lambda unit: (calendar.slack(unit, request), unit))[: request.units])
        calendar.take(units, request)
        placed.append(units)
    return placed


def _blocks(free: Sequence[int], length: int) -> list[list[int]]:
    """Every run of `length` consecutive units among the free ones."""
    return [
        list(free[i : i + length])
        for i in range(len(free) - length + 1)
        if free[i + length - 1] - free[i] == length - 1
    ]


def _edges(free: Sequence[int], block: Sequence[int]) -> int:
    """How many sides of the block would stay open to further free units: fewer sides break up less space."""
    whole = set(free)
    return (block[0] - 1 in whole) + (block[-1] + 1 in whole)


class _Search:
    """Depth first over placements: the whole block of a request, or, where units may be apart, one unit at a time."""

    def __init__(self, calendar: _Calendar, requests: Sequence[Request], contiguous: bool) -> None:
        self.calendar = calendar
        self.placed: list[list[int]] = [[] for _ in requests]
        self.steps = STEPS
        order = sorted(range(len(requests)), key=lambda i: (requests[i].start, -requests[i].units, i))
        self.pieces = [
            (i, requests[i], requests[i].units if contiguous else 1)
            for i in order
            for _ in range(1 if contiguous else requests[i].units)
        ]

    def run(self) -> tuple[list[list[int]] | None, bool]:
        """(unit indexes by request or None, whether that is certain)."""
        stack = [self._choices(0)] if self.pieces else []
        while stack and len(stack) <= len(self.pieces):
            self.steps -= 1
            if self.steps < 0:
                return None, False
            if not stack[-1]:
                stack.pop()
                if stack:
                    self._undo(len(stack) - 1)
                continue
            request, asked, _ = self.pieces[len(stack) - 1]
            units = stack[-1].pop()
            self.calendar.take(units, asked)
            self.placed[request].extend(units)
            if len(stack) == len(self.pieces):
                return [sorted(units) for units in self.placed], True
            stack.append(self._choices(len(stack)))
        return None, True

    def _undo(self, piece: int) -> None:
        request, _, length = self.pieces[piece]
        units = self.placed[request][-length:]
        del self.placed[request][-length:]
        self.calendar.give_back(units)

    def _choices(self, piece: int) -> list[list[int]]:
        """Placements worth trying, the best last; of units with the same calendar only the first."""
        request, asked, length = self.pieces[piece]
        free = self.calendar.free(asked)
        if length > 1:
            return _blocks(free, length)[::-1]
        earlier = self.placed[request]
        seen = set()
        choices = []
        for unit in free:
            profile = tuple(sorted(self.calendar.taken[unit]))
            if unit in earlier or (profile in seen and not self._contiguous_matters()):
                continue
            seen.add(profile)
            choices.append([unit])
        choices.sort(key=lambda units: (self.calendar.slack(units[0], asked), units[0]), reverse=True)
        return choices

    def _contiguous_matters(self) -> bool:
        return any(length > 1 for _, _, length in self.pieces)


def _as_ranges(units: Sequence[int]) -> list[Range]:
    """Sorted unit indexes as half-open ranges of unit numbers."""
    ranges = []
    for _, run in groupby(enumerate(units), key=lambda pair: pair[1] - pair[0]):
        numbers = [unit + 1 for _, unit in run]
        ranges.append((numbers[0], numbers[-1] + 1))
    return ranges
