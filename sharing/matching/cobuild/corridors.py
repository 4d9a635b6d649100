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
    return _cents(terms.digging(asks.origin, asks.destination, straight), straight, asks.units, terms)


def joins(asks: TrenchAsks, terms: TrenchTerms) -> Joins:
    """Every pair within the corridor and the route's longest path that saves something."""
    route, trench = _near(asks, terms.corridor_m)
    timely = in_time(asks.start, asks.end, route, trench)
    route, trench = route[timely], trench[timely]
    on = _foot(asks.origin[route], asks.origin[trench], asks.destination[trench])
    off = _foot(asks.destination[route], asks.origin[trench], asks.destination[trench])
    spur_on, spur_off = geodesic_m(asks.origin[route], on), geodesic_m(off, asks.destination[route])
    path = spur_on + geodesic_m(on, off) + spur_off
    fits = (np.maximum(spur_on, spur_off) <= terms.corridor_m) & (path <= asks.longest_m[route])
    route, trench, path, on, off = route[fits], trench[fits], path[fits], on[fits], off[fits]
    spurs = terms.digging(asks.origin[route], on, spur_on[fits])
    spurs += terms.digging(off, asks.destination[route], spur_off[fits])
    cost = _cents(spurs, path, asks.units[route], terms)
    kept = cost < alone_costs(asks, terms)[route]
    return Joins(route[kept], trench[kept], cost[kept], on[kept], off[kept])


def boxes(asks: TrenchAsks, corridor_m: float) -> Floats:
    """West, south, east and north about each route, widened by the corridor: all that it digs lies within, whether
    it has a trench of its own or joins another."""
    low, high = np.minimum(asks.origin, asks.destination), np.maximum(asks.origin, asks.destination)
    north = corridor_m / METRES_PER_DEGREE
    farthest = np.minimum(np.abs(np.concatenate((low[:, 1], high[:, 1]))).max(initial=0.0) + north, 89.0)
    wider = np.array([north / np.cos(np.radians(farthest)), north])
    return np.concatenate((low - wider, high + wider), axis=1)


def _cents(dug: Floats, laid_m: Floats, units: Ints, terms: TrenchTerms) -> Ints:
    """dug: what digging costs a year."""
    per_unit = np.rint(laid_m * terms.per_unit_m * CENTS).astype(np.int64) * units
    return np.asarray(np.rint(dug * CENTS).astype(np.int64) + per_unit)


def _near(asks: TrenchAsks, corridor_m: float) -> tuple[Ints, Ints]:
    """Pairs (route, trench) where both ends of the route lie in the box about the trench, widened by the corridor."""
    about = shapely.box(*boxes(asks, corridor_m).T)
    trench, route = shapely.STRtree(shapely.points(asks.origin)).query(about, predicate="intersects")
    both = shapely.intersects_xy(about[trench], asks.destination[route])
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
