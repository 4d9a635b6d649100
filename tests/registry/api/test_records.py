"""Who saw, who was told and who changed, by the API: to the owner, to its regulators, and to nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import Change, Disclosure, Export, Protection, Role, Sight
from tests import factories
from tests.calls import Caller, body_of, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


def results(caller: Caller, path: str, **parameters: Any) -> list[dict[str, Any]]:
    response = caller.get(path, **parameters)
    assert response.status_code == 200, response.content
    return response.json()["results"]  # type: ignore[no-any-return]


def guarded(scene: Scene) -> Any:
    factories.protect(scene.near, Protection.RESTRICTED)
    return scene.near


def test_a_sight_that_the_api_gives_stands_there_to_be_read_by_the_owner(scene: Scene):
    asset = guarded(scene)
    officer, owner = Caller(scene.officer), Caller(scene.metro_manager)
    assert results(owner, "sights/") == []
    assert officer.get(f"assets/{asset.pk}/").json()["place_is_exact"] is True
    [sight] = results(owner, "sights/")
    assert sight == {
        "id": Sight.objects.get().pk, "seen_at": sight["seen_at"], "day": timezone.localdate().isoformat(),
        "asset": asset.pk, "asset_code": "NEAR", "owner": "metro", "region": "420102",
        "viewer": scene.officer.username, "token": None, "organization": "city", "basis": "regulator", "way": "api",
    }  # fmt: skip
    assert results(officer, "sights/") == [sight]
    assert results(Caller(scene.asker), "sights/") == []
    assert results(Caller(factories.member(factories.regulator("there", of=factories.XIANGYANG))), "sights/") == []


def test_sights_are_found_by_asset_viewer_way_and_day(scene: Scene):
    asset = guarded(scene)
    Caller(scene.officer).get(f"assets/{asset.pk}/")
    owner, today = Caller(scene.metro_manager), timezone.localdate()
    for name, here, gone in (
        ("asset", asset.pk, scene.far.pk),
        ("asset_code", "NEAR", "NEA"),
        ("owner", "metro", "grid"),
        ("region", "4201", "4206"),
        ("viewer", scene.officer.username, "nobody"),
        ("organization", "city", "metro"),
        ("basis", "regulator", "grant"),
        ("way", "api", "tile,page"),
        ("first_day", today, today + timedelta(days=1)),
        ("last_day", today, today - timedelta(days=1)),
    ):
        assert len(results(owner, "sights/", **{name: here})) == 1, name
        assert results(owner, "sights/", **{name: gone}) == [], name


def test_a_disclosure_is_read_by_those_told_the_owner_and_the_regulator(scene: Scene):
    asset = guarded(scene)
    scene.consented()
    told = Disclosure.objects.get()
    for person in (scene.asker, scene.metro_manager, scene.officer):
        [shown] = results(Caller(person), "disclosures/", asset=asset.pk)
        assert (shown["asset_code"], shown["owner"], shown["organization"]) == ("NEAR", "metro", "telco")
        assert shown["reference"] == str(told.reference)
    assert results(Caller(factories.member(factories.organization("other"))), "disclosures/") == []


def test_a_change_says_who_what_before_and_after_by_codes(scene: Scene):
    owner = Caller(scene.metro_manager)
    body = {"name": "Pole 7", "region": "420106", "place": {"type": "Point", "coordinates": [114.31, 30.6]}}
    factories.region(factories.WUCHANG)
    assert owner.patch(f"assets/{scene.near.pk}/", body).status_code == 200
    [change] = results(owner, "changes/", asset=scene.near.pk, act="update")
    assert change == {
        "id": Change.objects.latest("pk").pk, "changed_at": change["changed_at"],
        "actor": scene.metro_manager.username,
        "noun": "asset", "act": "update", "number": scene.near.pk, "numbers": None, "count": 1, "code": "NEAR",
        "organization": "metro", "region": "420106",
        "differences": [
            {"field": "name", "before": "", "after": "Pole 7"},
            {"field": "region", "before": "420102", "after": "420106"},
            {"field": "place", "before": None, "after": None},
        ],
    }  # fmt: skip


def test_changes_of_others_are_as_absent_as_none(scene: Scene):
    owner = Caller(scene.metro_manager)
    owner.patch(f"assets/{scene.near.pk}/", {"name": "Pole 7"})
    change = Change.objects.latest("pk")
    assert Caller(scene.officer).get(f"changes/{change.pk}/").status_code == 200
    assert problem(Caller(scene.asker).get(f"changes/{change.pk}/"), 404, "not_seen") == []
    assert [one for one in results(Caller(scene.asker), "changes/") if one["organization"] == "metro"] == []


def test_what_was_listed_together_is_one_change_with_its_numbers(scene: Scene):
    owner = Caller(scene.metro_manager)
    place = {"type": "Point", "coordinates": [114.31, 30.6]}
    bodies = [{"owner": "metro", "code": f"B-{n}", "kind": "tower", "place": place, "capacity": 2} for n in range(3)]
    created = owner.post("assets/bulk/", bodies).json()["created"]
    [change] = results(owner, "changes/", asset=created[1])
    assert (change["number"], change["count"], change["differences"]) == (None, 3, [])
    assert change["numbers"] == [{"first": created[0], "last": created[2]}]


def test_changes_are_found_by_person_moment_and_noun_and_cost_the_same_for_many(scene: Scene):
    owner = Caller(scene.metro_manager)
    before, start = timezone.now() - timedelta(hours=1), Change.objects.latest("pk").pk
    for n in range(3):
        owner.patch(f"assets/{scene.near.pk}/", {"name": f"Pole {n}"})
    owner.patch("organizations/metro/", {"contact_phone": "027-1"})
    later = (timezone.now() + timedelta(minutes=1)).isoformat()
    found = results(owner, "changes/", after=start)
    assert [one["noun"] for one in found] == ["organization", "asset", "asset", "asset"]
    for name, here, gone in (
        ("noun", "organization", "membership"),
        ("actor", scene.metro_manager.username, scene.officer.username),
        ("since", before.isoformat(), later),
        ("until", later, before.isoformat()),
        ("after", found[1]["id"], found[0]["id"]),
        ("organization", "metro", "grid"),
        ("region", "4201", "4206"),
        ("code", "metro", "metr"),
        ("number", found[0]["number"], found[0]["number"] + 1),
    ):
        narrowed = {"noun": "organization", "after": start, name: here}
        assert results(owner, "changes/", **narrowed) == found[:1], name
        assert results(owner, "changes/", **{**narrowed, name: gone}) == [], name
    counts = []
    for limit in (1, 4):
        with CaptureQueriesContext(connection) as asked:
            results(owner, "changes/", limit=limit, act="update")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_member_of_nobody_reads_none_of_it(scene: Scene):
    nobody = Caller(factories.user("nobody"))
    for path in ("sights/", "changes/", "disclosures/"):
        assert problem(nobody.get(path), 403, "not_yours") == []
    viewer = Caller(factories.member(scene.metro, Role.VIEWER))
    for path in ("sights/", "changes/", "disclosures/"):
        assert problem(viewer.post(path, {}), 405, "method_not_allowed") == []


def test_who_took_a_file_is_found_by_person_address_and_day(scene: Scene):
    viewer = factories.member(scene.metro, Role.VIEWER, "metro-viewer")
    body_of(Caller(viewer).get("assets/", format="csv", kind="tower"))
    owner, officer, today = Caller(scene.metro_manager), Caller(scene.officer), timezone.localdate()
    [taken] = results(owner, "exports/")
    assert taken == {
        "id": taken["id"], "exported_at": taken["exported_at"], "person": "metro-viewer", "token": None,
        "address": "/api/v1/assets/", "filename": "assets.csv", "parameters": {"format": "csv", "kind": "tower"},
        "rows": None,
    }  # fmt: skip
    assert results(officer, "exports/") == [taken]
    assert results(Caller(scene.asker), "exports/") == []
    for name, here, gone in (
        ("person", "metro-viewer", "nobody"),
        ("address", "/api/", "/admin/"),
        ("first_day", today, today + timedelta(days=1)),
        ("last_day", today, today - timedelta(days=1)),
    ):
        assert len(results(owner, "exports/", **{name: here})) == 1, name
        assert results(owner, "exports/", **{name: gone}) == [], name


def test_a_page_of_exports_takes_the_same_queries(scene: Scene):
    owner = Caller(scene.metro_manager)
    counts = []
    for _ in range(3):
        Export.objects.create(person=scene.metro_manager, address="/x/", filename="x.csv")
        with CaptureQueriesContext(connection) as taken:
            results(owner, "exports/")
        counts.append(len(taken))
    assert counts == [4, 4, 4]
