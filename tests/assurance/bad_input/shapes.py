"""Geometries that are no places, each with what its refusal must say: as GeoJSON and as WKT."""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely

from tests.assurance.bad_input.files import MILLION, comb, star

GEOJSON_NEEDED, CROSSING, ROUND = "GeoJSON", "crosses or touches itself near", "180th meridian"
UNREADABLE = f"{GEOJSON_NEEDED}|not what its type says|no condition in CQL2"
NO_NUMBER = f"no number|JSON|outside|{UNREADABLE}"
OUTSIDE = "not a longitude and latitude|Longitudes lie within|outside of its reference system"
SWAPPED = "look swapped|outside of its reference system"


@dataclass(frozen=True)
class Shape:
    """type and coordinates as in GeoJSON. says: what the refusal must match. parts: of a collection."""

    type: str
    coordinates: Any
    says: str
    parts: tuple["Shape", ...] = ()

    @cached_property
    def geojson(self) -> str:
        tree = {"type": self.type, "coordinates": self.coordinates}
        parts = [json.loads(part.geojson) for part in self.parts]
        return json.dumps({**tree, "geometries": parts} if parts else tree)

    @cached_property
    def wkt(self) -> str:
        """Written by hand, as no library writes what is no geometry."""
        if self.parts:
            return f"{self.type.upper()} ({', '.join(part.wkt for part in self.parts)})"
        return f"{self.type.upper()} {_written(self.coordinates, 0 if self.type == 'Point' else 1)}"


def _written(coordinates: Any, depth: int) -> str:
    if not coordinates:
        return "EMPTY"
    if not isinstance(coordinates[0], list):
        numbers = " ".join(str(number) for number in coordinates)
        return numbers if depth else f"({numbers})"
    return f"({', '.join(_written(part, 1) for part in coordinates)})"


def _of(shape: shapely.Geometry, says: str) -> Shape:
    made = json.loads(shapely.to_geojson(shape))
    return Shape(made["type"], made["coordinates"], says)


RING = [[114.3, 30.5], [114.4, 30.5], [114.4, 30.6], [114.3, 30.5]]
SHAPES = {
    "an area that crosses itself": Shape(
        "Polygon", [[[114.3, 30.5], [114.4, 30.6], [114.4, 30.5], [114.3, 30.6], [114.3, 30.5]]], CROSSING
    ),
    "areas that overlap": Shape("MultiPolygon", [[RING], [RING]], CROSSING),
    "an outline of three corners": Shape("Polygon", [RING[:2] + RING[:1]], f"{UNREADABLE}|{CROSSING}"),
    "an outline that is open": Shape("Polygon", [RING[:3]], UNREADABLE),
    "a line of one corner": Shape("LineString", [[114.3, 30.5]], UNREADABLE),
    "a line without a length": Shape("LineString", [[114.3, 30.5], [114.3, 30.5]], "no length"),
    "a longitude of 181": Shape("Point", [181, 30.5], OUTSIDE),
    "a latitude of 91": Shape("Point", [114.3, 91], f"{OUTSIDE}|{SWAPPED}"),
    "a latitude before a longitude": Shape("Point", [30.5, 114.3], SWAPPED),
    "a line over the 180th meridian": Shape("LineString", [[179, 30], [-179, 30]], ROUND),
    "an area over the 180th meridian": Shape("Polygon", [[[179, 30], [-179, 30], [-179, 31], [179, 30]]], ROUND),
    "no number": Shape("LineString", [[114.3, 30.5], [math.nan, 30.5]], NO_NUMBER),
    "a number without end": Shape("Point", [math.inf, 30.5], NO_NUMBER),
    "no coordinates": Shape("LineString", [], "no coordinates|no condition in CQL2"),
    "nothing many times": Shape("MultiPoint", [], "no coordinates|no condition in CQL2"),
    "places in places": Shape(
        "GeometryCollection", [], "collection is no place|geometry is needed", (Shape("Point", [114.3, 30.5], ""),)
    ),
    "a type of nothing": Shape("Curve", [[114.3, 30.5], [114.4, 30.5]], UNREADABLE),
}
"""Small enough for any door."""

LARGE = {
    "an area that crosses itself millions of times": _of(star(), "too closely"),
    "an outline of slanting teeth": _of(comb(), "too closely"),
    "a line of a million corners": Shape(
        "LineString", [[114.3, 30.5], [114.31, 30.6]] * (MILLION // 2), "corners|characters|values"
    ),
    "an area of fifty thousand corners": _of(
        shapely.Point(114.3, 30.5).buffer(0.1, quad_segs=12_500), "corners|characters"
    ),
}
