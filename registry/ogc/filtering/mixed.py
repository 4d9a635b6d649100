"""Spatial relations where a GEOMETRYCOLLECTION has parts of several dimensions. It is the union of its parts (OGC
06-103r4, 6.1.15). GEOS before 3.13 relates none, and 3.14 takes what lies along an area's outline for outside of the
collection; so this is put together from what PostGIS says of each part alone."""

from collections.abc import Callable
from functools import reduce
from operator import and_, or_
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import BooleanField, Func, IntegerField, Q, Value
from django.db.models.lookups import Exact, GreaterThan, LessThan

from registry.ogc.filtering.scope import PLACE_EXPRESSION

PLACE = GeometryField(srid=4326)
POINTS, LINES, AREAS = 0, 1, 2
INTERIORS = "T********"
"""Of DE-9IM: the interiors meet; with a figure first, in so many dimensions."""


class Side:
    """The place, or a geometry of the filter. parts: expressions, each of one dimension and by it, none inside
    another; of the place the only one, whose dimension each row has."""

    def __init__(self, geometry: shapely.Geometry | None) -> None:
        if geometry is None:
            self.parts: dict[int | None, Any] = {None: PLACE_EXPRESSION}
            self.dimension: Any = _dimension(PLACE_EXPRESSION)
            return
        parts = shapely.get_parts(geometry)
        dimensions = shapely.get_dimensions(parts)
        one_each = {int(one): shapely.union_all(parts[dimensions == one]) for one in np.unique(dimensions)}
        self.parts = {one: as_value(part) for one, part in one_each.items()}
        self.dimension = Value(max(one_each))

    def covers(self, other: "Side") -> Q:
        return reduce(and_, (self._covers(part) for part in other.parts.values()))

    def meets(self, other: "Side", function: str = "ST_Intersects", *pattern: Value) -> Q:
        pairs = [(one, another) for one in self.parts.values() for another in other.parts.values()]
        return reduce(or_, (_holds(function, *pair, *pattern) for pair in pairs))

    def meets_inside(self, other: "Side", pattern: str = INTERIORS) -> Q:
        return self.meets(other, "ST_Relate", Value(pattern))

    def _covers(self, part: Any) -> Q:
        """Whether the parts together cover something of one dimension: what is left of it without the points and lines
        lies in the areas. Of an area these take nothing away."""
        if len(self.parts) == 1:
            return _holds("ST_Covers", *self.parts.values(), part)
        areas = self.parts.get(AREAS)
        ways = [] if areas is None else [_is(part, AREAS) & _holds("ST_Covers", areas, part)]
        for dimension, taken in ((POINTS, (POINTS, LINES)), (LINES, (LINES,))):
            left = part
            for one in taken:
                if one in self.parts:
                    left = Func(left, self.parts[one], function="ST_Difference", output_field=PLACE)
            nothing = _holds("ST_IsEmpty", left)
            rest = nothing if areas is None else nothing | _holds("ST_Covers", areas, left)
            ways.append(_is(part, dimension) & rest)
        return reduce(or_, ways)


def _crosses(one: Side, other: Side) -> Q:
    """They meet inside, in less than the larger dimension of the two, and neither lies in the other."""
    both_lines = Q(Exact(one.dimension, Value(LINES))) & Q(Exact(other.dimension, Value(LINES)))
    return one.meets_inside(other) & (
        (Q(LessThan(one.dimension, other.dimension)) & ~other.covers(one))
        | (Q(GreaterThan(one.dimension, other.dimension)) & ~one.covers(other))
        | (both_lines & ~one.meets_inside(other, "1********"))
    )


def _overlaps(one: Side, other: Side) -> Q:
    """Both are of one dimension, they meet inside in that dimension, and neither lies in the other."""
    meets = reduce(
        or_, (Q(Exact(one.dimension, Value(n))) & one.meets_inside(other, f"{n}********") for n in range(3))
    )
    return Q(Exact(one.dimension, other.dimension)) & meets & ~one.covers(other) & ~other.covers(one)


RELATIONS: dict[str, Callable[[Side, Side], Q]] = {
    "s_intersects": Side.meets,
    "s_disjoint": lambda one, other: ~one.meets(other),
    "s_contains": lambda one, other: one.covers(other) & one.meets_inside(other),
    "s_within": lambda one, other: other.covers(one) & one.meets_inside(other),
    "s_equals": lambda one, other: one.covers(other) & other.covers(one),
    "s_touches": lambda one, other: one.meets(other) & ~one.meets_inside(other),
    "s_crosses": _crosses,
    "s_overlaps": _overlaps,
}


def is_mixed(geometry: shapely.Geometry | None) -> bool:
    return geometry is not None and geometry.geom_type == "GeometryCollection"


def as_value(shape: shapely.Geometry) -> Value:
    return Value(GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=4326), output_field=PLACE)


def _holds(function: str, *arguments: Any) -> Q:
    return Q(Func(*arguments, function=function, output_field=BooleanField()))


def _dimension(place: Any) -> Func:
    return Func(place, function="ST_Dimension", output_field=IntegerField())


def _is(place: Any, dimension: int) -> Q:
    return Q(Exact(_dimension(place), Value(dimension)))
