"""Files of demands for one list at once, and one beside an editor of the same line; the controls lack the locks."""

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from registry.importing.intake import Options
from registry.models import Organization
from sharing.importing import demands
from sharing.models import Demand, DemandList
from sharing.workflow import lists, locks
from tests import factories
from tests.races.crowd import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = """名称;类型;数量;开始日期;起点;终点
A;光缆;4;2027-03-01;114.3,30.5;114.4,30.6
B;光缆;4;2027-03-01;114.3,30.6;114.4,30.5
"""


@pytest.fixture
def party(transactional_db: None) -> Organization:
    return factories.organization("party")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "demands.csv"
    path.write_text(TEXT)
    return path


def bring_in(file: Path, party: Organization) -> tuple[int, int, int]:
    report, _list = demands.import_demands(file, party=party, title="5G", options=Options(), actor=None)
    return report.created, report.updated, report.unchanged


def test_of_two_files_at_once_the_later_finds_the_list_with_its_lines(file: Path, party: Organization):
    assert sorted(at_once([partial(bring_in, file, party)] * 2)) == [(0, 0, 2), (2, 0, 0)]
    assert (DemandList.objects.count(), Demand.objects.count()) == (1, 2)


def test_control_without_their_turn_there_are_two_lists(
    file: Path, party: Organization, monkeypatch: pytest.MonkeyPatch
):
    both_have_looked = threading.Barrier(2)
    found = demands._found

    def looked(*args: Any) -> DemandList | None:
        demand_list = found(*args)
        both_have_looked.wait(60)
        return demand_list

    monkeypatch.setattr(demands, "_await_turn", lambda party: None)
    monkeypatch.setattr(demands, "_found", looked)
    assert at_once([partial(bring_in, file, party)] * 2) == [(2, 0, 0)] * 2
    assert (DemandList.objects.count(), Demand.objects.count()) == (2, 4)


def edited_beside(file: Path, party: Organization, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str | None]:
    """Line B, to which a file gives another quantity while an editor lets it be disjoint from line A."""
    bring_in(file, party)
    file.write_text(TEXT.replace("B;光缆;4", "B;光缆;6"))
    is_read, is_edited = threading.Event(), threading.Event()
    change_named = demands._change_named

    def late(*args: Any) -> None:
        is_read.set()
        is_edited.wait(1)
        change_named(*args)

    def edit() -> None:
        is_read.wait(60)
        with transaction.atomic():
            locks.lock_list(DemandList.objects.get().pk)
            line = Demand.objects.get(name="B")
            line.disjoint_from = Demand.objects.get(name="A")
            lists.change_demand(line, actor=None)
        is_edited.set()

    monkeypatch.setattr(demands, "_change_named", late)
    assert kinds(at_once([partial(bring_in, file, party), edit])) == {"done": 2}
    line = Demand.objects.select_related("disjoint_from").get(name="B")
    return line.quantity, line.disjoint_from and line.disjoint_from.name


def test_what_an_editor_changes_of_a_line_beside_a_file_stays(
    file: Path, party: Organization, monkeypatch: pytest.MonkeyPatch
):
    assert edited_beside(file, party, monkeypatch) == (6, "A")


def test_control_without_the_lock_of_the_list_it_is_lost(
    file: Path, party: Organization, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(demands, "lock_list", lambda list_id: DemandList.objects.get(pk=list_id))
    assert edited_beside(file, party, monkeypatch) == (6, None)
