"""Terrain areas from files: read by class, known again by code, refused where they are no areas."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.core.management import call_command
from django.db import IntegrityError, transaction

from registry.importing.intake import Options
from registry.importing.report import ImportReport
from registry.importing.terrain import import_terrain
from registry.models import Organization, TerrainArea
from tests import factories

pytestmark = pytest.mark.django_db
SQUARE = "POLYGON((114.3 30.5, 114.4 30.5, 114.4 30.6, 114.3 30.6, 114.3 30.5))"


@pytest.fixture
def city() -> Organization:
    return factories.organization("city")


def load(owner: Organization, path: Path, text: str, **options: Any) -> ImportReport:
    path.write_text(text, encoding="utf-8")
    report = import_terrain(path, owner=owner, options=Options(**options))
    assert report.rows == report.created + report.updated + report.unchanged + len(report.rejects)
    return report


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejects)


def test_areas_of_a_table_land_by_class_and_again_change_nothing(city: Organization, tmp_path: Path) -> None:
    path = tmp_path / "terrain.csv"
    text = f'编号,名称,地类,wkt\nA,长江,水域,"{SQUARE}"\nB,,rock,"{SQUARE}"\n'
    assert counts(load(city, path, text)) == (2, 0, 0, 0)
    river, rock = TerrainArea.objects.order_by("code")
    assert (river.name, river.terrain_class, river.geometry.geom_type) == ("长江", "water", "MultiPolygon")
    assert (str(river), str(rock), rock.terrain_class) == ("长江", "B", "rock")
    assert counts(load(city, path, text)) == (0, 0, 2, 0)
    assert counts(load(city, path, "编号,地类\nB,山地\n")) == (0, 1, 0, 0)
    rock.refresh_from_db()
    assert (rock.terrain_class, rock.geometry.equals(GEOSGeometry(SQUARE))) == ("mountain", True)


def test_what_is_no_area_of_a_class_is_refused_with_its_reason(city: Organization, tmp_path: Path) -> None:
    text = (
        f'code,class,wkt\nA,rock,"{SQUARE}"\nA,rock,"{SQUARE}"\nB,,"{SQUARE}"\nC,swamp,"{SQUARE}"\n'
        'D,rock,"LINESTRING(114 30, 115 30)"\nE,rock,\n'
        f',rock,"{SQUARE}"\n'
    )
    report = load(city, tmp_path / "terrain.csv", text)
    assert (counts(report), [area.code for area in TerrainArea.objects.all()]) == ((1, 0, 0, 6), ["A"])
    assert {row.row: row.reason for row in report.rejects if row.row != 5} == {
        3: "Row 2 has the code A too.",
        4: "The row has no terrain class.",
        6: "Terrain is an area: a polygon, or several.",
        7: "Terrain is an area: a polygon, or several.",
        8: "The row has no code.",
    }
    assert "swamp" in next(row.reason for row in report.rejects if row.row == 5)


def test_a_map_of_one_class_is_loaded_by_the_command(city: Organization, tmp_path: Path) -> None:
    path = tmp_path / "rivers.geojson"
    bow_tie = [[114.3, 30.5], [114.4, 30.6], [114.4, 30.5], [114.3, 30.6], [114.3, 30.5]]
    feature = {
        "type": "Feature",
        "properties": {"id": "way/1"},
        "geometry": {"type": "Polygon", "coordinates": [bow_tie]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    arguments = ("import_terrain", str(path), "--owner=city", "--set", "terrain_class=water", "--json")
    call_command(*arguments, "--dry-run")
    assert TerrainArea.objects.count() == 0
    call_command(*arguments)
    river = TerrainArea.objects.get()
    assert (river.owner, river.code, river.terrain_class) == (city, "way/1", "water")
    assert (river.geometry.valid, len(river.geometry)) == (True, 2)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"code": ""}, "terrain_has_a_code"),
        ({"terrain_class": "swamp"}, "terrain_class_is_known"),
        ({"code": "A"}, "terrain_code_is_unique_to_owner"),
        ({"geometry": "MULTIPOLYGON(((0 0, 1 1, 1 0, 0 1, 0 0)))"}, "terrain_geometry_is_valid"),
    ],
)
def test_the_database_refuses_what_is_no_area(city: Organization, wrong: dict[str, str], constraint: str) -> None:
    right = {"code": "B", "terrain_class": "rock", "geometry": f"MULTIPOLYGON({SQUARE.removeprefix('POLYGON')})"}
    TerrainArea.objects.create(owner=city, **right | {"code": "A"})
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        TerrainArea.objects.create(owner=city, **right | wrong)
    assert TerrainArea.objects.count() == 1
