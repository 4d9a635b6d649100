"""The clients that people have: Debian's ogrinfo and ogr2ogr, a newer GDAL in a process of its own, and OWSLib; by a
token, against a served site."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyogrio
import pytest
from django.utils import timezone
from owslib.ogcapi.features import Features

from registry.accounts import tokens
from registry.kinds import Kind
from registry.models import FacilityType, PlannedFacility, Role, Scope
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

TOWERS = 2503
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
# pyogrio's wheel has GDAL with the driver. A process of its own: the site runs in a thread of this one.
READ = """
import json, sys
import pyogrio
source, layer, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
if not layer:
    print(json.dumps([str(name) for name, _type in pyogrio.list_layers(source)]))
    sys.exit()
if "bbox" in options:
    options["bbox"] = tuple(options["bbox"])
meta, index, geometry, columns = pyogrio.raw.read(source, layer=layer, return_fids=True, **options)
print(json.dumps({
    "crs": meta["crs"], "type": meta["geometry_type"], "fids": [int(fid) for fid in index],
    "places": [wkb.hex() for wkb in geometry],
    "types": {str(name): str(kind) for name, kind in zip(meta["fields"], meta["dtypes"])},
    "columns": {str(name): [str(value) for value in column] for name, column in zip(meta["fields"], columns)},
}))
"""


@pytest.fixture
def secret(db: None) -> str:
    """A token of a viewer of another party than the owner; with towers of three pages, and one of all else."""
    metro = factories.organization("metro")
    viewer = factories.member(factories.organization("telco"), Role.VIEWER)
    first = factories.asset(metro, code="T-0", details={"height_m": 20.0})
    made = [
        type(first)(
            owner=metro, code=f"T-{n}", kind=Kind.TOWER, region=first.region, capacity=4,
            geometry=f"SRID=4326;POINT({114 + n / 10_000} 30.5)",
        )
        for n in range(1, TOWERS)
    ]  # fmt: skip
    towers = type(first).objects.bulk_create(made)
    details = type(first.tower)
    details.objects.bulk_create(
        [details(asset=tower, height_m=20.5 if n % 2 else None) for n, tower in enumerate(towers, start=1)]
    )
    duct = factories.asset(metro, Kind.DUCT, code="D-1")
    factories.asset(metro, Kind.FIBER, code="F-1")
    factories.asset(metro, Kind.EQUIPMENT_ROOM, code="R-1")
    PlannedFacility.objects.create(
        owner=metro, code="M7", name="Line 7", facility_type=FacilityType.SUBWAY, region=first.region,
        geometry=duct.geometry, request_by="2027-01-01", opens_on="2030-01-01",
    )  # fmt: skip
    _token, secret = tokens.issue_personal(
        name="map", scopes=[Scope.READ], expires_at=timezone.now() + timedelta(days=1), actor=viewer
    )
    return secret


@pytest.fixture
def gdal(secret: str, live_server: Any) -> Callable[..., Any]:
    def read(layer: str = "", root: str = "/ogc/", **options: Any) -> Any:
        environment = {**os.environ, "GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": secret}
        source = f"OAPIF:{live_server.url}{root}"
        ended = subprocess.run(
            [sys.executable, "-c", READ, source, layer, json.dumps(options)],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return read


@pytest.fixture
def program(secret: str, live_server: Any) -> Callable[..., str]:
    """A program of Debian's gdal-bin, as docs/ogc.md says to call it; what it prints."""

    def call(name: str, *arguments: str) -> str:
        environment = {**os.environ, "GDAL_HTTP_HEADERS": f"Authorization: Bearer {secret}"}
        command = [name, *(f"OAPIF:{live_server.url}/ogc/" if one == "SOURCE" else one for one in arguments)]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return call


def test_ogrinfo_lists_and_counts(program: Callable[..., str]):
    assert re.findall(r"^\d+: (\S+)", program("ogrinfo", "-ro", "SOURCE"), re.MULTILINE) == [
        "towers", "ducts", "fibers", "equipment-rooms", "planned-facilities", "demands",
    ]  # fmt: skip
    said = program("ogrinfo", "-ro", "-so", "SOURCE", "towers", "-oo", "PAGE_SIZE=1000")
    assert f"Feature Count: {TOWERS}" in said
    assert re.search(r"^height_m: Real", said, re.MULTILINE)


def test_ogr2ogr_takes_a_collection_whole_and_a_part_of_it(program: Callable[..., str], tmp_path: Path):
    program("ogr2ogr", "-f", "GPKG", str(tmp_path / "towers.gpkg"), "SOURCE", "towers", "-oo", "PAGE_SIZE=1000")
    codes = pyogrio.raw.read(tmp_path / "towers.gpkg", columns=["code"], read_geometry=False)[3][0]
    assert sorted(codes) == sorted(f"T-{n}" for n in range(TOWERS))

    where = ("-where", "height_m = 20.0", "-oo", "PAGE_SIZE=1000")
    program("ogr2ogr", "-f", "CSV", str(tmp_path / "one.csv"), "SOURCE", "towers", *where)
    rows = (tmp_path / "one.csv").read_text(encoding="utf-8").splitlines()
    assert [row["code"] for row in csv.DictReader(rows)] == ["T-0"]


def test_gdal_lists_the_collections_as_layers(gdal: Callable[..., Any]):
    assert gdal() == ["towers", "ducts", "fibers", "equipment-rooms", "planned-facilities", "demands"]


def test_gdal_reads_a_collection_whole_page_by_page(gdal: Callable[..., Any]):
    read = gdal("towers")
    assert sorted(read["columns"]["code"]) == sorted(f"T-{n}" for n in range(TOWERS))
    assert len(set(read["fids"])) == TOWERS
    assert (read["type"], "CRS84" in read["crs"]) == ("Point", True)
    types = read["types"]
    # From the schema, not guessed from what the first page happens to have.
    assert (types["height_m"], types["capacity"], types["available_from"]) == ("float64", "int32", "datetime64[D]")
    assert (types["updated_at"], types["place_is_exact"], types["code"]) == ("datetime64[ms]", "bool", "object")
    for layer, code in (("ducts", "D-1"), ("fibers", "F-1"), ("equipment-rooms", "R-1"), ("planned-facilities", "M7")):
        assert gdal(layer)["columns"]["code"] == [code]
    assert gdal("demands")["fids"] == []


def test_gdal_filters_by_place_and_value(gdal: Callable[..., Any]):
    assert gdal("towers", where="code = 'T-77'")["columns"]["code"] == ["T-77"]
    assert gdal("towers", bbox=[114.00095, 30.4, 114.00125, 30.6])["columns"]["code"] == ["T-10", "T-11", "T-12"]
    assert gdal("towers", where="height_m > 20.4 AND code < 'T-1001'")["columns"]["code"] == ["T-1"]


def test_gdal_reads_other_reference_systems_with_their_axes(gdal: Callable[..., Any]):
    """Whatever the order of axes on the wire, GDAL has east before north."""
    degrees = gdal("towers", where="code = 'T-77'")["places"]
    for system in ("EPSG:4326", "EPSG:4490"):
        assert gdal("towers", where="code = 'T-77'", CRS=system)["places"] == degrees
    assert gdal("towers", where="code = 'T-77'", CRS="EPSG:3857")["places"] != degrees


def test_owslib_reads_all_there_is(secret: str, live_server: Any):
    service = Features(f"{live_server.url}/ogc/", headers={"Authorization": f"Bearer {secret}"})
    assert service.conformance()["conformsTo"][0].endswith("ogcapi-features-1/1.0/conf/core")
    assert service.api()["openapi"] == "3.0.3"
    assert service.feature_collections() == [
        "towers", "ducts", "fibers", "equipment-rooms", "planned-facilities", "demands",
    ]  # fmt: skip
    assert service.collection("towers")["title"] == "Towers"
    assert "height_m" in service.collection_queryables("towers")["properties"]
    page = service.collection_items("towers", limit=1000)
    seen = [feature["properties"]["code"] for feature in page["features"]]
    while following := [link["href"] for link in page["links"] if link["rel"] == "next"]:
        after = int(parse_qs(urlsplit(following[0]).query)["after"][0])
        page = service.collection_items("towers", limit=1000, after=after)
        seen += [feature["properties"]["code"] for feature in page["features"]]
    assert seen == [f"T-{n}" for n in range(TOWERS)]
    one = page["features"][0]
    assert service.collection_item("towers", str(one["id"]))["geometry"] == one["geometry"]


def test_owslib_filters_with_cql2(secret: str, live_server: Any):
    service = Features(f"{live_server.url}/ogc/", headers={"Authorization": f"Bearer {secret}"})
    found = service.collection_items("towers", filter="height_m IS NULL AND code LIKE 'T-10'")
    assert [feature["properties"]["code"] for feature in found["features"]] == ["T-10"]
    found = service.collection_items("towers", bbox=[114.00095, 30.4, 114.00125, 30.6])
    assert [feature["properties"]["code"] for feature in found["features"]] == ["T-10", "T-11", "T-12"]
    found = service.collection_items("planned-facilities", datetime_="2029-01-01T00:00:00Z/..")
    assert [feature["properties"]["code"] for feature in found["features"]] == ["M7"]
