"""Assets by the API: who sees what of them, which filters find them, and who writes them."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import LineString, MultiPolygon, Polygon
from django.db import connection
from django.db.models import BooleanField, Func
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry import time_limit
from registry.api import asset_rows, corners, pagination
from registry.api.asset import AssetResource, AssetShown
from registry.kinds import Kind
from registry.models import (
    Asset,
    Disclosure,
    FacilityType,
    Organization,
    PlannedFacility,
    Protection,
    Role,
    Sight,
    TerrainArea,
    Tower,
)
from tests import factories
from tests.calls import Caller, body_of, problem
from tests.meanwhile import change_before

pytestmark = pytest.mark.django_db

# In the cell whose centre is (114.335, 30.615).
SECRET_PLACE, CELL = (114.3333, 30.6111), (114.335, 30.615)
# Of a fiber, by its owner.
DECLARED = ("route_length_m", "cable_length_m")


class Catalog:
    """An owner's assets: open ones of three kinds, a restricted and a core one."""

    def __init__(self) -> None:
        self.grid = factories.organization("grid", sector="power")
        self.telco = factories.organization("telco")
        self.tower = factories.asset(
            self.grid, code="T-1", name="东湖路灯杆", capacity=4, used=3, details={"height_m": 35.0}
        )
        self.room = factories.asset(
            self.grid, Kind.EQUIPMENT_ROOM, code="R-1", at=(114.31, 30.60), capacity=42, details={"backup_h": 8}
        )
        self.duct = factories.asset(self.grid, Kind.DUCT, code="D-1", at=(114.40, 30.61), within=factories.WUCHANG)
        self.restricted = factories.asset(
            self.grid, Kind.TOWER, code="S-1", at=SECRET_PLACE, protection=Protection.RESTRICTED
        )
        self.core = factories.asset(self.grid, code="C-1", protection=Protection.CORE)
        self.manager = Caller(factories.member(self.grid, Role.MANAGER))
        self.editor = Caller(factories.member(self.grid, Role.EDITOR))
        self.stranger = Caller(factories.member(self.telco, Role.MANAGER))
        self.officer = Caller(factories.member(factories.regulator("city"), Role.VIEWER))


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


OPEN = {"T-1", "R-1", "D-1"}


def asset_of(owner: Organization, *, code: str, corners: int, **fields: Any) -> Asset:
    """A duct with as many corners."""
    duct = factories.asset(owner, Kind.DUCT, code=code, **fields)
    duct.geometry = LineString([(114.3 + n / 10_000, 30.5) for n in range(corners)], srid=4326)
    duct.save()
    return duct


def area_of(owner: Organization, path: str, *, code: str, corners: int) -> PlannedFacility | TerrainArea:
    """A plan or an area of terrain with an outline of as many corners."""
    ring = [(114.3 + n / 10_000, 30.5) for n in range(corners - 2)] + [(114.3, 30.6), (114.3, 30.5)]
    if path == "terrain-areas/":
        place = MultiPolygon(Polygon(ring), srid=4326)
        return TerrainArea.objects.create(owner=owner, code=code, terrain_class="water", geometry=place)
    return PlannedFacility.objects.create(
        owner=owner, code=code, name=code, facility_type=FacilityType.ROAD, region=owner.region,
        geometry=Polygon(ring, srid=4326), request_by="2027-01-01", opens_on="2030-01-01",
    )  # fmt: skip


def tower_body(**fields: Any) -> dict[str, Any]:
    place = {"type": "Point", "coordinates": [114.3055, 30.5928]}
    return {"owner": "grid", "code": "N-1", "kind": "tower", "place": place, "capacity": 3, **fields}


# --- Who sees what ----------------------------------------------------------------------------------------------


def test_others_see_what_is_open_and_the_cell_of_what_is_restricted(catalog: Catalog):
    assert catalog.stranger.codes("assets/") == OPEN | {"S-1"}
    shown = catalog.stranger.get(f"assets/{catalog.restricted.pk}/").json()
    assert (shown["place_is_exact"], tuple(shown["place"]["coordinates"])) == (False, pytest.approx(CELL))


@pytest.mark.parametrize("who", ["manager", "officer"])
def test_owners_and_regulators_see_all_in_its_exact_place(catalog: Catalog, who: str):
    caller: Caller = getattr(catalog, who)
    assert caller.codes("assets/") == OPEN | {"S-1", "C-1"}
    shown = caller.get(f"assets/{catalog.restricted.pk}/").json()
    assert (shown["place_is_exact"], tuple(shown["place"]["coordinates"])) == (True, SECRET_PLACE)


def test_who_was_told_sees_the_exact_place(catalog: Catalog):
    Disclosure.objects.create(
        asset=catalog.core,
        organization=catalog.telco,
        reason="Consent",
        reference="00000000-0000-4000-8000-000000000001",
    )
    assert catalog.stranger.get(f"assets/{catalog.core.pk}/").json()["place_is_exact"] is True


@pytest.mark.parametrize("format", ["json", "csv", "geojson"])
def test_no_format_holds_a_protected_place(catalog: Catalog, format: str):
    told = body_of(catalog.stranger.get("assets/", format=format)).decode()
    assert "S-1" in told and "C-1" not in told
    assert "114.3333" not in told and "30.6111" not in told
    exact = body_of(catalog.manager.get("assets/", format=format)).decode()
    assert "114.3333" in exact and "C-1" in exact


def test_what_tells_where_a_protected_line_is_goes_with_its_place(catalog: Catalog):
    facility = PlannedFacility.objects.create(
        owner=catalog.grid, code="M7", name="Line 7", facility_type=FacilityType.SUBWAY, region=catalog.tower.region,
        geometry=catalog.duct.geometry, request_by="2027-01-01", opens_on="2030-01-01",
    )  # fmt: skip
    line = factories.asset(
        catalog.grid, Kind.FIBER, code="F-1", protection=Protection.RESTRICTED, planned_facility=facility,
        details={"route_length_m": 5987.6, "cable_length_m": 6047.5},
    )  # fmt: skip
    own = catalog.manager.get(f"assets/{line.pk}/").json()
    assert (own["length_m"], own["planned_facility"]) == (pytest.approx(959, abs=5), facility.pk)
    assert [own["details"][name] for name in DECLARED] == [5987.6, 6047.5]
    told = catalog.stranger.get(f"assets/{line.pk}/").json()
    assert (told["length_m"], told["planned_facility"]) == (None, None)
    assert [told["details"][name] for name in DECLARED] == [None, None]
    assert told["details"]["fiber_type"] == "G.652.D"
    [only] = catalog.stranger.get("assets/", code="F-1", fields="details").json()["results"]
    assert only["details"] == told["details"]
    row = next(
        csv.DictReader(io.StringIO(body_of(catalog.stranger.get("assets/", format="csv", code="F-1")).decode()))
    )
    assert [row[name] for name in ("length_m", "planned_facility", *DECLARED)] == [""] * 4
    assert catalog.manager.codes("assets/", planned_facility=facility.pk) == {"F-1"}
    assert catalog.stranger.codes("assets/", planned_facility=facility.pk) == set()
    for name in DECLARED:
        assert catalog.manager.codes("assets/", **{f"{name}_min": 5000}) == {"F-1"}
        assert catalog.stranger.codes("assets/", **{f"{name}_min": 1}) == set()
        assert catalog.stranger.codes("assets/", **{f"{name}_max": 9000}) == set()


def test_a_protected_asset_is_found_by_its_cell_and_by_nothing_finer(catalog: Catalog):
    """The exact place, whatever is drawn around it, finds no more than the cell does; the cell's centre finds it."""
    lon, lat = SECRET_PLACE
    tight = f"{lon - 0.0005},{lat - 0.0005},{lon + 0.0005},{lat + 0.0005}"
    centre = f"{CELL[0] - 0.0005},{CELL[1] - 0.0005},{CELL[0] + 0.0005},{CELL[1] + 0.0005}"
    assert catalog.stranger.codes("assets/", bbox=tight) == set()
    assert catalog.stranger.codes("assets/", bbox=centre) == {"S-1"}
    assert catalog.stranger.codes("assets/", near=f"{lon},{lat}", radius=100) == set()
    assert catalog.stranger.codes("assets/", near=f"{CELL[0]},{CELL[1]}", radius=100) == {"S-1"}
    assert catalog.manager.codes("assets/", bbox=tight) == {"S-1"}
    assert catalog.manager.codes("assets/", bbox=centre) == set()
    assert catalog.manager.codes("assets/", near=f"{lon},{lat}", radius=100) == {"S-1"}


# --- Filters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"kind": "tower"}, {"T-1", "S-1"}),
        ({"kind": "duct,equipment_room"}, {"D-1", "R-1"}),
        ({"sector": "power"}, OPEN | {"S-1"}),
        ({"sector": "telecom"}, set()),
        ({"owner": "grid"}, OPEN | {"S-1"}),
        ({"owner": "telco"}, set()),
        ({"region": "420106"}, {"D-1"}),
        ({"region": "4201"}, OPEN | {"S-1"}),
        ({"region": "420100"}, OPEN | {"S-1"}),
        ({"region": "gbt2260:420102"}, {"T-1", "R-1", "S-1"}),
        ({"status": "planned"}, set()),
        ({"bbox": "114.30,30.58,114.311,30.605"}, {"T-1", "R-1"}),
        ({"bbox": "114.405,30.60,114.406,30.62"}, {"D-1"}),
        ({"near": "114.3055,30.5928", "radius": 1}, {"T-1"}),
        ({"near": "114.31,30.59", "radius": 1200}, {"T-1", "R-1"}),
        ({"free_min": 2}, {"R-1", "D-1", "S-1"}),
        ({"free_min": 42, "kind": "equipment_room"}, {"R-1"}),
        ({"height_m_min": 35}, {"T-1"}),
        ({"height_m_min": 35.1}, set()),
        ({"backup_h_min": 8}, {"R-1"}),
        ({"material": "other,hdpe"}, {"D-1"}),
        ({"blocked": "false"}, {"D-1"}),
        ({"capacity_max": 4, "kind": "tower"}, {"T-1", "S-1"}),
        ({"q": "路灯"}, {"T-1"}),
        ({"q": "湖"}, {"T-1"}),
        ({"q": "t-1"}, {"T-1"}),
        ({"q": "%"}, set()),
        ({"open_to": "telecom", "kind": "duct"}, {"D-1"}),
        ({"protection": "restricted"}, {"S-1"}),
        ({"protection": "core"}, set()),
        ({"code": "C-1"}, set()),
    ],
)
def test_filters_find_what_they_say(catalog: Catalog, parameters: dict[str, Any], found: set[str]):
    assert catalog.stranger.codes("assets/", **parameters) == found


def test_free_units_are_those_free_through_the_whole_period(catalog: Catalog):
    today = timezone.localdate()
    factories.allocate(catalog.duct, 3, start=today + timedelta(days=30), end=today + timedelta(days=60))
    window = {
        "free_from": (today + timedelta(days=40)).isoformat(),
        "free_until": (today + timedelta(days=50)).isoformat(),
    }
    assert catalog.stranger.codes("assets/", kind="duct", free_min=1, **window) == {"D-1"}
    assert catalog.stranger.codes("assets/", kind="duct", free_min=2, **window) == set()
    assert catalog.stranger.codes("assets/", kind="duct", free_min=2) == {"D-1"}


def test_changed_since_finds_what_changed_then_or_later(catalog: Catalog):
    Asset.objects.filter(code="T-1").update(updated_at="2026-01-01T00:00:00Z")
    assert catalog.stranger.codes("assets/", changed_since="2026-01-02T00:00:00Z") == OPEN - {"T-1"} | {"S-1"}
    assert "T-1" in catalog.stranger.codes("assets/", changed_since="2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"knid": "tower"}, ("knid", "unknown_parameter")),
        ({"kind": "bridge"}, ("kind", "choice")),
        ({"bbox": "1,2,3"}, ("bbox", "numbers")),
        ({"bbox": "1,2,3,nan"}, ("bbox", "numbers")),
        ({"bbox": "0,50,10,40"}, ("bbox", "bbox")),
        ({"near": "114,30"}, ("near", "invalid")),
        ({"near": "114,300", "radius": 10}, ("near", "invalid")),
        ({"radius": 10}, ("radius", "invalid")),
        ({"free_min": 1, "free_until": "2027-01-01"}, ("free_until", "invalid")),
        ({"changed_since": "yesterday"}, ("changed_since", "invalid")),
        ({"limit": 1001}, ("limit", "invalid")),
        ({"limit": "x"}, ("limit", "invalid")),
        ({"cursor": "x"}, ("cursor", "invalid")),
        ({"ordering": "geometry"}, ("ordering", "invalid")),
        ({"fields": "id,geometry"}, ("fields", "invalid")),
        ({"q": "a\x00"}, ("q", "invalid")),
    ],
)
def test_a_senseless_parameter_is_an_error_that_names_it(
    catalog: Catalog, parameters: dict[str, Any], fault: tuple[str, str]
):
    assert problem(catalog.stranger.get("assets/", **parameters), 400, "bad_input") == [fault]


def test_a_filter_that_takes_too_long_is_refused(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    """Whatever is read of an asset, a third of a second passes for each."""
    seen = AssetResource.get_queryset
    slowly = Func(function="pg_sleep", template="(pg_sleep(0.3) IS NOT NULL)", output_field=BooleanField())
    monkeypatch.setattr(AssetResource, "get_queryset", lambda view: seen(view).filter(slowly))
    monkeypatch.setattr(time_limit, "LONGEST_FILTER_S", 0.1)
    refused = catalog.stranger.get("assets/", q="湖", kind="tower")
    assert problem(refused, 400, "bad_input") == [("q", "too_costly")]
    assert catalog.stranger.codes("assets/") == OPEN | {"S-1"}, "no filter, no limit"
    monkeypatch.setattr(time_limit, "LONGEST_FILTER_S", 10)
    assert catalog.stranger.codes("assets/", kind="duct") == {"D-1"}


# --- Pages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordering", ["id", "-id", "code", "-code", "updated_at", "-updated_at"])
def test_pages_tell_every_row_once_in_order(catalog: Catalog, ordering: str):
    Asset.objects.update(updated_at="2026-01-01T00:00:00Z")
    whole = [one["id"] for one in catalog.manager.get("assets/", ordering=ordering).json()["results"]]
    pages, address = [], "assets/?limit=2&fields=id&ordering=" + ordering
    while address:
        page = catalog.manager.get(address).json()
        assert set(page["results"][0]) == {"id"}
        pages += [one["id"] for one in page["results"]]
        address = page["next"]
    assert pages == whole and len(pages) == 5
    column = ordering.removeprefix("-")
    expected = Asset.objects.order_by(ordering, "-id" if ordering.startswith("-") else "id")
    assert pages == list(expected.values_list("id", flat=True)), column


@pytest.mark.parametrize("path", ["assets/", "planned-facilities/", "terrain-areas/"])
@pytest.mark.parametrize("format", ["json", "geojson"])
def test_a_page_ends_where_its_corners_are_many(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, path: str, format: str
):
    monkeypatch.setattr(corners, "MOST_OF_A_PAGE", 12)
    made = [
        asset_of(catalog.telco, code=f"N-{n}", corners=count)
        if path == "assets/"
        else area_of(catalog.telco, path, code=f"N-{n}", corners=count)
        for n, count in enumerate([5, 5, 40, 6, 6])
    ]
    address, pages = f"{path}?limit=4&format={format}&owner=telco", []
    while address:
        answer = catalog.manager.get(address)
        shown = json.loads(body_of(answer))
        rows = shown["results"] if format == "json" else [one["properties"] for one in shown["features"]]
        pages.append([row["code"] for row in rows])
        address = shown["next"] if format == "json" else answer.headers.get("Link", "<>").partition(">")[0][1:]
    assert pages == [["N-0", "N-1"], ["N-2"], ["N-3", "N-4"]]
    assert [code for page in pages for code in page] == [one.code for one in made]


def test_what_a_page_holds_of_masked_places_is_told_by_their_cells(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    for n in range(3):
        asset_of(catalog.grid, code=f"X-{n}", corners=40, protection=Protection.RESTRICTED)
    monkeypatch.setattr(corners, "MOST_OF_A_PAGE", 20)
    told = catalog.stranger.get("assets/", kind="duct", protection="restricted", format="json").json()
    assert (len(told["results"]), told["next"]) == (3, None)
    assert len(catalog.manager.get("assets/", kind="duct", protection="restricted").json()["results"]) == 1
    assert len(catalog.officer.get("assets/", kind="duct", protection="restricted").json()["results"]) == 1
    # Of those who are given exact places, none is noted of an asset beyond the page.
    assert [*Sight.objects.values_list("asset_code", flat=True)] == ["X-0"]


def test_pages_are_stable_while_others_write(catalog: Catalog):
    first = catalog.stranger.get("assets/", limit=2).json()
    catalog.tower.delete() if not catalog.tower.allocations.exists() else None
    factories.asset(catalog.grid, code="NEW")
    rest = catalog.stranger.get(first["next"]).json()["results"]
    assert [one["code"] for one in first["results"]] == ["T-1", "R-1"]
    assert [one["code"] for one in rest] == ["D-1", "S-1"]


def test_a_page_asks_the_database_as_often_for_many_rows_as_for_few(catalog: Catalog):
    def queries(**parameters: Any) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert catalog.stranger.get("assets/", **parameters).status_code == 200
        return len(asked)

    catalog.stranger.get("assets/")
    for n in range(30):
        factories.asset(catalog.grid, code=f"M-{n}")
    # Session, user, roles with regulated regions, the page's ids, how many corners these have, its rows.
    assert {limit: queries(limit=limit) for limit in (1, 5, 30)} == {1: 6, 5: 6, 30: 6}
    assert queries(limit=30, fields="code") == 5
    # A filter has a time limit besides: a savepoint, the limit, its end, and the savepoint's. Its plans are asked for.
    assert queries(limit=30, bbox="114.3,30.5,114.4,30.7") == 11
    # The file leaves a record.
    assert queries(format="csv") == 4


@pytest.mark.parametrize("at_once", [False, True], ids=["by the index of ids", "sorted"])
@pytest.mark.parametrize("ordering", ["id", "-id", "code", "-updated_at"])
def test_pages_of_what_a_text_finds_hold_each_once_and_in_order(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, at_once: bool, ordering: str
):
    monkeypatch.setattr(pagination, "are_few", lambda rows, **_told: at_once)
    names = [f"M-{n:02}" for n in range(12)]
    ids = [factories.asset(catalog.grid, code=code).pk for code in names]
    told, address, parameters = [], "assets/", {"q": "m-", "limit": 5, "ordering": ordering, "fields": "id"}
    while address:
        page = catalog.stranger.get(address, **parameters).json()
        told += [row["id"] for row in page["results"]]
        address, parameters = (page["next"] or "").partition("/api/v1/")[2], {}
    assert told == (ids[::-1] if ordering.startswith("-") else ids)


# --- Shown ------------------------------------------------------------------------------------------------------


def test_rows_hold_what_the_document_says(catalog: Catalog):
    shown = catalog.stranger.get(f"assets/{catalog.tower.pk}/").json()
    assert tuple(shown) == asset_rows.FIELDS == tuple(AssetShown().get_fields())
    assert set(shown["details"]) == {field.name for field in Tower._meta.fields} - {"asset"}


def test_csv_and_geojson_are_inert_and_whole(catalog: Catalog):
    Asset.objects.filter(pk=catalog.tower.pk).update(name='=HYPERLINK("x")', terms='a "b"\n\\c\td')
    rows = list(csv.DictReader(io.StringIO(body_of(catalog.stranger.get("assets/", format="csv")).decode())))
    assert [row["code"] for row in rows] == ["T-1", "R-1", "D-1", "S-1"]
    assert (rows[0]["name"], rows[0]["terms"]) == ('\'=HYPERLINK("x")', 'a "b"\n\\c\td')
    assert (rows[0]["height_m"], rows[0]["wkt"]) == ("35", "POINT(114.3055 30.5928)")
    response = catalog.stranger.get("assets/", headers={"Accept": "application/geo+json"})
    assert response["Content-Type"] == "application/geo+json"
    collection = json.loads(body_of(response))
    assert [one["properties"]["code"] for one in collection["features"]] == ["T-1", "R-1", "D-1", "S-1"]
    assert collection["features"][0]["properties"]["terms"] == 'a "b"\n\\c\td'
    assert collection["features"][0]["geometry"] == {"type": "Point", "coordinates": [114.3055, 30.5928]}


def test_a_page_of_an_export_links_to_the_next(catalog: Catalog):
    response = catalog.stranger.get("assets/", format="csv", limit=3, fields="id,code")
    lines = body_of(response).decode().splitlines()
    assert (lines[0], len(lines)) == ("id,code", 4)
    link = response["Link"].partition(">")[0][1:]
    assert body_of(catalog.stranger.get(link)).decode().splitlines()[1].endswith(",S-1")


def test_an_empty_export_is_still_a_document(catalog: Catalog):
    assert json.loads(body_of(catalog.stranger.get("assets/", format="geojson", owner="telco")))["features"] == []
    [heading] = body_of(catalog.stranger.get("assets/", format="csv", owner="telco")).decode().splitlines()
    assert heading.startswith("id,code,name,kind")


def test_known_etags_are_answered_with_304(catalog: Catalog):
    first = catalog.stranger.get(f"assets/{catalog.tower.pk}/")
    again = catalog.stranger.get(f"assets/{catalog.tower.pk}/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    Asset.objects.filter(pk=catalog.tower.pk).update(name="x")
    assert (
        catalog.stranger.get(f"assets/{catalog.tower.pk}/", headers={"If-None-Match": first["ETag"]}).status_code
        == 200
    )


def test_each_form_of_an_object_has_a_tag_of_its_own_and_a_part_of_it_none(catalog: Catalog):
    address = f"assets/{catalog.tower.pk}/"
    tags = [catalog.editor.get(address, format=form)["ETag"] for form in ("json", "geojson")]
    assert tags[0] != tags[1]
    for form, known in (("json", tags[1]), ("geojson", tags[0])):
        assert catalog.editor.get(address, headers={"If-None-Match": known}, format=form).status_code == 200
    again = catalog.editor.get(address, headers={"If-None-Match": tags[1]}, format="geojson")
    assert (again.status_code, again["ETag"]) == (304, tags[1])
    part = catalog.editor.get(address, headers={"If-None-Match": "*"}, fields="code,name")
    assert (part.status_code, part.json(), "ETag" in part) == (200, {"code": "T-1", "name": catalog.tower.name}, False)
    # The state is the same in whichever form it was read.
    assert catalog.editor.patch(address, {"name": "x"}, headers={"If-Match": tags[1]}).status_code == 200
    problem(catalog.editor.patch(address, {"name": "y"}, headers={"If-Match": tags[1]}), 412, "precondition_failed")
    assert Asset.objects.get(pk=catalog.tower.pk).name == "x"


# --- Writing ----------------------------------------------------------------------------------------------------


def test_an_editor_lists_an_asset_with_its_details(catalog: Catalog):
    response = catalog.editor.post("assets/", tower_body(name="新杆", details={"height_m": 12.5}))
    assert response.status_code == 201, response.content
    shown = catalog.editor.get(response["Location"])
    assert (shown.json(), shown["ETag"]) == (response.json(), response["ETag"])
    asset = Asset.objects.get(code="N-1")
    assert (asset.tower.height_m, asset.region.code, asset.capacity) == (12.5, factories.WUHAN_CODE, 3)
    assert asset.geometry.coords == (114.3055, 30.5928)


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"heigth": 3}, {("#/heigth", "unknown_field")}),
        ({"free_today": 3}, {("#/free_today", "unknown_field")}),
        ({"details": {"heigth_m": 3}}, {("#/details/heigth_m", "unknown_field")}),
        ({"capacity": 0}, {("#/capacity", "min_value")}),
        ({"capacity": None}, {("#/capacity", "null")}),
        ({"kind": "bridge"}, {("#/kind", "invalid_choice")}),
        ({"place": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}, {("#/place", "type")}),
        ({"place": {"type": "Point", "coordinates": [300, 40]}}, {("#/place", "outside")}),
        ({"place": {"type": "Point", "coordinates": ["x"]}}, {("#/place", "geojson")}),
        ({"place": {"type": "Point", "coordinates": []}}, {("#/place", "empty")}),
        ({"place": {"type": "Circle", "coordinates": [1, 2]}}, {("#/place", "geojson")}),
        ({"owner": "a\x00b"}, {("#/owner", "does_not_exist")}),
        ({"place": "POINT(1 2)"}, {("#/place", "geojson")}),
        ({"region": "999999"}, {("#/region", "does_not_exist")}),
        ({"owner": "nobody"}, {("#/owner", "does_not_exist")}),
        ({"planned_facility": 99}, {("#/planned_facility", "does_not_exist")}),
        ({"status": "planned"}, {("#", "asset_planned_has_a_date")}),
        ({"protection": "restricted"}, {("#", "asset_protection_has_a_reason")}),
        ({"details": {"height_m": -1}}, {("#", "tower_height_is_positive")}),
        ({"capacity": 0, "heigth": 1}, {("#/capacity", "min_value"), ("#/heigth", "unknown_field")}),
    ],
)
def test_what_cannot_be_is_a_400_that_points_at_it(
    catalog: Catalog, fields: dict[str, Any], faults: set[tuple[str, str]]
):
    before = Asset.objects.count()
    assert set(problem(catalog.manager.post("assets/", tower_body(**fields)), 400, "bad_input")) == faults
    assert Asset.objects.count() == before


def test_a_body_nested_beyond_reading_is_malformed(catalog: Catalog):
    problem(catalog.manager.post("assets/", b"[" * 10_000 + b"]" * 10_000), 400, "malformed")


def test_a_second_asset_of_one_code_is_a_conflict(catalog: Catalog):
    assert problem(catalog.editor.post("assets/", tower_body(code="T-1")), 409, "conflict") == [
        ("#", "asset_code_is_unique_to_owner")
    ]


def test_terms_and_protection_are_for_managers(catalog: Catalog):
    address = f"assets/{catalog.tower.pk}/"
    core = {"protection": "core", "protection_reason": "grid"}
    for change in ({"price_per_unit_year": 5}, core, {"open_to_sectors": []}):
        [(where, code)] = problem(catalog.editor.patch(address, change), 403, "not_yours")
        assert (where, code) == (f"#/{next(iter(change))}", "role")
        assert catalog.manager.patch(address, change).status_code == 200
    problem(catalog.editor.post("assets/", tower_body(terms="free")), 403, "not_yours")


def test_the_region_of_a_listed_asset_is_for_managers_as_it_says_who_decides(catalog: Catalog):
    factories.region(factories.XIANGYANG)
    change = {"region": factories.XIANGYANG}
    for asset in (catalog.tower, catalog.core):
        address = f"assets/{asset.pk}/"
        assert problem(catalog.editor.patch(address, change), 403, "not_yours") == [("#/region", "role")]
    assert catalog.manager.patch(f"assets/{catalog.tower.pk}/", change).json()["region"] == factories.XIANGYANG
    assert catalog.editor.post("assets/", tower_body(**change)).json()["region"] == factories.XIANGYANG


def test_a_change_leaves_the_rest_and_never_the_kind_or_owner(catalog: Catalog):
    address = f"assets/{catalog.tower.pk}/"
    response = catalog.editor.patch(address, {"name": "新名", "details": {"earthing_ohm": 4}})
    shown = response.json()
    assert (shown["name"], shown["details"]["earthing_ohm"], shown["details"]["height_m"]) == ("新名", 4.0, 35.0)
    for field, value in (("kind", "duct"), ("owner", "telco"), ("id", 7), ("updated_at", "2026-01-01T00:00:00Z")):
        [(where, _code)] = problem(catalog.editor.patch(address, {field: value}), 400, "bad_input")
        assert where == f"#/{field}"
    [(_where, code)] = problem(catalog.editor.patch(address, {"capacity": 2}), 409, "conflict")
    assert code == "asset_capacity_holds_its_ledger"


def test_a_change_of_what_has_changed_meanwhile_is_refused(catalog: Catalog):
    address = f"assets/{catalog.tower.pk}/"
    etag = catalog.editor.get(address)["ETag"]
    first = catalog.editor.patch(address, {"name": "first"}, headers={"If-Match": etag})
    assert first.status_code == 200
    refused = catalog.editor.patch(address, {"name": "second"}, headers={"If-Match": etag})
    assert problem(refused, 412, "precondition_failed") == [("If-Match", "invalid")]
    assert catalog.editor.get(address).json()["name"] == "first"
    problem(catalog.editor.delete(address, headers={"If-Match": etag}), 412, "precondition_failed")
    assert catalog.editor.patch(address, {"name": "third"}, headers={"If-Match": first["ETag"]}).status_code == 200
    assert catalog.editor.patch(address, {"name": "fourth"}, headers={"If-Match": "*"}).status_code == 200


def test_a_change_writes_nothing_over_what_the_ledger_keeps(catalog: Catalog):
    with change_before('UPDATE "registry_asset"', lambda: factories.allocate(catalog.tower, 1)):
        assert catalog.manager.patch(f"assets/{catalog.tower.pk}/", {"name": "Mast"}).status_code == 200
    stale = catalog.tower.ledger_version
    catalog.tower.refresh_from_db()
    assert (catalog.tower.name, catalog.tower.used_today) == ("Mast", 4)
    assert catalog.tower.ledger_version > stale


def test_an_asset_that_the_ledger_refers_to_stays(catalog: Catalog):
    problem(catalog.editor.delete(f"assets/{catalog.tower.pk}/"), 409, "conflict")
    assert catalog.editor.delete(f"assets/{catalog.duct.pk}/").status_code == 204
    problem(catalog.editor.get(f"assets/{catalog.duct.pk}/"), 404, "not_seen")


def test_many_are_listed_at_once_or_none(catalog: Catalog):
    rows = [tower_body(code=f"B-{n}", details={"height_m": 10 + n}) for n in range(50)]
    response = catalog.manager.post("assets/bulk/", rows)
    assert response.status_code == 201, response.content
    made = Asset.objects.filter(pk__in=response.json()["created"]).order_by("pk")
    assert list(made.values_list("code", "tower__height_m")) == [(f"B-{n}", 10.0 + n) for n in range(50)]


def test_a_bulk_with_faults_writes_nothing_and_points_at_each(catalog: Catalog):
    before = Asset.objects.count()
    bad = [tower_body(code="B-1"), tower_body(code="B-2", capacity="x"), tower_body(code="B-3", extra=1)]
    faults = problem(catalog.manager.post("assets/bulk/", bad), 400, "bad_input")
    assert faults == [("#/1/capacity", "invalid"), ("#/2/extra", "unknown_field")]
    bad = [tower_body(code="B-1"), tower_body(code="T-1"), tower_body(code="B-3", status="planned")]
    faults = problem(catalog.manager.post("assets/bulk/", bad), 400, "bad_input")
    assert faults == [("#/1", "asset_code_is_unique_to_owner"), ("#/2", "asset_planned_has_a_date")]
    for body in ([], {"a": 1}, [tower_body()] * 5001):
        problem(catalog.manager.post("assets/bulk/", body), 400, "bad_input")
    assert Asset.objects.count() == before


def test_a_bulk_asks_the_database_as_often_for_many_as_for_few(catalog: Catalog):
    def queries(count: int, first: int) -> int:
        rows = [tower_body(code=f"Q-{first + n}", region="420106") for n in range(count)]
        with CaptureQueriesContext(connection) as asked:
            assert catalog.editor.post("assets/bulk/", rows).status_code == 201
        return len(asked)

    queries(1, 0)
    assert queries(2, 10) == queries(200, 100)


def test_room_power_is_compared_when_both_rows_are_written(catalog: Catalog):
    room = {
        **tower_body(code="R-2", kind="equipment_room", capacity=42),
        "power_kw": 20,
        "details": {"cooling_kw": 25},
    }
    address = catalog.editor.post("assets/", room)["Location"]
    raised = catalog.editor.patch(address, {"power_kw": 30, "details": {"cooling_kw": 30}})
    assert (raised.status_code, raised.json()["power_kw"]) == (200, 30)
    [(_where, code)] = problem(catalog.editor.patch(address, {"power_kw": 31}), 400, "bad_input")
    assert code == "room_power_stays_within_cooling"


def test_rights_name_the_role_that_is_missing(catalog: Catalog):
    [(where, code)] = problem(catalog.stranger.post("assets/", tower_body()), 403, "not_yours")
    assert (where, code) == ("#/owner", "role")


# --- Figures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("figure", ['"NaN"', '"Infinity"', '"-Infinity"', "1e999", "9" * 400])
def test_a_figure_without_an_end_is_pointed_at_and_lands_nowhere(catalog: Catalog, figure: str):
    def with_figure(**body: Any) -> bytes:
        return json.dumps({**body, "details": {"height_m": "?"}}).replace('"?"', figure).encode()

    answers = (
        catalog.manager.post("assets/", with_figure(**tower_body())),
        catalog.manager.patch(f"assets/{catalog.tower.pk}/", with_figure()),
    )
    for answer in answers:
        [(where, _code)] = problem(answer, 400, "bad_input")
        assert where == "#/details/height_m"
    assert catalog.manager.get("assets/").status_code == 200
    assert [*Tower.objects.exclude(height_m=None).values_list("height_m", flat=True)] == [35.0]
