"""Lists as files: each is read as a stranger's tool would, and holds what the caller may see."""

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow.parquet
import pyogrio
import pytest
import shapely
from django.contrib.gis.db.models.functions import Transform
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from registry.api import asset_rows
from registry.exports import formats
from registry.importing.coordinates import gcj02_to_wgs84
from registry.importing.fields import detail_fields
from registry.kinds import Kind
from registry.models import Asset, FacilityType, PlannedFacility, Protection, Role, User
from tests import factories
from tests.calls import Caller, body_of, problem

pytestmark = pytest.mark.django_db

SECRET_PLACE, CELL = (114.3333, 30.6111), (114.335, 30.615)
FILES = ("gpkg", "shp", "fgb", "kml", "xlsx", "parquet")


class Catalog:
    """An owner's tower, duct, and restricted and core assets; a stranger, and a person of no party's."""

    def __init__(self) -> None:
        self.grid = factories.organization("grid", sector="power")
        self.tower = factories.asset(self.grid, code="T-1", name="=东湖路灯杆", details={"height_m": 35.5})
        self.duct = factories.asset(self.grid, Kind.DUCT, code="D-1", at=(114.40, 30.61))
        self.restricted = factories.asset(
            self.grid, code="S-1", at=SECRET_PLACE, protection=Protection.RESTRICTED, available_from="2027-03-01"
        )
        factories.asset(self.grid, code="C-1", protection=Protection.CORE)
        self.manager = Caller(factories.member(self.grid, Role.MANAGER))
        self.stranger = Caller(factories.member(factories.organization("telco"), Role.VIEWER))


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


FILE = "/api/v1/assets/?format=gpkg"
PAGE = "/assets/?kind=tower&q=%E6%B9%96"
BY_LINK = {"Sec-Fetch-Mode": "navigate", "Referer": f"http://testserver{PAGE}"}


def test_who_follows_a_link_to_a_file_that_is_too_long_is_told_on_the_page(
    catalog: Catalog, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(formats.FORMATS, "gpkg", replace(formats.FORMATS["gpkg"], at_once=1))
    client.force_login(User.objects.get(memberships__organization=catalog.grid))

    answer = client.get(FILE, headers=BY_LINK)

    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert "The list is too long for a page to wait for" in client.get(PAGE).content.decode()
    for headers in ({}, BY_LINK | {"Sec-Fetch-Mode": "cors"}, BY_LINK | {"Referer": "https://elsewhere.example/"},
                    BY_LINK | {"Referer": "http://testserver/api/v1/assets/"}):  # fmt: skip
        assert client.get(FILE, headers=headers).json()["errors"][0]["code"] == "too_many"


def test_who_follows_a_link_after_the_session_ended_signs_in_and_is_back_on_the_page(client: Client):
    answer = client.get(FILE, headers=BY_LINK)
    sign_in = "/account/sign-in/?" + urlencode({"next": PAGE}, safe="/")
    assert (answer.status_code, answer["Location"]) == (302, sign_in)
    led_astray = client.get(FILE, headers=BY_LINK | {"Referer": "http://testserver//elsewhere.example/"})
    assert led_astray["Location"] == "/account/sign-in/?next=/elsewhere.example/"
    assert client.get(FILE, headers=BY_LINK | {"Authorization": "Bearer isr_x"}).status_code == 401


def test_who_follows_a_link_to_a_page_of_ogc_reads_there_what_is_wrong(db: None, client: Client):
    answer = client.get("/ogc/collections/towers/items", headers=BY_LINK | {"Accept": "text/html"})
    assert answer.status_code == 401 and "<html" in answer.content.decode()


def file_of(response: Any, folder: Path) -> Path:
    """The file that a download is, under the name that it has."""
    assert response.status_code == 200, response.content
    name = response["Content-Disposition"].partition('filename="')[2].rstrip('"')
    path = folder / name
    path.write_bytes(body_of(response))
    return path


def rows_of(path: Path, layer: str | None = None) -> list[dict[str, Any]]:
    """The rows as GDAL, pyarrow or Excel's reader tells them, places as shapely has them under `geometry`."""
    if path.suffix == ".xlsx":
        with CalamineWorkbook.from_path(str(path)) as workbook:
            [headings, *cells] = workbook.get_sheet_by_name(layer or workbook.sheet_names[0]).to_python()
        rows = [dict(zip(headings, row, strict=True)) for row in cells]
        return [{**row, "geometry": shapely.from_wkt(row["wkt"])} if "wkt" in row else row for row in rows]
    if path.suffix == ".parquet":
        rows = pyarrow.parquet.read_table(path).to_pylist()
        return [{**row, "geometry": shapely.from_wkb(row["geometry"])} for row in rows]
    meta, _fids, places, columns = pyogrio.raw.read(path, layer=layer, datetime_as_string=True)
    names = [str(name) for name in meta["fields"]]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return [{**row, "geometry": shapely.from_wkb(place)} for row, place in zip(rows, places, strict=True)]


@pytest.mark.parametrize("format", FILES)
def test_a_stranger_reads_each_file_and_finds_no_protected_place_in_it(catalog: Catalog, format: str, tmp_path: Path):
    path = file_of(catalog.stranger.get("assets/", format=format, kind="tower", ordering="code"), tmp_path)
    exact = "exact" if format == "shp" else "place_is_exact"
    shown = {row["code"]: row for row in rows_of(path)}
    assert set(shown) == {"T-1", "S-1"}
    assert [(shown[code]["geometry"].x, shown[code]["geometry"].y) for code in ("T-1", "S-1")] == [
        pytest.approx(factories.WUHAN), pytest.approx(CELL)
    ]  # fmt: skip
    assert [bool(shown[code][exact]) for code in ("T-1", "S-1")] == [True, False]
    assert (shown["T-1"]["height_m"], shown["T-1"].get("name") or shown["T-1"]["Name"]) == (35.5, "=东湖路灯杆")
    path = file_of(catalog.manager.get("assets/", format=format, kind="tower"), tmp_path)
    own = {row["code"]: row for row in rows_of(path)}
    assert (own["S-1"]["geometry"].x, own["S-1"]["geometry"].y) == pytest.approx(SECRET_PLACE)
    assert "C-1" in own


@pytest.mark.parametrize("format", ["gpkg", "shp", "xlsx"])
def test_formats_with_layers_have_one_a_kind_with_its_own_columns(catalog: Catalog, format: str, tmp_path: Path):
    path = file_of(catalog.manager.get("assets/", format=format), tmp_path)
    if format == "shp":
        with zipfile.ZipFile(path) as archive:
            names = {Path(name).stem for name in archive.namelist() if name.endswith(".shp")}
            archive.extractall(tmp_path)
        assert names == {"tower", "duct"}
        assert pyogrio.read_info(tmp_path / "duct.shp")["geometry_type"] == "LineString"
        return
    towers, ducts = (rows_of(path, layer) for layer in ("tower", "duct"))
    assert ({row["code"] for row in towers}, [row["code"] for row in ducts]) == ({"T-1", "S-1", "C-1"}, ["D-1"])
    assert "height_m" in towers[0] and "material" not in towers[0]
    assert set(detail_fields(Kind.DUCT)) < set(ducts[0]) and "height_m" not in ducts[0]


@pytest.mark.parametrize("format", FILES)
def test_a_list_of_nothing_is_still_a_file(catalog: Catalog, format: str, tmp_path: Path):
    path = file_of(catalog.stranger.get("assets/", format=format, owner="telco"), tmp_path)
    assert rows_of(path) == []


def test_the_columns_are_those_of_the_list_and_fields_choose_among_them(catalog: Catalog, tmp_path: Path):
    columns = set(rows_of(file_of(catalog.manager.get("assets/", format="parquet"), tmp_path))[0])
    details = {name for kind in Kind for name in detail_fields(kind)}
    assert columns == set(asset_rows.FIELDS) - {"place", "details", "actions"} | details | {"geometry"}
    some = rows_of(file_of(catalog.manager.get("assets/", format="xlsx", fields="code,capacity"), tmp_path))
    assert set(some[0]) == {"code", "capacity"}


@pytest.mark.parametrize(
    ("crs", "format"),
    [
        ("EPSG:3857", "gpkg"),
        ("epsg:4490", "shp"),
        ("EPSG:32650", "fgb"),
        ("EPSG:3857", "parquet"),
        ("EPSG:3857", "geojson"),
        ("EPSG:2154", "csv"),
    ],
)
def test_coordinates_are_in_the_system_that_is_asked_for_and_the_file_says_so(
    catalog: Catalog, crs: str, format: str, tmp_path: Path
):
    """Beside what PostGIS makes of the same place."""
    path = file_of(catalog.manager.get("assets/", format=format, code="T-1", crs=crs), tmp_path)
    there = Asset.objects.annotate(there=Transform("geometry", int(crs[5:]))).get(code="T-1").there
    if format == "csv":
        assert f",SRID=2154;POINT ({there.x:.3f}"[:20] in path.read_text().replace('"', "")
        return
    [row] = rows_of(path)
    assert (row["geometry"].x, row["geometry"].y) == pytest.approx((there.x, there.y), rel=1e-12)
    if format != "parquet":
        assert pyogrio.read_info(path)["crs"] == crs.upper()


def test_coordinates_of_web_maps_are_shifted_and_state_no_system(catalog: Catalog, tmp_path: Path):
    path = file_of(catalog.manager.get("assets/", format="gpkg", code="T-1", crs="gcj02"), tmp_path)
    [row] = rows_of(path)
    assert gcj02_to_wgs84(row["geometry"].x, row["geometry"].y) == pytest.approx(factories.WUHAN, abs=1e-11)
    assert row["geometry"].x - factories.WUHAN[0] == pytest.approx(0.0055, abs=0.0005)
    assert pyogrio.read_info(path)["crs"] is None


def test_no_cell_of_a_sheet_is_a_formula(catalog: Catalog, tmp_path: Path):
    for text in ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1"):
        Asset.objects.filter(code="T-1").update(name=text)
        line = body_of(catalog.manager.get("assets/", format="csv", code="T-1", fields="name")).decode()
        assert line.partition("\n")[2].strip('"').startswith("'"), text
        path = file_of(catalog.manager.get("assets/", format="xlsx", code="T-1", fields="name"), tmp_path)
        with zipfile.ZipFile(path) as archive:
            sheet, styles = (archive.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
        assert "<f>" not in sheet and 't="inlineStr"' in sheet and 'quotePrefix="1"' in styles


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"format": "gpkg", "crs": "EPSG:5773"}, ("crs", "invalid")),
        ({"format": "gpkg", "crs": "+proj=merc"}, ("crs", "invalid")),
        ({"format": "json", "crs": "EPSG:3857"}, ("crs", "invalid")),
        ({"format": "kml", "crs": "EPSG:3857"}, ("format", "not_possible")),
        ({"format": "gpkg", "limit": 10}, ("limit", "invalid")),
        ({"format": "fgb", "fields": "code"}, ("fields", "invalid")),
        ({"format": "gpkg", "knid": "tower"}, ("knid", "unknown_parameter")),
    ],
)
def test_what_no_file_can_be_is_an_error_that_names_the_parameter(
    catalog: Catalog, parameters: dict[str, Any], fault: tuple[str, str]
):
    assert problem(catalog.manager.get("assets/", **parameters), 400, "bad_input") == [fault]


def test_what_a_format_would_cut_is_refused_and_says_what_to_do(catalog: Catalog):
    Asset.objects.filter(code="T-1").update(terms="长" * 85)
    refused = catalog.manager.get("assets/", format="shp")
    assert problem(refused, 400, "bad_input") == [("format", "not_possible")]
    assert refused.json()["detail"] == (
        "terms of T-1 has 255 bytes, and a cell of a Shapefile holds 254: take GeoPackage, or leave the column out"
        " with fields."
    )
    without = [name for name in asset_rows.FIELDS if name != "terms"]
    assert body_of(catalog.manager.get("assets/", format="shp", fields=",".join(without))).startswith(b"PK")
    Asset.objects.filter(code="T-1").update(terms="x" * 32_768)
    refused = catalog.manager.get("assets/", format="xlsx", code="T-1")
    assert problem(refused, 400, "bad_input") == [("format", "not_possible")]
    assert "terms in row 2 has 32768 characters" in refused.json()["detail"]


def test_a_list_that_takes_too_long_is_refused_before_it_is_read(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    few = formats.Format("gpkg", "x/y", "gpkg", formats.write_geopackage, at_once=2, layered=True, needs_place=False)
    monkeypatch.setitem(formats.FORMATS, "gpkg", few)
    assert problem(catalog.manager.get("assets/", format="gpkg"), 400, "bad_input") == [("format", "too_many")]
    assert body_of(catalog.manager.get("assets/", format="gpkg", code="T-1")).startswith(b"SQLite")


def test_a_file_asks_the_database_as_often_for_many_rows_as_for_few(catalog: Catalog):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            body_of(catalog.stranger.get("assets/", format="gpkg", kind="tower"))
        return len(asked)

    queries()
    few = queries()
    for n in range(30):
        factories.asset(catalog.grid, code=f"M-{n}")
    assert queries() == few


@pytest.mark.parametrize("format", FILES)
def test_plans_are_files_too_whatever_their_shapes(catalog: Catalog, format: str, tmp_path: Path):
    for code, geometry in (("M7", catalog.duct.geometry), ("B1", catalog.tower.geometry)):
        PlannedFacility.objects.create(
            owner=catalog.grid, code=code, name=f"Line {code}", facility_type=FacilityType.SUBWAY,
            region=catalog.tower.region, geometry=geometry, request_by="2027-01-01", opens_on="2030-01-01",
        )  # fmt: skip
    path = file_of(catalog.stranger.get("planned-facilities/", format=format), tmp_path)
    if format == "shp":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path)
        parts = [tmp_path / f"planned_facilities_{shape}.shp" for shape in ("linestring", "point")]
        rows = [row for part in parts for row in rows_of(part)]
    else:
        rows = rows_of(path)
    assert {row["code"]: row["geometry"].geom_type for row in rows} == {"M7": "LineString", "B1": "Point"}
    assert {row["owner"] for row in rows} == {"grid"}


@pytest.mark.parametrize("format", ["xlsx", "parquet", "gpkg"])
def test_lists_without_places_are_tables(catalog: Catalog, format: str, tmp_path: Path):
    factories.allocate(catalog.tower, 2, holder=catalog.grid)
    path = file_of(catalog.manager.get("allocations/", format=format), tmp_path)
    if format == "parquet":
        [row] = pyarrow.parquet.read_table(path).to_pylist()
    elif format == "xlsx":
        [row] = rows_of(path)
    else:
        meta, _fids, places, columns = pyogrio.raw.read(path)
        assert places is None
        row = {str(name): column[0] for name, column in zip(meta["fields"], columns, strict=True)}
    assert (row["units.first"], row["units.last"], row["holder"]) == (1, 2, "grid")
    assert problem(catalog.manager.get("allocations/", format="shp"), 406, "not_acceptable") == []
