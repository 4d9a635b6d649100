"""All route demands of a list for one kind, through the five steps: from the database to answers ready to save."""

from dataclasses import replace

import numpy as np

from registry.models import Organization
from sharing.matching import refusal
from sharing.matching.answers import Answers, Clock, Progress
from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.best_path import SearchTooLarge
from sharing.matching.candidates import refused_assets
from sharing.matching.explanation import RUNNERS_UP, Json
from sharing.matching.line_eligibility import fitting_cable_mm
from sharing.matching.lines import days, ground_of, line_facts, open_routes
from sharing.matching.network import Network
from sharing.matching.prices import repriced
from sharing.matching.route_answers import budget_miss, limit_miss, nothing_near, route_match
from sharing.matching.route_changes import RouteChanges, over_budget
from sharing.matching.route_list import RouteList, Stages
from sharing.matching.route_plan import RoutePlan, plan_routes
from sharing.matching.route_terms import TERMS, RouteTerms
from sharing.matching.route_twins import LaidRoutes
from sharing.matching.routing import Offer, Route, RouteDemand, RouteSearch, alternatives, find_route
from sharing.matching.saving import OutcomeAnswer
from sharing.matching.unmet_reason import UnmetReason
from sharing.models import Demand


def match_routes(list_id: int, kind: str, party: Organization, parameters: Json, progress: Progress) -> Answers:
    """Answers for every open route demand for `kind`; progress goes from 0 to 1."""
    answers, clock = Answers(), Clock()
    demands = open_routes(list_id, kind)
    if not demands:
        return answers
    facts, holdings = line_facts(demands, kind, party, core=parameters.get("core", True))
    facts = replace(facts, assets=repriced(facts.assets, parameters.get("prices", ())))
    terms = _terms(kind, parameters)
    clock.stop(answers, "candidates", progress, 0.2)
    if not len(facts.assets):
        answers.outcomes = [nothing_near(demand) for demand in demands]
        return answers
    ground, refused = ground_of(facts, demands, terms), refused_assets([demand.pk for demand in demands])
    routes = RouteList(kind, facts, holdings, terms, ground, refused)
    plan = plan_routes(routes, demands, lambda done: progress(0.2 + 0.3 * done))
    clock.stop(answers, "routes", progress, 0.5)
    telling = _Telling(routes, plan, demands)
    for done, demand in enumerate(demands, start=1):
        telling.tell(demand, answers)
        progress(0.5 + 0.5 * done / len(demands))
    plan.count(answers)
    clock.stop(answers, "explanations", progress, 1.0)
    return answers


ROUTES_AT_ONCE = 50
"""Demands that share one network when only whether they have a route is asked."""


def routable(demands: list[Demand], kind: str, party: Organization) -> list[int]:
    """The ids of those of a party's route demands that have a route within their budget now, each seen alone."""
    found = []
    for first in range(0, len(demands), ROUTES_AT_ONCE):
        batch = demands[first : first + ROUTES_AT_ONCE]
        facts, holdings = line_facts(batch, kind, party)
        if not len(facts.assets):
            continue
        terms, refused = _terms(kind, {}), refused_assets([demand.pk for demand in batch])
        routes = RouteList(kind, facts, holdings, terms, ground_of(facts, batch, terms), refused)
        ledger = routes.ledger()
        for demand in batch:
            try:
                route = routes.alone(demand, routes.stages(demand, ledger))
            except SearchTooLarge:
                continue
            if route is not None:
                found.append(demand.pk)
    return found


def _terms(kind: str, parameters: Json) -> RouteTerms:
    """Those of the kind, as far as a run's parameters do not set others; of terrain, by class."""
    changed = dict(parameters.get("route_terms", {}).get(kind, {}))
    by_class = {**TERMS[kind].terrain_cost_per_m, **changed.pop("terrain_cost_per_m", {})}
    return replace(TERMS[kind], **changed, terrain_cost_per_m=by_class)


class _Telling:
    """Each demand's answer beside all that the list gives away (a route_changes.Router)."""

    def __init__(self, routes: RouteList, plan: RoutePlan, demands: list[Demand]) -> None:
        self.routes, self.plan = routes, plan
        self.kind, self.terms = routes.kind, routes.terms
        self.ledger, self.laid = routes.ledger(), LaidRoutes()
        self.asked: tuple[object, ...] = ()
        self.usable: tuple[Flags, Ints]
        self.dear: dict[int, Route | None] = {}
        for demand in demands:
            if demand.pk in plan.routes:
                self._lay(demand, plan.routes[demand.pk])
        for demand in demands:
            if demand.pk not in plan.routes and demand.pk not in plan.too_large:
                self._last_look(demand)

    def _lay(self, demand: Demand, route: Route) -> None:
        self.ledger.take(demand.pk, self.routes.use(demand, route))
        self.laid.lay(demand, route)

    def _last_look(self, demand: Demand) -> None:
        """What there is beside the others: of use where the plan is not proven, and where it is over the budget."""
        stages = self.routes.stages(demand, self.ledger)
        try:
            route = find_route(*self._question(demand, stages))
        except SearchTooLarge:
            self.plan.too_large |= {demand.pk}
            return
        if route is None or over_budget(demand, route):
            self.dear[demand.pk] = route
        else:
            self.plan.routes[demand.pk] = route
            self._lay(demand, route)

    def _question(self, demand: Demand, stages: Stages) -> tuple[Network, RouteDemand, RouteTerms, Offer]:
        routes = self.routes
        offer = routes.offer(demand, stages.fit & ~self._barred(demand), stages.now)
        return self._beside(demand), routes.asked(demand), self.terms, offer

    def tell(self, demand: Demand, answers: Answers) -> None:
        stages = self.routes.stages(demand, self.ledger)
        answers.pairs += int(stages.near.sum())
        if demand.pk in self.plan.too_large:
            answers.outcomes.append(
                OutcomeAnswer(demand.pk, False, UnmetReason.SEARCH_TOO_LARGE.value, stages.funnel, {}, {})
            )
            return
        route = self.plan.routes.get(demand.pk)
        if route is None:
            answers.outcomes.append(self._unmet(demand, stages))
            return
        answers.outcomes.append(OutcomeAnswer(demand.pk, True, "", stages.funnel, {}, {}))
        found = [route, *(other for other in self._others(demand, route, stages) if not over_budget(demand, other))]
        answers.matches += [
            route_match(self.routes.assets, demand, rank, one) for rank, one in enumerate(found, start=1)
        ]

    def _others(self, demand: Demand, route: Route, stages: Stages) -> list[Route]:
        try:
            return alternatives(*self._question(demand, stages), count=RUNNERS_UP, first=route)[1:]
        except SearchTooLarge:
            return []

    def _unmet(self, demand: Demand, stages: Stages) -> OutcomeAnswer:
        changes = RouteChanges(self, demand).all()
        first, others = (changes[0], changes[1:]) if changes else ({}, [])
        dear = self.dear[demand.pk]
        if dear is not None:
            reason, miss = "budget", budget_miss(demand, dear)
        else:
            network, _, _, offer = self._question(demand, stages)
            shown = offer._replace(eligible=offer.eligible & ~self.routes.assets.core[network.lines.asset])
            try:
                why = refusal.explain(self.routes.search(demand, network), shown)
            except SearchTooLarge:
                reason, miss = UnmetReason.SEARCH_TOO_LARGE.value, {}
            else:
                reason, miss = str(why.reason.value), limit_miss(why)
        reason = UnmetReason.CONTESTED.value if demand.pk in self.plan.alone else reason
        return OutcomeAnswer(demand.pk, False, reason, stages.funnel, miss, first, others)

    def _beside(self, demand: Demand) -> Network:
        """The network without what its route may not have in common with those that it must be disjoint from."""
        return self.laid.left_of(self.routes.network(demand), demand)

    def _barred(self, demand: Demand) -> Flags:
        """Lines of the routes that this one must not touch."""
        return self.laid.barred(demand, len(self.routes.assets))

    # --- What a changed demand would be answered (route_changes.Router) ---------------------------------------------

    def search_for(self, demand: Demand, terms: RouteTerms) -> RouteSearch:
        return RouteSearch(self._beside(demand), self.routes.asked(demand), terms)

    def offer_for(self, demand: Demand, less: Ints | None = None) -> Offer:
        """Without the lines of the highest protection level; `less`: rows of lines, once for each unit taken."""
        fit, now = self._usable(demand)
        now = now if less is None else now - np.bincount(less, minlength=len(self.routes.assets))
        return self.routes.offer(demand, fit & ~self._barred(demand) & ~self.routes.assets.core, now)

    def _usable(self, demand: Demand) -> tuple[Flags, Ints]:
        """Lines fit for the demand, and units free now; kept from one question about it to the next."""
        key = (
            demand.pk, demand.period, demand.max_detour, demand.fiber_type, demand.cable_outer_diameter_mm,
            demand.accepts_hazardous_co_use,
        )  # fmt: skip
        if key != self.asked:
            stages = self.routes.stages(demand, self.ledger)
            self.asked, self.usable = key, (stages.fit, stages.now)
        return self.usable

    def days_of_change(self, demand: Demand) -> list[int]:
        """Days after the demand's first on which a line near it becomes available or a holding on one ends."""
        near, (start, _) = self.routes.near(demand), days(demand)
        held = self.routes.holdings
        ends = held.end[near[held.asset]]
        found = np.unique(np.concatenate((self.routes.assets.available_from[near], ends)))
        return [int(day) for day in found if day > start]

    def fitting_mm(self) -> Floats:
        return fitting_cable_mm(self.routes.assets)
