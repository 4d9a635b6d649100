"""A whole choice soon: each contender on what the others leave, led by prices, and then each once more beside the
others.

No bound comes of it. It finds routes that go together, which those that are each the cheapest at some prices seldom
do.
"""

from collections.abc import Callable, Mapping, Sequence

from sharing.matching.contention.contenders import Column
from sharing.matching.contention.pairs import Pair
from sharing.matching.contention.pricing import TollByLine
from sharing.matching.contention.scarcity import Scarcity

ROUNDS = 3
"""In which each is laid once more, until nothing is gained."""

Beside = Callable[[int, TollByLine, Sequence[int]], Column | None]
"""The cheapest route of a contender at some tolls without some lines, if it can afford it."""


def laid(
    scarcity: Scarcity, pairs: Sequence[Pair], order: Sequence[int], tolls: Mapping[int, TollByLine], beside: Beside
) -> dict[int, Column]:
    """order: in which they are laid first."""
    choice = _Choice(scarcity, pairs, beside)
    for number in order:
        choice.lay(number, tolls[number])
    for _ in range(ROUNDS):
        if not sum(choice.lay(number, {}) for number in order):
            break
    return choice.columns


class _Choice:
    """Routes that can be held together."""

    def __init__(self, scarcity: Scarcity, pairs: Sequence[Pair], beside: Beside) -> None:
        self.scarcity, self.pairs, self.beside = scarcity, pairs, beside
        self.columns: dict[int, Column] = {}
        self.users: dict[int, dict[int, None]] = {}

    def lay(self, number: int, tolls: TollByLine) -> bool:
        """Whether the contender is served now and was not, or for less."""
        column, before = self.beside(number, tolls, self.scarcity.shut(number, self.users)), self.columns.get(number)
        if column is None or (before is not None and column.cost > before.cost - 1e-6) or self._clashes(column):
            return False
        for line in before.lines if before else ():
            del self.users[line][number]
        for line in column.lines:
            self.users.setdefault(line, {})[number] = None
        self.columns[number] = column
        return True

    def _clashes(self, column: Column) -> bool:
        """With the route of another that it must be disjoint from."""
        for pair in self.pairs:
            other = self.columns.get(pair.one if column.number == pair.other else pair.other)
            if other is not None and column.number in (pair.one, pair.other):
                one, two = (column, other) if column.number == pair.one else (other, column)
                if pair.clash(one, two):
                    return True
        return False
