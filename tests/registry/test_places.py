"""What can be a place on Earth."""

import time

import numpy as np
import pytest
import shapely
from django.db import IntegrityError, connection, transaction

from registry.places import MOST_CORNERS, fault_of, is_tangled, misplaced
from tests import factories
from tests.assurance.bad_input.files import comb


def code(wkt: str) -> str:
    with np.errstate(invalid="ignore"):
        fault = fault_of(shapely.from_wkt(wkt))
    return fault.code if fault else ""


@pytest.mark.parametrize(
    ("wkt", "found"),
    [
        ("POINT (114.3 30.5)", ""),
        ("POINT (-180 90)", ""),
        ("POINT EMPTY", "empty"),
        ("MULTIPOLYGON EMPTY", "empty"),
        ("GEOMETRYCOLLECTION (POINT (1 2))", "collection"),
        ("POINT (181 30)", "outside"),
        ("POINT (30 91)", "swapped"),
        ("LINESTRING (1 2, NaN 3)", "number"),
        ("LINESTRING (1 2, 1 2)", "length"),
        ("MULTILINESTRING ((1 2, 3 4), (1 2, 1 2))", "length"),
        ("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "crossing"),
        ("POLYGON ((0 0, 2 0, 2 2, 0 0), (5 5, 6 5, 6 6, 5 5))", "crossing"),
        # A line may cross itself, as a cable does round a roundabout.
        ("LINESTRING (0 0, 2 2, 2 0, 0 2)", ""),
        ("LINESTRING (179 30, -179 30)", "round"),
        ("MULTIPOINT (179 30, -179 30)", ""),
        ("MULTILINESTRING ((179 30, 180 30), (-180 30, -179 30))", ""),
        ("LINESTRING (-180 0, 180 0)", "round"),
        ("POLYGON ((179 60, -179 60, -179 61, 179 61, 179 60))", "round"),
        # From the 180th meridian to itself: Antarctica, and everything.
        ("POLYGON ((-180 -90, 180 -90, 180 -70, 0 -65, -180 -70, -180 -90))", ""),
        ("POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))", ""),
    ],
)  # fmt: skip
def test_what_keeps_a_geometry_from_being_a_place(wkt: str, found: str):
    assert code(wkt) == found


def test_a_fault_says_where():
    fault = fault_of(shapely.from_wkt("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))"))
    assert fault and fault.reason == "The outline crosses or touches itself near 0.5 0.5: draw it anew there."


def test_a_place_has_so_many_corners_and_no_more():
    line = np.column_stack([np.linspace(114, 115, MOST_CORNERS + 1), np.full(MOST_CORNERS + 1, 30.0)])
    assert fault_of(shapely.linestrings(line[1:])) is None
    assert getattr(fault_of(shapely.linestrings(line)), "reason", "") == (
        "The place has 40,001 corners, more than 40,000: simplify it."
    )


def test_a_coast_of_many_corners_is_looked_through_and_a_comb_of_as_many_is_not():
    angles = np.linspace(0, 2 * np.pi, MOST_CORNERS - 1, endpoint=False)
    rugged = 1 + 0.05 * np.sin(angles * 400)
    coast = shapely.polygons(np.column_stack([114 + rugged * np.cos(angles), 30 + rugged * np.sin(angles)]))
    assert fault_of(coast) is None
    started = time.monotonic()
    assert getattr(fault_of(comb(teeth=MOST_CORNERS // 2 - 10)), "code", "") == "tangled"
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("teeth", [900, 1_400])
def test_what_is_looked_through_takes_no_time(teeth: int):
    outline = comb(teeth)
    assert not is_tangled(outline)
    started = time.monotonic()
    assert fault_of(outline) is None
    assert time.monotonic() - started < 1


def test_of_many_the_faulty_ones_are_told():
    geometry = np.array([shapely.Point(1, 2), None, shapely.Point(200, 2), shapely.Point(1, 2)], dtype=object)
    assert {n: fault.code for n, fault in misplaced(geometry).items()} == {2: "outside"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wkt", ["POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "LINESTRING (1 2, 1 2)", "POINT (181 1)", "POINT EMPTY",
            "GEOMETRYCOLLECTION (POINT (1 2))", "LINESTRING (1 2, NaN 3)"],
)  # fmt: skip
def test_the_database_takes_no_plan_that_is_no_place_whoever_writes(wkt: str):
    plan = factories.planned_facility(factories.organization("metro"))
    with pytest.raises(IntegrityError, match="facility_geometry_is_a_place"), transaction.atomic():
        connection.cursor().execute(
            "UPDATE registry_plannedfacility SET geometry = ST_GeomFromText(%s, 4326) WHERE id = %s", [wkt, plan.pk]
        )


@pytest.mark.django_db
@pytest.mark.parametrize("wkt", ["MULTIPOLYGON (((181 0, 182 0, 182 1, 181 0)))", "MULTIPOLYGON EMPTY"])
def test_the_database_takes_no_terrain_beyond_the_earth(wkt: str):
    area = factories.terrain_area(factories.organization("metro"), "water", (114.3, 30.5, 114.4, 30.6))
    with pytest.raises(IntegrityError, match="terrain_geometry_is_on_earth"), transaction.atomic():
        connection.cursor().execute(
            "UPDATE registry_terrainarea SET geometry = ST_GeomFromText(%s, 4326) WHERE id = %s", [wkt, area.pk]
        )
