"""What contenders that hang together get: priorities served most, one after another, then yearly cost least."""

from collections.abc import Mapping
from dataclasses import dataclass

from sharing.matching.contention.branching import Branching, Chosen
from sharing.matching.contention.contenders import Column
from sharing.matching.contention.master import Phase

WORTH = 100.0
"""Of one that is served, in times what all routes together can cost at most: so a bound of cost bounds the number."""


@dataclass(frozen=True, slots=True)
class Component:
    """What was reached, and what was proven: nobody serves more than `served_bound`, nor as many of each priority for
    less than `cost_bound` a year. searches: for routes; columns: routes known."""

    members: frozenset[int]
    chosen: Chosen
    served_bound: int
    cost_bound: float
    columns: int
    searches: int

    @property
    def cost(self) -> float:
        return sum(column.cost for _, column in sorted(self.chosen.items()))


def answered(branching: Branching, laid: Mapping[int, Column]) -> Component:
    """laid: a choice to fall back upon, which can be held together."""
    members = branching.members
    best = branching.best(Phase(members, must=members), or_none=True)
    if best.chosen is not None:
        return _told(branching, best.chosen, len(members), best.bound)
    floors: tuple[tuple[frozenset[int], int], ...] = ()
    served_bound, certain, chosen = 0, True, dict(laid)
    for priority in sorted({branching.scarcity.contenders[number].priority for number in members}):
        group = frozenset(n for n in members if branching.scarcity.contenders[n].priority == priority)
        among = frozenset(n for n in members if branching.scarcity.contenders[n].priority <= priority)
        phase = Phase(among, wanted=group, floors=floors)
        phase = Phase(among, wanted=group, worth=1.0 + WORTH * branching.most_cost(phase), floors=floors)
        best = branching.best(phase)
        found = len(group & (best.chosen or {}).keys())
        most = branching.most_served(phase, best.bound) if certain else len(group)
        certain &= found == most
        served_bound += most
        floors = (*floors, (group, found))
    best = branching.best(Phase(members, floors=floors))
    # A search among very many routes may be cut short: then what was laid in turn may be better.
    chosen = dict(laid) if best.chosen is None or _beats(branching, laid, best.chosen) else best.chosen
    return _told(branching, chosen, served_bound, best.bound)


def _beats(branching: Branching, one: Mapping[int, Column], other: Mapping[int, Column]) -> bool:
    """Whether a choice serves priorities better, or the same for less."""

    def merit(chosen: Mapping[int, Column]) -> tuple[list[int], float]:
        served = [0] * 10
        for number in chosen:
            served[branching.scarcity.contenders[number].priority] -= 1
        return served, sum(column.cost for _, column in sorted(chosen.items()))

    return merit(one) < merit(other)


def _told(branching: Branching, chosen: Chosen, served_bound: int, cost_bound: float) -> Component:
    members = branching.members
    columns = sum(len(branching.generation.own(number)) for number in members)
    return Component(members, chosen, served_bound, cost_bound, columns, branching.generation.effort.made)
