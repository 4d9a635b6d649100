"""manage.py match and the task behind it: run, record, and say it."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from sharing.errors import TooWide
from sharing.matching import engine, places, points
from sharing.models import DemandList, Event, EventType, ListStatus, Match, MatchRun, MatchStatus, RunStatus
from sharing.tasks import matching
from sharing.workflow import lists
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def demand_list() -> DemandList:
    """Two lines, of which one can be met."""
    demand_list = factories.demand_list(factories.organization("asker"), status=ListStatus.SUBMITTED)
    factories.demand(demand_list, name="roof")
    factories.demand(demand_list, name="mast", mounting_height_m=40)
    factories.asset(factories.organization("owner"), code="T-1", details={"height_m": 30})
    return demand_list


def match(*arguments: Any) -> str:
    out = StringIO()
    call_command("match", *arguments, stdout=out)
    return out.getvalue()


def test_json_is_one_object_with_the_runs_figures(demand_list: DemandList) -> None:
    printed = json.loads(match(demand_list.pk, "--json"))
    run = MatchRun.objects.get()
    assert list(printed) == ["run", "demands", "matched", "unmatched", "value", "bound", "gap", "seconds"]
    assert printed.pop("seconds") > 0
    assert tuple(printed.values()) == (run.pk, 2, 1, 1, 1000, 1000, 0)


def test_the_table_names_what_was_found_and_why_not(demand_list: DemandList) -> None:
    printed = match(demand_list.pk)
    assert "1 of 2 demands matched" in printed
    assert "roof  →  owner T-1 × 1  1000.00" in printed
    assert "mast  ✗  mounting height 30 m, asked 40 m" in printed
    assert "It would be met with mounting height, m 30 instead of 40." in printed


def test_the_list_becomes_matched_and_a_newer_run_supersedes(demand_list: DemandList) -> None:
    match(demand_list.pk)
    demand_list.refresh_from_db()
    assert demand_list.status == ListStatus.MATCHED
    match(demand_list.pk)
    statuses = Match.objects.filter(rank=1).order_by("run_id").values_list("status", flat=True)
    assert list(statuses) == [MatchStatus.SUPERSEDED, MatchStatus.PROPOSED]


def test_the_queued_run_of_the_submission_is_used(demand_list: DemandList) -> None:
    queued = factories.match_run(demand_list, status=RunStatus.QUEUED)
    assert json.loads(match(demand_list.pk, "--json"))["run"] == queued.pk
    assert MatchRun.objects.count() == 1


def test_what_cannot_be_matched_is_refused() -> None:
    with pytest.raises(CommandError, match="no demand list 4711"):
        match(4711)
    draft = factories.demand_list(factories.organization(), status=ListStatus.DRAFT)
    with pytest.raises(CommandError):
        match(draft.pk)
    assert not MatchRun.objects.exists()


def test_a_run_delivered_twice_is_carried_out_and_told_once(demand_list: DemandList) -> None:
    queued = factories.match_run(demand_list, status=RunStatus.QUEUED)
    matching.match(queued.pk)
    matching.match(queued.pk)
    assert Match.objects.count() == 1
    assert Event.objects.filter(type=EventType.LIST_MATCHED).count() == 1


def test_what_the_engine_raises_is_recorded_as_failed(
    demand_list: DemandList, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = factories.match_run(demand_list, status=RunStatus.QUEUED)

    def broken(*_args: Any) -> None:
        raise ArithmeticError("no way at 114.3055, 30.5928")

    monkeypatch.setattr(points, "match_points", broken)
    with pytest.raises(ArithmeticError):
        matching.match(queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.error) == (
        RunStatus.FAILED,
        "An error of the registry's own; it has been noted.",
    )
    assert Event.objects.filter(type=EventType.RUN_FAILED).count() == 1


def test_a_list_that_looks_in_too_many_places_is_told_to_ask_within_less(
    demand_list: DemandList, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = factories.match_run(demand_list, status=RunStatus.QUEUED)
    monkeypatch.setattr(places, "MOST_NEAR", 0)
    with pytest.raises(TooWide):
        matching.match(queued.pk)
    queued.refresh_from_db()
    told = "Around the lines lie 0 million places, more than are looked at in one search: ask within less."
    assert (queued.status, queued.error) == (RunStatus.FAILED, told)
    assert Match.objects.count() == 0


def test_the_sweep_starts_queued_silent_and_untold_runs_only(
    demand_list: DemandList, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, silent = timezone.now(), timezone.now() - 2 * engine.SILENT_FOR
    told = factories.match_run(demand_list, finished_at=silent)
    lists.record_matched(told)
    other, closed = (factories.demand_list(demand_list.party, status) for status in ("submitted", "closed"))
    factories.match_run(other, finished_at=silent)
    waiting = [
        factories.match_run(demand_list, status=RunStatus.QUEUED),
        factories.match_run(demand_list, status=RunStatus.RUNNING, alive_at=silent),
        factories.match_run(other, finished_at=now - timedelta(days=29)),
    ]
    factories.match_run(demand_list, status=RunStatus.RUNNING, alive_at=now)
    factories.match_run(demand_list, status=RunStatus.FAILED, finished_at=silent)
    factories.match_run(closed, finished_at=silent)
    deadly = factories.match_run(demand_list, status=RunStatus.RUNNING, alive_at=silent, attempts=engine.MOST_ATTEMPTS)
    started: list[int] = []
    monkeypatch.setattr(matching.match, "delay", started.append)
    matching.sweep_runs()
    assert sorted(started) == sorted(run.pk for run in waiting)
    deadly.refresh_from_db()
    assert (deadly.status, deadly.error) == (RunStatus.FAILED, "Its worker died at each of 5 attempts.")
