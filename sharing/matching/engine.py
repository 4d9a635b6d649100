"""One run of the engine over a list: the five steps for each kind, and the answers saved at once.

A run is done once, however often it is started: an attempt claims the run, and saves only while the claim is its
own. What it saves, it saves in one transaction, so that an interrupted run leaves nothing behind.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from registry.kinds import KINDS, ROUTE_KINDS
from sharing.matching.answers import Answers
from sharing.matching.heartbeat import heartbeat
from sharing.matching.points import match_points
from sharing.matching.routes import match_routes
from sharing.matching.saving import save
from sharing.models import MatchRun, RunStatus

logger = logging.getLogger(__name__)

SILENT_FOR = timedelta(minutes=2)
"""A running attempt that has shown no sign of life for so long is taken for dead."""


class ClaimLost(Exception):
    """Another attempt at the run has taken over; this one must not save."""


MOST_ATTEMPTS = 5
"""How often a run whose workers die is taken up, before it is given up: what kills a worker may kill the next too."""


def run(run_id: int) -> MatchRun:
    """Match the open demands of the run's list; a run that is done, or under way elsewhere, is left alone.

    What goes wrong is raised, for the workflow to record; a run whose process dies is taken up again later.
    """
    claim = _claim(run_id)
    match_run = MatchRun.objects.select_related("list__party").get(pk=run_id)
    if claim is None:
        return match_run
    try:
        with heartbeat(_mine(run_id, claim)):
            _carry_out(match_run, claim)
    except ClaimLost:
        logger.warning("match run %s was taken over by another attempt", run_id)
    except Exception:
        if _mine(run_id, claim).exists():
            raise
        logger.exception("match run %s failed after another attempt had taken over", run_id)
    match_run.refresh_from_db()
    return match_run


def _claim(run_id: int) -> datetime | None:
    """Takes the run, if it is queued, or running without a sign of life. The time of the claim names it."""
    now = timezone.now()
    taken = (
        waiting(now)
        .filter(pk=run_id)
        .update(
            status=RunStatus.RUNNING,
            progress=0,
            error="",
            started_at=now,
            alive_at=now,
            finished_at=None,
            attempts=F("attempts") + 1,
        )
    )
    return now if taken else None


def waiting(now: datetime) -> models.QuerySet[MatchRun]:
    """The runs that are for anyone to take: queued, or left by an attempt that has died, unless that was the last."""
    return MatchRun.objects.filter(
        Q(status=RunStatus.QUEUED) | Q(_left(now), attempts__lt=MOST_ATTEMPTS),
    )


def given_up(now: datetime) -> models.QuerySet[MatchRun]:
    """The runs whose last attempt has died."""
    return MatchRun.objects.filter(_left(now), attempts__gte=MOST_ATTEMPTS)


def _left(now: datetime) -> Q:
    return Q(status=RunStatus.RUNNING, alive_at__lt=now - SILENT_FOR)


def _mine(run_id: int, claim: datetime) -> models.QuerySet[MatchRun]:
    return MatchRun.objects.filter(pk=run_id, status=RunStatus.RUNNING, started_at=claim)


@dataclass(slots=True)
class _Report:
    """Progress of one attempt, over all kinds; raises ClaimLost when the run has become another's."""

    run_id: int
    claim: datetime
    steps: int
    done: int = 0
    shown: int = field(default=-1)

    def __call__(self, fraction: float) -> None:
        progress = int(90 * (self.done + fraction) / self.steps)
        if progress != self.shown:
            self.shown = progress
            if not _mine(self.run_id, self.claim).update(progress=progress, alive_at=timezone.now()):
                raise ClaimLost


def _carry_out(match_run: MatchRun, claim: datetime) -> None:
    began = perf_counter()
    demand_list = match_run.list
    report = _Report(match_run.pk, claim, steps=len(KINDS))
    answers: dict[str, Answers] = {}
    for kind in KINDS:
        if kind in ROUTE_KINDS:
            answers[kind] = match_routes(demand_list.pk, kind, demand_list.party, match_run.parameters, report)
        else:
            answers[kind] = match_points(demand_list.pk, kind, demand_list.party, report)
        report.done += 1
        report(0.0)
    saving = perf_counter()
    with transaction.atomic():
        locked = _mine(match_run.pk, claim).select_for_update(no_key=True).first()
        if locked is None:
            raise ClaimLost
        save(
            locked,
            [match for one in answers.values() for match in one.matches],
            [outcome for one in answers.values() for outcome in one.outcomes],
        )
        figures = _figures(answers)
        figures["seconds"]["saving"] = round(perf_counter() - saving, 4)
        figures["seconds"]["total"] = round(perf_counter() - began, 4)
        _finish(locked, figures)


def _figures(answers: dict[str, Answers]) -> dict[str, Any]:
    """Counts, seconds of each step, and what was proven, as JSON."""
    seconds: dict[str, float] = {}
    for one in answers.values():
        for step, spent in one.seconds.items():
            seconds[step] = round(seconds.get(step, 0.0) + spent, 4)
    outcomes = [outcome for one in answers.values() for outcome in one.outcomes]
    counts = ("pairs", "options", "components", "served", "served_bound")
    return {
        "demands": len(outcomes),
        "matched": sum(outcome.met for outcome in outcomes),
        "unmatched": sum(not outcome.met for outcome in outcomes),
        **{count: sum(getattr(one, count) for one in answers.values()) for count in counts},
        "cost": sum(one.cost for one in answers.values()) / 100,
        "cost_bound": sum(one.cost_bound for one in answers.values()) / 100,
        "seconds": seconds,
    }


def _finish(match_run: MatchRun, figures: dict[str, Any]) -> None:
    """The value is the yearly cost of what is served; the gap the larger of those in number served and in cost."""
    match_run.value = Decimal(str(figures["cost"])).quantize(Decimal("0.01"))
    match_run.bound = Decimal(str(figures["cost_bound"])).quantize(Decimal("0.01"))
    match_run.gap = max(_gap(figures["cost"], figures["cost_bound"]), _gap(figures["served_bound"], figures["served"]))
    match_run.figures = figures
    match_run.status, match_run.progress = RunStatus.DONE, 100
    match_run.finished_at = match_run.alive_at = timezone.now()
    match_run.save(update_fields=["value", "bound", "gap", "figures", "status", "progress", "finished_at", "alive_at"])


def _gap(upper: float, lower: float) -> float:
    return (upper - lower) / upper if upper else 0.0
