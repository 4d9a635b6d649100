"""The route demands of a list for one kind, and the lines they might use: networks, stages of the funnel, searches."""

from dataclasses import dataclass

import numpy as np
from django.contrib.gis.geos import Point

from registry.kinds import Kind
from sharing.matching.arrays import Flags, Ints
from sharing.matching.eligibility import Stage
from sharing.matching.explanation import Json
from sharing.matching.facts import AssetFacts
from sharing.matching.geodesy import geodesic_m
from sharing.matching.ledger import Holdings
from sharing.matching.line_eligibility import Ask, passed
from sharing.matching.line_ledger import LineLedger, Use
from sharing.matching.lines import LineFacts, days, drawn_m, lengths_m, losses_db, zone
from sharing.matching.network import Network, build_network
from sharing.matching.route_changes import over_budget
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Offer, Route, RouteDemand, RouteSearch
from sharing.matching.terrain import Ground
from sharing.models import Demand


@dataclass(frozen=True, slots=True)
class Stages:
    """Lines by stage of the funnel, and units free before the run and beside what it gives away."""

    near: Flags
    fit: Flags
    at_first: Ints
    now: Ints
    funnel: Json


class RouteList:
    """Facts of lines as they are to the demands of one party; one network a wavelength."""

    def __init__(
        self, kind: str, facts: LineFacts, holdings: Holdings, terms: RouteTerms, ground: Ground | None,
        refused: dict[int, set[int]],
    ) -> None:  # fmt: skip
        self.kind, self.facts, self.holdings, self.refused = kind, facts, holdings, refused
        self.terms, self.ground = terms, ground
        self.length_m, self.drawn_m = lengths_m(facts, kind), drawn_m(facts)
        self.middle = np.array([line[len(line) // 2] for line in facts.lonlat])
        self.networks: dict[int, Network] = {}

    @property
    def assets(self) -> AssetFacts:
        return self.facts.assets

    def ledger(self) -> LineLedger:
        """From which no route has taken anything yet."""
        return LineLedger(self.assets, self.holdings)

    def stages(self, demand: Demand, ledger: LineLedger) -> Stages:
        """Beside what the ledger's routes take, but for the demand's own."""
        start, end = days(demand)
        near, at_first = self.near(demand), ledger.free_at_first(start, end)
        now = ledger.free_now(start, end, beside=(demand.pk,))
        refused = np.isin(self.assets.id, list(self.refused.get(demand.pk, ())))
        before = Ask(demand, start, at_first, refused)
        opened, fit, free = (
            near & passed(before, self.assets, self.kind, stage) for stage in (Stage.OPEN, Stage.FIT, Stage.FREE)
        )
        left = free & (now >= demand.quantity)
        counts = (int(passes.sum()) for passes in (near, opened, fit, free, left))
        available = self.assets.available_from <= start
        funnel = dict(zip((stage.name.lower() for stage in Stage), counts, strict=True))
        return Stages(near, fit & available, at_first, now, funnel)

    def near(self, demand: Demand) -> Flags:
        lon, lat, radius_m = zone(demand)
        centre = np.broadcast_to(np.array([[lon, lat]]), self.middle.shape)
        return geodesic_m(np.ascontiguousarray(centre), self.middle) <= radius_m + self.drawn_m

    def network(self, demand: Demand) -> Network:
        wavelength = demand.wavelength_nm if self.kind == Kind.FIBER else 0
        if wavelength not in self.networks:
            loss_db = losses_db(self.assets, self.kind, wavelength, self.length_m)
            lines = self.facts.as_lines(loss_db, self.length_m)
            self.networks[wavelength] = build_network(
                lines,
                max_gap_m=self.terms.max_gap_m,
                chambers=self.facts.rooms,
                tee=self.kind == Kind.DUCT,
                ground=self.ground,
            )
        return self.networks[wavelength]

    def search(self, demand: Demand, network: Network | None = None) -> RouteSearch:
        """network: what of the demand's own it may use, where that is not all."""
        return RouteSearch(network or self.network(demand), self.asked(demand), self.terms)

    def asked(self, demand: Demand) -> RouteDemand:
        return RouteDemand(
            origin=_place(demand.origin),
            destination=_place(demand.destination),
            quantity=demand.quantity,
            max_detour=demand.max_detour,
            max_loss_db=demand.max_attenuation_db if demand.max_attenuation_db is not None else np.inf,
        )

    def offer(self, demand: Demand, eligible: Flags, free: Ints) -> Offer:
        """In the order of the network's rows; its assets are rows of the facts."""
        rows = self.network(demand).lines.asset
        return Offer(eligible[rows], free[rows])

    def use(self, demand: Demand, route: Route) -> Use:
        return Use(route.assets, demand.quantity, *days(demand))

    def alone(self, demand: Demand, stages: Stages) -> Route | None:
        """The cheapest route, if it is within the budget, as if the demand were the only one. Raises
        SearchTooLarge."""
        offer = self.offer(demand, stages.fit, stages.at_first)
        route = self.search(demand).cheapest(offer.eligible & (offer.free >= demand.quantity))
        return None if route is None or over_budget(demand, route) else route


def _place(point: Point | None) -> tuple[float, float]:
    assert point is not None
    return point.x, point.y
