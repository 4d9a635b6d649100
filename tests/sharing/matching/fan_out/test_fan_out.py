"""A run in parts says what the run in one says, whatever the parts and whatever their order, and each part once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from registry.kinds import Kind
from sharing.matching import engine, points, reach
from sharing.matching.fan_out import parts
from sharing.matching.fan_out.carrying import carry_out
from sharing.models import Match, MatchPart, MatchRun, Outcome, PartStatus, RunStatus
from sharing.tasks import matching
from tests import factories
from tests.sharing.matching.fan_out.crowd import crowd, in_one, in_parts, laid_out, told
from tests.sharing.matching.test_engine import east

pytestmark = pytest.mark.django_db

LATER = engine.SILENT_FOR + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def short_lists_in_small_parts(settings: Any) -> None:
    settings.MATCH_FAN_OUT_LINES, settings.MATCH_PART_LINES = 2, 4


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_list_in_parts_is_answered_as_in_one(seed: int, long: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "LONG", 0 if long else 1000)
    monkeypatch.setattr(points, "LONG", 0 if long else 1000)
    rng = np.random.default_rng(seed)
    demand_list = crowd(rng, towers=20, rooms=8, demands=40)
    whole, fanned = in_one(demand_list), in_parts(demand_list, rng)
    assert told(fanned) == told(whole)
    assert 0 < fanned.figures["border"] < 40
    assert fanned.figures["parts"] > 8
    assert {one.figures["unmatched"] > 0 for one in (whole, fanned)} == {True}


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 12), st.integers(1, 4), st.booleans())
@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_small_list_in_any_parts_and_order_of_rows_is_answered_as_in_one(
    settings: Any, monkeypatch: pytest.MonkeyPatch, seed: int, assets: int, demands: int, most: int, long: bool
) -> None:
    assume(demands > 2 * most)
    settings.MATCH_PART_LINES = most
    monkeypatch.setattr(reach, "LONG", 0 if long else 1000)
    monkeypatch.setattr(points, "LONG", 0 if long else 1000)
    rng = np.random.default_rng(seed)
    with transaction.atomic():
        demand_list = crowd(rng, towers=assets, rooms=assets // 2, demands=demands, shuffled=True)
        assert told(in_parts(demand_list, rng)) == told(in_one(demand_list))
        transaction.set_rollback(True)


def test_routes_are_a_part_of_their_own() -> None:
    demand_list = crowd(np.random.default_rng(5), towers=3, demands=6)
    owner = factories.organization(sector="municipal")
    factories.asset(owner, Kind.DUCT, at=east(0), to=east(900), details={"inner_diameter_mm": 100})
    factories.demand(demand_list, Kind.DUCT, at=east(0), to=east(900))
    fanned = in_parts(demand_list, np.random.default_rng(6))
    assert told(fanned) == told(in_one(demand_list))
    assert Match.objects.filter(run=fanned, demand__kind=Kind.DUCT, rank=1).count() == 1


def test_lines_whose_period_is_over_are_in_no_part_and_told_so() -> None:
    demand_list = crowd(np.random.default_rng(5), towers=3, demands=8)
    over = list(demand_list.demands.order_by("line")[:2])
    for demand in over:
        demand.period = factories.period(-30, 30)
        demand.save()
    fanned = in_parts(demand_list, np.random.default_rng(6))
    assert told(fanned) == told(in_one(demand_list))
    assert list(fanned.outcomes.filter(reason="over").order_by("demand").values_list("demand", flat=True)) == [
        demand.pk for demand in over
    ]


def test_short_lists_and_those_that_lie_in_one_part_are_not_laid_out(settings: Any) -> None:
    demand_list = crowd(np.random.default_rng(1), towers=2, demands=3)
    for lines, most in ((4, 1), (1, 3)):
        settings.MATCH_FAN_OUT_LINES, settings.MATCH_PART_LINES = lines, most
        run = engine.run(factories.match_run(demand_list, RunStatus.QUEUED).pk, fan_out=pytest.fail)
        assert (run.status, "parts" in run.figures) == (RunStatus.DONE, False)


@dataclass
class Halves:
    """A run of two demands that have nothing to do with each other, each with a tower, laid out in two parts."""

    run: MatchRun
    border: int
    first: int
    second: int


@pytest.fixture
def halves(settings: Any) -> Halves:
    settings.MATCH_PART_LINES = 1
    demand_list = factories.demand_list(factories.organization())
    owner = factories.organization(sector="municipal")
    for place in (east(0), east(50_000)):
        factories.asset(owner, at=place)
        factories.demand(demand_list, at=place)
    run = laid_out(demand_list)
    return Halves(run, *run.parts.order_by("number").values_list("pk", flat=True))


def test_progress_counts_parts(halves: Halves) -> None:
    seen = []
    for part in (halves.first, halves.second, halves.border):
        done = carry_out(part)
        assert done
        seen.append((done.progress, done.status))
    assert seen == [(45, "running"), (90, "running"), (100, "done")]
    assert (done.figures["parts"], done.figures["border"], done.figures["matched"]) == (2, 0, 2)


def test_the_border_is_not_taken_before_the_others_are_done(halves: Halves) -> None:
    assert carry_out(halves.border) is None
    carry_out(halves.second)
    assert carry_out(halves.border) is None
    assert list(parts.waiting(timezone.now())) == []
    carry_out(halves.first)
    assert [part.pk for part in parts.waiting(timezone.now())] == [halves.border]


def test_a_part_is_done_once_however_often_it_is_started(halves: Halves) -> None:
    for part in (halves.first, halves.first, halves.second, halves.first, halves.border, halves.border, halves.first):
        carry_out(part)
    halves.run.refresh_from_db()
    assert (halves.run.status, halves.run.figures["demands"]) == (RunStatus.DONE, 2)
    assert (Match.objects.count(), Outcome.objects.count()) == (2, 2)


def test_a_dead_workers_part_is_taken_up_and_what_it_brings_late_is_not_kept(
    halves: Halves,
) -> None:
    dead = parts.claim(halves.first)
    assert dead
    assert carry_out(halves.first) is None
    MatchPart.objects.filter(pk=halves.first).update(alive_at=timezone.now() - LATER)
    assert [part.pk for part in parts.waiting(timezone.now())] == [halves.first]
    carry_out(halves.first)
    dead.matches = b"what came late"
    with pytest.raises(engine.ClaimLost):
        parts.finish(dead)
    for part in (halves.second, halves.border):
        carry_out(part)
    assert Match.objects.filter(run=halves.run).count() == 2


def test_parts_whose_nudges_are_lost_are_nudged_when_nothing_moves(
    halves: Halves, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[int] = []
    monkeypatch.setattr(matching.match_part, "apply_async", lambda of, **_: nudged.extend(of))
    matching.sweep_parts()
    assert nudged == []
    MatchRun.objects.update(alive_at=timezone.now() - parts.QUIET_FOR)
    matching.sweep_parts()
    assert sorted(nudged) == [halves.first, halves.second]


@pytest.mark.parametrize(
    "away", [OperationalError("no broker"), RedisConnectionError("no store"), RuntimeError("Retry limit exceeded")]
)
def test_parts_that_cannot_be_handed_out_wait(away: Exception, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise away

    monkeypatch.setattr(matching, "chord", unreachable)
    demand_list = crowd(np.random.default_rng(2), towers=3, demands=12)
    run = matching.carry_out(factories.match_run(demand_list, RunStatus.QUEUED).pk, fan_out=matching.hand_out)
    assert (run.status, run.error) == (RunStatus.RUNNING, "")
    assert {part.status for part in run.parts.all()} == {PartStatus.WAITING}


def test_a_run_laid_out_is_not_begun_anew_by_the_sweep_of_runs(halves: Halves) -> None:
    MatchRun.objects.update(alive_at=timezone.now() - LATER)
    assert not engine.waiting(timezone.now()).exists()
    assert engine.run(halves.run.pk).status == RunStatus.RUNNING


def test_a_part_whose_workers_die_time_and_again_fails_its_run(
    halves: Halves, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.claim(halves.first)
    MatchPart.objects.filter(pk=halves.first).update(
        alive_at=timezone.now() - LATER, attempts=engine.MOST_ATTEMPTS, status=PartStatus.RUNNING
    )
    assert carry_out(halves.first) is None
    matching.sweep_parts()
    halves.run.refresh_from_db()
    assert (halves.run.status, halves.run.error) == (RunStatus.FAILED, "Its worker died at each of 5 attempts.")
    assert not MatchPart.objects.exists()


def test_a_run_that_is_stopped_takes_its_parts_along(halves: Halves) -> None:
    held = parts.claim(halves.first)
    assert held
    MatchRun.objects.update(status=RunStatus.FAILED)
    assert carry_out(halves.second) is None
    with pytest.raises(engine.ClaimLost):
        parts.finish(held)
    with pytest.raises(engine.ClaimLost):
        parts.still_mine(held)(0.5)
    matching.sweep_parts()
    assert not MatchPart.objects.exists()


def test_what_goes_wrong_in_a_part_fails_the_run(halves: Halves, monkeypatch: pytest.MonkeyPatch) -> None:

    def broken(*_: object) -> None:
        raise ArithmeticError("no such number")

    monkeypatch.setattr("sharing.matching.points.assign", broken)
    with pytest.raises(ArithmeticError):
        matching.match_part(halves.first)
    halves.run.refresh_from_db()
    told = "An error of the registry's own; it has been noted."
    assert (halves.run.status, halves.run.error) == (RunStatus.FAILED, told)


def test_the_list_is_told_matched_by_the_border(halves: Halves) -> None:
    for part in (halves.first, halves.second, halves.border):
        matching.match_part(part)
    halves.run.list.refresh_from_db()
    assert halves.run.list.events.filter(type="list.matched", data__run=halves.run.pk).count() == 1
