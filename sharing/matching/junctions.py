"""Where access points lie on lines between their ends, and the lines cut there: pure, on arrays."""

from dataclasses import dataclass

import numpy as np
import shapely

from sharing.matching.arrays import Flags, Floats, Ints, spans
from sharing.matching.geodesy import local_m


@dataclass(frozen=True, slots=True)
class Cuts:
    """Places where a node lies on a line: within the segment that begins at `vertex`, `part` (0..1) of the way on."""

    vertex: Ints
    part: Floats
    node: Ints


def cuts_at_nodes(
    lonlat: Floats,
    first: Ints,
    may_cut: Flags,
    start: Ints,
    end: Ints,
    node_lonlat: Floats,
    nodes: Ints,
    snap_m: float,
) -> Cuts:
    """Where `nodes` lie within `snap_m` of lines that neither start nor end at them; the nearest place on each line.

    Vertices of line i are lonlat[first[i] : first[i + 1]]; start, end: its nodes; may_cut: lines that may be cut.
    """
    count = np.maximum(np.diff(first) - 1, 0) * may_cut
    segment = spans(first[:-1], count)  # by its first vertex
    line_of = np.repeat(np.arange(count.size), count)
    if not segment.size or not nodes.size:
        return Cuts(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))
    shapes = shapely.linestrings(np.stack((lonlat[segment], lonlat[segment + 1]), axis=1))
    # A degree of longitude shrinks with the cosine of the latitude: look wide enough, then measure in metres.
    cosine = max(0.01, float(np.cos(np.radians(np.abs(node_lonlat[:, 1]).max()))))
    reach = 1.01 * snap_m / (110_000.0 * cosine)
    asked, found = shapely.STRtree(shapes).query(
        shapely.points(node_lonlat[nodes]), predicate="dwithin", distance=reach
    )
    node, line, vertex = nodes[asked], line_of[found], segment[found]
    inside = (node != start[line]) & (node != end[line])
    node, line, vertex = node[inside], line[inside], vertex[inside]
    part, distance = _nearest(lonlat[vertex], lonlat[vertex + 1], node_lonlat[node])
    near = np.flatnonzero(distance <= snap_m)
    near = near[np.lexsort((vertex[near], distance[near], node[near], line[near]))]
    _, nearest = np.unique(np.column_stack((line[near], node[near])), axis=0, return_index=True)
    chosen = near[nearest]
    return Cuts(vertex[chosen], part[chosen], node[chosen])


def _nearest(begin: Floats, finish: Floats, place: Floats) -> tuple[Floats, Floats]:
    """How far along each segment (0..1) it comes nearest to a place, and how near in metres."""
    a, b = local_m(begin, place), local_m(finish, place)
    step = b - a
    squared = (step**2).sum(axis=1)
    part = np.clip(-(a * step).sum(axis=1) / np.where(squared > 0, squared, 1.0), 0.0, 1.0)
    return part, np.hypot(*(a + part[:, None] * step).T)


def place_cuts(lonlat: Floats, first: Ints, start: Ints, end: Ints, cuts: Cuts) -> tuple[Floats, Ints, Ints, Ints]:
    """The vertices with the cuts put in; the line of each; and the vertices that are nodes, with their nodes.

    Two cuts that follow one another on a line bound a span of it.
    """
    line = np.repeat(np.arange(first.size - 1), np.diff(first))
    a, b = lonlat[cuts.vertex], lonlat[np.minimum(cuts.vertex + 1, len(lonlat) - 1)]
    vertices = np.concatenate((lonlat, a + cuts.part[:, None] * (b - a)))
    position = np.concatenate((np.arange(len(lonlat), dtype=np.float64), cuts.vertex.astype(np.float64)))
    part = np.concatenate((np.zeros(len(lonlat)), cuts.part))
    node = np.full(len(vertices), -1, dtype=np.int64)
    node[first[:-1]], node[first[1:] - 1] = start, end
    node[len(lonlat) :] = cuts.node
    is_cut = np.arange(len(vertices)) >= len(lonlat)
    order = np.lexsort((node, is_cut, part, position))
    line = np.concatenate((line, line[cuts.vertex]))[order]
    cut_at = np.flatnonzero(node[order] >= 0)
    return vertices[order], line, cut_at.astype(np.int64), node[order][cut_at]
