"""Inventories of protected assets by the API: filed by the owner's managers, held against what is there."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import Asset, Export, Role
from sharing.api import inventory
from sharing.models import Inventory
from tests import factories
from tests.calls import Caller, body_of, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    found = Scene()
    Asset.objects.filter(pk=found.near.pk).update(
        protection="restricted", protection_reason="grid", protection_review_on=timezone.localdate()
    )
    return found


def test_a_manager_takes_it_and_growth_is_held_against_it(scene: Scene):
    manager = Caller(scene.metro_manager)
    made = manager.post("inventories/", {"organization": "metro"})
    taken = Inventory.objects.get()
    shown = made.json()
    assert shown.pop("taken_at") and made.status_code == 201
    assert shown == {
        "id": taken.pk, "organization": "metro", "taken_by": "metro-manager", "changes": [],
        "classes": [{"level": "restricted", "kind": "tower", "assets": 1}],
    }  # fmt: skip
    factories.asset(scene.metro, protection="restricted")
    read = Caller(scene.officer).get(f"inventories/{taken.pk}/").json()
    assert read["changes"] == [{"level": "restricted", "kind": "tower", "before": 1, "now": 2}]
    [listed] = Caller(scene.officer).get("inventories/", region=factories.WUHAN_CODE).json()["results"]
    assert "changes" not in listed


def test_nobody_else_takes_it(scene: Scene):
    for person in (factories.member(scene.metro, Role.EDITOR), scene.officer, scene.asker):
        problem(Caller(person).post("inventories/", {"organization": "metro"}), 403, "not_yours")
    assert not Inventory.objects.exists()


def today(caller: Caller, **parameters: Any) -> list[tuple[Any, ...]]:
    rows = caller.get("inventories/today/", **parameters).json()["results"]
    return [(row["owner"], row["region"], row["level"], row["assets"], row["overdue"]) for row in rows]


def test_what_is_there_today_is_counted_for_who_may_know(scene: Scene):
    near = ("metro", factories.JIANGAN, "restricted", 1, 1)
    far = ("grid", factories.WUCHANG, "open", 1, 0)
    officer = Caller(scene.officer)
    assert today(officer) == [far, near] and today(Caller(scene.metro_manager)) == [near]
    assert today(Caller(scene.asker)) == []
    assert today(officer, owner="grid") == today(officer, region=factories.WUCHANG) == today(officer, level="open")
    assert today(officer, region=factories.WUHAN_CODE, kind="tower") == [far, near]
    assert today(officer, kind="duct") == []
    lines = csv.DictReader(io.StringIO(body_of(officer.get("inventories/today/", format="csv")).decode("utf-8-sig")))
    assert sorted(line["owner"] for line in lines) == ["grid", "metro"]
    assert Export.objects.get().filename == "inventory.csv"


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"kind": "pole"}, ("kind", "invalid_choice")),
        ({"owner": "nobody"}, ("owner", "does_not_exist")),
        ({"colour": "blue"}, ("colour", "unknown_parameter")),
    ],
)
def test_what_makes_no_sense_is_told_by_its_parameter(
    scene: Scene, parameters: dict[str, str], fault: tuple[str, str]
):
    response = Caller(scene.officer).get("inventories/today/", **parameters)
    assert problem(response, 400, "bad_input") == [fault]


def test_more_classes_than_an_answer_holds_are_to_be_narrowed(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inventory, "MOST", 1)
    assert problem(Caller(scene.officer).get("inventories/today/"), 400, "bad_input") == [("region", "too_many")]
    assert len(today(Caller(scene.officer), owner="grid")) == 1


def test_reading_costs_the_same_for_many_assets(scene: Scene):
    officer = Caller(scene.officer)
    taken = Caller(scene.metro_manager).post("inventories/", {"organization": "metro"}).json()["id"]

    def queries() -> list[int]:
        found = []
        for address in ("inventories/today/", f"inventories/{taken}/"):
            with CaptureQueriesContext(connection) as asked:
                assert officer.get(address).status_code == 200
            found.append(len(asked))
        return found

    few = queries()
    for kind in ("tower", "duct", "tower"):
        factories.asset(scene.metro, kind=kind, protection="core")
    assert queries() == few
