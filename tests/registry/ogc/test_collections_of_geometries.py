"""GEOMETRYCOLLECTION, two geometries and the place beside itself in spatial conditions (basic-spatial-functions-plus,
spatial-functions and property-property of CQL2).

The reference is counted out on a grid, on which all shapes lie: a shape is a set of corners, of sides without their
ends, and of fields without their sides, so that nothing of it is ever rounded.
"""

import json
import random
from dataclasses import dataclass
from typing import Any

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import F

from registry.models import PlannedFacility
from registry.ogc.catalog import COLLECTIONS
from registry.ogc.crs import CRS84
from registry.ogc.filtering.conditions import condition
from registry.ogc.filtering.scope import Scope
from registry.ogc.filtering.space import FUNCTIONS
from tests import factories
from tests.calls import problem
from tests.registry.ogc.conftest import Map

pytestmark = pytest.mark.django_db
PLACE = {"property": "place"}
Cell = tuple[int, int]
"""Twice its middle: a corner has two even figures, a side one, a field none."""
GRID = [(x, y) for x in range(-2, 20) for y in range(-2, 20)]


def size(cell: Cell) -> int:
    return cell[0] % 2 + cell[1] % 2


def beside(cell: Cell, *, of: int) -> set[Cell]:
    """The cells of another dimension around or in it."""
    return {
        (cell[0] + x, cell[1] + y) for x in (-1, 0, 1) for y in (-1, 0, 1) if size((cell[0] + x, cell[1] + y)) == of
    }


@dataclass(frozen=True)
class Cells:
    """A set of points: what it holds, and which of it is its interior."""

    held: frozenset[Cell]
    inside: frozenset[Cell]

    @property
    def dimension(self) -> int:
        return max(map(size, self.held))


def cells_of(shape: shapely.Geometry) -> Cells:
    """Of the union of the parts of a shape; the ends of lines by the rule of odd numbers (06-103r4, 6.1.8)."""
    parts = shapely.get_parts(shapely.GeometryCollection([shape]).geoms)
    while any(part.geom_type.startswith(("Multi", "GeometryC")) for part in parts):
        parts = shapely.get_parts(parts)
    middles = shapely.points([(x / 2, y / 2) for x, y in GRID])
    by_size = {
        n: frozenset(
            cell
            for part in parts if shapely.get_dimensions(part) == n
            for cell, on in zip(GRID, shapely.intersects(part, middles), strict=True) if on
        )
        for n in range(3)
    }  # fmt: skip
    areas = by_size[2]
    inside = {cell for cell in areas if beside(cell, of=2) <= areas}
    sides = {cell for cell in by_size[1] - areas if size(cell) == 1}
    lines = sides | {corner for side in sides for corner in beside(side, of=0)}
    ends = {cell for cell in lines if size(cell) == 0 and len(beside(cell, of=1) & sides) % 2}
    points = by_size[0] - areas - lines
    return Cells(areas | lines | points, frozenset(inside | (lines - ends) | points))


def counted(name: str, one: Cells, other: Cells) -> bool:
    """By the definitions of 06-103r4, 6.1.15.3."""
    shared, inner = one.held & other.held, one.inside & other.inside
    neither = shared not in (one.held, other.held)
    return bool({
        "s_intersects": lambda: shared,
        "s_disjoint": lambda: not shared,
        "s_contains": lambda: other.held <= one.held and inner,
        "s_within": lambda: one.held <= other.held and inner,
        "s_equals": lambda: one.held == other.held,
        "s_touches": lambda: shared and not inner,
        "s_crosses": lambda: inner and neither and max(map(size, inner)) < max(one.dimension, other.dimension)
        and (one.dimension != other.dimension or one.dimension == 1),
        "s_overlaps": lambda: inner and neither and one.dimension == other.dimension == max(map(size, inner)),
    }[name]())  # fmt: skip


def shapes(chance: random.Random, count: int) -> list[shapely.Geometry]:
    """On a grid, so that they often touch, share sides and lie in each other; no crossing is rounded."""
    made: list[shapely.Geometry] = []
    while len(made) < count:
        corners = [(chance.randrange(5), chance.randrange(5)) for _ in range(4)]
        west, south = corners[0]
        box = shapely.box(west, south, west + chance.randrange(1, 4), south + chance.randrange(1, 4))
        line = shapely.LineString([corners[0], (corners[0][0], corners[1][1]), (corners[2][0], corners[1][1])])
        shape = chance.choice([
            shapely.Point(corners[0]), shapely.MultiPoint(corners[:3]), line, box,
            shapely.MultiLineString([line, shapely.LineString([(west, 4), (west + 1, 4)])]),
            shapely.difference(shapely.box(0, 0, 4, 4), box),
        ])  # fmt: skip
        if shape.is_valid and not shape.is_empty and shape.geom_type != "GeometryCollection":
            made.append(shape)
    return made


def test_collections_relate_as_the_union_of_their_parts():
    owner, chance = factories.organization("metro"), random.Random(166)
    places = {}
    for shape in shapes(chance, 40):
        plan = factories.planned_facility(owner)
        PlannedFacility.objects.filter(pk=plan.pk).update(geometry=GEOSGeometry(shape.wkt, srid=4326))
        places[plan.pk] = shape
    plans = PlannedFacility.objects.annotate(place=F("geometry"))
    scope = Scope(next(one for one in COLLECTIONS if one.id == "planned-facilities"), CRS84)
    known = {pk: cells_of(place) for pk, place in places.items()}
    compared = dict.fromkeys(FUNCTIONS, 0)
    for _ in range(30):
        collection = shapely.GeometryCollection(shapes(chance, chance.randrange(2, 5)))
        literal, cells = json.loads(shapely.to_geojson(collection)), cells_of(collection)
        for name in FUNCTIONS:
            for place_first in (True, False):
                arguments = [PLACE, literal] if place_first else [literal, PLACE]
                rows = plans.filter(condition({"op": name, "args": arguments}, scope))
                expected = {
                    pk for pk in places if counted(name, *((known[pk], cells) if place_first else (cells, known[pk])))
                }
                found = set(rows.values_list("pk", flat=True))
                said = [(places[pk].wkt, pk in found) for pk in found ^ expected]
                assert not said, (name, place_first, collection.wkt)
                compared[name] += len(expected)
    assert min(compared.values()) > 5, compared


MIXED = "GEOMETRYCOLLECTION(POINT(114.30 30.59), LINESTRING(114.315 30.59, 114.335 30.59))"
BESIDE = [
    (f"S_INTERSECTS(place, {MIXED})", ["T-0", "T-2", "T-3"]),
    (f"S_WITHIN(place, {MIXED})", ["T-0", "T-2", "T-3"]),
    (f"S_DISJOINT({MIXED}, place)", ["T-1", "T-4", "T-2030"]),
    ("S_CONTAINS(place, GEOMETRYCOLLECTION(POINT(114.31 30.59)))", ["T-1"]),
    # A collection in a collection, and one of areas that is a plain area.
    (f"S_INTERSECTS(place, GEOMETRYCOLLECTION({MIXED}, POINT(114.34 30.59)))", ["T-0", "T-2", "T-3", "T-4"]),
    (
        "S_WITHIN(place, GEOMETRYCOLLECTION(POLYGON((114.3 30.5, 114.305 30.5, 114.305 30.6, 114.3 30.6, 114.3 30.5)),"
        " POLYGON((114.305 30.5, 114.315 30.5, 114.315 30.6, 114.305 30.6, 114.305 30.5))))",
        ["T-1"],
    ),
    # Two geometries hold for all or for none.
    ("S_INTERSECTS(POINT(1 2), BBOX(0, 0, 3, 3)) AND code = 'T-1'", ["T-1"]),
    ("S_WITHIN(POINT(1 2), POINT(3 4))", []),
    (f"S_EQUALS({MIXED}, GEOMETRYCOLLECTION(LINESTRING(114.335 30.59, 114.315 30.59), POINT(114.30 30.59)))", ["*"]),
    (f"S_CONTAINS({MIXED}, POINT(114.32 30.59))", ["*"]),
    (f"S_CROSSES({MIXED}, LINESTRING(114.32 30, 114.32 31))", ["*"]),
    (f"S_TOUCHES({MIXED}, {MIXED})", []),
    # The place beside itself.
    ("S_EQUALS(place, place) AND S_INTERSECTS(place, place) AND S_WITHIN(place, place)", ["*"]),
    ("S_CONTAINS(place, place)", ["*"]),
    ("S_TOUCHES(place, place) OR S_CROSSES(place, place) OR S_OVERLAPS(place, place)", []),
    ("S_DISJOINT(place, place)", []),
]


@pytest.mark.parametrize(("text", "found"), BESIDE, ids=[text for text, _found in BESIDE])
def test_filters_relate_whatever_two_geometries(one_map: Map, text: str, found: list[str]):
    every = ["T-0", "T-1", "T-2", "T-3", "T-4", "T-2030"]
    assert one_map.codes(filter=text) == (every if found == ["*"] else found)


def test_collections_are_read_in_json_and_in_another_system(one_map: Map):
    point, line = (30.59, 114.30), [[30.59, 114.315], [30.59, 114.325]]
    collection = {
        "type": "GeometryCollection",
        "geometries": [{"type": "Point", "coordinates": point}, {"type": "LineString", "coordinates": line}],
    }
    tree = json.dumps({"op": "s_within", "args": [PLACE, collection]})
    system = "http://www.opengis.net/def/crs/EPSG/0/4326"
    assert one_map.codes(filter=tree, filter_lang="cql2-json", filter_crs=system) == ["T-0", "T-2"]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "GeometryCollection", "geometries": []}, {"type": "GeometryCollection", "geometries": [3]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 91]}]},
        {"type": "GeometryCollection", "geometries": [{"bbox": [1, 2, 3, 4]}]},
        {"type": "GeometryCollection", "coordinates": []}, {"type": "GeometryCollection", "geometries": {}},
        {"type": "Point", "coordinates": [1, 2], "crs": {"type": "name", "properties": {"name": "EPSG:4547"}}},
    ],
)  # fmt: skip
def test_a_collection_with_a_part_that_is_no_place_is_refused(one_map: Map, geometry: Any):
    tree = json.dumps({"op": "s_intersects", "args": [PLACE, geometry]})
    response = one_map.get("collections/towers/items", filter=tree, filter_lang="cql2-json")
    assert problem(response, 400, "bad_input") == [("filter", "filter")]


def test_classes_are_declared_with_those_they_depend_on(one_map: Map):
    declared = {uri.rpartition("/conf/")[2] for uri in one_map.read("conformance")["conformsTo"] if "/cql2/" in uri}
    assert {"basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions"} <= declared
    assert "property-property" in declared and not {"arithmetic", "accent-insensitive-comparison"} & declared
