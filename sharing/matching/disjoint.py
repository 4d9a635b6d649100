"""Two routes from A to B that are disjoint by span, by node or by a distance, found jointly.

Cheapest together by plain cost: leases and new build, without what changes of owner add. Taking the cheapest route
first and another beside it may find none where a pair exists. First by flow, which knows nothing of limits and
distances: what it costs is a bound for all pairs. When the pair that comes of it breaks one, or builds two gaps in a
row, a good pair is sought by turns, and with it the best one, exactly, by an integer program over the arcs that the
flow's potentials cannot rule out. By span and by node that is seldom; by distance, which is NP-hard, it is the rule,
and where time is up the pair says how far it may be from the best.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import shapely

from sharing.matching.apart import Apart, Disjoint
from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.best_path import ALL_LIMITS, SearchTooLarge
from sharing.matching.by_turns import by_turns, plain_cost
from sharing.matching.clash import Clash
from sharing.matching.pair_program import Arcs, Solved, solve_program
from sharing.matching.routing import Offer, Route, RouteSearch
from sharing.matching.search_graph import GAP, SLACK
from sharing.matching.two_paths import cheapest_flow, digraph, least_detour

MOST_PAIRINGS = 256
"""Ways tried to tell two paths apart that cross at common access points."""


@dataclass(frozen=True, slots=True)
class RoutePair:
    """The cheaper route first. No pair costs less than `bound`, without changes of owner."""

    first: Route
    second: Route
    plain_cost: float
    bound: float

    @property
    def gap(self) -> float:
        """How much of the cost a better pair could save at most."""
        return (self.plain_cost - self.bound) / self.plain_cost if self.plain_cost > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Flow:
    """used: times each arc is used forth and back, shape (arcs, 2), by the cheapest two units of flow. added: what a
    pair costs more than it at least that uses the arc."""

    used: Ints
    cost: float
    added: Floats


def disjoint_pair(
    search: RouteSearch, offer: Offer, by: Disjoint, *, apart_m: float = 0.0, whole_assets: bool = False
) -> RoutePair | None:
    """The pair that costs least together, within the limits that each route of it is held to.

    apart_m: the distance, where it is by one. whole_assets: no asset in common either, though on other spans of it.
    Raises SearchTooLarge when time is up before one is found.
    """
    arcs = _arcs(search, offer)
    if arcs is None:
        return None
    apart = _apart(search, apart_m) if by is Disjoint.BY_DISTANCE else None
    single, clash = _single(search, arcs, by, apart), _clash(search, arcs, apart, whole_assets)
    flow = _flow(arcs, single)
    if flow is None:
        return None
    for paths in islice(_pairings(arcs, flow.used), MOST_PAIRINGS):
        if all(_sound(search, arcs, path) for path in paths) and not (clash and clash.between(*paths).size):
            return _pair(search, arcs, paths, flow.cost)
    usable = offer.eligible & (offer.free >= search.demand.quantity)
    beginnings = _beginnings(search, usable, arcs, flow)
    known = by_turns(search, usable, beginnings, by=by, apart=apart, whole_assets=whole_assets)
    most = np.inf if known is None else sum(plain_cost(route) for route in known)
    kept = np.flatnonzero(flow.cost + flow.added <= most * (1.0 + 1e-9) + SLACK)
    solved = _solved(search, arcs.only(kept), single, None if clash is None else clash.only(kept), most)
    if solved.paths is None:
        if known is None:
            if np.isfinite(solved.bound):
                raise SearchTooLarge
            return None
        return _told(known, max(solved.bound, flow.cost))
    return _pair(search, arcs, (kept[solved.paths[0]], kept[solved.paths[1]]), max(solved.bound, flow.cost))


def _apart(search: RouteSearch, apart_m: float) -> Apart:
    ends = np.array([search.demand.origin, search.demand.destination])
    return Apart.of(search.network, apart_m, ends, ends)


def _single(search: RouteSearch, arcs: Arcs, by: Disjoint, apart: Apart | None) -> Ints:
    """Nodes that only one of the routes may pass."""
    nodes = np.arange(arcs.a)
    if by is Disjoint.BY_NODE:
        return np.setdiff1d(nodes, arcs.terminals)
    if apart is None:
        return nodes[:0]
    places = np.column_stack(apart.plane.transform(*search.network.node_lonlat[arcs.node].T))
    return np.asarray(nodes[~shapely.intersects(shapely.points(places), apart.near_ends)], dtype=np.int64)


def _clash(search: RouteSearch, arcs: Arcs, apart: Apart | None, whole_assets: bool) -> Clash | None:
    if apart is None and not whole_assets:
        return None
    asset = arcs.asset if whole_assets else np.full(arcs.asset.size, GAP, dtype=np.int64)
    if apart is None:
        return Clash(asset)
    ends = np.array([search.demand.origin, search.demand.destination])
    places = np.concatenate((search.network.node_lonlat[arcs.node], ends))
    return Clash(asset, apart, apart.drawn(arcs.span, places[arcs.start], places[arcs.end]))


def _beginnings(search: RouteSearch, usable: Flags, arcs: Arcs, flow: _Flow) -> Iterator[Route]:
    """Routes to look for others beside: the cheapest, and those of the flow that are sound."""
    cheapest = search.cheapest(usable)
    if cheapest is not None:
        yield cheapest
    for paths in islice(_pairings(arcs, flow.used), 1):
        for path in paths:
            if _sound(search, arcs, path):
                yield _route(search, arcs, path)


def _solved(search: RouteSearch, arcs: Arcs, single: Ints, clash: Clash | None, most: float) -> Solved:
    terms = search.terms
    return solve_program(
        arcs,
        single=single,
        max_length=search.max_length_m + SLACK,
        max_share=terms.max_gap_share,
        max_loss=search.demand.max_loss_db - terms.connection_loss_db + terms.joint_loss_db + SLACK,
        joint_loss=terms.joint_loss_db,
        clash=clash,
        most=most * (1.0 + 1e-9) + SLACK,
    )


def _arcs(search: RouteSearch, offer: Offer) -> Arcs | None:
    """What the pair may use: the nodes that a route short enough can pass, numbered anew; A and B come last."""
    network, ask = search.network, search.ask(offer.eligible & (offer.free >= search.demand.quantity), ALL_LIMITS)
    near = np.linalg.norm(network.node_ecef - ask.place_a, axis=1) + np.linalg.norm(
        network.node_ecef - ask.place_b, axis=1
    )
    inside = near <= ask.max_length + SLACK
    spans = np.flatnonzero(
        ask.usable[network.span_asset]
        & inside[network.span_start]
        & inside[network.span_end]
        & (network.span_start != network.span_end)
    )
    tail = np.repeat(np.arange(len(network.node_lonlat)), np.diff(network.gaps.first))
    forward = np.flatnonzero((tail < network.gaps.head) & inside[tail] & inside[network.gaps.head])
    pairs = network.gaps.item[forward]
    short = network.gap_length_m[pairs] <= ask.max_gap
    forward, pairs = forward[short], pairs[short]
    entry, exits = inside[ask.entry], inside[ask.exit]
    if not spans.size or not entry.any() or not exits.any():
        return None
    number = np.cumsum(inside) - 1
    a, b = int(inside.sum()), int(inside.sum()) + 1
    start = np.concatenate((network.span_start[spans], tail[forward]))
    end = np.concatenate((network.span_end[spans], network.gaps.head[forward]))
    gap_m = np.concatenate((network.gap_length_m[pairs], ask.entry_length[entry], ask.exit_length[exits]))
    extra = np.concatenate((network.gap_extra[pairs], ask.entry_extra[entry], ask.exit_extra[exits]))
    quantity = search.demand.quantity
    none = np.zeros(spans.size)
    return Arcs(
        start=np.concatenate((number[start], np.full(entry.sum(), a), number[ask.exit[exits]])),
        end=np.concatenate((number[end], number[ask.entry[entry]], np.full(exits.sum(), b))),
        span=np.concatenate((spans, np.full(gap_m.size, GAP))),
        asset=np.concatenate((network.span_asset[spans], np.full(gap_m.size, GAP))),
        cost=np.concatenate((network.span_price[spans] * quantity, gap_m * ask.gap_cost + extra)),
        length=np.concatenate((network.span_length_m[spans], gap_m)),
        gap=np.concatenate((none, gap_m)),
        loss=np.concatenate((network.span_loss_db[spans], gap_m * ask.gap_loss)),
        leg=np.concatenate((none + 1, np.ones(pairs.size), (gap_m[pairs.size :] > ask.snap).astype(np.float64))),
        one_way=np.arange(spans.size + gap_m.size) >= spans.size + pairs.size,
        node=np.flatnonzero(inside),
        a=a,
        b=b,
    )


def _flow(arcs: Arcs, single: Ints) -> _Flow | None:
    """The cheapest two units of flow, None where there is way for one at most. single: nodes that one alone passes."""
    vertices, ways = arcs.b + 1, np.flatnonzero(~arcs.one_way)
    tail, head = np.concatenate((arcs.start, arcs.end[ways])), np.concatenate((arcs.end, arcs.start[ways]))
    cost = np.concatenate((arcs.cost, arcs.cost[ways]))
    # A terminal at an access point is that access point: both routes pass it.
    room = np.where(np.concatenate((arcs.leg, arcs.leg[ways])) > 0, 1, 2)
    moves = cost.size
    if single.size:
        nodes = np.arange(arcs.a)
        tail = np.concatenate((np.where(tail < arcs.a, tail + vertices, tail), nodes))
        head = np.concatenate((head, nodes + vertices))
        cost = np.concatenate((cost, np.zeros(arcs.a)))
        room = np.concatenate((room, np.where(np.isin(nodes, single), 1, 2)))
        vertices *= 2
    graph = digraph(tail, head, cost, room, vertices)
    used, sent, potential = cheapest_flow(graph, arcs.a, arcs.b, 2)
    if sent < 2:
        return None
    forth = used[::2].astype(np.int64)
    both = np.zeros((arcs.cost.size, 2), dtype=np.int64)
    both[:, 0] = forth[: arcs.cost.size]
    both[ways, 1] = forth[arcs.cost.size : moves]
    both -= both.min(axis=1, keepdims=True)  # to and fro on the same arc is no use of it
    detour = least_detour(graph, used, potential)
    added = detour[: arcs.cost.size]
    added[ways] = np.minimum(added[ways], detour[arcs.cost.size : moves])
    return _Flow(both, float((both.sum(axis=1) * arcs.cost).sum()), added)


def _pairings(arcs: Arcs, used: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Every way to tell the flow apart into two paths, each as rows of arcs in order from A to B."""
    left: dict[int, list[tuple[int, int]]] = {}
    for row, back in np.argwhere(used > 0).tolist():
        ends = (int(arcs.start[row]), int(arcs.end[row]))
        left.setdefault(ends[back], []).extend([(row, ends[1 - back])] * int(used[row, back]))

    def walks(here: int, path: list[int]) -> Iterator[list[int]]:
        """Every way on from `here`; what is taken is gone from `left` until the next way is asked for."""
        taken: list[tuple[int, tuple[int, int]]] = []
        path, options = list(path), list(dict.fromkeys(left.get(here, [])))
        while here != arcs.b and len(options) == 1:
            left[here].remove(options[0])
            taken.append((here, options[0]))
            row, here = options[0]
            path.append(row)
            options = list(dict.fromkeys(left.get(here, [])))
        if here == arcs.b:
            yield path
        else:
            for row, there in options:
                left[here].remove((row, there))
                yield from walks(there, [*path, row])
                left[here].append((row, there))
        for node, option in reversed(taken):
            left[node].append(option)

    for one in walks(arcs.a, []):
        for other in walks(arcs.a, []):
            yield np.array(one, dtype=np.int64), np.array(other, dtype=np.int64)


def _places(arcs: Arcs, path: Ints) -> Ints:
    """The vertices along a path, A and B included."""
    here, along = arcs.a, [arcs.a]
    for row in path.tolist():
        here = int(arcs.start[row] + arcs.end[row]) - here
        along.append(here)
    return np.array(along, dtype=np.int64)


def _sound(search: RouteSearch, arcs: Arcs, path: Ints) -> bool:
    """Whether a path repeats no node, builds no two gaps in a row, and keeps the limits."""
    by_gap = arcs.span[path] == GAP
    if (by_gap[1:] & by_gap[:-1]).any() or np.unique(_places(arcs, path)).size <= path.size:
        return False
    return search.keeps_limits(_route(search, arcs, path))


def _route(search: RouteSearch, arcs: Arcs, path: Ints) -> Route:
    nodes = arcs.node[_places(arcs, path)[1:-1]]
    return search.along(nodes.astype(np.int32), arcs.span[path[1:-1]].astype(np.int32))


def _pair(search: RouteSearch, arcs: Arcs, paths: tuple[Ints, Ints], bound: float) -> RoutePair:
    return _told((_route(search, arcs, paths[0]), _route(search, arcs, paths[1])), bound)


def _told(routes: tuple[Route, Route], bound: float) -> RoutePair:
    first, second = sorted(routes, key=lambda route: (route.cost_per_year, route.nodes.tolist()))
    cost = plain_cost(first) + plain_cost(second)
    return RoutePair(first, second, cost, min(bound, cost))
