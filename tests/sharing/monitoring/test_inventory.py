"""The inventory by level: counted, filed, outgrown, and levels that are to be reviewed."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from registry.models import Asset, Role
from sharing.errors import NotYours
from sharing.models import Event, EventType, Inventory, Notification
from sharing.monitoring import inventory
from sharing.notifications import outbox
from sharing.notifications.messages import message
from sharing.tasks.monitoring import check_inventories
from tests import factories
from tests.calls import body_of
from tests.sharing.scene import Scene


def protect(scene: Scene, level: str, count: int) -> list[Asset]:
    return [factories.asset(scene.grid, protection=level, within=factories.WUCHANG) for _one in range(count)]


def browser(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def told(kind: EventType) -> set[str]:
    outbox.dispatch()
    rows = Notification.objects.filter(event__type=kind, channel="inbox")
    return set(rows.values_list("recipient__username", flat=True))


@pytest.mark.parametrize(("more", "is_told"), [(2, False), (3, True)])
def test_a_class_that_grew_by_three_tenths_is_told_once_to_owner_and_regulator(scene: Scene, more: int, is_told: bool):
    protect(scene, "restricted", 10)
    check_inventories()
    first = Inventory.objects.get()
    assert (first.organization, first.taken_by, first.counts) == (scene.grid, None, {"restricted": {"tower": 10}})
    protect(scene, "restricted", more)
    check_inventories()
    check_inventories()
    found = Event.objects.filter(type=EventType.INVENTORY_OUTGROWN)
    assert found.count() == int(is_told)
    assert told(EventType.INVENTORY_OUTGROWN) == ({"grid-manager", "officer", "second-officer"} if is_told else set())
    if is_told:
        event = found.get()
        assert event.data["classes"] == [{"level": "restricted", "kind": "tower", "before": 10, "now": 13}]
        text = message(event)
        assert (
            "Restricted · " in text.text and "10 → 13" in text.text and text.link.endswith(f"/inventory/{first.pk}/")
        )
        for person, reads in ((scene.grid_manager, 1), (scene.governor, 1), (scene.metro_manager, 0)):
            assert Event.objects.visible_to(person).filter(pk=event.pk).count() == reads


def test_a_new_class_and_one_that_shrank_are_changes_too_until_the_inventory_is_taken_anew(scene: Scene):
    gone = protect(scene, "restricted", 10)
    inventory.take(scene.grid, actor=scene.grid_manager)
    for asset in gone[:3]:
        asset.delete()
    protect(scene, "core", 1)
    last = Inventory.objects.latest("pk")
    assert inventory.changes_today(last) == [
        {"level": "core", "kind": "tower", "before": 0, "now": 1},
        {"level": "restricted", "kind": "tower", "before": 10, "now": 7},
    ]
    page = browser(scene.grid_manager).get(f"/monitoring/inventory/{last.pk}/").content.decode()
    assert "10 → 7" in page and "0 → 1" in page
    answer = browser(scene.grid_manager).post("/monitoring/inventory/grid/take/")
    again = Inventory.objects.latest("pk")
    assert answer["Location"] == f"/monitoring/inventory/{again.pk}/" and again.taken_by == scene.grid_manager
    check_inventories()
    assert not Event.objects.filter(type=EventType.INVENTORY_OUTGROWN).exists()


def test_only_a_manager_of_the_owner_takes_it_and_only_owner_and_regulators_read_it(scene: Scene):
    protect(scene, "core", 1)
    editor = factories.member(scene.grid, Role.EDITOR)
    for actor in (editor, scene.metro_manager, scene.officer):
        with pytest.raises(NotYours):
            inventory.take(scene.grid, actor=actor)
    assert browser(editor).post("/monitoring/inventory/grid/take/").status_code == 403
    assert not Inventory.objects.exists()
    taken = inventory.take(scene.grid, actor=scene.grid_manager)
    for person, status in ((editor, 200), (scene.officer, 200), (scene.metro_manager, 404), (scene.asker, 404)):
        assert browser(person).get(f"/monitoring/inventory/{taken.pk}/").status_code == status


def test_it_counts_by_owner_region_kind_and_level_with_reviews_overdue(scene: Scene):
    overdue, _other = protect(scene, "core", 2)
    yesterday = timezone.localdate() - timedelta(days=1)
    Asset.objects.filter(pk=overdue.pk).update(protection_review_on=yesterday)
    client = browser(scene.officer)
    rows = list(csv.reader(io.StringIO(body_of(client.get("/monitoring/inventory.csv")).decode())))
    assert rows == [
        ["owner", "region_code", "region", "kind", "level", "assets", "overdue", "next_review"],
        ["grid", "420106", "武昌区", "Tower", "Core", "2", "1", f"{yesterday}"],
        ["grid", "420106", "武昌区", "Tower", "Open", "1", "0", ""],
        ["metro", "420102", "江岸区", "Tower", "Open", "1", "0", ""],
    ]
    assert body_of(client.get("/monitoring/inventory.xlsx"))[:2] == b"PK"
    assert "武昌区" in client.get("/monitoring/inventory/").content.decode()
    assert len(list(inventory.inventory(scene.grid_manager).rows)) == 2
    assert list(inventory.inventory(scene.asker).rows) == []


def test_owners_managers_are_reminded_of_reviews_once_a_month_and_find_them_on_their_first_page(scene: Scene):
    asset, _other = protect(scene, "restricted", 2)
    viewer = factories.member(scene.grid, Role.EDITOR, "grid-editor")
    check_inventories()
    assert told(EventType.REVIEW_DUE) == set()
    Asset.objects.filter(pk=asset.pk).update(protection_review_on=timezone.localdate())
    check_inventories()
    check_inventories()
    assert told(EventType.REVIEW_DUE) == {"grid-manager"}
    assert Event.objects.get(type=EventType.REVIEW_DUE).data["due"] == 1
    Inventory.objects.update(reminded_on=timezone.localdate() - timedelta(days=30))
    check_inventories()
    assert Event.objects.filter(type=EventType.REVIEW_DUE).count() == 2
    assert "/assets/reviews/" in browser(scene.grid_manager).get("/").content.decode()
    assert "/assets/reviews/" not in browser(viewer).get("/").content.decode()
    # What the message opens leads there, too.
    opened = f"/monitoring/inventory/{Inventory.objects.get(organization=scene.grid).pk}/"
    assert message(Event.objects.filter(type=EventType.REVIEW_DUE)[0]).link.endswith(opened)
    assert 'href="/assets/reviews/"' in browser(scene.grid_manager).get(opened).content.decode()
    assert "/assets/reviews/" not in browser(viewer).get(opened).content.decode()
