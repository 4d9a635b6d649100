"""Why a demand has no route, in numbers: the limit that, let go, would leave a route, and by how much it is missed.

Limits are let go one at a time, then more and more of them together; the first that leave a route are the reasons, and
that route is the nearest miss. What it may use stays the same throughout, so that nothing is told of assets that are
not open to the party.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError

from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.best_path import ALL_LIMITS, Limits
from sharing.matching.geodesy import geodesic_m, local_m
from sharing.matching.no_route_reason import NoRouteReason
from sharing.matching.routing import Offer, Route, RouteSearch


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What the nearest miss needs and what is allowed: units, metres, share, or dB."""

    reason: NoRouteReason
    needed: float
    limit: float


@dataclass(frozen=True, slots=True)
class NoRoute:
    """Reasons with their numbers, and the route there would be without them; none when the gaps are too long.

    most_units: the largest quantity that has a route within all limits, when units are what is short.
    """

    shortfalls: tuple[Shortfall, ...]
    nearest_miss: Route | None = None
    most_units: int | None = None

    @property
    def reason(self) -> NoRouteReason:
        return self.shortfalls[0].reason


ORDER = (NoRouteReason.NO_FREE_UNITS, NoRouteReason.DETOUR, NoRouteReason.GAP_SHARE, NoRouteReason.ATTENUATION)


ALONG_SPAN = 1e-6
"""What a span weighs in metres beside gaps: as good as nothing, though not the nothing that means "not joined"."""


def explain(search: RouteSearch, offer: Offer) -> NoRoute:
    """Why `search` finds no route on what is offered. Raises SearchTooLarge."""
    for count in range(1, len(ORDER) + 1):
        for waived in combinations(ORDER, count):
            route = _without(search, offer, set(waived))
            if route is not None:
                missed = tuple(s for s in (_shortfall(search, offer, route, reason) for reason in waived) if s)
                most = _most_units(search, offer) if waived == (NoRouteReason.NO_FREE_UNITS,) else None
                return NoRoute(missed, route, most)
    needed = least_gap_limit(search, offer.eligible)
    return NoRoute((Shortfall(NoRouteReason.NO_PATH, needed, search.terms.max_gap_m),))


def _without(search: RouteSearch, offer: Offer, waived: set[NoRouteReason]) -> Route | None:
    """The route that keeps all but the waived limits, and overruns the waived one least where there is but one."""
    usable = offer.eligible
    if NoRouteReason.NO_FREE_UNITS not in waived:
        usable = usable & (offer.free >= search.demand.quantity)
    limits = Limits(
        NoRouteReason.DETOUR not in waived,
        NoRouteReason.GAP_SHARE not in waived,
        NoRouteReason.ATTENUATION not in waived,
    )
    if waived == {NoRouteReason.DETOUR}:
        return search.shortest(usable, limits)
    if waived == {NoRouteReason.GAP_SHARE}:
        return search.least_new_build(usable, limits)
    if waived == {NoRouteReason.ATTENUATION}:
        return search.least_loss(usable, limits)
    return search.cheapest(usable, limits)


def _shortfall(search: RouteSearch, offer: Offer, route: Route, reason: NoRouteReason) -> Shortfall | None:
    """The numbers of a waived limit, if the route does overrun it."""
    demand = search.demand
    if reason is NoRouteReason.NO_FREE_UNITS:
        rows = [search.network.row_of[asset] for asset in route.assets]
        needed, limit = float(demand.quantity), float(offer.free[rows].min())
    elif reason is NoRouteReason.DETOUR:
        needed, limit = route.length_m, search.max_length_m
    elif reason is NoRouteReason.GAP_SHARE:
        needed, limit = route.gap_share, search.terms.max_gap_share
    else:
        needed, limit = route.loss_db, demand.max_loss_db
    return Shortfall(reason, needed, limit) if needed > limit else None


def _most_units(search: RouteSearch, offer: Offer) -> int:
    """The largest quantity below the one asked for that has a route within all limits; 0 when none has.

    What is feasible for more units is feasible for fewer, so it is found by halving.
    """
    amounts = np.unique(offer.free[offer.eligible])
    amounts = amounts[(amounts > 0) & (amounts < search.demand.quantity)]
    low, high = 0, amounts.size
    while low < high:
        middle = (low + high) // 2
        if search.shortest(offer.eligible & (offer.free >= amounts[middle]), ALL_LIMITS) is None:
            high = middle
        else:
            low = middle + 1
    return int(amounts[low - 1]) if low else 0


def least_gap_limit(search: RouteSearch, eligible: Flags) -> float:
    """A gap limit in metres with which A and B would be joined over eligible assets; infinite when there are none.

    From a spanning tree of A, B and all access points, in which spans count nothing, so that the longest gap between
    two places is the least there can be. Gaps that follow one another there are one gap, and neighbours are those of
    a Delaunay triangulation on a plane: the number is one that suffices, not proved to be the least.
    """
    network, demand = search.network, search.demand
    spans = np.flatnonzero(eligible[network.span_asset] & (network.span_start != network.span_end))
    if not spans.size:
        return np.inf
    nodes = np.unique(np.concatenate((network.span_start[spans], network.span_end[spans])))
    lonlat = np.concatenate((np.array([demand.origin, demand.destination]), network.node_lonlat[nodes]))
    start = 2 + np.searchsorted(nodes, network.span_start[spans])
    end = 2 + np.searchsorted(nodes, network.span_end[spans])
    tree = _tree(lonlat, np.column_stack((start, end)))
    from_a, from_b = _stretches(tree, lonlat, 0), _stretches(tree, lonlat, 1)
    if from_a.spans[1]:
        return float(from_a.longest_m[1])
    either_way = np.minimum(
        np.maximum(from_a.longest_m[start], from_b.longest_m[end]),
        np.maximum(from_a.longest_m[end], from_b.longest_m[start]),
    )
    return float(either_way.min())


def _tree(lonlat: Floats, spans: Ints) -> coo_array:
    """The lightest tree that joins all places, weights in metres; `spans` are pairs of places."""
    near = _neighbours(lonlat)
    near = near[(near > 1).any(axis=1)]  # new build from A to B is no route
    apart = np.maximum(geodesic_m(lonlat[near[:, 0]], lonlat[near[:, 1]]), 2 * ALONG_SPAN)
    pairs = np.sort(np.concatenate((spans, near)), axis=1)
    weight = np.concatenate((np.full(len(spans), ALONG_SPAN), apart))
    order = np.lexsort((weight, pairs[:, 1], pairs[:, 0]))
    pairs, weight = pairs[order], weight[order]
    lightest = np.append(True, (pairs[1:] != pairs[:-1]).any(axis=1))
    graph = coo_array((weight[lightest], tuple(pairs[lightest].T)), shape=(len(lonlat),) * 2)
    return minimum_spanning_tree(graph.tocsr()).tocoo()


def _neighbours(lonlat: Floats) -> Ints:
    """Pairs of places that may follow one another in a spanning tree; lower number first."""
    count = len(lonlat)
    if count > 4:
        plane = local_m(lonlat, np.broadcast_to(lonlat[0], lonlat.shape))
        try:
            corners = Delaunay(plane, qhull_options="QJ").simplices
        except QhullError:
            corners = np.empty((0, 3), dtype=np.int64)
        if corners.size:
            pairs = np.concatenate((corners[:, :2], corners[:, 1:], corners[:, ::2]))
            return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)
    return np.column_stack(np.triu_indices(count, 1)).astype(np.int64)


class _Stretches(NamedTuple):
    """Along the tree from one place to each: the longest new build in metres, and how many spans."""

    longest_m: Floats
    spans: Ints


def _stretches(tree: coo_array, lonlat: Floats, root: int) -> _Stretches:
    order, before = breadth_first_order(tree.tocsr(), root, directed=False)
    weights = tree.tocsr()
    weights = weights + weights.T
    begin = np.arange(len(lonlat))  # of the new build that reaches each place
    finished, spans = np.zeros(len(lonlat)), np.zeros(len(lonlat), dtype=np.int64)
    for here in order[1:].tolist():
        last = int(before[here])
        finished[here], spans[here], begin[here] = finished[last], spans[last], begin[last]
        if weights[here, last] <= ALONG_SPAN:
            built = float(geodesic_m(lonlat[[begin[last]]], lonlat[[last]])[0])
            finished[here], spans[here], begin[here] = max(finished[last], built), spans[last] + 1, here
    return _Stretches(np.maximum(finished, geodesic_m(lonlat[begin], lonlat)), spans)
