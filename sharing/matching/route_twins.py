"""Routes of a list that must be disjoint: which pairs there are, and what those already laid leave of a network."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sharing.matching.apart import Apart, Disjoint
from sharing.matching.arrays import Flags
from sharing.matching.beside import Laid, beside
from sharing.matching.lines import ends_of
from sharing.matching.network import Network
from sharing.matching.routing import Route
from sharing.models import Demand, DisjointBy

BY = {
    DisjointBy.LINE: Disjoint.BY_SPAN,
    DisjointBy.CHAMBER: Disjoint.BY_NODE,
    DisjointBy.DISTANCE: Disjoint.BY_DISTANCE,
}


class Rule(NamedTuple):
    """How two routes are disjoint, and the distance in metres, 0 where it is not by one."""

    by: Disjoint
    apart_m: float


def rule_between(one: Demand, other: Demand) -> Rule:
    """As the demand says that names the other."""
    says = one if one.disjoint_from_id == other.pk else other
    return Rule(BY[DisjointBy(says.disjoint_by)], says.apart_m or 0.0)


def twins_of(demands: Sequence[Demand]) -> dict[int, Demand]:
    """For each demand served before its twin, that twin: of two that must be disjoint, with the same ends."""
    served = {demand.pk: (order, demand) for order, demand in enumerate(demands)}
    twins: dict[int, Demand] = {}
    for order, demand in enumerate(demands):
        other_order, other = served.get(demand.disjoint_from_id or 0, (order, demand))
        first, second = (demand, other) if order < other_order else (other, demand)
        if first is not second and {first.origin, first.destination} == {second.origin, second.destination}:
            twins.setdefault(first.pk, second)
    return twins


class LaidRoutes:
    """The routes laid so far, by demand."""

    def __init__(self) -> None:
        self.routes: dict[int, tuple[Demand, Route]] = {}
        self.networks: dict[tuple[object, ...], Network] = {}

    def lay(self, demand: Demand, route: Route) -> None:
        self.routes[demand.pk] = demand, route

    def rules(self, demand: Demand) -> list[tuple[Demand, Route, Rule]]:
        """Those that the demand's route must be disjoint from, whichever of the two names the other."""
        return [
            (other, route, rule_between(demand, other))
            for other, route in self.routes.values()
            if other.pk == demand.disjoint_from_id or other.disjoint_from_id == demand.pk
        ]

    def barred(self, demand: Demand, count: int) -> Flags:
        """Which of so many lines it must not use: none that one of those uses, however it is disjoint."""
        barred = np.zeros(count, dtype=np.bool_)
        for _other, route, _rule in self.rules(demand):
            barred[list(route.assets)] = True
        return barred

    def left_of(self, network: Network, demand: Demand, *others: Demand) -> Network:
        """What of a network the demand's route may use beside those; and beside those of other demands."""
        rules = [rule for one in (demand, *others) for rule in self.rules(one)]
        if not rules:
            return network
        key = (demand.wavelength_nm, demand.pk, *((other.pk, rule) for other, _, rule in rules))
        if key not in self.networks:
            ends = ends_of(demand)
            laid = [
                Laid(route, there, by, Apart.of(network, apart_m, ends, there) if apart_m else None)
                for other, route, (by, apart_m) in rules
                for there in [ends_of(other)]
            ]
            self.networks[key] = beside(network, laid, ends)
        return self.networks[key]
