"""Prices of what is scarce, and the bound that any of them prove (Lagrange)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sharing.matching.contention.master import Phase, Relaxed
from sharing.matching.contention.scarcity import Row

RowKey = tuple[int, frozenset[int], int]


@dataclass(frozen=True, slots=True)
class Prices:
    """by_row: of a unit that a row keeps scarce. by_floor: of one more that is served. by_member: what a route of the
    contender may cost at most, tolls and all, to be of use; empty where that is not known."""

    by_row: Mapping[RowKey, tuple[float, Row]] = field(default_factory=dict)
    by_floor: tuple[float, ...] = ()
    by_member: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, relaxed: Relaxed, rows: Sequence[Row]) -> "Prices":
        by_row = {
            row.key: (price, row) for price, row in zip(relaxed.by_row.tolist(), rows, strict=True) if price > 0.0
        }
        return cls(by_row, tuple(relaxed.by_floor.tolist()), relaxed.by_member)

    def toward(self, other: "Prices", weight: float) -> "Prices":
        """Part of the way to other prices."""
        by_row = {
            key: ((1.0 - weight) * self.of_row(key) + weight * other.of_row(key), row)
            for key, (_, row) in {**self.by_row, **other.by_row}.items()
        }
        floors = zip(self.by_floor, other.by_floor, strict=True)
        return Prices(by_row, tuple((1.0 - weight) * one + weight * two for one, two in floors))

    def of_row(self, key: RowKey) -> float:
        return self.by_row[key][0] if key in self.by_row else 0.0

    def worth(self, phase: Phase) -> float:
        """What of the bound no contender pays."""
        floors = sum(price * least for price, (_, least) in zip(self.by_floor, phase.floors, strict=True))
        return floors - sum(price * row.room for price, row in self.by_row.values())

    def given(self, phase: Phase, number: int) -> float:
        """What it is worth that the contender is served."""
        floor = phase.floor_of(number)
        return (phase.worth if number in phase.wanted else 0.0) + (0.0 if floor is None else self.by_floor[floor])

    def tolls(self, phase: Phase) -> dict[int, dict[int, float]]:
        """What each contender pays for each line."""
        tolls: dict[int, dict[int, float]] = {number: {} for number in phase.members}
        for price, row in self.by_row.values():
            for number, weight in row.weight.items():
                if number in tolls:
                    tolls[number][row.line] = tolls[number].get(row.line, 0.0) + weight * price
        return tolls
