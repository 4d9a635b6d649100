"""All route demands of a list for one kind, through the five steps: from the database to answers ready to save.

Demands are served in sequence, by priority and then by line, each on what the ones before it leave: that is not the
whole list at once, and the run's figures say how many routes there were. Each route by itself is an optimum.
"""

from dataclasses import dataclass, replace

import numpy as np
from django.contrib.gis.geos import Point

from registry.kinds import Kind
from registry.models import Organization
from sharing.matching import refusal
from sharing.matching.answers import Answers, Clock, Progress
from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.best_path import SearchTooLarge
from sharing.matching.candidates import refused_assets
from sharing.matching.disjoint import disjoint_pair
from sharing.matching.eligibility import Stage
from sharing.matching.explanation import RUNNERS_UP, Json, number
from sharing.matching.facts import AssetFacts
from sharing.matching.geodesy import geodesic_m
from sharing.matching.line_eligibility import Ask, fitting_cable_mm, passed
from sharing.matching.line_ledger import LineLedger
from sharing.matching.lines import (
    LineFacts,
    days,
    ground_of,
    lengths_m,
    line_facts,
    losses_db,
    open_routes,
    zone,
)
from sharing.matching.network import Network, build_network
from sharing.matching.prices import repriced
from sharing.matching.route_answers import budget_miss, limit_miss, nothing_near, route_match
from sharing.matching.route_changes import RouteChanges, cents, over_budget
from sharing.matching.route_terms import TERMS, RouteTerms
from sharing.matching.route_twins import LaidRoutes, rule_between, twins_of
from sharing.matching.routing import Offer, Route, RouteDemand, RouteSearch, alternatives, find_route
from sharing.matching.saving import OutcomeAnswer
from sharing.matching.terrain import Ground
from sharing.models import Demand


def match_routes(list_id: int, kind: str, party: Organization, parameters: Json, progress: Progress) -> Answers:
    """Answers for every open route demand for `kind`; progress goes from 0 to 1."""
    answers, clock = Answers(), Clock()
    demands = open_routes(list_id, kind)
    if not demands:
        return answers
    facts, holdings = line_facts(demands, kind, party)
    facts = replace(facts, assets=repriced(facts.assets, parameters.get("prices", ())))
    terms = _terms(kind, parameters)
    clock.stop(answers, "candidates", progress, 0.2)
    if not len(facts.assets):
        answers.outcomes = [nothing_near(demand) for demand in demands]
        return answers
    ground, refused = ground_of(facts, demands, terms), refused_assets([demand.pk for demand in demands])
    routing = _Routing(kind, facts, LineLedger(facts.assets, holdings), terms, ground, refused)
    routing.twins = twins_of(demands)
    for done, demand in enumerate(demands, start=1):
        routing.answer(demand, answers)
        progress(0.2 + 0.8 * done / len(demands))
    clock.stop(answers, "routes", progress, 1.0)
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
        ground = ground_of(facts, batch, terms)
        routing = _Routing(kind, facts, LineLedger(facts.assets, holdings), terms, ground, refused)
        found += [demand.pk for demand in batch if routing.has_route(demand)]
    return found


def _terms(kind: str, parameters: Json) -> RouteTerms:
    """Those of the kind, as far as a run's parameters do not set others; of terrain, by class."""
    changed = dict(parameters.get("route_terms", {}).get(kind, {}))
    by_class = {**TERMS[kind].terrain_cost_per_m, **changed.pop("terrain_cost_per_m", {})}
    return replace(TERMS[kind], **changed, terrain_cost_per_m=by_class)


@dataclass(frozen=True, slots=True)
class _Stages:
    """Lines by stage of the funnel, and units free before the run and now."""

    near: Flags
    fit: Flags
    at_first: Ints
    now: Ints
    funnel: Json


class _Routing:
    """The list's routes, laid one after another over one network a wavelength."""

    def __init__(
        self,
        kind: str,
        facts: LineFacts,
        ledger: LineLedger,
        terms: RouteTerms,
        ground: Ground | None,
        refused: dict[int, set[int]],
    ) -> None:
        self.kind, self.facts, self.ledger, self.refused = kind, facts, ledger, refused
        self.terms, self.ground = terms, ground
        self.length_m = lengths_m(facts, kind)
        self.middle = np.array([line[len(line) // 2] for line in facts.lonlat])
        self.networks: dict[int, Network] = {}
        self.laid = LaidRoutes()
        self.twins: dict[int, Demand] = {}
        self.asked: tuple[object, ...] = ()
        self.usable: tuple[Flags, Ints]

    @property
    def assets(self) -> AssetFacts:
        return self.facts.assets

    def answer(self, demand: Demand, answers: Answers) -> None:
        """Lay the demand's route, or say why there is none."""
        stages = self._stages(demand)
        network, ask = self._beside(demand), self._route_demand(demand)
        answers.pairs += int(stages.near.sum())
        eligible = stages.fit & ~self._twins(demand)
        offer = self._offer(network, eligible, stages.now)
        try:
            route = self._with_twin(demand, stages, ask, answers) or find_route(network, ask, self.terms, offer)
            alone = route
            if (stages.now < stages.at_first).any():
                whole = self._network(demand)
                alone = find_route(whole, ask, self.terms, self._offer(whole, stages.fit, stages.at_first))
            answers.served_bound += alone is not None and not over_budget(demand, alone)
            if route is None or over_budget(demand, route):
                answers.outcomes.append(self._unmet(demand, network, ask, offer, stages, route, alone))
                return
            others = alternatives(network, ask, self.terms, offer, count=RUNNERS_UP)[1:]
        except SearchTooLarge:
            answers.outcomes.append(OutcomeAnswer(demand.pk, False, "search_too_large", stages.funnel, {}, {}))
            return
        self._take(demand, route)
        answers.outcomes.append(OutcomeAnswer(demand.pk, True, "", stages.funnel, {}, {}))
        routes = [route, *(other for other in others if not over_budget(demand, other))]
        answers.matches += [
            route_match(self.assets, demand, rank, found) for rank, found in enumerate(routes, start=1)
        ]
        answers.served += 1
        answers.cost += cents(route)
        answers.cost_bound += min(cents(route), cents(alone or route))

    def has_route(self, demand: Demand) -> bool:
        """Whether there is one within the budget, on what is free now."""
        stages = self._stages(demand)
        network, offer = self._network(demand), self._offer(self._network(demand), stages.fit, stages.now)
        try:
            route = find_route(network, self._route_demand(demand), self.terms, offer)
        except SearchTooLarge:
            return False
        return route is not None and not over_budget(demand, route)

    def _stages(self, demand: Demand) -> _Stages:
        start, end = days(demand)
        near = self._near(demand)
        at_first = self.ledger.free_at_first(start, end)
        now = self.ledger.free_now(at_first, start, end)
        refused = np.isin(self.assets.id, list(self.refused.get(demand.pk, ())))
        before = Ask(demand, start, at_first, refused)
        opened, fit, free = (
            near & passed(before, self.assets, self.kind, stage) for stage in (Stage.OPEN, Stage.FIT, Stage.FREE)
        )
        left = free & (now >= demand.quantity)
        counts = (int(passes.sum()) for passes in (near, opened, fit, free, left))
        available = self.assets.available_from <= start
        funnel = dict(zip((stage.name.lower() for stage in Stage), counts, strict=True))
        return _Stages(near, fit & available, at_first, now, funnel)

    def _near(self, demand: Demand) -> Flags:
        lon, lat, radius_m = zone(demand)
        centre = np.broadcast_to(np.array([[lon, lat]]), self.middle.shape)
        return geodesic_m(np.ascontiguousarray(centre), self.middle) <= radius_m + self.length_m

    def _network(self, demand: Demand) -> Network:
        wavelength = demand.wavelength_nm if self.kind == Kind.FIBER else 0
        if wavelength not in self.networks:
            loss_db = losses_db(self.assets, self.kind, wavelength, self.length_m)
            lines = self.facts.as_lines(loss_db, self.length_m)
            self.networks[wavelength] = build_network(
                lines, max_gap_m=self.terms.max_gap_m, tee=self.kind == Kind.DUCT, ground=self.ground
            )
        return self.networks[wavelength]

    def _beside(self, demand: Demand, *others: Demand) -> Network:
        """The network without what its route may not have in common with those laid before; nor those of others."""
        return self.laid.left_of(self._network(demand), demand, *others)

    def _route_demand(self, demand: Demand) -> RouteDemand:
        return RouteDemand(
            origin=_place(demand.origin),
            destination=_place(demand.destination),
            quantity=demand.quantity,
            max_detour=demand.max_detour,
            max_loss_db=demand.max_attenuation_db if demand.max_attenuation_db is not None else np.inf,
        )

    def _offer(self, network: Network, eligible: Flags, free: Ints) -> Offer:
        """In the order of the network's rows; its assets are rows of the facts."""
        rows = network.lines.asset
        return Offer(eligible[rows], free[rows])

    def _with_twin(self, demand: Demand, stages: _Stages, ask: RouteDemand, answers: Answers) -> Route | None:
        """The cheaper of two routes found together for the demand and the twin that comes after it, if there are two.

        The twin then finds its own, as cheap as that of the pair or cheaper: nothing is set aside for it.
        """
        twin = self.twins.get(demand.pk)
        if twin is None:
            return None
        other, network = self._stages(twin), self._beside(demand, twin)
        eligible = stages.fit & other.fit & ~self._twins(demand) & ~self._twins(twin)
        free = np.minimum(stages.now, other.now)
        both = replace(
            ask,
            quantity=max(demand.quantity, twin.quantity),
            max_detour=min(ask.max_detour, twin.max_detour),
            max_loss_db=min(ask.max_loss_db, self._route_demand(twin).max_loss_db),
        )
        by, apart_m = rule_between(demand, twin)
        search, offer = RouteSearch(network, both, self.terms), self._offer(network, eligible, free)
        try:
            pair = disjoint_pair(search, offer, by, apart_m=apart_m, whole_assets=True)
        except SearchTooLarge:
            return None
        if pair is None:
            return None
        answers.disjoint.append({
            "lines": [demand.line, twin.line], "kind": self.kind, "by": by.value, "apart_m": number(apart_m),
            "cost": number(pair.plain_cost), "bound": number(pair.bound), "gap": round(pair.gap, 6),
        })  # fmt: skip
        return RouteSearch(network, ask, self.terms).along(pair.first.nodes, pair.first.spans)

    def _twins(self, demand: Demand) -> Flags:
        """Lines of the routes that this one must not touch."""
        return self.laid.barred(demand, len(self.assets))

    def _take(self, demand: Demand, route: Route) -> None:
        start, end = days(demand)
        for line in route.assets:
            self.ledger.take(line, demand.quantity, start, end)
        self.laid.lay(demand, route)
        self.asked = ()

    def _unmet(
        self, demand: Demand, network: Network, ask: RouteDemand, offer: Offer, stages: _Stages,
        dear: Route | None, alone: Route | None,
    ) -> OutcomeAnswer:  # fmt: skip
        """dear: the route there is, over the budget; alone: the one there was before the run gave units away."""
        contested = alone is not None and not over_budget(demand, alone)
        changes = RouteChanges(self, demand).all()
        first, others = (changes[0], changes[1:]) if changes else ({}, [])
        if dear is not None:
            reason, miss = "budget", budget_miss(demand, dear)
        else:
            shown = offer._replace(eligible=offer.eligible & ~self.assets.core[network.lines.asset])
            why = refusal.explain(RouteSearch(network, ask, self.terms), shown)
            reason, miss = str(why.reason.value), limit_miss(why)
        reason = "contested" if contested else reason
        return OutcomeAnswer(demand.pk, False, reason, stages.funnel, miss, first, others)

    # --- What a changed demand would be answered (route_changes.Router) ---------------------------------------------

    def search_for(self, demand: Demand, terms: RouteTerms) -> RouteSearch:
        return RouteSearch(self._beside(demand), self._route_demand(demand), terms)

    def offer_for(self, demand: Demand, less: Ints | None = None) -> Offer:
        """Without the lines of the highest protection level; `less`: rows of lines, once for each unit taken."""
        fit, now = self._usable(demand)
        now = now if less is None else now - np.bincount(less, minlength=len(self.assets))
        return self._offer(self._network(demand), fit & ~self._twins(demand) & ~self.assets.core, now)

    def _usable(self, demand: Demand) -> tuple[Flags, Ints]:
        """Lines fit for the demand, and units free now; kept from one question about it to the next."""
        key = (
            demand.pk, demand.period, demand.max_detour, demand.fiber_type, demand.cable_outer_diameter_mm,
            demand.accepts_hazardous_co_use,
        )  # fmt: skip
        if key != self.asked:
            stages = self._stages(demand)
            self.asked, self.usable = key, (stages.fit, stages.now)
        return self.usable

    def days_of_change(self, demand: Demand) -> list[int]:
        """Days after the demand's first on which a line near it becomes available or a holding on one ends."""
        near, (start, _) = self._near(demand), days(demand)
        held = self.ledger.holdings
        ends = held.end[near[held.asset]]
        found = np.unique(np.concatenate((self.assets.available_from[near], ends)))
        return [int(day) for day in found if day > start]

    def fitting_mm(self) -> Floats:
        return fitting_cable_mm(self.assets)


def _place(point: Point | None) -> tuple[float, float]:
    assert point is not None
    return point.x, point.y
