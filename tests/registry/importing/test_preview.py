from pathlib import Path

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon

from registry.importing.intake import Options
from registry.importing.preview import preview
from registry.kinds import Kind
from tests import factories

pytestmark = pytest.mark.django_db
EAST_OF_114 = MultiPolygon(Polygon.from_bbox((114.0, 30.0, 115.0, 31.0)), srid=4326)


@pytest.fixture
def owner():
    owner = factories.organization("grid")
    owner.region.boundary = EAST_OF_114
    owner.region.save()
    return owner


def looked_into(path: Path, text: str, owner, **options):
    file = path / "towers.csv"
    file.write_text(text, encoding="utf-8")
    return preview(file, owner=owner, kind=Kind.TOWER, options=Options(**options))


def test_it_says_which_column_is_what_and_shows_rows_and_places(tmp_path: Path, owner):
    seen = looked_into(tmp_path, "编号,经度,纬度,heigth,备注\nT-1,114.3,30.5,30,x\nT-2,113.9,30.5,20,\n", owner)

    assert seen["columns"] == {"code": "编号", "lon": "经度", "lat": "纬度"}
    assert seen["suggested"] == {"heigth": "height_m"}
    assert seen["rows"][1] == {"row": 3, "cells": ["T-2", "113.9", "30.5", "20", ""]}
    assert [each["geometry"]["coordinates"] for each in seen["places"]["features"]] == [(114.3, 30.5), (113.9, 30.5)]
    assert (seen["placed"], seen["outside"], seen["swapped"]) == (2, 1, 0)


def test_swapped_columns_are_noticed_by_the_owners_region(tmp_path: Path, owner):
    owner.region.boundary = MultiPolygon(Polygon.from_bbox((30.0, 40.0, 31.0, 41.0)), srid=4326)
    owner.region.save()

    seen = looked_into(tmp_path, "code,lon,lat\nT-1,40.5,30.5\nT-2,40.6,30.6\n", owner)

    assert (seen["placed"], seen["outside"], seen["swapped"]) == (2, 2, 2)


def test_without_a_boundary_the_country_of_the_region_tells_what_is_swapped(tmp_path: Path, owner):
    owner.region.boundary = None
    owner.region.save()

    seen = looked_into(tmp_path, "code,lon,lat\nT-1,30.5,114.3\nT-2,114.3,30.5\nT-3,2.3,48.9\n", owner)

    assert (seen["placed"], seen["outside"], seen["swapped"]) == (3, 2, 1)


def test_what_lies_beyond_the_poles_is_counted_and_not_handed_to_the_map(tmp_path: Path, owner):
    seen = looked_into(tmp_path, "code,lon,lat\nT-1,30.5,114.3\nT-2,30.6,30.5\n", owner)

    assert [each["geometry"]["coordinates"] for each in seen["places"]["features"]] == [(30.6, 30.5)]
    assert (seen["placed"], seen["outside"], seen["swapped"]) == (2, 2, 1)


def test_coordinates_of_an_unknown_system_are_no_places_and_say_why(tmp_path: Path, owner):
    seen = looked_into(tmp_path, "code,x,y\nT-1,535000,3380000\n", owner)

    assert seen["placed"] == 0
    assert seen["trouble"].startswith("Coordinates such as 535000, 3380000 are not longitudes and latitudes")
