"""Areas of terrain by the API: known to every party, kept by their owner's editors."""

from typing import Any

import pytest

from registry.models import Role, TerrainArea
from tests import factories
from tests.calls import Caller

pytestmark = pytest.mark.django_db

LAKE = {
    "type": "Polygon",
    "coordinates": [[[114.35, 30.53], [114.42, 30.53], [114.42, 30.59], [114.35, 30.59], [114.35, 30.53]]],
}
BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[114.3, 30.5], [114.4, 30.6], [114.4, 30.5], [114.3, 30.6], [114.3, 30.5]]],
}


@pytest.fixture
def editor() -> Caller:
    return Caller(factories.member(factories.organization("city"), Role.EDITOR))


def body(**fields: Any) -> dict[str, Any]:
    return {"owner": "city", "code": "LAKE", "name": "东湖", "terrain_class": "water", "place": LAKE, **fields}


def test_an_area_is_drawn_changed_and_removed_by_an_editor_of_its_owner(editor: Caller):
    made = editor.post("terrain-areas/", body())
    area = TerrainArea.objects.get()
    assert (made.status_code, made["Location"]) == (201, f"http://testserver/api/v1/terrain-areas/{area.pk}/")
    assert made.json() == {
        "id": area.pk, "owner": "city", "code": "LAKE", "name": "东湖", "terrain_class": "water",
        "place": {"type": "MultiPolygon", "coordinates": [LAKE["coordinates"]]}, "actions": ["change", "delete"],
    }  # fmt: skip
    changed = editor.patch(f"terrain-areas/{area.pk}/", {"terrain_class": "rock"})
    assert (changed.status_code, changed.json()["terrain_class"]) == (200, "rock")
    assert editor.delete(f"terrain-areas/{area.pk}/").status_code == 204
    assert not TerrainArea.objects.exists()


def test_others_see_it_and_change_nothing(editor: Caller):
    editor.post("terrain-areas/", body())
    area = TerrainArea.objects.get()
    stranger = Caller(factories.member(factories.organization("telco"), Role.MANAGER))
    assert stranger.get(f"terrain-areas/{area.pk}/").json()["actions"] == []
    for response in (
        stranger.patch(f"terrain-areas/{area.pk}/", {"terrain_class": "rock"}),
        stranger.delete(f"terrain-areas/{area.pk}/"),
        stranger.post("terrain-areas/", body(code="MINE")),
    ):
        assert response.status_code == 403
    area.refresh_from_db()
    assert (area.terrain_class, TerrainArea.objects.count()) == ("water", 1)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"place": {"type": "Point", "coordinates": [114.3, 30.5]}}, "#/place"),
        ({"place": BOW_TIE}, "#/place"),
        ({"terrain_class": "swamp"}, "#/terrain_class"),
        ({"code": ""}, "#/code"),
        ({"colour": "blue"}, "#/colour"),
        ({"owner": "nobody"}, "#/owner"),
    ],
)
def test_what_is_wrong_is_told_by_its_field_and_nothing_is_written(editor: Caller, wrong: Any, pointer: str):
    response = editor.post("terrain-areas/", body(**wrong))
    assert response.status_code == 400
    assert [fault["pointer"] for fault in response.json()["errors"]] == [pointer]
    assert not TerrainArea.objects.exists()


def test_a_code_is_the_owners_once(editor: Caller):
    editor.post("terrain-areas/", body())
    again = editor.post("terrain-areas/", body(name="again"))
    assert again.status_code == 409 and "another code" in again.json()["detail"]
    assert TerrainArea.objects.count() == 1


def test_areas_are_found_by_class_owner_box_and_text(editor: Caller):
    editor.post("terrain-areas/", body())
    for name, here, gone in (
        ("terrain_class", "water,rock", "rock"),
        ("owner", "city", "telco"),
        ("code", "LAKE", "LAK"),
        ("bbox", "114.40,30.58,114.5,30.7", "114.43,30.58,114.5,30.7"),
        ("q", "东湖", "南湖"),
    ):
        assert editor.codes("terrain-areas/", **{name: here}) == {"LAKE"}, name
        assert editor.codes("terrain-areas/", **{name: gone}) == set(), name
    geojson = editor.get("terrain-areas/", format="geojson")
    assert b'"MultiPolygon"' in b"".join(geojson.streaming_content)
