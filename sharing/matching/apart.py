"""How two routes must be apart, and how near they come to one another where that is a matter of metres.

They must keep their distance wherever neither is within that distance of an end that both have: about an end they
cannot but meet. Lines are laid on a plane about the middle of the ends (transverse Mercator, true to 0.003 % within
50 km of its meridian), so a distance is a straight one there, and each part of a route is held against each part of
the other.
"""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely import STRtree

from sharing.matching.arrays import Floats, Ints, spans
from sharing.matching.geodesy import geodesic_m
from sharing.matching.network import Network
from sharing.matching.search_graph import GAP, SLACK

Shapes = NDArray[np.object_]

CORNERS: Final = 64
"""Of a quarter of the circle that stands for what is near an end."""


class Disjoint(Enum):
    """What two routes must not have in common: spans and gaps; or access points either, but for their ends; or, of
    spans and gaps, what is too near to the other."""

    BY_SPAN = "span"
    BY_NODE = "node"
    BY_DISTANCE = "distance"


def common_ends(ends: Floats, others: Floats, snap_m: float) -> Floats:
    """Those of a route's ends (degrees, shape (2, 2)) that another route has too."""
    apart_m = geodesic_m(np.repeat(ends, 2, axis=0), np.tile(others, (2, 1))).reshape(2, 2)
    return ends[(apart_m <= snap_m).any(axis=1)]


@dataclass(frozen=True)
class Apart:
    """The distance in metres on one network. common: the ends that both routes have, degrees, shape (n, 2). middle:
    degrees, about where the routes are."""

    network: Network
    metres: float
    common: Floats
    middle: Floats

    @classmethod
    def of(cls, network: Network, metres: float, ends: Floats, others: Floats) -> "Apart":
        return cls(network, metres, common_ends(ends, others, network.snap_m), ends.mean(axis=0))

    @cached_property
    def plane(self) -> Transformer:
        lon, lat = self.middle.tolist()
        return Transformer.from_crs("EPSG:4326", f"+proj=tmerc +lat_0={lat} +lon_0={lon} +ellps=WGS84", always_xy=True)

    @cached_property
    def near_ends(self) -> shapely.Geometry:
        places = shapely.points(np.column_stack(self.plane.transform(*self.common.T)))
        return shapely.union_all(shapely.buffer(places, self.metres, quad_segs=CORNERS))

    def drawn(self, span: Ints, start: Floats, end: Floats) -> Shapes:
        """Spans (GAP: the straight line from start to end) on the plane, without what of them is near a common end."""
        network, own = self.network, span != GAP
        first, last = network.span_first[span[own]], network.span_last[span[own]]
        count = np.full(span.size, 2)
        count[own] = last - first + 1
        begin = np.cumsum(count) - count
        lonlat = np.empty((int(count.sum()), 2))
        lonlat[np.repeat(own, count)] = network.span_lonlat[spans(first, last - first + 1)]
        lonlat[begin[~own]], lonlat[begin[~own] + 1] = start[~own], end[~own]
        flat = np.column_stack(self.plane.transform(*lonlat.T))
        lines: Shapes = shapely.linestrings(flat, indices=np.repeat(np.arange(span.size), count))
        near = shapely.intersects(lines, self.near_ends)
        lines[near] = shapely.difference(lines[near], self.near_ends)
        return lines

    @cached_property
    def everything(self) -> STRtree:
        """All spans of the network, then all its gaps."""
        start, end = self.network.gap_ends.T
        span = np.arange(self.network.span_asset.size)
        places = self.network.node_lonlat
        everywhere = np.concatenate((self.network.span_start, start)), np.concatenate((self.network.span_end, end))
        whole = np.concatenate((span, np.full(start.size, GAP)))
        return STRtree(self.drawn(whole, places[everywhere[0]], places[everywhere[1]]))

    def clashes(self, lines: Shapes, tree: STRtree) -> tuple[Ints, Ints]:
        """Pairs that are too near to one another: rows of lines, and of those that the tree is of."""
        one, other = tree.query(lines, predicate="dwithin", distance=self.metres)
        nearer = shapely.distance(lines[one], tree.geometries[other]) < self.metres - SLACK
        return one[nearer].astype(np.int64), other[nearer].astype(np.int64)
