"""Route demands served one after another, each on what those before it leave, two that must be disjoint together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sharing.matching.best_path import SearchTooLarge
from sharing.matching.disjoint import disjoint_pair
from sharing.matching.explanation import Json, number
from sharing.matching.route_changes import over_budget
from sharing.matching.route_list import RouteList
from sharing.matching.route_twins import LaidRoutes, rule_between, twins_of
from sharing.matching.routing import Route, RouteSearch, find_route
from sharing.models import Demand


class RouteSequence:
    """What is laid in turn. pairs: of each two routes that were found together, what they cost and how far it is
    proved."""

    def __init__(self, routes: RouteList, demands: Sequence[Demand], alone: Mapping[int, Route]) -> None:
        """demands: in the order of serving. alone: by demand, what each would have if it were the only one."""
        self.routes, self.ledger, self.laid = routes, routes.ledger(), LaidRoutes()
        self.pairs: list[Json] = []
        self.twins = twins_of(demands)
        for demand in demands:
            if demand.pk in alone:
                route = self._route(demand, alone[demand.pk])
                if route is not None and not over_budget(demand, route):
                    self.ledger.take(demand.pk, routes.use(demand, route))
                    self.laid.lay(demand, route)

    @property
    def found(self) -> dict[int, Route]:
        return {pk: route for pk, (_, route) in self.laid.routes.items()}

    def _route(self, demand: Demand, alone: Route) -> Route | None:
        stages = self.routes.stages(demand, self.ledger)
        single = demand.pk not in self.twins and not self.laid.rules(demand)
        if single and (stages.now[list(alone.assets)] >= demand.quantity).all():
            return alone
        try:
            together = self._with_twin(demand)
            if together is not None:
                return together
            network = self.laid.left_of(self.routes.network(demand), demand)
            eligible = stages.fit & ~self.laid.barred(demand, len(self.routes.assets))
            offer = self.routes.offer(demand, eligible, stages.now)
            return find_route(network, self.routes.asked(demand), self.routes.terms, offer)
        except SearchTooLarge:
            return None

    def _with_twin(self, demand: Demand) -> Route | None:
        """The cheaper of two routes found together for the demand and the twin that comes after it, if there are two.

        The twin then finds its own, as cheap as that of the pair or cheaper: nothing is set aside for it.
        """
        twin = self.twins.get(demand.pk)
        if twin is None:
            return None
        routes = self.routes
        own, other = (routes.stages(one, self.ledger) for one in (demand, twin))
        barred = [self.laid.barred(one, len(routes.assets)) for one in (demand, twin)]
        network = self.laid.left_of(routes.network(demand), demand, twin)
        ask, its = routes.asked(demand), routes.asked(twin)
        both = replace(
            ask,
            quantity=max(ask.quantity, its.quantity),
            max_detour=min(ask.max_detour, its.max_detour),
            max_loss_db=min(ask.max_loss_db, its.max_loss_db),
        )
        by, apart_m = rule_between(demand, twin)
        search = RouteSearch(network, both, routes.terms)
        eligible = own.fit & other.fit & ~barred[0] & ~barred[1]
        offer = routes.offer(demand, eligible, np.minimum(own.now, other.now))
        try:
            pair = disjoint_pair(search, offer, by, apart_m=apart_m, whole_assets=True)
        except SearchTooLarge:
            return None
        if pair is None:
            return None
        self.pairs.append({
            "lines": [demand.line, twin.line], "kind": routes.kind, "by": by.value, "apart_m": number(apart_m),
            "cost": number(pair.plain_cost), "bound": number(pair.bound), "gap": round(pair.gap, 6),
        })  # fmt: skip
        return routes.search(demand, network).along(pair.first.nodes, pair.first.spans)
