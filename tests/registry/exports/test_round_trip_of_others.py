"""What comes back of the nouns beside assets and demands: areas of terrain, organizations and regions."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon

from registry.exports.formats import FORMATS
from registry.importing.intake import Options
from registry.importing.organizations import import_organizations
from registry.importing.regions import import_regions
from registry.importing.report import ImportReport
from registry.importing.terrain import import_terrain
from registry.models import Organization, Region, Role, TerrainArea, TerrainClass
from registry.models.region import GB_T_2260
from tests import factories
from tests.calls import Caller, body_of

pytestmark = pytest.mark.django_db
OUTLINES = [Polygon.from_bbox((114.3, 30.5, 114.4, 30.6)), Polygon.from_bbox((114.5, 30.5, 114.6123456789, 30.6))]
TABLES = [format.name for format in FORMATS.values() if not format.needs_place]
MAPS = [name for name in FORMATS if name != "ofds"]


def exported(caller: Caller, path: str, format: str, folder: Path, **parameters: str) -> Path:
    response = caller.get(path, format=format, **parameters)
    assert response.status_code == 200, response.content
    file = folder / f"file.{format}"
    file.write_bytes(body_of(response))
    return file


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejects)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490"])
@pytest.mark.parametrize("format", MAPS)
def test_areas_of_terrain_come_back_without_a_difference(format: str, crs: str, tmp_path: Path):
    owner = factories.organization("city")
    names = {"A": "=东湖", "-": "N/A", "'无": "无", "B'": "''=x", "C": "'t Hof"}
    for number, (code, name) in enumerate(names.items()):
        TerrainArea.objects.create(
            owner=owner, code=code, name=name, terrain_class=TerrainClass.ROCK,
            geometry=MultiPolygon(OUTLINES[: 1 + number % 2], srid=4326),
        )  # fmt: skip
    caller = Caller(factories.member(owner, Role.EDITOR))
    if format == "kml":
        crs = "EPSG:4326"
    file = exported(caller, "terrain-areas/", format, tmp_path, crs=crs)
    assert counts(import_terrain(file, owner=owner, options=Options())) == (0, 0, 5, 0)
    there = told()
    TerrainArea.objects.all().delete()
    assert counts(import_terrain(file, owner=owner, options=Options())) == (5, 0, 0, 0)
    assert told() == there


def told() -> list[Any]:
    return [
        (area.code, area.name, area.terrain_class, area.geometry.wkt) for area in TerrainArea.objects.order_by("code")
    ]


@pytest.mark.parametrize("format", TABLES)
def test_organizations_and_regions_come_back_without_a_difference(format: str, tmp_path: Path):
    party = factories.organization("telco", name="=电信", contact_email="a@telco.example", contact_phone="+86 27")
    factories.regulator("city")
    factories.organization("none", name="N/A", contact_phone="-")
    caller = Caller(factories.member(party))
    file = exported(caller, "organizations/", format, tmp_path)
    assert counts(import_organizations(file, options=Options())) == (0, 0, 3, 0)
    file = exported(caller, "regions/", format, tmp_path)
    assert counts(import_regions(file, scheme=GB_T_2260, options=Options()))[2] == Region.objects.count()
    assert Organization.objects.get(code="telco").name == "=电信"
    assert Organization.objects.values_list("name", "contact_phone").get(code="none") == ("N/A", "-")
