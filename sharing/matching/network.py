"""The network that routes are stitched from: ducts or fibers of all owners as arrays, built once a kind and run.

A **node** is an access point: where lines end, chambers given beside them, and where an access point lies on another
line. Places within the snapping tolerance of one another are one node, whoever owns them. A **span** is the part of an
asset between two nodes that follow one another along it. A **gap** joins two nodes near enough that new build between
them may be considered. Demands never change a network: what is open, free or affordable to one comes as arrays by
asset.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from sharing.matching.arrays import Floats, Ints
from sharing.matching.geodesy import ecef, geodesic_m
from sharing.matching.junctions import Cuts, cuts_at_nodes, place_cuts
from sharing.matching.landmarks import Landmarks
from sharing.matching.line_arrays import SNAP_M, Lines
from sharing.matching.search_graph import Graph, Ids
from sharing.matching.terrain import Ground


class Links(NamedTuple):
    """Neighbours of each node: those of node v are rows first[v] to first[v + 1].

    For arcs `item` is the span; for gaps the number of the pair, each of which is listed from both its ends.
    """

    first: Ids
    head: Ids
    item: Ids


@dataclass(frozen=True)
class Network:
    """Nodes, spans and gaps, along `_along_curve`; rows of assets are in the order of `Lines.sorted_by_key`."""

    lines: Lines
    node_lonlat: Floats
    node_ecef: Floats
    span_asset: Ids  # row in `lines`
    span_start: Ids
    span_end: Ids
    span_share: Floats  # part of the asset's length, and so of its price and loss
    span_length_m: Floats
    span_lonlat: Floats
    span_first: Ints  # vertices of span s are span_lonlat[span_first[s] : span_last[s] + 1]
    span_last: Ints
    arcs: Links
    gaps: Links
    gap_length_m: Floats
    gap_extra: Floats  # what it costs a year beyond its length on the cheapest ground
    max_gap_m: float
    snap_m: float
    ground: Ground | None = None  # none: new build costs the same everywhere
    shut_entries: frozenset[tuple[tuple[float, float], int]] = frozenset()  # gaps from a place to a node that are not

    @cached_property
    def node_tree(self) -> cKDTree:
        return cKDTree(self.node_ecef)

    @cached_property
    def span_price(self) -> Floats:
        return self.lines.price_per_year[self.span_asset] * self.span_share

    @cached_property
    def span_loss_db(self) -> Floats:
        return self.lines.loss_db[self.span_asset] * self.span_share

    @cached_property
    def spans_of_asset(self) -> Ints:
        """How many there are, by asset row."""
        return np.bincount(self.span_asset, minlength=len(self.lines))

    @cached_property
    def asset_owner(self) -> Ids:
        """Owners numbered from 0, by asset row."""
        return np.unique(self.lines.owner, return_inverse=True)[1].astype(np.int32)

    @cached_property
    def by_cost(self) -> Graph:
        """For the cheapest path: spans weigh their price for a unit and year, gaps their length and `gap_extra`."""
        real = self.span_length_m > 0
        rate = self.span_price[real] / self.span_length_m[real]
        return Graph(
            *self.arcs,
            *self.gaps,
            span_asset=self.span_asset,
            span_price=self.span_price,
            span_length=self.span_length_m,
            span_loss=self.span_loss_db,
            asset_owner=self.asset_owner,
            gap_length=self.gap_length_m,
            gap_extra=self.gap_extra,
            node_place=self.node_ecef,
            least_rate=float(rate.min()) if rate.size else 0.0,
        )

    @cached_property
    def landmarks(self) -> Landmarks:
        return Landmarks(self.by_cost)

    @cached_property
    def by_length(self) -> Graph:
        """For the shortest path: spans and gaps weigh their length."""
        return self.by_cost._replace(span_price=self.span_length_m, gap_extra=self._no_extra, least_rate=1.0)

    @cached_property
    def by_loss(self) -> Graph:
        """For the path of least attenuation: spans weigh their loss in dB, gaps their length."""
        return self.by_cost._replace(span_price=self.span_loss_db, gap_extra=self._no_extra, least_rate=0.0)

    @cached_property
    def by_gap(self) -> Graph:
        """For the path of least new build: spans weigh nothing, gaps their length."""
        nothing = np.zeros(self.span_asset.size)
        return self.by_cost._replace(span_price=nothing, gap_extra=self._no_extra, least_rate=0.0)

    @cached_property
    def _no_extra(self) -> Floats:
        return np.zeros(self.gap_length_m.size)

    @cached_property
    def longest_m(self) -> float:
        """Longer than any path that repeats no node."""
        return float(self.span_length_m.sum()) + self.max_gap_m * (self.span_asset.size + 2)

    @cached_property
    def gap_ends(self) -> Ints:
        """Both nodes of each gap, the lower number first, shape (gaps, 2)."""
        tail = np.repeat(np.arange(len(self.node_lonlat)), np.diff(self.gaps.first))
        once = tail < self.gaps.head
        ends = np.empty((self.gap_length_m.size, 2), dtype=np.int64)
        ends[self.gaps.item[once]] = np.column_stack((tail, self.gaps.head))[once]
        return ends

    def gap_between(self, start: int, end: int) -> int:
        """Number of the gap between two nodes."""
        here = slice(self.gaps.first[start], self.gaps.first[start + 1])
        return int(self.gaps.item[here][self.gaps.head[here] == end][0])

    def span_lines(self, spans: Ids, starts: Ids) -> list[Floats]:
        """The line of each span from its node in `starts` on, shape (n, 2) degrees; anything where it is no span."""
        forth = (self.span_start[spans] == starts).tolist()
        rows = zip(self.span_first[spans].tolist(), self.span_last[spans].tolist(), forth, strict=True)
        lines = [(self.span_lonlat[first : last + 1], on) for first, last, on in rows]
        return [line if on else line[::-1] for line, on in lines]

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Asset id to row."""
        return {int(asset): row for row, asset in enumerate(self.lines.asset)}

    def nodes_near(self, lonlat: Floats, limit_m: float) -> list[tuple[Ints, Floats]]:
        """For each place, shape (n, 2): the nodes within `limit_m` of it, in order, and their geodesic distances."""
        near_each = self.node_tree.query_ball_point(ecef(lonlat), limit_m)
        found = [np.sort(np.asarray(near, dtype=np.int64)) for near in near_each]
        count = [near.size for near in found]
        distance = geodesic_m(np.repeat(lonlat, count, axis=0), self.node_lonlat[np.concatenate(found)])
        split = np.split(distance, np.cumsum(count)[:-1])
        within = [(near[m <= limit_m], m[m <= limit_m]) for near, m in zip(found, split, strict=True)]
        if not self.shut_entries:
            return within
        places = [(float(lon), float(lat)) for lon, lat in lonlat]
        is_open = [
            np.array([(place, int(node)) not in self.shut_entries for node in near], dtype=np.bool_)
            for place, (near, _) in zip(places, within, strict=True)
        ]
        return [(near[flags], m[flags]) for (near, m), flags in zip(within, is_open, strict=True)]


def build_network(
    lines: Lines,
    *,
    max_gap_m: float,
    chambers: Floats | None = None,
    tee: bool = True,
    snap_m: float = SNAP_M,
    ground: Ground | None = None,
) -> Network:
    """The network of `lines`, with gaps up to `max_gap_m` between its nodes.

    chambers: further access points, shape (n, 2) degrees; a line they lie on is cut there.
    tee: whether the end of a line that lies on another line is an access point of that line too. True of ducts, which
    meet in chambers; not of fibers, which pass through a joint uncut.
    ground: what new build costs where, unless it costs the same everywhere.
    """
    lines = lines.sorted_by_key()
    ends = np.column_stack((lines.first[:-1], lines.first[1:] - 1)).ravel()
    extra = np.empty((0, 2)) if chambers is None else chambers
    node_of, node_lonlat = _snap(np.concatenate((lines.lonlat[ends], extra)), snap_m)
    start, end = node_of[: 2 * len(lines) : 2], node_of[1 : 2 * len(lines) : 2]
    tee_ends = node_of[: 2 * len(lines)][np.repeat(lines.exact & tee, 2)]
    cutting = np.unique(np.concatenate((tee_ends, node_of[2 * len(lines) :])))
    cuts = cuts_at_nodes(lines.lonlat, lines.first, lines.exact, start, end, node_lonlat, cutting, snap_m)
    return _assemble(lines, start, end, node_lonlat, cuts, max_gap_m, snap_m, ground)


def _snap(lonlat: Floats, snap_m: float) -> tuple[Ints, Floats]:
    """The node of each point, and the nodes' places, numbered along a curve: the same for any order of points."""
    tree = cKDTree(ecef(lonlat))
    pairs = tree.query_pairs(snap_m, output_type="ndarray")
    joined = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(lonlat),) * 2)
    group = connected_components(joined, directed=False)[1]
    order = np.lexsort((lonlat[:, 1], lonlat[:, 0]))
    _, first = np.unique(group[order], return_index=True)  # westernmost member of each group, by group
    place = lonlat[order][first]
    along = np.lexsort((place[:, 1], place[:, 0], _along_curve(place)))
    number = np.empty(first.size, dtype=np.int64)
    number[along] = np.arange(first.size)
    return number[group], place[along]


def _along_curve(lonlat: Floats) -> Ints:
    """Where places lie on a curve through all squares of the Earth (Morton 1966): what lies near one another is near
    on it too, and so in memory, where searches spend most of their time waiting for it."""
    square = ((lonlat + 180.0) * (2**31 / 360.0)).astype(">u4")
    bits = np.unpackbits(square.view(np.uint8).reshape(-1, 2, 4), axis=2)
    return np.packbits(bits.transpose(0, 2, 1).reshape(-1, 64), axis=1).view(">i8").ravel().astype(np.int64)


def _assemble(
    lines: Lines, start: Ints, end: Ints, node_lonlat: Floats, cuts: Cuts, max_gap_m: float, snap_m: float,
    ground: Ground | None,
) -> Network:  # fmt: skip
    lonlat, vertex_line, cut_at, cut_node = place_cuts(lines.lonlat, lines.first, start, end, cuts)
    step = geodesic_m(lonlat[:-1], lonlat[1:])
    along = np.concatenate(([0.0], np.cumsum(np.where(vertex_line[1:] == vertex_line[:-1], step, 0.0))))
    same_line = vertex_line[cut_at[1:]] == vertex_line[cut_at[:-1]]
    span_start, span_end = cut_node[:-1][same_line], cut_node[1:][same_line]
    by_place = np.argsort(np.minimum(span_start, span_end), kind="stable")
    span_start, span_end = span_start[by_place], span_end[by_place]
    first, last = cut_at[:-1][same_line][by_place], cut_at[1:][same_line][by_place]
    asset = vertex_line[first]
    geometric = along[last] - along[first]
    whole = np.bincount(asset, weights=geometric, minlength=len(lines))
    parts = np.bincount(asset, minlength=len(lines))
    share = np.where(whole[asset] > 0, geometric / np.where(whole > 0, whole, 1.0)[asset], 1.0 / parts[asset])
    declared = np.where(np.isnan(lines.length_m), whole, lines.length_m)
    # No cable is shorter than the straight line between its ends: holds for snapped ends and declared lengths too,
    # and makes that straight line a lower bound for the search.
    straight = geodesic_m(node_lonlat[span_start], node_lonlat[span_end])
    gap_ends, gap_length = _gaps(node_lonlat, max_gap_m)
    if ground is None:
        gap_extra = np.zeros(gap_length.size)
    else:
        gap_extra = ground.extra(node_lonlat[gap_ends[:, 0]], node_lonlat[gap_ends[:, 1]], gap_length)
    real = np.flatnonzero(span_start != span_end)
    return Network(
        lines=lines,
        node_lonlat=node_lonlat,
        node_ecef=ecef(node_lonlat),
        span_asset=asset.astype(np.int32),
        span_start=span_start.astype(np.int32),
        span_end=span_end.astype(np.int32),
        span_share=share,
        span_length_m=np.maximum(declared[asset] * share, straight),
        span_lonlat=lonlat,
        span_first=first,
        span_last=last,
        arcs=_links(span_start[real], span_end[real], real, np.zeros(real.size), len(node_lonlat)),
        gaps=_links(gap_ends[:, 0], gap_ends[:, 1], np.arange(len(gap_ends)), gap_length, len(node_lonlat)),
        gap_length_m=gap_length,
        gap_extra=gap_extra,
        max_gap_m=max_gap_m,
        snap_m=snap_m,
        ground=ground,
    )


def _gaps(node_lonlat: Floats, max_gap_m: float) -> tuple[Ints, Floats]:
    """Pairs of nodes (lower number first, in order) no farther apart than `max_gap_m`, and their geodesic lengths."""
    pairs = cKDTree(ecef(node_lonlat)).query_pairs(max_gap_m, output_type="ndarray").astype(np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    length = geodesic_m(node_lonlat[pairs[:, 0]], node_lonlat[pairs[:, 1]])
    within = length <= max_gap_m
    return pairs[within], length[within]


def _links(start: Ints, end: Ints, item: Ints, weight: Floats, node_count: int) -> Links:
    """Both directions of each pair, by node, lightest first."""
    tail, head = np.concatenate((start, end)), np.concatenate((end, start))
    items = np.concatenate((item, item))
    order = np.lexsort((items, head, np.concatenate((weight, weight)), tail))
    first = np.concatenate(([0], np.cumsum(np.bincount(tail, minlength=node_count))))
    return Links(first.astype(np.int32), head[order].astype(np.int32), items[order].astype(np.int32))
