"""Spatial conditions: the place that the viewer may know, beside a geometry of the filter."""

import json
from collections.abc import Callable
from typing import Any

import shapely
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Func, Q, Value
from django.utils.translation import gettext as _

from registry.filters import compared
from registry.ogc.filtering.reading import Tree, refuse
from registry.ogc.filtering.scope import PLACE_EXPRESSION, Scope, is_place
from registry.places import fault_of

FUNCTIONS = {
    "s_intersects": "ST_Intersects",
    "s_disjoint": "ST_Disjoint",
    "s_contains": "ST_Contains",
    "s_within": "ST_Within",
    "s_touches": "ST_Touches",
    "s_crosses": "ST_Crosses",
    "s_overlaps": "ST_Overlaps",
    "s_equals": "ST_Equals",
}
# Where one of these holds, the two geometries' boxes meet.
MEETING = frozenset(FUNCTIONS) - {"s_disjoint"}


def geometry_of(arguments: list[Tree], scope: Scope) -> GEOSGeometry:
    """The geometry among the two arguments, in WGS 84; the other one is the place. Raises the problem 400."""
    if len(arguments) != 2 or sum(map(is_place, arguments)) != 1:
        refuse(_("A spatial condition relates the property place to a geometry."))
    (literal,) = (argument for argument in arguments if not is_place(argument))
    match literal:
        case {"bbox": [*numbers]}:
            return _box(numbers, scope)
        case {"type": str(), "coordinates": list()}:
            return _geometry(literal, scope)
    refuse(_("A geometry is needed: POINT, LINESTRING, POLYGON, one of their MULTI, or BBOX."))


def _box(numbers: list[Any], scope: Scope) -> GEOSGeometry:
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(isinstance(number, int | float) for number in numbers):
        refuse(_("BBOX takes four numbers."))
    try:
        return scope.crs.box(numbers)
    except (ValidationError, OverflowError, ValueError):
        refuse(_("A box lies outside of its reference system."))


def _geometry(literal: dict[str, Any], scope: Scope) -> GEOSGeometry:
    """Valid, and on Earth: PostGIS finds fault with others only where a row comes near, which would tell of it."""
    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(literal)))
    except (shapely.errors.GEOSException, ValueError, TypeError):
        refuse(_("A geometry is not what its type says, or an outline does not end where it began."))
    placed = scope.crs.to_wgs84(shape)
    fault = fault_of(placed)
    if fault and fault.code in ("number", "outside", "swapped"):
        refuse(_("A geometry lies outside of its reference system: mind the order of the axes."))
    if fault:
        refuse(fault.reason)
    return GEOSGeometry(memoryview(shapely.to_wkb(placed)), srid=4326)


def _operator(name: str) -> Callable[[list[Tree], Scope], Q]:
    def relate(arguments: list[Tree], scope: Scope) -> Q:
        geometry = Value(geometry_of(arguments, scope), output_field=GeometryField(srid=4326))
        sides = [PLACE_EXPRESSION if is_place(argument) else geometry for argument in arguments]
        related = Func(*sides, function=FUNCTIONS[name], output_field=BooleanField())
        return Q(compared(related)) if name in MEETING else Q(related)

    return relate


OPERATORS = {name: _operator(name) for name in FUNCTIONS}
