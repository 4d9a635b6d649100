"""A network without what a route that is disjoint from others may not use: what is left is searched as any other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely import STRtree

from sharing.matching.apart import Apart, Disjoint, common_ends
from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.geodesy import geodesic_m
from sharing.matching.network import Links, Network
from sharing.matching.routing import Route
from sharing.matching.search_graph import GAP


@dataclass(frozen=True)
class Laid:
    """A route that is laid, from end to end (degrees, shape (2, 2)), and how another is to be disjoint from it.

    apart: the distance between the two, where it is one.
    """

    route: Route
    ends: Floats
    by: Disjoint
    apart: Apart | None = None


@dataclass(frozen=True)
class _Shut:
    """Spans, gaps and nodes that are closed; and gaps from an end, by the end and the node."""

    span: Flags
    gap: Flags
    node: Flags
    entry: set[tuple[tuple[float, float], int]]

    @classmethod
    def nothing(cls, network: Network) -> "_Shut":
        counts = network.span_asset.size, network.gap_length_m.size, len(network.node_lonlat)
        span, gap, node = (np.zeros(count, dtype=np.bool_) for count in counts)
        return cls(span, gap, node, set(network.shut_entries))


def beside(network: Network, laid: Sequence[Laid], ends: Floats) -> Network:
    """What a route from end to end (degrees, shape (2, 2)) may use of the network beside those that are laid."""
    if not laid:
        return network
    shut = _Shut.nothing(network)
    for one in laid:
        _shut_used(shut, network, one, ends)
        if one.by is Disjoint.BY_NODE:
            shut.node[one.route.nodes[_away(network, one, ends)]] = True
        elif one.apart is not None:
            _shut_near(shut, network, one.apart, one, ends)
    for end, (nodes, _) in zip(ends, network.nodes_near(ends, network.max_gap_m), strict=True):
        shut.entry.update((_place(end), int(node)) for node in nodes[shut.node[nodes]])
    return replace(
        network,
        arcs=_left(network.arcs, shut.span, shut.node),
        gaps=_left(network.gaps, shut.gap, shut.node),
        shut_entries=frozenset(shut.entry),
    )


def _shut_used(shut: _Shut, network: Network, laid: Laid, ends: Floats) -> None:
    """The spans and gaps that are used, of those from an end such as both routes have."""
    nodes, spans = laid.route.nodes, laid.route.spans
    shut.span[spans[spans != GAP]] = True
    for at in np.flatnonzero(spans == GAP):
        shut.gap[network.gap_between(int(nodes[at]), int(nodes[at + 1]))] = True
    for end, node in zip(laid.ends, (nodes[0], nodes[-1]), strict=True):
        for own in ends[geodesic_m(ends, np.tile(end, (2, 1))) <= network.snap_m]:
            if geodesic_m(own[None], network.node_lonlat[[node]])[0] > network.snap_m:
                shut.entry.add((_place(own), int(node)))


def _away(network: Network, laid: Laid, ends: Floats) -> Flags:
    """Which of the nodes of a route are not themselves an end of both."""
    away = np.ones(laid.route.nodes.size, dtype=np.bool_)
    places = network.node_lonlat[laid.route.nodes]
    for end in common_ends(ends, laid.ends, network.snap_m):
        away &= geodesic_m(places, np.tile(end, (len(places), 1))) > network.snap_m
    return away


def _shut_near(shut: _Shut, network: Network, apart: Apart, laid: Laid, ends: Floats) -> None:
    places = np.concatenate((laid.ends[:1], network.node_lonlat[laid.route.nodes], laid.ends[1:]))
    steps = np.concatenate(([GAP], laid.route.spans, [GAP])).astype(np.int64)
    route = apart.drawn(steps, places[:-1], places[1:])
    near = np.unique(apart.clashes(route, apart.everything)[1])
    spans = shut.span.size
    shut.span[near[near < spans]] = True
    shut.gap[near[near >= spans] - spans] = True
    for end, (nodes, _) in zip(ends, network.nodes_near(ends, network.max_gap_m), strict=True):
        straight = np.full(nodes.size, GAP, dtype=np.int64)
        entries = apart.drawn(straight, np.tile(end, (nodes.size, 1)), network.node_lonlat[nodes])
        near = np.unique(apart.clashes(route, STRtree(entries))[1])
        shut.entry.update((_place(end), int(node)) for node in nodes[near])


def _left(links: Links, shut: Flags, shut_node: Flags) -> Links:
    """The links that are not shut themselves or at one of their nodes."""
    tail: Ints = np.repeat(np.arange(shut_node.size), np.diff(links.first))
    left = ~(shut[links.item] | shut_node[tail] | shut_node[links.head])
    first = np.concatenate(([0], np.cumsum(np.bincount(tail[left], minlength=shut_node.size))))
    return Links(first.astype(np.int32), links.head[left], links.item[left])


def _place(lonlat: Floats) -> tuple[float, float]:
    return float(lonlat[0]), float(lonlat[1])
