"""Demands and matches as GeoJSON for maps (registry/static/web/map.js), each place as the person may know it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from registry.web.places import Feature, collection, feature
from sharing.matching.geodesy import WGS84
from sharing.models import Demand, Match
from sharing.shown.match_page import LegRow

CORNERS = 64


def demand_features(demand: Demand, *, role: str = "demand", href: str = "") -> list[Feature]:
    """Where a demand is: its place with the circle of its radius, or both ends of its route."""
    properties = {"role": role, "label": str(demand), "href": href}
    if demand.location:
        point = feature(demand.location.geojson, **properties, mark=str(demand.line))
        if not demand.radius_m:
            return [point]
        circle = _circle(demand.location.x, demand.location.y, demand.radius_m)
        note = _("within %(radius)s m") % {"radius": f"{demand.radius_m:,.0f}"}
        return [{"type": "Feature", "geometry": circle, "properties": {"role": "area", "note": note}}, point]
    ends = [(demand.origin, "A"), (demand.destination, "B")]
    return [feature(place.geojson, **properties, mark=mark) for place, mark in ends if place]


def demand_point(demand: Demand, *, role: str, href: str) -> list[Feature]:
    """A demand among many: its place, or the straight line of its route."""
    if demand.location:
        return [feature(demand.location.geojson, role=role, label=str(demand), href=href, mark=str(demand.line))]
    if demand.origin is None or demand.destination is None:
        return []
    line = {"type": "LineString", "coordinates": [list(demand.origin.coords), list(demand.destination.coords)]}
    properties = {"role": role, "label": str(demand), "href": href, "mark": str(demand.line)}
    return [{"type": "Feature", "geometry": line, "properties": properties}]


def leg_features(rows: Sequence[LegRow], kind: str, *, marked: bool = True) -> list[Feature]:
    """The legs of a match; a gap to be built is dashed, a masked place says so. marked: whether they are numbered and
    coloured by owner, as beside a table of them."""
    found = []
    for row in rows:
        if row.place is None:
            continue
        properties = {
            "role": "gap" if row.leg.is_gap else (marked and row.colour) or kind,
            "gap": row.leg.is_gap,
            "label": f"{row.number} · {row.name}",
            "mark": str(row.number) if marked else "",
        }
        if row.masked:
            properties["note"] = _("the grid cell, not the place")
        found.append(feature(row.place.geojson, **properties))
    return found


def match_shapes(match: Match, rows: Sequence[LegRow]) -> Feature:
    """Its legs, and where its line is while that is told with it."""
    line = demand_features(match.demand) if match.tells_line else ()
    return collection([*line, *leg_features(rows, match.demand.kind)])


def _circle(lon: float, lat: float, radius_m: float) -> Feature:
    """A geodesic circle as a polygon of 64 corners."""
    azimuth = [360.0 * n / CORNERS for n in range(CORNERS)]
    lons, lats, _back = WGS84.fwd([lon] * CORNERS, [lat] * CORNERS, azimuth, [radius_m] * CORNERS)
    ring = [[round(x, 6), round(y, 6)] for x, y in zip(lons, lats, strict=True)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
