"""Routes: the cheapest stitched path from A to B over the ducts or fibers of all owners, or why there is none.

Cost is per year: the price of each span for the quantity asked, new build by the metre, and a sum for each change of
owner. The path keeps the demand's greatest detour, the terms' greatest share of new build, and for fibers the
attenuation budget; among all that do it is the cheapest (see `path_search`). Pure, on a `Network` and arrays by asset.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.best_path import ALL_LIMITS, NO_LIMITS, Limits, best_path
from sharing.matching.geodesy import ecef, geodesic_m
from sharing.matching.network import Network
from sharing.matching.route_terms import RouteTerms
from sharing.matching.search_graph import GAP, NO_TOLLS, SLACK, Ask, Found, Ids, by_metre
from sharing.matching.terrain import by_class

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class RouteDemand:
    """A to B in WGS 84 longitude and latitude; units; longest route as a multiple of the geodesic distance."""

    origin: Place
    destination: Place
    quantity: int
    max_detour: float
    max_loss_db: float = np.inf

    @property
    def distance_m(self) -> float:
        return float(geodesic_m(np.array([self.origin]), np.array([self.destination]))[0])


class Offer(NamedTuple):
    """What a demand may use, by asset row of the network: eligible at all, and units free over its period."""

    eligible: Flags
    free: Ints


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of one asset, or of new build when `asset` is None. lonlat: its line from A's side to B's.

    terrain: metres of a gap by class, where any terrain is known.
    """

    asset: int | None
    owner: int | None
    length_m: float
    cost_per_year: float
    loss_db: float
    lonlat: Floats = field(repr=False, compare=False)
    terrain: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """Legs in order from A to B. cost_per_year is that of the legs and of the changes of owner."""

    legs: tuple[Leg, ...]
    cost_per_year: float
    length_m: float
    gap_m: float
    loss_db: float
    crossings: int
    nodes: Ids = field(repr=False, compare=False)
    spans: Ids = field(repr=False, compare=False)  # GAP where new build

    @property
    def assets(self) -> tuple[int, ...]:
        """Each asset once, in the order it is first used: what must be held."""
        return tuple(dict.fromkeys(leg.asset for leg in self.legs if leg.asset is not None))

    @property
    def gap_share(self) -> float:
        return self.gap_m / self.length_m if self.length_m else 0.0


class RouteSearch:
    """One demand on one network: searches with this or that limit, on what is usable to it."""

    def __init__(self, network: Network, demand: RouteDemand, terms: RouteTerms) -> None:
        if terms.max_gap_m > network.max_gap_m:
            raise ValueError("the network has no gaps as long as these terms allow")
        self.network, self.demand, self.terms = network, demand, terms
        ends = np.array([demand.origin, demand.destination], dtype=np.float64)
        (self.entry, self.entry_m), (self.exit, self.exit_m) = network.nodes_near(ends, terms.max_gap_m)
        self.gap_cost = terms.gap_cost_per_m if network.ground is None else network.ground.cheapest
        self.entry_extra, self.exit_extra = self._extra(ends)
        self.distance_m = demand.distance_m
        self.max_length_m = demand.max_detour * self.distance_m
        self.ends = ecef(ends)

    def _extra(self, ends: Floats) -> tuple[Floats, Floats]:
        """What the gaps from A and to B cost beyond their length at the cheapest price."""
        if self.network.ground is None:
            return np.zeros(self.entry.size), np.zeros(self.exit.size)
        ends = np.repeat(ends, (self.entry.size, self.exit.size), axis=0)
        places = self.network.node_lonlat[np.concatenate((self.entry, self.exit))]
        extra = self.network.ground.extra(ends, places, np.concatenate((self.entry_m, self.exit_m)))
        return extra[: self.entry.size], extra[self.entry.size :]

    def ask(self, usable: Flags, limits: Limits) -> Ask:
        terms = self.terms
        return Ask(
            usable=usable,
            entry=self.entry.astype(np.int32),
            entry_length=self.entry_m,
            exit=self.exit.astype(np.int32),
            exit_length=self.exit_m,
            entry_extra=self.entry_extra,
            exit_extra=self.exit_extra,
            place_a=self.ends[0],
            place_b=self.ends[1],
            quantity=float(self.demand.quantity),
            gap_cost=self.gap_cost,
            gap_rate=0.0,
            gap_loss=terms.gap_loss_db_per_km / 1000.0,
            max_gap=terms.max_gap_m,
            crossing_cost=terms.crossing_cost,
            joint_cost=0.0,
            joint_loss=terms.joint_loss_db,
            snap=self.network.snap_m,
            max_length=min(self.max_length_m, self.network.longest_m) if limits.length else self.network.longest_m,
            max_share=terms.max_gap_share,
            max_loss=self.demand.max_loss_db - terms.connection_loss_db,
            max_spend=np.inf,
            tolls=NO_TOLLS,
        )

    def cheapest(self, usable: Flags, limits: Limits = ALL_LIMITS) -> Route | None:
        """The cheapest route over usable assets within `limits`."""
        ask = self.ask(usable, limits)
        guide = self.network.landmarks.guide(ask)
        return self.route(best_path(self.network, self.network.by_cost, ask, limits, guide))

    def shortest(self, usable: Flags, limits: Limits) -> Route | None:
        ask = by_metre(self.ask(usable, limits), 1.0)._replace(crossing_cost=0.0)
        return self.route(best_path(self.network, self.network.by_length, ask, limits))

    def least_new_build(self, usable: Flags, limits: Limits) -> Route | None:
        ask = by_metre(self.ask(usable, limits), 1.0)._replace(crossing_cost=0.0)
        return self.route(best_path(self.network, self.network.by_gap, ask, limits))

    def least_loss(self, usable: Flags, limits: Limits) -> Route | None:
        ask = self.ask(usable, limits)
        ask = by_metre(ask, ask.gap_loss)._replace(crossing_cost=0.0, joint_cost=ask.joint_loss)
        return self.route(best_path(self.network, self.network.by_loss, ask, limits))

    def keeps_limits(self, route: Route) -> bool:
        return (
            route.length_m <= self.max_length_m + SLACK
            and route.gap_m <= self.terms.max_gap_share * route.length_m + SLACK
            and route.loss_db <= self.demand.max_loss_db + SLACK
        )

    def route(self, found: Found | None) -> Route | None:
        return None if found is None else self.along(found.nodes, found.vias[1:])

    def along(self, nodes: Ids, spans: Ids) -> Route:
        """The route from A by gap to the first node, by each span (or GAP) to the next, and by gap to B."""
        legs = tuple(self._legs(nodes, spans))
        owners = [leg.owner for leg in legs if leg.owner is not None]
        crossings = sum(one != other for one, other in pairwise(owners))
        terms = self.terms
        return Route(
            legs=legs,
            cost_per_year=sum(leg.cost_per_year for leg in legs) + crossings * terms.crossing_cost,
            length_m=sum(leg.length_m for leg in legs),
            gap_m=sum(leg.length_m for leg in legs if leg.asset is None),
            loss_db=sum(leg.loss_db for leg in legs)
            + (len(legs) - 1) * terms.joint_loss_db
            + terms.connection_loss_db,
            crossings=crossings,
            nodes=nodes,
            spans=spans,
        )

    def _legs(self, nodes: Ids, spans: Ids) -> Iterator[Leg]:
        network, demand = self.network, self.demand
        entry_m = float(self.entry_m[np.searchsorted(self.entry, nodes[0])])
        exit_m = float(self.exit_m[np.searchsorted(self.exit, nodes[-1])])
        if entry_m > network.snap_m:
            yield self._gap(np.array([demand.origin, network.node_lonlat[nodes[0]]]), entry_m)
        rows = np.where(spans == GAP, -1, network.span_asset[spans])
        first = np.concatenate(([0], np.flatnonzero(rows[1:] != rows[:-1]) + 1))
        sums = [np.add.reduceat(of_span[spans], first).tolist() for of_span in (
            network.span_length_m, network.span_price, network.span_loss_db
        )]  # fmt: skip
        lines = network.span_lines(spans, nodes[:-1])
        places = zip(rows[first].tolist(), first.tolist(), [*first[1:].tolist(), spans.size], strict=True)
        for (row, begin, end), length_m, price, loss_db in zip(places, *sums, strict=True):
            if row < 0:
                ends = [int(nodes[begin]), int(nodes[end])]
                length = float(network.gap_length_m[network.gap_between(*ends)])
                yield self._gap(network.node_lonlat[ends], length)
                continue
            yield Leg(
                asset=int(network.lines.asset[row]),
                owner=int(network.lines.owner[row]),
                length_m=length_m,
                cost_per_year=price * demand.quantity,
                loss_db=loss_db,
                lonlat=lines[begin] if end - begin == 1 else np.concatenate(lines[begin:end]),
            )
        if exit_m > network.snap_m:
            yield self._gap(np.array([network.node_lonlat[nodes[-1]], demand.destination]), exit_m)

    def _gap(self, lonlat: Floats, length_m: float) -> Leg:
        loss, ground = length_m / 1000.0 * self.terms.gap_loss_db_per_km, self.network.ground
        if ground is None:
            return Leg(None, None, length_m, length_m * self.terms.gap_cost_per_m, loss, lonlat)
        [metres] = ground.metres(lonlat[:1], lonlat[1:], np.array([length_m]))
        return Leg(None, None, length_m, float(metres @ ground.price), loss, lonlat, by_class(metres))


def find_route(network: Network, demand: RouteDemand, terms: RouteTerms, offer: Offer) -> Route | None:
    """The cheapest route for one demand; `refusal.explain` says why there is none."""
    return RouteSearch(network, demand, terms).cheapest(offer.eligible & (offer.free >= demand.quantity))


def alternatives(
    network: Network,
    demand: RouteDemand,
    terms: RouteTerms,
    offer: Offer,
    *,
    count: int,
    most_shared: float = 0.5,
    penalty: float = 2.0,
    first: Route | None = None,
) -> list[Route]:
    """The first route, else the cheapest, and up to `count` others that are truly different, cheapest first.

    None shares more than `most_shared` of its length with one before it. Found by making the spans already used, and
    new build where a route holds too much of it, dearer again and again (penalty method), so that beyond the first
    each is a good route within the limits, not proved to be the best. Costs reported are the true ones.
    """
    search = RouteSearch(network, demand, terms)
    usable = offer.eligible & (offer.free >= demand.quantity)
    first = first or search.cheapest(usable)
    if first is None:
        return []
    chosen, factor = [first], np.ones(network.span_asset.size)
    factor[first.spans[first.spans != GAP]] *= penalty
    ask = search.ask(usable, ALL_LIMITS)
    guide = network.landmarks.guide(ask)  # holds all the more of dearer ways
    for _ in range(4 * count):
        if len(chosen) > count:
            break
        dearer = network.by_cost._replace(span_price=network.by_cost.span_price * factor)
        # Holding limits against penalised prices would search for minutes; what breaks one is passed over instead.
        route = search.route(best_path(network, dearer, ask, NO_LIMITS, guide))
        if route is None:
            break
        if route.gap_share > terms.max_gap_share:
            ask = ask._replace(gap_cost=ask.gap_cost * penalty)
        used = route.spans[route.spans != GAP]
        factor[used] *= penalty
        if search.keeps_limits(route) and all(shared(network, route, other) <= most_shared for other in chosen):
            chosen.append(route)
    return chosen[:1] + sorted(chosen[1:], key=lambda route: route.cost_per_year)


def shared(network: Network, route: Route, other: Route) -> float:
    """The part of the length of `route` that runs on spans of `other`."""
    both = np.intersect1d(route.spans[route.spans != GAP], other.spans[other.spans != GAP])
    return float(network.span_length_m[both].sum()) / route.length_m
