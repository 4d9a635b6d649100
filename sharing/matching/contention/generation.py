"""Columns generated for one part of all choices: its linear relaxation, over all routes there are, and its bound.

The master problem prices scarce units, and each contender's cheapest route at these prices, found by the exact search,
is added while it saves anything (Dantzig and Wolfe, 1960). The master's prices are smoothed toward the best met
(Wentges, 1997), since a master that knows few routes has prices far from the truth. Any prices prove a bound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sharing.matching.best_path import SearchTooLarge
from sharing.matching.contention.contenders import Bans, Column
from sharing.matching.contention.duals import Prices, RowKey
from sharing.matching.contention.laying import laid
from sharing.matching.contention.master import Phase, Relaxation, Relaxed
from sharing.matching.contention.pairs import Pair
from sharing.matching.contention.pricing import Pricing, TollByLine
from sharing.matching.contention.scarcity import Row, Scarcity

MOST_ROUNDS = 200
MANY, LAY_EVERY = 4, 5
"""Where so many contend, in every so many rounds a whole choice is laid."""

SMOOTH, CLOSE = 0.7, 1e-4
"""How far toward the best prices those of the master are drawn, until the bound is so close to it."""

SAME = 1e-9
"""Relative difference below which two costs are taken for the same."""

PART = 1e-6
"""What is taken by less than this, or by all but this, is taken not at all or wholly."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of all choices. refused: contenders that are not served; must: those that are."""

    must: frozenset[int]
    bound: float = -np.inf
    bans: Mapping[int, Bans] = field(default_factory=dict)
    refused: frozenset[int] = frozenset()
    prices: Prices | None = None

    def without(self, number: int, bans: Bans) -> "Node":
        return replace(self, bans={**self.bans, number: self.bans.get(number, frozenset()) | bans})

    def allows(self, column: Column) -> bool:
        bans = self.bans.get(column.number)
        return column.number not in self.refused and (not bans or bans.isdisjoint(column.steps))


@dataclass(frozen=True, slots=True)
class Generated:
    """bound: proven of the node. taken: columns that its relaxation takes, and how much of each. prices: the best met.
    missing: how much of what must be is not."""

    bound: float
    taken: list[tuple[Column, float]]
    prices: Prices | None
    missing: float


@dataclass(slots=True)
class Effort:
    """Searches that may still be made, and that were."""

    left: int = 0
    made: int = 0


class Generation:
    """The routes known of the members, and the rows that were needed."""

    def __init__(
        self, scarcity: Scarcity, members: frozenset[int], pairs: Sequence[Pair], pricing: Mapping[int, Pricing],
        columns: Mapping[int, Sequence[Column]],
    ) -> None:  # fmt: skip
        """columns: routes known to begin with, of each contender one at least."""
        self.scarcity, self.members, self.pricing, self.effort = scarcity, members, pricing, Effort()
        self.pairs = [pair for pair in pairs if pair.one in members]
        self._known = {number: {column.key: column for column in columns[number]} for number in sorted(members)}
        self.promising: set[tuple[int, bytes, bytes]] = set()
        self._rows: dict[RowKey, Row] = {}
        self._least = {number: min(column.cost for column in self.own(number)) for number in sorted(members)}

    def own(self, number: int) -> list[Column]:
        """The routes known of a contender, always in the same order."""
        known = self._known[number]
        return [known[key] for key in sorted(known)]

    def columns(self, phase: Phase, node: Node | None = None) -> list[Column]:
        """The routes known that take part."""
        own = (column for number in sorted(phase.members) for column in self.own(number))
        return [column for column in own if node is None or node.allows(column)]

    def known(self, phase: Phase) -> int:
        return sum(len(self._known[number]) for number in phase.members)

    def generate(self, phase: Phase, node: Node, value: float, enough: float) -> Generated:
        """value: of the best choice known. enough: a bound beyond which nothing better can be in the node."""
        phase = replace(phase, members=phase.members - node.refused, must=node.must)
        bound, centre, self.promising = node.bound, node.prices, set()
        relaxation = Relaxation(phase, self._missing(phase))
        relaxation.add_columns(self.columns(phase, node))
        relaxation.add_rows([*self._rows.values(), *self._cuts()])
        for turn in range(MOST_ROUNDS):
            relaxed = self._relaxed(relaxation)
            exact = Prices.of(relaxed, relaxation.rows)
            found: list[Column] = []
            near = relaxed.value - bound <= CLOSE * abs(relaxed.value)
            if centre is not None and not near:
                prices = exact.toward(centre, SMOOTH)
                lower, found = self._price(phase, node, prices)
                if lower > bound:
                    bound, centre = lower, prices
            if not any(self._saves(phase, exact, column) for column in found):
                lower, more = self._price(phase, node, exact)
                found += more
                if lower > bound:
                    bound, centre = lower, exact
            if not found or bound >= enough or self.effort.left <= 0:
                break
            if len(phase.members) >= MANY and turn % LAY_EVERY == LAY_EVERY - 1 and centre is not None:
                found += self._lay(phase, centre, turn // LAY_EVERY)
            relaxation.add_columns([column for column in found if node.allows(column)])
        taken = [(c, part) for c, part in zip(relaxation.columns, relaxed.taken.tolist(), strict=False) if part > PART]
        self.promising |= {column.key for column, _ in taken}
        return Generated(bound, taken, centre, relaxed.missing)

    def _relaxed(self, relaxation: Relaxation) -> Relaxed:
        """With as few rows as are needed for no other to be broken."""
        while True:
            relaxed = relaxation.solve()
            parts = zip(relaxation.columns, relaxed.taken.tolist(), strict=True)
            broken = self._broken([(column, part) for column, part in parts if part > PART])
            if not broken:
                return relaxed
            relaxation.add_rows(broken)

    def _broken(self, taken: Sequence[tuple[Column, float]]) -> list[Row]:
        """Rows that are broken and were not known."""
        broken = [row for row in self.scarcity.broken(taken, self.members) if row.key not in self._rows]
        self._rows |= {row.key: row for row in broken}
        return broken

    def _cuts(self) -> list[Row]:
        return [cut for cut in self.scarcity.cuts_of(self.members) if cut.proven]

    def _lay(self, phase: Phase, prices: Prices, turn: int) -> list[Column]:
        """Routes of a whole choice, each laid in turn; those that were not known."""
        order = sorted(phase.members, key=lambda number: (self.scarcity.contenders[number].priority, number))
        shift = turn % len(order) if phase.must else 0
        found = laid(self.scarcity, self.pairs, order[shift:] + order[:shift], prices.tolls(phase), self._beside)
        self.promising |= {column.key for column in found.values()}
        return [column for _, column in sorted(found.items()) if self._add(column)]

    def _beside(self, number: int, tolls: TollByLine, shut: Sequence[int]) -> Column | None:
        pricing = self.pricing[number]
        before = pricing.searches
        try:
            column = pricing.beside(tolls, shut)
        except SearchTooLarge:
            return None
        finally:
            self._count(pricing.searches - before)
        return column if column is not None and self.scarcity.contenders[number].affords(column.cost) else None

    def _count(self, searches: int) -> None:
        self.effort.left -= searches
        self.effort.made += searches

    def _add(self, column: Column) -> bool:
        """Whether the route was not known."""
        return self._known[column.number].setdefault(column.key, column) is column

    def _price(self, phase: Phase, node: Node, prices: Prices) -> tuple[float, list[Column]]:
        """The bound that the prices prove, and the routes found that were not known.

        Where they are the master's own, what cannot save anything at them need not be found.
        """
        lower, new, tolls = prices.worth(phase), list[Column](), prices.tolls(phase)
        for number in sorted(phase.members):
            given = prices.given(phase, number)
            most = np.inf if number in phase.must else given
            most = min(most, prices.by_member.get(number, np.inf) + given)
            least, column = self._cheapest(number, tolls[number], node.bans.get(number, frozenset()), most)
            if column is not None and _below(least, most) and self._add(column):
                new.append(column)
            saved = min(least, most) - given
            lower += saved if number in phase.must else min(saved, 0.0)
        return lower, new

    def _saves(self, phase: Phase, prices: Prices, column: Column) -> bool:
        """Whether the column saves anything at the master's prices."""
        tolls = prices.tolls(replace(phase, members=frozenset({column.number})))[column.number]
        cost = column.cost + sum(toll for line, toll in tolls.items() if line in column.lines)
        most = prices.by_member[column.number] + prices.given(phase, column.number)
        return _below(cost, most)

    def _cheapest(self, number: int, tolls: TollByLine, bans: Bans, most: float) -> tuple[float, Column | None]:
        """What its cheapest route costs with tolls, at least, and the route if it costs less than `most`."""
        pricing = self.pricing[number]
        before = pricing.searches
        try:
            found = pricing.cheapest(tolls, bans, most)
        except SearchTooLarge:
            return self._least[number], None
        finally:
            self._count(pricing.searches - before)
        column = found.column
        if column is not None and not self.scarcity.contenders[number].affords(column.cost):
            column = None
        return found.least, column

    def _missing(self, phase: Phase) -> float:
        """Dearer than anything that could be gained by leaving one without a route that must have one."""
        most = max((column.cost for column in self.columns(phase)), default=0.0)
        return 100.0 * (1.0 + most) * (1 + len(phase.members)) + 2.0 * phase.worth * (1 + len(phase.wanted))


def _below(cost: float, most: float) -> bool:
    """By more than rounding."""
    return cost < (most - SAME * max(abs(most), 1.0) if np.isfinite(most) else most)
