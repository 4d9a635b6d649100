"""Which planned facilities could take an unmet demand in: they come before any new build of one's own.

A facility suits a demand when its type carries the kind, it opens by the demand's first day, space can still be asked
for, and it is near enough: within the radius of a place, or within the corridor of both ends of a route, which then
goes along it. Its place is published to every party, so nothing is told by that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import substring

from registry.kinds import Kind
from registry.models import FacilityType
from sharing.matching.arrays import Floats
from sharing.matching.geodesy import geodesic_m, local_m

SUITS: dict[str, frozenset[str]] = {
    Kind.TOWER.value: frozenset({FacilityType.BRIDGE, FacilityType.ROAD, FacilityType.RAILWAY, FacilityType.BUILDING}),
    Kind.DUCT.value: frozenset(set(FacilityType.values) - {FacilityType.BUILDING.value}),
    Kind.FIBER.value: frozenset(set(FacilityType.values) - {FacilityType.BUILDING.value}),
    Kind.EQUIPMENT_ROOM.value: frozenset(
        {FacilityType.SUBWAY, FacilityType.BUILDING, FacilityType.UTILITY_TUNNEL, FacilityType.RAILWAY}
    ),
}
"""What kinds a facility can take in, by its type."""

LEAST_ALONG_M = 1.0
"""Of a route over a facility: less is not along it."""


@dataclass(frozen=True, slots=True)
class Facility:
    """A planned facility that space can still be asked for. opens: day; geometry: WGS 84 degrees."""

    id: int
    owner: int
    facility_type: str
    opens: int
    geometry: shapely.Geometry


@dataclass(frozen=True, slots=True)
class Wanted:
    """An unmet demand as facilities are looked for. ends: one place or two, degrees; near_m: how far the facility may
    be from each; longest_m: of a route over it. barred: facilities its party has declined."""

    id: int
    party: int
    kind: str
    start: int
    ends: Floats
    near_m: float
    longest_m: float
    barred: frozenset[int] = frozenset()


def suggestions(wanted: Sequence[Wanted], facilities: Sequence[Facility]) -> dict[int, int]:
    """The facility of each demand (by ids) that has one: the nearest, of equally near ones that of the lowest id."""
    if not wanted or not facilities:
        return {}
    tree = shapely.STRtree([facility.geometry for facility in facilities])
    found: dict[int, int] = {}
    for one in wanted:
        reach = one.near_m / (110_000.0 * max(float(np.cos(np.radians(one.ends[0, 1]))), 0.01))
        west, south = one.ends[0] - reach
        east, north = one.ends[0] + reach
        best = (np.inf, 0)
        for index in sorted(tree.query(shapely.box(west, south, east, north)).tolist()):
            facility = facilities[index]
            if _open_to(one, facility):
                best = min(best, (_distance_m(one, facility.geometry), facility.id))
        if best[0] < np.inf:
            found[one.id] = best[1]
    return found


def _open_to(wanted: Wanted, facility: Facility) -> bool:
    """Its own plans a party knows of itself."""
    return (
        facility.facility_type in SUITS[wanted.kind]
        and facility.opens <= wanted.start
        and facility.owner != wanted.party
        and facility.id not in wanted.barred
    )


def _distance_m(wanted: Wanted, geometry: shapely.Geometry) -> float:
    """From the facility to the demand's ends, added up; infinite where it is too far or the way over it too long."""
    feet = np.array([_nearest(place, geometry) for place in wanted.ends])
    away = geodesic_m(wanted.ends, feet)
    if (away > wanted.near_m).any():
        return np.inf
    if len(feet) == 2:
        along = _along_m(geometry, feet)
        if along < LEAST_ALONG_M or along + away.sum() > wanted.longest_m:
            return np.inf
    return float(away.sum())


def _nearest(place: Floats, geometry: shapely.Geometry) -> Floats:
    """The point of the geometry nearest to a place, on the plane that touches the ellipsoid there."""
    flat = shapely.transform(geometry, lambda lonlat: local_m(lonlat, np.broadcast_to(place, lonlat.shape)))
    foot = shapely.get_coordinates(shapely.shortest_line(shapely.Point(0.0, 0.0), flat))[-1]
    scale = local_m(place[None] + 1e-3, place[None])[0] / 1e-3
    return np.asarray(place + foot / scale)


def _along_m(geometry: shapely.Geometry, feet: Floats) -> float:
    """Along the line of the facility between two of its points; straight where it is no single line."""
    line = shapely.line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
    if line.geom_type != "LineString":
        return float(geodesic_m(feet[:1], feet[1:])[0])
    first, last = sorted(shapely.line_locate_point(line, shapely.points(feet)).tolist())
    between = shapely.get_coordinates(substring(line, first, last))
    return float(geodesic_m(between[:-1], between[1:]).sum())
