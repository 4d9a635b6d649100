"""Matching in the background: every queued run is carried out once, whatever is killed meanwhile."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from celery import chord, shared_task
from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from sharing.errors import Refusal
from sharing.matching import engine, snapshot
from sharing.matching.fan_out import parts
from sharing.matching.fan_out.carrying import carry_out as carry_out_part
from sharing.models import OPEN_LISTS, Event, EventType, MatchPart, MatchRun, RunStatus
from sharing.workflow import lists

logger = logging.getLogger(__name__)

UNTOLD_FOR = timedelta(days=30)
"""How far back done runs are looked at whose end the workflow was not told: longer than an outage lasts. Without a
bound every sweep would hold the runs of all open lists against all events."""

PLACE_NOTES_KEPT = timedelta(days=1)
"""A process whose places in memory are older reads them anew."""


@shared_task(name="sharing.match")
def match(run_id: int) -> None:
    """Carry out one run, or lay it out in parts."""
    carry_out(run_id, fan_out=hand_out)


# Its end is counted by the chord, so it must be told.
@shared_task(name="sharing.match_part", ignore_result=False)
def match_part(part_id: int) -> None:
    """Carry out one part of a long run."""
    try:
        run = carry_out_part(part_id)
    except Exception as error:
        run = MatchRun.objects.get(parts=part_id)
        _fail(run, error)
        raise
    if run and run.status == RunStatus.DONE:
        lists.record_matched(run)


def hand_out(run: MatchRun) -> None:
    """Hands the parts of a run to the workers, and the border when they are done. Where that fails, the sweep does."""
    border, *others = MatchPart.objects.filter(run=run).order_by("number").values_list("pk", flat=True)
    try:
        chord([match_part.si(part) for part in others])(match_part.si(border))
    except (OperationalError, RedisError, RuntimeError, OSError) as error:
        # Celery raises a RuntimeError where it cannot reach the store of results.
        logger.warning("the parts of match run %s were not handed out: %s", run.pk, error)


@shared_task(name="sharing.sweep_parts")
def sweep_parts() -> None:
    """Start the parts of dead workers and those whose nudge was lost. Runs with a part whose workers died time and
    again are failed."""
    now = timezone.now()
    for part in parts.given_up(now).select_related("run"):
        lists.record_failed(part.run, error=_died(part.attempts))
    parts.clear()
    for part_id in parts.waiting(now).values_list("pk", flat=True):
        match_part.apply_async((part_id,), ignore_result=True)


@shared_task(name="sharing.sweep_runs")
def sweep_runs() -> None:
    """Start what waits: queued runs, runs whose worker has died, and done ones that died before saying so. Runs whose
    workers died time and again are failed."""
    now = timezone.now()
    for run in engine.given_up(now):
        lists.record_failed(run, error=_died(run.attempts))
    for run_id in (*engine.waiting(now).values_list("pk", flat=True), *_untold(now)):
        match.delay(run_id)


def _fail(run: MatchRun, error: Exception) -> None:
    """A refusal's own words are for who reads the list; what else went wrong may hold rows, and is for the log."""
    if isinstance(error, Refusal):
        lists.record_failed(run, error=error.message)
    else:
        logger.error("match run %s failed: %s", run.pk, type(error).__name__)
        lists.record_failed(run, error=_("An error of the registry's own; it has been noted."))


def _died(attempts: int) -> str:
    return _("Its worker died at each of %(count)d attempts.") % {"count": attempts}


def _untold(now: datetime) -> QuerySet[MatchRun, int]:
    """The newest done runs of open lists that the workflow has not recorded."""
    told = Event.objects.annotate(run=Cast(KeyTextTransform("run", "data"), BigIntegerField())).filter(
        type=EventType.LIST_MATCHED, demand_list=OuterRef("list"), run=OuterRef("pk")
    )
    newer = MatchRun.objects.filter(list=OuterRef("list"), pk__gt=OuterRef("pk"), status=RunStatus.DONE)
    return MatchRun.objects.filter(
        ~Exists(told),
        ~Exists(newer),
        status=RunStatus.DONE,
        finished_at__range=(now - UNTOLD_FOR, now - engine.SILENT_FOR),
        list__status__in=OPEN_LISTS,
    ).values_list("pk", flat=True)


def carry_out(run_id: int, *, fan_out: Callable[[MatchRun], None] | None = None) -> MatchRun:
    """The engine's run, and those carried out with it, then the workflow told of their end. Raises what the engine
    raised. fan_out: as the engine has it."""
    try:
        run = engine.run(run_id, fan_out=fan_out)
    except Exception as error:
        for failed in MatchRun.objects.filter(pk__in=engine.together(MatchRun.objects.get(pk=run_id))):
            _fail(failed, error)
        raise
    if run.status == RunStatus.DONE:
        for done in MatchRun.objects.filter(pk__in=engine.together(run), status=RunStatus.DONE).order_by("list"):
            lists.record_matched(done)
    return run


@shared_task(name="sharing.clear_place_notes")
def clear_place_notes() -> None:
    """Clears away what was noted of places more than a day ago."""
    snapshot.clear_notes(timezone.now() - PLACE_NOTES_KEPT)
