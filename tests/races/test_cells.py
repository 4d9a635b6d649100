"""Restricted assets that leave their cells while others lock their neighbours: all go through, one after the other.
The controls lack the lock on the cells, and wait for each other."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from registry import asset_writing, capacity
from registry.importing.asset_merge import Merge
from registry.importing.assets import import_assets
from registry.importing.intake import Options
from registry.models import Asset
from sharing.models import MatchStatus
from sharing.workflow import locks, matches
from tests import factories
from tests.calls import Caller
from tests.races.crowd import PATIENCE_S, at_once, kinds
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)
HOLDS = 3


class Meeting:
    """Editors that have locked their asset go on once another waits for a lock in the database, or all have theirs."""

    def __init__(self, editors: int) -> None:
        self.inside, self.editors, self.has_begun = 0, editors, threading.Event()

    def join(self) -> None:
        self.inside += 1
        self.has_begun.set()
        end = time.monotonic() + PATIENCE_S
        while self.inside < self.editors or self.editors == 1:
            assert time.monotonic() < end, "nobody came"
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid IN"
                    " (SELECT pid FROM pg_stat_activity WHERE datname = current_database()))"
                )
                if cursor.fetchall() == [(True,)]:
                    break
            time.sleep(0.05)


@pytest.fixture
def neighbours(scene: Scene) -> list[Asset]:
    """As many restricted towers as a cell holds, by their ids."""
    towers = [
        factories.draft_asset(scene.metro, at=(114.241 + 0.001 * n, 30.561), protection="restricted", capacity=2)
        for n in range(HOLDS)
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL registry.cell_holds = %s", [HOLDS])
        Asset.objects.bulk_create(towers)
        for tower in towers:
            tower.refresh_from_db()
            asset_writing.DETAILS[tower.kind]._default_manager.create(asset=tower)
    assert [tower.near_rung for tower in towers] == [0] * HOLDS
    return towers


def cells_hold_three() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET registry.cell_holds = %s", [HOLDS])


def opening(scene: Scene, tower: Asset) -> Callable[[], int]:
    """Its manager opens it: it leaves the cell, which holds too few then."""
    caller = Caller(scene.metro_manager)
    assert caller.get(f"assets/{tower.pk}/").json()["protection"] == "restricted"

    def act() -> int:
        cells_hold_three()
        status: int = caller.patch(f"assets/{tower.pk}/", {"protection": "open"}).status_code
        return status

    return act


def opening_by_file(scene: Scene, tower: Asset, path: Path) -> Callable[[], int]:
    """The same by an import."""
    file = path / "towers.csv"
    file.write_text(f"code,protection\n{tower.code},open\n", encoding="utf-8")

    def act() -> int:
        cells_hold_three()
        return import_assets(file, owner=scene.metro, kind="tower", options=Options()).updated

    return act


def meet_on(monkeypatch: pytest.MonkeyPatch, editors: int) -> Meeting:
    meeting, change, write = Meeting(editors), asset_writing.change, Merge.write

    def changed(asset: Asset, values: Any, *, actor: Any) -> Asset:
        meeting.join()
        return change(asset, values, actor=actor)

    def written(merge: Merge) -> tuple[int, int, int]:
        meeting.join()
        return write(merge)

    monkeypatch.setattr(asset_writing, "change", changed)
    monkeypatch.setattr(Merge, "write", written)
    return meeting


def without_cells_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (asset_writing, capacity, locks):
        monkeypatch.setattr(module, "lock_cells", lambda ids, to_change=False: None)
    monkeypatch.setattr("registry.api.asset.lock_cells", lambda ids, to_change=False: None)
    monkeypatch.setattr(Merge, "_lock_cells", lambda merge: None)


def request_of(scene: Scene, neighbours: list[Asset], meeting: Meeting) -> Callable[[], Any]:
    """Over the first of the cell and its last, which is being edited."""
    first, *_others, last = neighbours
    match = factories.match(factories.demand(scene.list, quantity=1), [first, last])

    def request() -> Any:
        assert meeting.has_begun.wait(PATIENCE_S)
        return matches.request(match, actor=scene.asker).status

    return request


def test_an_asset_leaves_its_cell_while_a_request_wants_it_and_its_neighbour(
    scene: Scene, neighbours: list[Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_of(scene, neighbours, meet_on(monkeypatch, 1))
    assert at_once([opening(scene, neighbours[-1]), request]) == [200, MatchStatus.REQUESTED]
    found = Asset.objects.filter(pk__in=[tower.pk for tower in neighbours]).order_by("pk")
    assert list(found.values_list("protection", "near_rung"))[:2] == [("restricted", 5)] * 2


def test_control_without_the_lock_on_the_cells_the_edit_and_the_request_deadlock(
    scene: Scene, neighbours: list[Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_cells_lock(monkeypatch)
    request = request_of(scene, neighbours, meet_on(monkeypatch, 1))
    assert kinds(at_once([opening(scene, neighbours[-1]), request])) == {"OperationalError": 1, "done": 1}


def test_an_import_takes_an_asset_from_its_cell_while_a_request_wants_it_and_its_neighbour(
    scene: Scene, neighbours: list[Asset], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    request = request_of(scene, neighbours, meet_on(monkeypatch, 1))
    edit = opening_by_file(scene, neighbours[-1], tmp_path)
    assert at_once([edit, request]) == [1, MatchStatus.REQUESTED]
    assert Asset.objects.get(pk=neighbours[0].pk).near_rung == 5


def test_control_without_the_lock_on_the_cells_the_import_and_the_request_deadlock(
    scene: Scene, neighbours: list[Asset], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_cells_lock(monkeypatch)
    request = request_of(scene, neighbours, meet_on(monkeypatch, 1))
    edit = opening_by_file(scene, neighbours[-1], tmp_path)
    assert kinds(at_once([edit, request])) == {"OperationalError": 1, "done": 1}


def test_two_assets_leave_one_cell_at_once(
    scene: Scene, neighbours: list[Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_on(monkeypatch, 2)
    assert at_once([opening(scene, tower) for tower in neighbours[:2]]) == [200, 200]
    left = Asset.objects.get(pk=neighbours[2].pk)
    assert (left.protection, left.near_rung) == ("restricted", 5)


def test_control_without_the_lock_on_the_cells_the_two_edits_deadlock(
    scene: Scene, neighbours: list[Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_cells_lock(monkeypatch)
    meet_on(monkeypatch, 2)
    assert sorted(at_once([opening(scene, tower) for tower in neighbours[:2]])) == [200, 500]
