"""Branch and price: the best whole choice of routes in one phase, and a bound on all choices.

Where the relaxation takes routes in parts, two of one contender part at some node of the network, and of the steps
that lead on from there each child bans some, so that the search for a route stays what it is (Barnhart, Hane and
Vance, 2000). Whole choices come from all the routes known.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sharing.matching.contention.contenders import Bans, Column, ceiling, steps_from
from sharing.matching.contention.generation import PART, SAME, Generation, Node
from sharing.matching.contention.master import Phase, choose
from sharing.matching.contention.pairs import Pair
from sharing.matching.contention.pricing import Pricing
from sharing.matching.contention.scarcity import Scarcity

MOST_COLUMNS, GROWN = 300, 1.1
"""Beyond so many routes known not all are looked at as a whole, nor again before there are so much more."""

SEARCHES, SEARCHES_EACH = 500, 40
"""For a route that may be made in one phase: in all, and for each contender."""

Chosen = dict[int, Column]


@dataclass(frozen=True, slots=True)
class Best:
    """The best choice that was found, None where there is none, and what no choice is less than. All in the phase's
    value."""

    chosen: Chosen | None
    value: float
    bound: float


class Branching:
    """The contenders of one component, in one phase after another; routes once found are kept."""

    def __init__(
        self, scarcity: Scarcity, members: frozenset[int], pairs: Sequence[Pair], pricing: Mapping[int, Pricing],
        columns: Mapping[int, Sequence[Column]],
    ) -> None:  # fmt: skip
        """columns: routes known to begin with, of each contender one at least."""
        self.scarcity, self.members = scarcity, members
        self.generation = Generation(scarcity, members, pairs, pricing, columns)
        self.pairs = self.generation.pairs
        self._ceiling = {number: ceiling(scarcity.contenders[number]) for number in sorted(members)}

    def best(self, phase: Phase, *, or_none: bool = False) -> Best:
        """By the best bound first, until nothing is left that could be better, or the effort is spent.

        or_none: give up at once where the relaxation leaves one without a route that must have one.
        """
        effort = self.generation.effort
        effort.left = SEARCHES + SEARCHES_EACH * len(self.members)
        chosen = self.choose(phase)
        value, known = self._value(phase, chosen), self._known(phase)
        open_nodes: list[tuple[float, int, Node]] = [(-np.inf, 0, Node(must=phase.must))]
        made, proven = 1, np.inf
        while open_nodes:
            bound, _, node = heapq.heappop(open_nodes)
            if bound >= self._enough(phase, value) or (effort.left <= 0 and np.isfinite(bound)):
                return Best(chosen, value, min(bound, proven, value))
            found = self.generation.generate(phase, node, value, self._enough(phase, value))
            # With few new routes an integer programme over all seldom finds anything that branching does not.
            if self._known(phase) > (known if known < MOST_COLUMNS else GROWN * known):
                chosen = self._better(phase, chosen, self.choose(phase, chosen))
                value, known = self._value(phase, chosen), self._known(phase)
            if found.bound >= self._enough(phase, value):
                proven = min(proven, found.bound)
                continue
            if or_none and chosen is None and found.missing > PART:
                return Best(None, np.inf, found.bound)
            children = self._children(node, found.taken)
            if children is None:
                # Whole, and yet not what was chosen: where its units cannot be numbered, that is a row from now on.
                if not self._number({column.number: column for column, _ in found.taken}):
                    proven = min(proven, found.bound)
                    continue
                children = [node]
            for child in children:
                node = replace(child, bound=found.bound, prices=found.prices)
                heapq.heappush(open_nodes, (found.bound, made, node))
                made += 1
        return Best(chosen, value, min(proven, value))

    def choose(self, phase: Phase, before: Chosen | None = None) -> Chosen | None:
        """The best of the routes known that can be held together. before: what was chosen before there were so
        many."""
        columns = self._few(phase, before or {})
        worth = 1.0 + 10.0 * sum(max(c.cost for c in self.generation.own(number)) for number in phase.members)
        scaled = replace(phase, worth=worth if phase.wanted else 0.0)
        clashes = [
            (at, other)
            for pair in self.pairs
            for at, one in enumerate(columns)
            if one.number == pair.one
            for other, two in enumerate(columns)
            if two.number == pair.other and pair.clash(one, two) is not None
        ]
        rows = self.scarcity.overfull(columns)
        while True:
            chosen = choose(scaled, columns, [*rows, *self.scarcity.cuts_of(self.members)], clashes)
            if chosen is None or not self._number(chosen):
                return chosen

    def _few(self, phase: Phase, before: Chosen) -> list[Column]:
        """Of very many routes those of a choice and those that the last relaxation took: an integer programme over all
        would take minutes."""
        columns = self.generation.columns(phase)
        if len(columns) <= MOST_COLUMNS:
            return columns
        few = self.generation.promising | {column.key for column in before.values()}
        return [column for column in columns if column.key in few]

    def most_served(self, phase: Phase, bound: float) -> int:
        """How many of those wanted can be served where no choice is worth less than the bound."""
        if not np.isfinite(bound):
            return len(phase.wanted)
        return min(len(phase.wanted), int((self.most_cost(phase) - bound) // phase.worth))

    def most_cost(self, phase: Phase) -> float:
        """No choice costs more a year."""
        return sum(self._ceiling[number] for number in sorted(phase.members))

    def _number(self, chosen: Mapping[int, Column]) -> bool:
        """Whether units of a line cannot be numbered for all that take some, which is a row from now on."""
        cuts = self.scarcity.unnumbered(chosen)
        self.scarcity.cuts += cuts
        return bool(cuts)

    def _children(self, node: Node, taken: Sequence[tuple[Column, float]]) -> list[Node] | None:
        """Parts that hold all whole choices of the node and not what was taken; None where that is whole."""
        parts: dict[int, list[tuple[float, Column]]] = {}
        for column, part in taken:
            parts.setdefault(column.number, []).append((part, column))
        several = [number for number in sorted(parts) if len(parts[number]) > 1]
        if several:
            number = min(several, key=lambda one: max(part for part, _ in parts[one]))
            (_, one), (_, other) = sorted(parts[number], key=lambda entry: (-entry[0], entry[1].key))[:2]
            return [node.without(number, bans) for bans in self._parting(number, node, one, other)]
        for number, [(part, _)] in sorted(parts.items()):
            if part < 1.0 - PART:
                return [replace(node, must=node.must | {number}), replace(node, refused=node.refused | {number})]
        for pair in self.pairs:
            if pair.one in parts and pair.other in parts:
                clash = pair.clash(parts[pair.one][0][1], parts[pair.other][0][1])
                if clash is not None:
                    return [node.without(pair.one, clash[0]), node.without(pair.other, clash[1])]
        return None

    def _parting(self, number: int, node: Node, one: Column, other: Column) -> tuple[Bans, Bans]:
        """The steps from where two routes part, in two halves that each hold the step of one of the routes."""
        at = next(at for at, (a, b) in enumerate(zip(one.steps, other.steps, strict=False)) if a != b)
        first, second = one.steps[at], other.steps[at]
        gone = node.bans.get(number, frozenset()) | {first, second}
        rest = [step for step in steps_from(self.scarcity.contenders[number], first[0]) if step not in gone]
        return frozenset({first, *rest[::2]}), frozenset({second, *rest[1::2]})

    def _known(self, phase: Phase) -> int:
        return self.generation.known(phase) + len(self.scarcity.cuts)

    @staticmethod
    def _value(phase: Phase, chosen: Chosen | None) -> float:
        return np.inf if chosen is None else sum(phase.value(column) for _, column in sorted(chosen.items()))

    def _better(self, phase: Phase, one: Chosen | None, other: Chosen | None) -> Chosen | None:
        return other if self._value(phase, other) < self._value(phase, one) else one

    def _enough(self, phase: Phase, value: float) -> float:
        """From which bound on nothing is better than what has such a value: by one more that is served, where that is
        what counts, else by cost."""
        if not np.isfinite(value) or not phase.wanted:
            return value - SAME * max(abs(value), 1.0) if np.isfinite(value) else value
        served = -(value // phase.worth)
        if served >= len(phase.wanted):
            return -np.inf
        return self.most_cost(phase) - (served + 1.0) * phase.worth + SAME
