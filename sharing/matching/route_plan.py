"""The routes of a whole list: what each demand gets, and what is proven of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sharing.matching.answers import Answers, Progress
from sharing.matching.best_path import SearchTooLarge
from sharing.matching.contention.component import Component
from sharing.matching.contention.contenders import Contender
from sharing.matching.contention.pairs import Pair
from sharing.matching.contention.planning import plan
from sharing.matching.explanation import Json
from sharing.matching.lines import days, ends_of
from sharing.matching.route_changes import cents
from sharing.matching.route_list import RouteList
from sharing.matching.route_sequence import RouteSequence
from sharing.matching.route_twins import rule_between
from sharing.matching.routing import Route
from sharing.models import Demand

SAME = 1e-9
"""Relative difference below which two costs are taken for the same."""


@dataclass(slots=True)
class RoutePlan:
    """By demand: the route it gets, and the one it would have alone. too_large: demands whose search gave up. pairs:
    what is told of routes found together. components: those that contended, each answered as one; anew: all in
    them."""

    routes: dict[int, Route]
    alone: dict[int, Route]
    too_large: frozenset[int]
    pairs: list[Json]
    components: list[Component] = field(default_factory=list)
    anew: frozenset[int] = frozenset()

    def count(self, answers: Answers) -> None:
        """What is served and what it costs, beside what nobody can do better."""
        kept = self.alone.keys() - self.anew
        answers.served += len(self.routes)
        answers.served_bound += len(kept) + sum(component.served_bound for component in self.components)
        answers.cost += sum(cents(route) for route in self.routes.values())
        answers.cost_bound += sum(
            min(cents(self.routes[pk]), cents(self.alone[pk])) for pk in kept & self.routes.keys()
        )
        answers.cost_bound += sum(_bound_cents(component) for component in self.components)
        answers.disjoint += self.pairs
        answers.components += len(self.components)
        answers.options += sum(component.columns for component in self.components)


def _bound_cents(component: Component) -> int:
    cost = sum(cents(column.route) for column in component.chosen.values())
    if component.cost_bound >= component.cost - SAME * max(component.cost, 1.0):
        return cost
    return min(cost, int(100.0 * component.cost_bound))


def plan_routes(routes: RouteList, demands: Sequence[Demand], progress: Progress) -> RoutePlan:
    """demands: by priority, then line. Those that cannot have what they would have alone are answered together."""
    alone, contenders, too_large = {}, {}, set()
    ledger = routes.ledger()
    for at, demand in enumerate(demands):
        stages = routes.stages(demand, ledger)
        try:
            route = routes.alone(demand, stages)
        except SearchTooLarge:
            too_large.add(demand.pk)
            continue
        finally:
            progress((at + 1) / len(demands))
        if route is not None:
            offer = routes.offer(demand, stages.fit, stages.at_first)
            alone[demand.pk] = route
            contenders[demand.pk] = Contender(
                at, demand.priority, demand.quantity, *days(demand),
                float("inf") if demand.budget_per_year is None else float(demand.budget_per_year * 100),
                routes.search(demand), offer.eligible & (offer.free >= demand.quantity),
            )  # fmt: skip
    served = [demand for demand in demands if demand.pk in alone]
    found = _planned(routes, served, alone, contenders)
    found.too_large = frozenset(too_large)
    return found


def _planned(
    routes: RouteList, demands: Sequence[Demand], alone: Mapping[int, Route], contenders: Mapping[int, Contender]
) -> RoutePlan:
    numbers = {contenders[demand.pk].number: demand.pk for demand in demands}
    pairs: list[Pair] = []
    begun: dict[int, Route] = {}
    told: list[Json] = []
    anew: set[int] = set()
    for group in _groups(demands):
        laid = RouteSequence(routes, group, alone)
        begun |= laid.found
        told += laid.pairs
        if _may_do_better(group, alone, laid):
            anew |= {demand.pk for demand in group}
        pairs += [
            Pair(contenders[one.pk], contenders[other.pk], *rule_between(one, other)) for one, other in _pairs(group)
        ]

    def in_turn() -> dict[int, Route]:
        return _by_number(contenders, RouteSequence(routes, demands, alone).found)

    found = plan(
        list(contenders.values()), routes.ledger(), _by_number(contenders, alone), in_turn,
        pairs=pairs, begun=_by_number(contenders, begun), anew=frozenset(contenders[pk].number for pk in anew),
    )  # fmt: skip
    answered = frozenset(numbers[number] for number in found.anew)
    lines = {demand.line for demand in demands if demand.pk in answered}
    return RoutePlan(
        {numbers[number]: route for number, route in found.routes.items()}, dict(alone), frozenset(),
        [pair for pair in told if not lines.intersection(pair["lines"])], found.components, answered,
    )  # fmt: skip


def _by_number(contenders: Mapping[int, Contender], routes: Mapping[int, Route]) -> dict[int, Route]:
    return {contenders[pk].number: route for pk, route in routes.items()}


def _pairs(demands: Sequence[Demand]) -> list[tuple[Demand, Demand]]:
    """Those that must be disjoint, the one that is served first before the other."""
    return [
        (one, other)
        for at, one in enumerate(demands)
        for other in demands[at + 1 :]
        if other.pk == one.disjoint_from_id or one.pk == other.disjoint_from_id
    ]


def _groups(demands: Sequence[Demand]) -> list[list[Demand]]:
    """Demands that hang together as they must be disjoint, in the order of serving."""
    group_of: dict[int, list[Demand]] = {}
    by_pk = {demand.pk: demand for demand in demands}
    for demand in demands:
        other = by_pk.get(demand.disjoint_from_id or 0)
        if other is None:
            continue
        one, two = (group_of.setdefault(each.pk, [each]) for each in (demand, other))
        if one is not two:
            one += two
            group_of |= {each.pk: one for each in two}
    groups = {id(group): group for group in group_of.values()}
    order = {demand.pk: at for at, demand in enumerate(demands)}
    ordered = [sorted(group, key=lambda demand: order[demand.pk]) for group in groups.values()]
    return sorted(ordered, key=lambda group: order[group[0].pk])


def _may_do_better(group: Sequence[Demand], alone: Mapping[int, Route], laid: RouteSequence) -> bool:
    """Whether serving them in turn may have lost anything: not where two with the same ends were found together."""
    if len(laid.found) < len(group):
        return True
    together = len(group) == 2 and len(laid.pairs) == 1 and _same_ends(*group)
    cost, least = (sum(routes[demand.pk].cost_per_year for demand in group) for routes in (laid.found, alone))
    return not together and cost > least * (1.0 + SAME)


def _same_ends(one: Demand, other: Demand) -> bool:
    return {tuple(end) for end in ends_of(one)} == {tuple(end) for end in ends_of(other)}
