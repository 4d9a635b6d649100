"""Who has which part of a run: a part is taken by a lease, kept by signs of life, and done once.

Redis only carries nudges. What is to be done, by whom it is being done and what came of it stands in the database, so
that a dead worker's part is taken up by another, and what a worker brings that was taken for dead is not kept.
Locks are taken in this order: the run, its parts.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from sharing.matching.engine import MOST_ATTEMPTS, SILENT_FOR, ClaimLost
from sharing.models import MatchPart, MatchRun, PartStatus, RunStatus

QUIET_FOR = timedelta(seconds=30)
"""When nothing has moved in a run for so long, nudges for the parts that wait are taken for lost."""

BLOBS = ("matches", "legs", "outcomes")


def waiting(now: datetime) -> QuerySet[MatchPart]:
    """The parts that need a nudge: of dead workers, of runs in which nothing moves, borders whose time has come."""
    lost = Q(status=PartStatus.WAITING, run__alive_at__lt=now - QUIET_FOR)
    due = Q(~_others_under_way(), status=PartStatus.WAITING, number=MatchPart.BORDER)
    dead = Q(_dead(now), attempts__lt=MOST_ATTEMPTS)
    ready = ~Q(number=MatchPart.BORDER) | ~_others_under_way()
    return MatchPart.objects.filter(lost & ready | due | dead, run__status=RunStatus.RUNNING)


def given_up(now: datetime) -> QuerySet[MatchPart]:
    """The parts whose last attempt has died."""
    return MatchPart.objects.filter(_dead(now), attempts__gte=MOST_ATTEMPTS, run__status=RunStatus.RUNNING)


def clear() -> None:
    """Takes away the parts of runs that have ended otherwise than by their borders."""
    MatchPart.objects.exclude(run__status=RunStatus.RUNNING).delete()


def _dead(now: datetime) -> Q:
    return Q(status=PartStatus.RUNNING, alive_at__lt=now - SILENT_FOR)


def _others_under_way() -> Exists:
    others = MatchPart.objects.filter(run=OuterRef("run"), number__gt=MatchPart.BORDER)
    return Exists(others.exclude(status=PartStatus.DONE))


@transaction.atomic
def claim(part_id: int) -> MatchPart | None:
    """Takes the part, if it is for anyone to take."""
    run = MatchRun.objects.select_for_update(no_key=True).filter(parts=part_id, status=RunStatus.RUNNING).first()
    part = MatchPart.objects.defer(*BLOBS).select_related("run__list__party").filter(pk=part_id).first()
    now = timezone.now()
    if run is None or part is None or not _is_free(part, now):
        return None
    part.status, part.claim, part.alive_at = PartStatus.RUNNING, uuid4(), now
    part.attempts += 1
    part.save(update_fields=["status", "claim", "alive_at", "attempts"])
    MatchRun.objects.filter(pk=run.pk).update(alive_at=now)
    return part


def _is_free(part: MatchPart, now: datetime) -> bool:
    if part.status == PartStatus.RUNNING:
        assert part.alive_at
        return part.alive_at < now - SILENT_FOR and part.attempts < MOST_ATTEMPTS
    due = part.number != MatchPart.BORDER or not MatchPart.objects.filter(_others_under_way(), pk=part.pk).exists()
    return part.status == PartStatus.WAITING and due


def mine(part: MatchPart) -> QuerySet[MatchPart]:
    """The part while this attempt has it and its run goes on."""
    return MatchPart.objects.filter(
        pk=part.pk, claim=part.claim, status=PartStatus.RUNNING, run__status=RunStatus.RUNNING
    )


def still_mine(part: MatchPart) -> Callable[[float], None]:
    """What says at each step that the attempt lives; raises ClaimLost when the part has become another's."""

    def step(fraction: float) -> None:
        if not mine(part).update(alive_at=timezone.now()):
            raise ClaimLost

    return step


def lock(part: MatchPart) -> MatchRun:
    """The part's run, locked, while the part is this attempt's. Raises ClaimLost when it is not."""
    run = MatchRun.objects.select_for_update(no_key=True).filter(pk=part.run_id).first()
    if run is None or not mine(part).exists():
        raise ClaimLost
    return run


@transaction.atomic
def finish(part: MatchPart) -> None:
    """Saves what came of the part, once, and counts it in the run's progress."""
    run = lock(part)
    part.status, part.alive_at = PartStatus.DONE, timezone.now()
    part.save(update_fields=["status", "alive_at", "deferred", "figures", *BLOBS])
    parts = MatchPart.objects.filter(run=run, number__gt=MatchPart.BORDER)
    done = parts.filter(status=PartStatus.DONE).count()
    MatchRun.objects.filter(pk=run.pk).update(progress=90 * done // parts.count(), alive_at=part.alive_at)
