"""All route demands of a list at once: priorities served most, then yearly cost least, under shared units in time.

Each begins with the route that it would have alone. Where such routes cannot be held together, the contenders that
they are of are answered anew, as one; where what comes of it cannot be held with others, those join in. All others
keep what they have, which is the best there is for them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sharing.matching.contention.branching import Branching
from sharing.matching.contention.component import Component, answered
from sharing.matching.contention.contenders import Column, Contender
from sharing.matching.contention.pairs import Pair
from sharing.matching.contention.pricing import Pricing
from sharing.matching.contention.scarcity import Scarcity, Stock
from sharing.matching.routing import Route

Routes = Mapping[int, Route]
"""By the number of the contender."""


@dataclass(slots=True)
class Plan:
    """routes: of those that are served. components: those that were answered anew, each as one."""

    routes: dict[int, Route]
    components: list[Component] = field(default_factory=list)

    @property
    def anew(self) -> frozenset[int]:
        return frozenset().union(*(component.members for component in self.components))


def plan(
    contenders: Sequence[Contender],
    stock: Stock,
    alone: Routes,
    in_turn: Callable[[], Routes],
    *,
    pairs: Sequence[Pair] = (),
    begun: Routes | None = None,
    anew: frozenset[int] = frozenset(),
) -> Plan:
    """alone: what each would have if it were the only one. in_turn: what is laid when they are served one after
    another, which can be held together; asked for where routes contend. begun: what those of pairs begin with. anew:
    those of pairs that are to be answered anew in any case."""
    scarcity = Scarcity(contenders, stock, [(pair.one, pair.other) for pair in pairs])
    paired = {number for pair in pairs for number in (pair.one, pair.other)}
    begun = {number: route for number, route in alone.items() if number not in paired} | dict(begun or {})
    chosen = {number: Column.along(scarcity.contenders[number], route) for number, route in sorted(begun.items())}
    groups = _Groups(scarcity.contenders)
    for pair in pairs:
        groups.join([pair.one, pair.other])
    waiting = {groups.of(number) for number in anew}
    done: dict[frozenset[int], Component] = {}
    laid: dict[int, Column] | None = None
    pricing = {number: Pricing(contender) for number, contender in scarcity.contenders.items()}
    columns: dict[int, list[Column]] = {}
    while True:
        for row in [*scarcity.broken([(column, 1.0) for column in chosen.values()], frozenset()),
                    *scarcity.unnumbered(chosen)]:  # fmt: skip
            waiting.add(groups.join([number for number in row.weight if number in chosen]))
        waiting = {group for group in waiting if group in groups.all}
        if not waiting:
            break
        if laid is None:
            laid = {n: Column.along(scarcity.contenders[n], route) for n, route in sorted(in_turn().items())}
            columns = {n: [Column.along(scarcity.contenders[n], route)] for n, route in sorted(alone.items())}
            for number, column in [*chosen.items(), *laid.items()]:
                columns[number].append(column)
        for group in sorted(waiting, key=min):
            branching = Branching(scarcity, group, pairs, pricing, {number: columns[number] for number in group})
            done[group] = answered(branching, {n: column for n, column in laid.items() if n in group})
            columns |= {number: branching.generation.own(number) for number in group}
            chosen = {n: column for n, column in chosen.items() if n not in group} | done[group].chosen
        waiting = set()
    components = [done[group] for group in sorted(groups.all & done.keys(), key=min)]
    return Plan({number: chosen[number].route for number in sorted(chosen)}, components)


class _Groups:
    """Contenders that are answered as one."""

    def __init__(self, numbers: Mapping[int, Contender]) -> None:
        self._group = {number: frozenset({number}) for number in numbers}

    @property
    def all(self) -> frozenset[frozenset[int]]:
        return frozenset(self._group.values())

    def of(self, number: int) -> frozenset[int]:
        return self._group[number]

    def join(self, numbers: Sequence[int]) -> frozenset[int]:
        whole = frozenset().union(*(self._group[number] for number in numbers))
        self._group |= dict.fromkeys(whole, whole)
        return whole
