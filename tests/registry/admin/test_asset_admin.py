"""An owner's people keep their assets in the admin."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.kinds import Kind
from registry.models import Asset, Membership, Organization, Protection, Role, Sector, Tower, User
from tests import factories
from tests.meanwhile import change_before
from tests.registry.admin.conftest import browser

ADD = "/admin/registry/asset/add/?kind="


def page(asset: Asset) -> str:
    return reverse("admin:registry_asset_change", args=[asset.pk])


def filled(owner: Organization, kind: str = Kind.TOWER, place: str = "POINT (114.3 30.6)", **fields: Any) -> dict:
    """What a person sends with the form of a new asset."""
    inline = kind if kind != Kind.EQUIPMENT_ROOM else "equipment_room"
    return {
        "owner": owner.pk,
        "code": "T-1",
        "name": "Pole",
        "kind": kind,
        "status": "in_service",
        "region": factories.region().pk,
        "geometry": place,
        "capacity": 3,
        "open_to_sectors": ["telecom"],
        "price_per_unit_year": "100",
        "protection": "open",
        f"{inline}-TOTAL_FORMS": 1,
        f"{inline}-INITIAL_FORMS": 0,
        f"{inline}-MIN_NUM_FORMS": 0,
        f"{inline}-MAX_NUM_FORMS": 1,
        **fields,
    }


def tower_details(**fields: Any) -> dict[str, Any]:
    return {f"tower-0-{name}": value for name, value in {"structure_type": "streetlight", **fields}.items()}


def changed(asset: Asset, **fields: Any) -> dict[str, Any]:
    """What a person sends with the form of an asset that is there."""
    sent = filled(
        asset.owner, asset.kind, asset.geometry.wkt, code=asset.code, name=asset.name, region=asset.region_id
    )
    sent |= {"capacity": asset.capacity, "open_to_sectors": asset.open_to_sectors, "protection": asset.protection}
    sent |= {f"{asset.kind}-INITIAL_FORMS": 1, f"{asset.kind}-0-asset": asset.pk}
    sent["seen_at"] = asset.updated_at.isoformat()
    return {**sent, **fields}


def problems(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(message for errors in response.context["errors"] for message in errors)


def test_first_the_kind_is_chosen(editor: Client):
    html = editor.get("/admin/registry/asset/add/").content.decode()
    assert [f'href="?kind={kind}"' in html for kind in Kind] == [True] * 4


def test_an_editor_lists_a_tower_with_its_details(editor: Client, city: Organization):
    sent = filled(city) | tower_details(height_m="12.5")
    assert editor.post(ADD + "tower", sent).status_code == 302
    asset = Asset.objects.get()
    assert (asset.owner, asset.code, asset.geometry.coords, asset.capacity) == (city, "T-1", (114.3, 30.6), 3)
    assert asset.tower.height_m == 12.5


def test_details_are_written_even_when_none_is_given(editor: Client, city: Organization):
    editor.post(ADD + "tower", filled(city) | {"tower-0-structure_type": "other"})
    assert Tower.objects.get().asset == Asset.objects.get()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"geometry": "LINESTRING(114 30, 115 31)"}, "This kind is a POINT, the geometry a LINESTRING"),
        ({"geometry": "here"}, "This is neither WKT nor GeoJSON"),
        ({"geometry": "POINT(30.6 114.3)"}, "longitude and latitude look swapped"),
        ({"code": ""}, "This field is required"),
        ({"status": "planned"}, "A planned asset needs the day from which it is there"),
        ({"weight_kg": "-1"}, "A weight limit is zero or more kilograms"),
        ({"tower-0-free_height_max_m": "20"}, "cannot exceed the tower's height"),
        ({"tower-0-free_height_min_m": "9", "tower-0-free_height_max_m": "5"}, "lies above the lowest: swap them?"),
        ({"open_to_sectors": ["pirates"]}, "Select a valid choice"),
    ],
)
def test_wrong_input_is_refused_with_what_to_do(manager: Client, city: Organization, fields: dict, problem: str):
    response = manager.post(ADD + "tower", filled(city) | tower_details(height_m="12") | fields)
    assert problem in problems(response)
    assert not Asset.objects.exists()


def test_a_code_is_used_once_by_an_owner(manager: Client, city: Organization):
    factories.asset(city, code="T-1")
    response = manager.post(ADD + "tower", filled(city) | tower_details())
    assert "This owner has an asset with this code already" in problems(response)


def test_capacity_below_what_is_held_is_refused_in_words(manager: Client, city: Organization):
    asset = factories.asset(city, capacity=4, used=3)
    response = manager.post(page(asset), changed(asset, capacity=2, name="Typed anew") | tower_details())
    assert response.status_code == 200
    assert problems(response) == "Not saved. Units beyond this capacity are in use or held: release them first."
    assert 'value="Typed anew"' in response.content.decode()
    asset.refresh_from_db()
    assert asset.capacity == 4


def test_power_and_cooling_of_a_room_rise_together(manager: Client, city: Organization):
    room = factories.asset(city, Kind.EQUIPMENT_ROOM, power_kw=Decimal(10), details={"cooling_kw": 12})
    details = {f"equipment_room-0-{name}": value for name, value in {"feeds": 1, "security_class": 1}.items()}
    sent = changed(room, power_kw="20") | details
    response = manager.post(page(room), sent | {"equipment_room-0-cooling_kw": "15"})
    assert "The power limit exceeds the room's cooling" in problems(response)
    assert manager.post(page(room), sent | {"equipment_room-0-cooling_kw": "25"}).status_code == 302
    room.refresh_from_db()
    assert (room.power_kw, room.equipment_room.cooling_kw) == (20, 25)


def test_an_editor_leaves_region_and_terms_to_the_manager(editor: Client, manager: Client, city: Organization):
    asset = factories.asset(city, capacity=4, protection=Protection.RESTRICTED, terms="Ask first.")
    home, away = asset.region, factories.region(factories.XIANGYANG)
    sent = changed(asset, capacity=5, terms="Free", price_per_unit_year="0", protection="open", region=away.pk)
    for client, expected in (
        (editor, (5, "Ask first.", 1000, "restricted", home)),
        (manager, (5, "Free", 0, "open", away)),
    ):
        seen = {"seen_at": asset.updated_at.isoformat()}
        assert client.post(page(asset), sent | seen | tower_details()).status_code == 302
        asset.refresh_from_db()
        found = (asset.capacity, asset.terms, asset.price_per_unit_year, asset.protection, asset.region)
        assert found == expected


def test_terms_of_a_new_asset_are_for_a_manager_of_its_owner(editor: Client, city: Organization):
    person = User.objects.get(username="editor")
    own = factories.organization("own")
    Membership.objects.create(user=person, organization=own, role=Role.MANAGER)
    unset = {"open_to_sectors": Sector.values, "price_per_unit_year": "0", "terms": ""}
    for fields in ({"open_to_sectors": []}, {"price_per_unit_year": "7"}, {"terms": "Free"}):
        sent = filled(city, **unset) | fields | tower_details()
        assert "Only a manager of city sets this" in problems(editor.post(ADD + "tower", sent))
        assert editor.post(ADD + "tower", {**sent, "owner": own.pk, "code": str(fields)}).status_code == 302
    unsaid = filled(city, protection="core", **unset) | tower_details()
    assert "A protected asset needs a reason" in problems(editor.post(ADD + "tower", unsaid))
    assert editor.post(ADD + "tower", {**unsaid, "protection_reason": "Feeds a hospital"}).status_code == 302
    assert sorted(Asset.objects.values_list("owner__code", flat=True)) == ["city", "own", "own", "own"]


def test_nothing_is_listed_for_or_moved_to_another_owner(editor: Client, city: Organization):
    other = factories.organization("other")
    response = editor.post(ADD + "tower", filled(other) | tower_details())
    assert "Select a valid choice" in problems(response)
    asset = factories.asset(city)
    editor.post(page(asset), changed(asset, owner=other.pk) | tower_details())
    asset.refresh_from_db()
    assert asset.owner == city


def test_a_form_is_not_saved_over_what_others_decided_since_it_was_shown(manager: Client, city: Organization):
    asset = factories.asset(city)
    shown = manager.get(page(asset))
    seen_at = str(shown.context["adminform"].form["seen_at"].value())
    assert f'<input type="hidden" name="seen_at" value="{seen_at}"' in shown.content.decode()
    sent = changed(asset, name="Mast", seen_at=seen_at) | tower_details()
    factories.protect(asset, Protection.CORE)

    late = manager.post(page(asset), sent)

    said = "Somebody changed this meanwhile. Here is what you typed: save again to put it over theirs."
    assert problems(late) == said
    asset.refresh_from_db()
    assert (asset.name, asset.protection) == ("", Protection.CORE)
    again = {"seen_at": late.context["adminform"].form["seen_at"].value(), "protection": "core"}
    assert manager.post(page(asset), sent | again | {"protection_reason": "grid"}).status_code == 302
    asset.refresh_from_db()
    assert (asset.name, asset.protection) == ("Mast", Protection.CORE)


def test_what_the_form_is_compared_with_is_locked(manager: Client, city: Organization):
    asset = factories.asset(city)
    with change_before("FOR NO KEY UPDATE", lambda: factories.protect(asset, Protection.CORE)):
        late = manager.post(page(asset), changed(asset, name="Mast") | tower_details())
    assert "Somebody changed this meanwhile" in problems(late)
    asset.refresh_from_db()
    assert (asset.name, asset.protection) == ("", Protection.CORE)


def test_what_is_removed_before_a_form_comes_is_not_found(manager: Client, city: Organization):
    asset = factories.asset(city)
    with change_before("FOR NO KEY UPDATE", lambda: Asset.objects.get(pk=asset.pk).delete()):
        assert manager.post(page(asset), changed(asset, name="Mast") | tower_details()).status_code == 404


def test_what_the_ledger_keeps_takes_no_input(manager: Client, city: Organization):
    asset = factories.asset(city, capacity=4, used=2)
    sent = changed(asset, used_today=0, ledger_version=0, free_today=4, length_m=7, kind="duct") | tower_details()
    assert manager.post(page(asset), sent).status_code == 302
    before = (asset.used_today, asset.ledger_version, asset.free_today, asset.kind)
    asset.refresh_from_db()
    assert (asset.used_today, asset.ledger_version, asset.free_today, asset.kind) == before


def test_saving_a_form_writes_nothing_over_what_the_ledger_keeps(manager: Client, city: Organization):
    asset = factories.asset(city, capacity=4)
    with change_before('UPDATE "registry_asset"', lambda: factories.allocate(asset, 3)):
        assert manager.post(page(asset), changed(asset, name="Mast") | tower_details()).status_code == 302
    stale = asset.ledger_version
    asset.refresh_from_db()
    assert (asset.name, asset.used_today, asset.free_today) == ("Mast", 3, 1)
    assert asset.ledger_version > stale


def test_an_asset_goes_with_its_details_and_stays_while_its_ledger_has_lines(manager: Client, city: Organization):
    used, unused = factories.asset(city, used=1), factories.asset(city)
    kept = manager.post(reverse("admin:registry_asset_delete", args=[used.pk]), {"post": "yes"})
    assert "set the asset out of service instead" in kept.content.decode()
    assert manager.post(reverse("admin:registry_asset_delete", args=[unused.pk]), {"post": "yes"}).status_code == 302
    assert list(Asset.objects.all()) == [used]


def test_search_finds_any_part_of_code_or_name_whatever_the_case(manager: Client, city: Organization):
    factories.asset(city, code="WH-100%-a", name="Yangtze bridge")
    factories.asset(city, code="WH-200", name="长江大桥")

    def found(text: str) -> list[str]:
        response = manager.get("/admin/registry/asset/", {"q": text})
        return [asset.code for asset in response.context["cl"].result_list]

    assert found("wh-1") == found("YANGTZE") == found("0%-") == ["WH-100%-a"]
    assert found("大桥") == ["WH-200"]
    assert found("_") == found("nothing") == []


def test_search_can_use_the_index(manager: Client, city: Organization):
    with CaptureQueriesContext(connection) as asked:
        manager.get("/admin/registry/asset/", {"q": "bridge"})
    [sql] = [query["sql"] for query in asked if "ILIKE" in query["sql"]]
    assert '"registry_asset"."code" ILIKE \'%bridge%\'' in sql
    assert '"registry_asset"."name" ILIKE \'%bridge%\'' in sql


def test_a_region_finds_what_lies_inside_it(manager: Client, city: Organization):
    for code, region in (("A", factories.JIANGAN), ("B", factories.WUCHANG), ("C", factories.XIANGYANG)):
        factories.asset(city, code=code, within=region)

    def found(region: str) -> list[str]:
        query = {"region__id__exact": factories.region(region).pk}
        return [asset.code for asset in manager.get("/admin/registry/asset/", query).context["cl"].result_list]

    assert [found(code) for code in (factories.JIANGAN, factories.WUHAN_CODE, factories.HUBEI)] == [
        ["A"],
        ["A", "B"],
        ["A", "B", "C"],
    ]


def test_what_tells_where_a_protected_line_is_is_shown_with_its_exact_place_only(manager: Client, city: Organization):
    cable = factories.asset(
        city, Kind.FIBER, protection=Protection.RESTRICTED, protection_reason="Feeds a hospital",
        details={"cable_length_m": 6047.5, "route_length_m": 5987.6, "splices": 41},
    )  # fmt: skip
    stranger = browser(factories.member(factories.organization("reader"), Role.VIEWER))

    def told(client: Client) -> list[bool]:
        html = client.get(page(cable)).content.decode()
        return [text in html for text in ("Feeds a hospital", "6047.5", "5987.6", "41")]

    assert told(manager) == [True, True, True, True]
    assert told(stranger) == [False, False, False, True]


def test_the_page_has_a_map_without_any_request_elsewhere(city: Organization):
    asset = factories.asset(city)
    factories.asset(city, at=(factories.WUHAN[0] + 0.0005, factories.WUHAN[1]), code="NEXT")
    html = browser(factories.member(factories.organization("reader"), Role.VIEWER)).get(page(asset)).content.decode()
    assert html.count('<svg class="map"') == 1
    assert "<title>NEXT</title>" in html
    assert "openlayers" not in html.lower()
    assert 'src="http' not in html
