"""Every door by which an exact protected place leaves records who was given it; and no door records a masked one.

A regulator, a body with a grant of sight and a party told by a consent go through every door that is known by name.
Then a regulator follows every link of site and admin, and calls every address of the API that is declared: whatever
answer holds the place, a sight is recorded with it. So a door that is added later is walked as well.
"""

import html
import re
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from registry import tasks
from registry.accounts import tokens
from registry.models import (
    Asset,
    Basis,
    Disclosure,
    ExportJob,
    PlaceGrant,
    Protection,
    Role,
    Scope,
    Sight,
    User,
    Way,
    looking,
)
from sharing.monitoring.audit import Trail, trail
from tests import factories
from tests.calls import Caller, body_of
from tests.registry.tiles.reading import tile_at
from tests.sharing.api.ogc_operations import OGC
from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.test_access import call
from tests.sharing.api.world import World as Everything
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db

SECRET = (114.312345, 30.598765)
SECRET_TEXT = re.compile(rb"114\.31234|30\.59876")
Asked = Callable[[Caller], Any]


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


class World:
    """A restricted and a core tower and a restricted duct, of the grid's; those who may know where they are, and a
    stranger."""

    def __init__(self) -> None:
        self.scene = scene = Scene()
        hidden = {"owner": scene.grid, "at": SECRET}
        self.tower = factories.asset(code="SUB-9", protection=Protection.RESTRICTED, capacity=2, **hidden)
        self.core = factories.asset(code="PT-220", protection=Protection.CORE, **hidden)
        self.duct = factories.asset(code="DUCT-1", kind="duct", protection=Protection.RESTRICTED, **hidden)
        self.hidden = {self.tower.pk, self.core.pk, self.duct.pk}
        fire = factories.organization("fire", sector="public_security")
        told = factories.organization("told")
        today = timezone.localdate()
        PlaceGrant.objects.create(
            organization=fire, region=factories.region(factories.WUHAN_CODE), starts_on=today, ends_on=today,
            reason="flood", granted_by=scene.officer,
        )  # fmt: skip
        for asset in (self.tower, self.core, self.duct):
            Disclosure.objects.create(asset=asset, organization=told, reason="consent", reference=uuid.uuid4())
        self.people: dict[str, User] = {
            Basis.REGULATOR: scene.officer,
            Basis.GRANT: factories.member(fire, Role.VIEWER, "fireman"),
            Basis.CONSENT: factories.member(told, Role.VIEWER, "told"),
            Basis.SUPERUSER: factories.user("root", is_superuser=True, is_staff=True),
        }
        self.facility = factories.planned_facility(scene.metro)

    def get(self, path: str, **parameters: Any) -> Asked:
        return lambda caller: caller.get(path.format(tower=self.tower.pk, facility=self.facility.pk), **parameters)

    def ordered(self, caller: Caller) -> Any:
        caller.post("export-jobs/", {"resource": "assets", "format": "geojson", "parameters": {"kind": "tower"}})
        tasks.make_exports()
        return caller.get(f"export-jobs/{ExportJob.objects.latest('pk').pk}/file/")

    def tile(self, caller: Caller) -> Any:
        zoom, column, row = tile_at(*SECRET, 15)
        return caller.get(f"/ogc/tiles/WebMercatorQuad/{zoom}/{row}/{column}")


# Which door: by which way, and what of the hidden it shows.
DOORS: dict[str, tuple[Way, set[str], Callable[[World], Asked]]] = {
    "page of an asset": (Way.PAGE, {"SUB-9"}, lambda w: w.get("/assets/{tower}/")),
    "places of a filtered list": (
        Way.PAGE, {"SUB-9", "PT-220", "DUCT-1"}, lambda w: w.get("/assets/places/", owner="grid")
    ),
    "list of the API": (Way.API, {"SUB-9", "PT-220"}, lambda w: w.get("assets/", kind="tower")),
    "object of the API": (Way.API, {"SUB-9"}, lambda w: w.get("assets/{tower}/")),
    "object of the API as GeoJSON": (Way.API, {"SUB-9"}, lambda w: w.get("assets/{tower}/", format="geojson")),
    "streamed GeoJSON": (Way.FILE, {"SUB-9", "PT-220"}, lambda w: w.get("assets/", kind="tower", format="geojson")),
    "streamed CSV": (Way.FILE, {"SUB-9", "PT-220"}, lambda w: w.get("assets/", kind="tower", format="csv")),
    "page of CSV": (Way.FILE, {"SUB-9", "PT-220"}, lambda w: w.get("assets/", kind="tower", format="csv", limit=9)),
    "file of the API": (
        Way.FILE, {"SUB-9", "PT-220", "DUCT-1"}, lambda w: w.get("assets/", format="gpkg", owner="grid")
    ),
    "ordered file": (Way.FILE, {"SUB-9", "PT-220"}, lambda w: w.ordered),
    "features": (Way.MAP, {"SUB-9", "PT-220"}, lambda w: w.get("/ogc/collections/towers/items", f="json")),
    "features as a page": (Way.MAP, {"DUCT-1"}, lambda w: w.get("/ogc/collections/ducts/items", f="html")),
    "feature": (Way.MAP, {"SUB-9"}, lambda w: w.get("/ogc/collections/towers/items/{tower}", f="json")),
    "tile": (Way.TILE, {"SUB-9", "PT-220", "DUCT-1"}, lambda w: w.tile),
    "page of the admin": (
        Way.ADMIN, {"SUB-9", "PT-220", "DUCT-1"}, lambda w: w.get("/admin/registry/asset/{tower}/change/")
    ),
    "file of the admin": (
        Way.FILE, {"SUB-9", "PT-220"}, lambda w: w.get("/admin/registry/asset/export/csv/", kind__exact="tower")
    ),
}  # fmt: skip
TELLS = ("list of the API", "object of the API", "streamed GeoJSON", "streamed CSV", "page of CSV", "ordered file",
         "features", "feature", "file of the admin", "page of an asset", "places of a filtered list")  # fmt: skip


@pytest.mark.parametrize("basis", [Basis.REGULATOR, Basis.GRANT, Basis.CONSENT, Basis.SUPERUSER])
def test_every_door_records_who_saw_which_place_and_why(basis: Basis):
    world = World()
    viewer = world.people[basis]
    for door, (way, codes, asked) in DOORS.items():
        with transaction.atomic():
            answer = asked(world)(Caller(viewer))
            body = body_of(answer)
            assert answer.status_code == 200, (door, body)
            # Locked pages of the admin show the place as text; tiles, maps as SVG and binary files do not.
            assert bool(SECRET_TEXT.search(body)) or door not in TELLS, door
            found = Sight.objects.filter(viewer=viewer)
            assert set(found.values_list("asset_code", flat=True)) == codes, door
            assert set(found.values_list("way", "basis", "owner__code", "day")) == {
                (way, basis, "grid", timezone.localdate())
            }, door
            transaction.set_rollback(True)


def test_masked_and_open_places_and_the_owners_own_are_not_recorded_and_cost_no_query():
    world = World()
    for person in (world.scene.stranger, world.scene.grid_manager, world.scene.metro_manager):
        for door, (_way, _codes, asked) in DOORS.items():
            with CaptureQueriesContext(connection) as asked_of_it:
                answer = asked(world)(Caller(person))
                body = body_of(answer)
            assert not [one for one in asked_of_it if "registry_sight" in one["sql"]], door
            assert person == world.scene.grid_manager or not SECRET_TEXT.search(body), door
    assert not Sight.objects.exists()


def test_a_list_costs_the_regulator_one_query_more_and_none_where_nothing_exact_is_shown():
    world = World()

    def recording(path: str, **parameters: Any) -> int:
        with CaptureQueriesContext(connection) as asked:
            body_of(Caller(world.scene.officer).get(path, **parameters))
        return sum("registry_sight" in one["sql"] for one in asked)

    assert recording("assets/") == recording("/assets/places/") == 1
    assert recording("/ogc/collections/towers/items", f="json") == 1
    # The table shows no place; one open asset is nobody's secret; nor are the names of what is protected.
    assert recording("/assets/") == recording("assets/", fields="code,name") == 0
    assert recording("/assets/places/", owner="metro") == 0


def test_a_place_is_recorded_once_a_day_for_each_way_and_token():
    world = World()
    officer = world.scene.officer
    token, secret = tokens.issue_personal(
        name="nightly", scopes=[Scope.READ], expires_at=timezone.now() + timezone.timedelta(days=9), actor=officer
    )
    for _again in range(3):
        Caller(officer).get(f"assets/{world.tower.pk}/")
        Caller(secret=secret).get(f"assets/{world.tower.pk}/")
        body_of(Caller(secret=secret).get("assets/", format="csv", code="SUB-9"))
    found = Sight.objects.filter(asset_number=world.tower.pk).order_by("pk")
    assert list(found.values_list("way", "token")) == [("api", None), ("api", token.pk), ("file", token.pk)]
    first = found[0]
    assert (first.asset_code, first.organization, str(first)) == (
        "SUB-9", world.scene.city, f"{timezone.localdate()} SUB-9 → officer"
    )  # fmt: skip


def test_a_tile_that_the_browser_has_kept_is_asked_for_anew_on_another_day(monkeypatch: pytest.MonkeyPatch):
    world = World()
    caller = Caller(world.scene.officer)
    zoom, column, row = tile_at(*SECRET, 15)
    address = f"/ogc/tiles/WebMercatorQuad/{zoom}/{row}/{column}"
    tag = caller.get(address)["ETag"]
    assert caller.get(address, headers={"If-None-Match": tag}).status_code == 304
    tomorrow = timezone.localdate() + timezone.timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda *args: tomorrow)
    assert caller.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_nothing_is_told_where_the_record_fails(monkeypatch: pytest.MonkeyPatch):
    world = World()
    monkeypatch.setattr(looking, "RECORD", "SELECT 1/0 -- {ids}")
    caller = Caller(world.scene.officer)
    caller.client.raise_request_exception = False
    for path in ("/assets/places/", "/admin/registry/asset/export/csv/"):
        with transaction.atomic():
            answer = caller.get(path)
            assert answer.status_code == 500 and not SECRET_TEXT.search(body_of(answer))
            transaction.set_rollback(True)


# --- What is walked without being named ------------------------------------------------------------------------


def test_every_page_that_a_regulator_is_led_to_records_what_it_shows(scene_of_a_match: World):
    world = scene_of_a_match
    told, seen = set[str](), set[str]()
    caller, pk = Caller(world.scene.officer), world.tower.pk
    waiting = deque(["/", "/admin/", f"/assets/{pk}/", f"/admin/registry/asset/{pk}/change/"])
    while waiting:
        path = waiting.popleft()
        with transaction.atomic():
            answer = caller.get(path)
            body = body_of(answer)
            recorded = set(Sight.objects.values_list("asset_number", flat=True))
            transaction.set_rollback(True)
        if SECRET_TEXT.search(body):
            assert recorded & world.hidden, path
        if recorded:
            told.add(name_of(path))
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            for link in re.findall(r'href="(/[^"#]*)"', body.decode()):
                address = html.unescape(link)
                name = name_of(address)
                if name and name not in seen and not name.startswith(("account_", "admin:logout")):
                    seen.add(name)
                    waiting.append(address)
    assert {"web:asset", "web:match", "admin:registry_asset_change"} <= told
    assert len(seen) > 60


def test_a_printed_letter_and_the_pages_of_a_match_are_doors_too(scene_of_a_match: World):
    world = scene_of_a_match
    match = world.tower.match_legs.get().match_id
    for path, way in (
        (f"/matches/{match}/letter-en.pdf", Way.FILE), (f"/matches/{match}/", Way.PAGE),
        (f"matches/{match}/", Way.API), (f"/admin/sharing/match/{match}/change/", Way.ADMIN),
    ):  # fmt: skip
        with transaction.atomic():
            answer = Caller(world.scene.officer).get(path)
            assert (answer.status_code, bool(body_of(answer))) == (200, True)
            found = Sight.objects.filter(asset_number=world.tower.pk).values_list("way", "basis")
            assert list(found) == [(way, Basis.REGULATOR)], path
            transaction.set_rollback(True)


@pytest.fixture
def scene_of_a_match() -> World:
    """Of which the asset is the hidden one."""
    world = World()
    scene = world.scene
    found = factories.match(factories.demand(scene.list, name="Site 2"), [world.tower])
    scene.approved(found)
    return world


def name_of(path: str) -> str:
    """Of the address: with its kind of query, as lists are filtered and taken along by it; static files have none."""
    parts = urlsplit(path)
    if parts.path.startswith("/static/"):
        return ""
    at = resolve(parts.path)
    names = sorted(part.partition("=")[0] for part in parts.query.split("&") if part)
    kinds = [str(value) for value in at.kwargs.values() if not str(value).isdigit()]
    return " ".join([at.view_name or "", *names[:1], *kinds])


@pytest.mark.parametrize("name", [name for name, one in (OPERATIONS | OGC).items() if one.method == "GET"])
def test_every_operation_of_the_api_records_what_it_answers(name: str):
    operation, world = (OPERATIONS | OGC)[name], Everything()
    owned = Asset.objects.filter(owner=world.metro)
    owned.update(protection=Protection.RESTRICTED, protection_reason="grid")
    factories.asset(world.metro, code="SECRET", at=SECRET, protection=Protection.RESTRICTED)
    arguments, body = operation.prepare(world)
    answer = call(Caller(world.people["here manager"]), operation, arguments, body)
    if SECRET_TEXT.search(body_of(answer)):
        assert "SECRET" in set(Sight.objects.values_list("asset_code", flat=True))


# --- The record itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    ["UPDATE registry_sight SET way = 'page'", "DELETE FROM registry_sight", "TRUNCATE registry_sight CASCADE"],
)
def test_the_database_changes_and_removes_no_sight(statement: str):
    world = World()
    Caller(world.scene.officer).get(f"assets/{world.tower.pk}/")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {statement}")
    assert Sight.objects.count() == 1


def test_it_outlives_the_asset_and_keeps_the_person():
    world = World()
    Caller(world.scene.officer).get(f"assets/{world.core.pk}/")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM registry_disclosure")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    world.core.delete()
    assert Sight.objects.get().asset_code == "PT-220"
    with pytest.raises(ProtectedError):
        world.scene.officer.delete()


def test_owners_read_it_of_their_assets_regulators_of_their_region_and_people_of_themselves():
    world = World()
    fireman = world.people[Basis.GRANT]
    Caller(fireman).get(f"assets/{world.tower.pk}/")
    elsewhere = factories.member(factories.regulator("elsewhere", of=factories.XIANGYANG))
    for person, reads in (
        (world.scene.grid_manager, True), (world.scene.officer, True), (world.scene.governor, True), (fireman, True),
        (world.scene.metro_manager, False), (elsewhere, False), (world.scene.stranger, False),
    ):  # fmt: skip
        caller = Caller(person)
        assert Sight.objects.visible_to(person).exists() == reads
        drill = trail(Trail.SIGHTS, person, start=None, end=None, text="SUB")
        assert [[str(field.value(row)) for field in drill.fields][2:] for row in drill.rows] == (
            [["SUB-9", "grid", "fireman", "None", "fire", "Grant of sight", "API"]] if reads else []
        )
        assert ("fireman" in caller.get("/monitoring/audit/", of="sights").content.decode()) == reads
        assert (b"fireman" in body_of(caller.get("/monitoring/audit.csv", of="sights", text="sub-9"))) == reads
        assert ("SUB-9" in caller.get("/admin/registry/sight/", q="sub-").content.decode()) == reads
