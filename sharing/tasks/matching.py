"""Matching in the background: every queued run is carried out once, whatever is killed meanwhile."""

from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from sharing.matching import engine, snapshot
from sharing.models import Event, EventType, ListStatus, MatchRun, RunStatus
from sharing.workflow import lists

UNTOLD_FOR = timedelta(days=1)
"""How far back done runs are looked at whose end the workflow was not told."""

PLACE_NOTES_KEPT = timedelta(days=1)
"""A process whose places in memory are older reads them anew."""


@shared_task(name="sharing.match")
def match(run_id: int) -> None:
    """Carry out one run."""
    carry_out(run_id)


@shared_task(name="sharing.sweep_runs")
def sweep_runs() -> None:
    """Start what waits: queued runs, runs whose worker has died, and done ones that died before saying so. Runs whose
    workers died time and again are failed."""
    now = timezone.now()
    for run in engine.given_up(now):
        lists.record_failed(run, error=_("Its worker died at each of %(count)d attempts.") % {"count": run.attempts})
    for run_id in (*engine.waiting(now).values_list("pk", flat=True), *_untold(now)):
        match.delay(run_id)


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
        list__status__in=(ListStatus.SUBMITTED, ListStatus.MATCHED),
    ).values_list("pk", flat=True)


def carry_out(run_id: int) -> MatchRun:
    """The engine's run, and those carried out with it, then the workflow told of their end. Raises what the engine
    raised."""
    try:
        run = engine.run(run_id)
    except Exception as error:
        for failed in MatchRun.objects.filter(pk__in=engine.together(MatchRun.objects.get(pk=run_id))):
            lists.record_failed(failed, error=f"{type(error).__name__}: {error}")
        raise
    if run.status == RunStatus.DONE:
        for done in MatchRun.objects.filter(pk__in=engine.together(run), status=RunStatus.DONE).order_by("list"):
            lists.record_matched(done)
    return run


@shared_task(name="sharing.clear_place_notes")
def clear_place_notes() -> None:
    """Clears away what was noted of places more than a day ago."""
    snapshot.clear_notes(timezone.now() - PLACE_NOTES_KEPT)
