"""Which routes could lie in one trench: one is dug straight for its own ends, and another joins it for a stretch.

A route that joins goes straight from its end to the nearest point of the trench, along it, and straight on to its
other end. Lengths are geodesics on WGS 84; costs are cents a year.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from sharing.matching.arrays import Floats, Ints
from sharing.matching.cobuild.builds import TrenchAsks
from sharing.matching.cobuild.costs import CENTS, TrenchTerms
from sharing.matching.cobuild.sites import in_time
from sharing.matching.geodesy import geodesic_m, local_m

METRES_PER_DEGREE = 110_000.0
"""Of latitude, and less: what a box is widened by never falls short."""


@dataclass(frozen=True, slots=True)
class Joins:
    """Pairs of routes of which one could join the other's trench for less than its own would cost. Rows by route, then
    trench; cost: what joining costs, new spurs dug and own units laid; on, off: where on the trench, degrees."""

    route: Ints
    trench: Ints
    cost: Ints
    on: Floats
    off: Floats

    def __len__(self) -> int:
        return int(self.route.size)


def alone_costs(asks: TrenchAsks, terms: TrenchTerms) -> Ints:
    """Of each route in a straight trench of its own."""
    straight = geodesic_m(asks.origin, asks.destination)
    return _cents(straight, straight, asks.units, terms)


def joins(asks: TrenchAsks, terms: TrenchTerms) -> Joins:
    """Every pair within the corridor and the route's longest path that saves something."""
    route, trench = _near(asks, terms.corridor_m)
    timely = in_time(asks.start, asks.end, route, trench)
    route, trench = route[timely], trench[timely]
    on = _foot(asks.origin[route], asks.origin[trench], asks.destination[trench])
    off = _foot(asks.destination[route], asks.origin[trench], asks.destination[trench])
    spur_on, spur_off = geodesic_m(asks.origin[route], on), geodesic_m(off, asks.destination[route])
    spurs, path = spur_on + spur_off, spur_on + geodesic_m(on, off) + spur_off
    cost = _cents(spurs, path, asks.units[route], terms)
    fits = (np.maximum(spur_on, spur_off) <= terms.corridor_m) & (path <= asks.longest_m[route])
    kept = fits & (cost < alone_costs(asks, terms)[route])
    return Joins(route[kept], trench[kept], cost[kept], on[kept], off[kept])


def _cents(dug_m: Floats, laid_m: Floats, units: Ints, terms: TrenchTerms) -> Ints:
    per_unit = np.rint(laid_m * terms.per_unit_m * CENTS).astype(np.int64) * units
    return np.asarray(np.rint(dug_m * terms.per_m * CENTS).astype(np.int64) + per_unit)


def _near(asks: TrenchAsks, corridor_m: float) -> tuple[Ints, Ints]:
    """Pairs (route, trench) where both ends of the route lie in the box about the trench, widened by the corridor."""
    low, high = np.minimum(asks.origin, asks.destination), np.maximum(asks.origin, asks.destination)
    north = corridor_m / METRES_PER_DEGREE
    farthest = np.minimum(np.abs(np.concatenate((low[:, 1], high[:, 1]))).max(initial=0.0) + north, 89.0)
    east = north / np.cos(np.radians(farthest))
    boxes = shapely.box(low[:, 0] - east, low[:, 1] - north, high[:, 0] + east, high[:, 1] + north)
    trench, route = shapely.STRtree(shapely.points(asks.origin)).query(boxes, predicate="intersects")
    both = shapely.intersects_xy(boxes[trench], asks.destination[route])
    apart = both & (route != trench)
    route, trench = route[apart].astype(np.int64), trench[apart].astype(np.int64)
    order = np.lexsort((trench, route))
    return route[order], trench[order]


def _foot(point: Floats, start: Floats, end: Floats) -> Floats:
    """The point of the line from start to end nearest to each point, on the plane at the middle of the line."""
    middle = (start + end) / 2
    a, b, p = local_m(start, middle), local_m(end, middle), local_m(point, middle)
    along = b - a
    length = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip(((p - a) * along).sum(axis=1) / length, 0.0, 1.0)
    return np.asarray(start + share[:, None] * (end - start))
