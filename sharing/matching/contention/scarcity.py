"""Where routes of several contenders use more of a line than there is: the rows of the master problem.

A row says that of some contenders, whose periods have a day in common, those that use a line take at most so many
units of it. The units in question are those that are free to one of them at least, each over its whole period, so a
row holds of whatever can be held. Contenders whose periods do not overlap share no row, and so may share units.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sharing.matching.assignment.packing import Request
from sharing.matching.contention.contenders import Column, Contender

Clique = frozenset[int]
"""Numbers of contenders whose periods all have a day in common."""


class Stock(Protocol):
    """What there is of each line before any of the contenders takes anything."""

    def free_units(self, line: int, start: int, end: int) -> frozenset[int]:
        """The units that are free on every day of [start, end)."""
        ...

    def conflict(self, line: int, requests: Sequence[Request]) -> tuple[list[int], bool] | None:
        """Requests that cannot be held together, none of which can be left out, and whether that is proven; or
        None."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """Of the contenders in `weight`, those whose route uses the line take at most `room` together, by their weights.

    proven: whether it holds of everything that can be held; else it is a guess that no bound may stand on.
    """

    line: int
    weight: Mapping[int, int]
    room: int
    proven: bool = True

    @property
    def key(self) -> tuple[int, Clique, int]:
        return self.line, frozenset(self.weight), self.room


class Scarcity:
    """What is scarce of the stock, to contenders of which some may use no line in common (`apart`)."""

    def __init__(self, contenders: Iterable[Contender], stock: Stock, apart: Sequence[tuple[int, int]] = ()) -> None:
        self.contenders = {contender.number: contender for contender in contenders}
        self.stock, self.apart = stock, apart
        self.cuts: list[Row] = []
        self._periods = sorted({(one.start, one.end) for one in self.contenders.values()})
        self._always: dict[int, int] = {}
        self._fitting: dict[tuple[int, Clique], bool] = {}
        self._room: dict[tuple[int, Clique], int] = {}
        self._overfull: dict[tuple[int, Clique], list[Row]] = {}
        self._usable = {
            number: frozenset(one.network.lines.asset[one.usable].tolist()) for number, one in self.contenders.items()
        }

    def cuts_of(self, members: Clique) -> list[Row]:
        """Of units that cannot be numbered, as far as that is known."""
        return [cut for cut in self.cuts if members.issuperset(cut.weight)]

    def overfull(self, columns: Iterable[Column]) -> list[Row]:
        """All rows that a choice of these routes might break."""
        users: dict[int, set[int]] = {}
        for column in columns:
            for line in column.lines:
                users.setdefault(line, set()).add(column.number)
        found: list[Row] = []
        for line, numbers in sorted(users.items()):
            if len(numbers) > 1:
                key = line, frozenset(numbers)
                if key not in self._overfull:
                    self._overfull[key] = list(self._overfull_of(*key))
                found += self._overfull[key]
        return found

    def _overfull_of(self, line: int, numbers: Clique) -> Iterator[Row]:
        for clique in _cliques([self.contenders[number] for number in sorted(numbers)]):
            weight, room = self._units(clique), self._room_of(line, clique)
            if sum(weight.values()) > room:
                yield Row(line, weight, room)
        for pair in self.apart:
            if numbers.issuperset(pair):
                yield Row(line, dict.fromkeys(pair, 1), 1)

    def broken(self, taken: Iterable[tuple[Column, float]], members: Clique) -> list[Row]:
        """Rows that are broken where columns are taken to such parts, each told of all members that it binds: they too
        are to know that the line is scarce before they turn to it."""
        parts: dict[int, dict[int, float]] = {}
        for column, part in taken:
            for line in column.lines:
                by_number = parts.setdefault(line, {})
                by_number[column.number] = by_number.get(column.number, 0.0) + part
        return [
            self._with_all(row, members)
            for line, by_number in sorted(parts.items())
            if len(by_number) > 1
            for row in self._broken(line, by_number)
        ]

    def _broken(self, line: int, parts: Mapping[int, float]) -> Iterator[Row]:
        asked = sum(self.contenders[number].units * part for number, part in parts.items())
        cliques = _cliques([self.contenders[number] for number in sorted(parts)]) if asked > self._sure(line) else ()
        for clique in cliques:
            room, weight = self._room_of(line, clique), self._units(clique)
            if sum(parts[number] * units for number, units in weight.items()) > room + 1e-7:
                yield Row(line, weight, room)
        for pair in self.apart:
            if parts.keys() >= {*pair} and sum(parts[number] for number in pair) > 1.0 + 1e-7:
                yield Row(line, dict.fromkeys(pair, 1), 1)

    def unnumbered(self, chosen: Mapping[int, Column]) -> list[Row]:
        """Rows for what cannot be numbered of a whole choice: as few as cannot on each line."""
        by_line: dict[int, list[int]] = {}
        for number in sorted(chosen):
            for line in chosen[number].lines:
                by_line.setdefault(line, []).append(number)
        found = []
        for line, users in sorted(by_line.items()):
            if len(users) > 1 and not self._fits(line, frozenset(users)):
                conflict = self._conflict(line, users)
                assert conflict is not None
                among, proven = conflict
                found.append(Row(line, {users[at]: 1 for at in among}, len(among) - 1, proven))
        return found

    def shut(self, number: int, users: Mapping[int, Mapping[int, None]]) -> list[int]:
        """Lines that leave too little for one more contender, or may not be used by it too. users: by line, all
        contenders that use it."""
        apart = {other for pair in self.apart for other in pair if number in pair} - {number}
        found, one_period, units = list[int](), len(self._periods) == 1, self.contenders[number].units
        for line, own in users.items():
            others = own.keys() - {number}
            full = bool(others) and self._sure(line) < units + sum(self.contenders[other].units for other in others)
            if (full and (one_period or not self._fits(line, frozenset(others | {number})))) or apart & others:
                found.append(line)
        return found

    def _conflict(self, line: int, numbers: Sequence[int]) -> tuple[list[int], bool] | None:
        asked = [self.contenders[number] for number in numbers]
        return self.stock.conflict(line, [Request(one.units, one.start, one.end) for one in asked])

    def _fits(self, line: int, numbers: Clique) -> bool:
        """Whether all of them can hold their units of the line."""
        key = line, numbers
        if key not in self._fitting:
            asked = [self.contenders[number] for number in sorted(numbers)]
            if sum(one.units for one in asked) <= self._sure(line):
                fits = True
            elif any(sum(self._units(c).values()) > self._room_of(line, c) for c in _cliques(asked)):
                fits = False
            else:
                fits = len({(one.start, one.end) for one in asked}) == 1 or not self._conflict(line, sorted(numbers))
            self._fitting[key] = fits
        return self._fitting[key]

    def _sure(self, line: int) -> int:
        """Units that are free in every period: so many can be held in any case."""
        if line not in self._always:
            free = (self.stock.free_units(line, *period) for period in self._periods)
            self._always[line] = len(frozenset.intersection(*free))
        return self._always[line]

    def _units(self, clique: Clique) -> dict[int, int]:
        return {number: self.contenders[number].units for number in sorted(clique)}

    def _room_of(self, line: int, clique: Clique) -> int:
        key = line, clique
        if key not in self._room:
            self._room[key] = len(self._free_to_any(line, clique))
        return self._room[key]

    def _free_to_any(self, line: int, clique: Iterable[int]) -> frozenset[int]:
        periods = {(self.contenders[number].start, self.contenders[number].end) for number in clique}
        return frozenset().union(*(self.stock.free_units(line, *period) for period in periods))

    def _with_all(self, row: Row, members: Clique) -> Row:
        if (*row.weight,) in self.apart:
            return row
        day = max(self.contenders[number].start for number in row.weight)
        free = self._free_to_any(row.line, row.weight)
        binds = {
            period: self.stock.free_units(row.line, *period) <= free
            for period in {(self.contenders[number].start, self.contenders[number].end) for number in members}
            if period[0] <= day < period[1]
        }
        more = {
            number
            for number in members - row.weight.keys()
            if row.line in self._usable[number]
            and binds.get((self.contenders[number].start, self.contenders[number].end), False)
        }
        return Row(row.line, self._units(frozenset(row.weight) | more), row.room)


def _cliques(contenders: Sequence[Contender]) -> Iterator[Clique]:
    """The largest sets whose periods all have a day in common, which is the first day of one of them."""
    found: list[Clique] = []
    for day in sorted({one.start for one in contenders}):
        there = frozenset(one.number for one in contenders if one.start <= day < one.end)
        if len(there) > 1 and not any(there <= other for other in found):
            found = [other for other in found if not other < there]
            found.append(there)
    yield from found
