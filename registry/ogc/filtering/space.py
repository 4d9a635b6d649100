"""Spatial conditions: the place that the viewer may know, beside a geometry of the filter."""

import json
from collections.abc import Callable
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Func, Q, Value
from django.utils.translation import gettext as _

from registry.filters import compared
from registry.ogc.filtering.mixed import RELATIONS, Side, as_value, is_mixed
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
# What holds of any place and itself.
OF_ITSELF = frozenset({"s_intersects", "s_contains", "s_within", "s_equals"})

Operands = tuple[shapely.Geometry | None, shapely.Geometry | None]
"""Each a geometry of the filter in WGS 84, or None for the place."""


def operands(arguments: list[Tree], scope: Scope) -> Operands:
    """Raises the problem 400."""
    if len(arguments) != 2:
        refuse(_("A spatial condition relates two geometries, of which the property place can be one."))
    first, second = (None if is_place(argument) else _literal(argument, scope) for argument in arguments)
    return first, second


def envelope(arguments: list[Tree], scope: Scope) -> GEOSGeometry | None:
    """The box that the place meets wherever one of MEETING holds; None where no geometry is beside the place."""
    first, second = operands(arguments, scope)
    if (first is None) == (second is None):
        return None
    box = shapely.envelope(second if first is None else first)
    return GEOSGeometry(memoryview(shapely.to_wkb(box)), srid=4326)


def _literal(node: Tree, scope: Scope) -> shapely.Geometry:
    """Of a collection the union of its parts, which is what it relates by."""
    match node:
        case {"bbox": [*numbers]}:
            return shapely.from_wkb(bytes(_box(numbers, scope).wkb))
    parts = _parts(node, scope)
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _parts(node: Tree, scope: Scope) -> list[shapely.Geometry]:
    match node:
        # A member that nothing is known of, such as crs, may say how to read the others.
        case {"type": "GeometryCollection", "geometries": [_, *_] as inside, **rest} if not rest:
            return [part for inner in inside for part in _parts(inner, scope)]
        case {"type": str(), "coordinates": list(), **rest} if set(rest) <= {"bbox"}:
            return [_geometry(node, scope)]
    refuse(_("A geometry is needed: POINT, LINESTRING, POLYGON, one of their MULTI, GEOMETRYCOLLECTION, or BBOX."))


def _box(numbers: list[Any], scope: Scope) -> GEOSGeometry:
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(isinstance(number, int | float) for number in numbers):
        refuse(_("BBOX takes four numbers."))
    try:
        return scope.crs.box(numbers)
    except (ValidationError, OverflowError, ValueError):
        refuse(_("A box lies outside of its reference system."))


def _geometry(literal: dict[str, Any], scope: Scope) -> shapely.Geometry:
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
    return placed


def _operator(name: str) -> Callable[[list[Tree], Scope], Q]:
    def relate(arguments: list[Tree], scope: Scope) -> Q:
        first, second = operands(arguments, scope)
        if first is None and second is None:
            return _constant(name in OF_ITSELF)
        if is_mixed(first) or is_mixed(second):
            related = RELATIONS[name](Side(first), Side(second))
        elif first is not None and second is not None:
            return _constant(bool(getattr(shapely, name.removeprefix("s_"))(first, second)))
        else:
            sides = [PLACE_EXPRESSION if side is None else as_value(side) for side in (first, second)]
            related = Q(Func(*sides, function=FUNCTIONS[name], output_field=BooleanField()))
        return Q(compared(related)) if name in MEETING else related

    return relate


def _constant(holds: bool) -> Q:
    return Q(Value(holds, output_field=BooleanField()))


OPERATORS = {name: _operator(name) for name in FUNCTIONS}
