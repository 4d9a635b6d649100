"""One run of the engine over a list: the five steps for each kind, and the answers saved at once.

A run is done once, however often it is started: an attempt claims the run, and saves only while the claim is its
own. What it saves, it saves in one transaction, so that an interrupted run leaves nothing behind.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from time import perf_counter
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from registry.kinds import KINDS, ROUTE_KINDS
from sharing.matching.answers import Answers
from sharing.matching.explanation import Json
from sharing.matching.heartbeat import heartbeat
from sharing.matching.points import match_points
from sharing.matching.routes import match_routes
from sharing.matching.saving import MatchAnswer, OutcomeAnswer, save
from sharing.models import DemandList, MatchRun, RunStatus

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
    shown: int = field(default=-1)

    def __call__(self, kind: str, fraction: float) -> None:
        done = list(KINDS).index(kind) + fraction
        progress = int(90 * done / len(KINDS))
        if progress != self.shown:
            self.shown = progress
            if not _mine(self.run_id, self.claim).update(progress=progress, alive_at=timezone.now()):
                raise ClaimLost


Figures = dict[str, Any]
AnswersByKind = dict[str, Answers]


def answer(
    demand_list: DemandList, parameters: Json, step: Callable[[str, float], None] = lambda kind, fraction: None
) -> AnswersByKind:
    """What the engine says of the list's open demands, by kind; nothing is written. step: told how far it has come.

    parameters: `route_terms` by kind; `prices`, other than the registry's (sharing.matching.what_if).
    """
    answers: AnswersByKind = {}
    for kind in KINDS:
        match_kind = match_routes if kind in ROUTE_KINDS else match_points
        answers[kind] = match_kind(demand_list.pk, kind, demand_list.party, parameters, partial(step, kind))
    return answers


def matches(answers: AnswersByKind) -> list[MatchAnswer]:
    return [match for one in answers.values() for match in one.matches]


def outcomes(answers: AnswersByKind) -> list[OutcomeAnswer]:
    return [outcome for one in answers.values() for outcome in one.outcomes]


def _carry_out(match_run: MatchRun, claim: datetime) -> None:
    began = perf_counter()
    report = _Report(match_run.pk, claim)
    answers = answer(match_run.list, match_run.parameters, report)
    saving = perf_counter()
    with transaction.atomic():
        locked = _mine(match_run.pk, claim).select_for_update(no_key=True).first()
        if locked is None:
            raise ClaimLost
        save(locked, matches(answers), outcomes(answers))
        found = figures(answers)
        found["seconds"]["saving"] = round(perf_counter() - saving, 4)
        found["seconds"]["total"] = round(perf_counter() - began, 4)
        _finish(locked, found)


def figures(answers: AnswersByKind) -> Figures:
    """Counts, seconds of each step, and what was proven, as JSON."""
    seconds: dict[str, float] = {}
    for one in answers.values():
        for step, spent in one.seconds.items():
            seconds[step] = round(seconds.get(step, 0.0) + spent, 4)
    told = outcomes(answers)
    counts = ("pairs", "options", "components", "served", "served_bound")
    return {
        "demands": len(told),
        "matched": sum(outcome.met for outcome in told),
        "unmatched": sum(not outcome.met for outcome in told),
        **{count: sum(getattr(one, count) for one in answers.values()) for count in counts},
        "cost": sum(one.cost for one in answers.values()) / 100,
        "cost_bound": sum(one.cost_bound for one in answers.values()) / 100,
        "seconds": seconds,
    }


def _finish(match_run: MatchRun, figures: Figures) -> None:
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
