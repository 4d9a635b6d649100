"""One run of the engine over a list: the five steps for each kind, and the answers saved at once.

A run is done once, however often it is started: an attempt claims the run, and saves only while the claim is its
own. What it saves, it saves in one transaction, so that an interrupted run leaves nothing behind.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from time import perf_counter
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from psycopg.errors import DeadlockDetected, ForeignKeyViolation

from registry.kinds import KINDS, ROUTE_KINDS
from sharing.matching.answers import Answers, Tally
from sharing.matching.explanation import Json
from sharing.matching.fan_out.planning import parts_of
from sharing.matching.heartbeat import heartbeat
from sharing.matching.saving import MatchAnswer, OutcomeAnswer, save
from sharing.models import UNFINISHED_RUNS, DemandList, MatchPart, MatchRun, RunStatus

logger = logging.getLogger(__name__)

SILENT_FOR = timedelta(minutes=2)
"""A running attempt that has shown no sign of life for so long is taken for dead."""


class ClaimLost(Exception):
    """Another attempt at the run has taken over; this one must not save."""


MOST_ATTEMPTS = 5
"""How often a run is taken up whose workers die, or whose assets go, before it is given up: what kills a worker may
kill the next too."""


def run(run_id: int, *, fan_out: Callable[[MatchRun], None] | None = None) -> MatchRun:
    """Match the open demands of the run's list; a run that is done, or under way elsewhere, is left alone.

    Runs of several lists that are to be matched together (parameters: `together`, their ids) are carried out with the
    first of them that is not finished. What goes wrong is raised, for the workflow to record; a run whose process dies
    is taken up again later. fan_out: told of a long run once it is laid out in parts, which are then carried out one
    by one, wherever.
    """
    match_run = MatchRun.objects.select_related("list__party").get(pk=run_id)
    ids = _unfinished(together(match_run))
    claim = _claim(ids) if ids[:1] == [run_id] else None
    if claim is None:
        return match_run
    runs = list(_mine(ids, claim).select_related("list__party").order_by("pk"))
    try:
        with heartbeat(_mine(ids, claim)):
            parts = parts_of(runs[0]) if fan_out and len(runs) == 1 else []
            if parts:
                _lay_out(runs[0], claim, parts)
            else:
                _carry_out(runs, claim)
        if fan_out and parts:
            fan_out(runs[0])
    except ClaimLost:
        logger.warning("match runs %s were taken over by another attempt", ids)
    except Exception as error:
        mine = _mine(ids, claim)
        if queued_again(mine, error):
            return run(run_id, fan_out=fan_out)
        if mine.exists():
            raise
        logger.exception("match runs %s failed after another attempt had taken over", ids)
    match_run.refresh_from_db()
    return match_run


def together(match_run: MatchRun) -> list[int]:
    """The ids of the runs that are carried out with this one, itself among them."""
    ids: list[int] = match_run.parameters.get("together") or [match_run.pk]
    return ids


def _unfinished(run_ids: Sequence[int]) -> list[int]:
    """The first of them leads; where its list was reopened or closed, the next."""
    runs = MatchRun.objects.filter(pk__in=run_ids, status__in=UNFINISHED_RUNS)
    return list(runs.order_by("pk").values_list("pk", flat=True))


def _claim(run_ids: Sequence[int]) -> datetime | None:
    """Takes the runs that are queued, or running without a sign of life, if the first is. The time names the claim."""
    now = timezone.now()
    free = waiting(now)
    taken = {
        "status": RunStatus.RUNNING, "progress": 0, "error": "", "started_at": now, "alive_at": now,
        "finished_at": None, "attempts": F("attempts") + 1,
    }  # fmt: skip
    first, *others = run_ids
    if not free.filter(pk=first).update(**taken):
        return None
    if others:
        free.filter(pk__in=others).update(**taken)
    return now


def waiting(now: datetime) -> models.QuerySet[MatchRun]:
    """The runs that are for anyone to take: queued, or left by an attempt that has died, unless that was the last.
    Those laid out in parts are taken part by part."""
    return MatchRun.objects.filter(
        Q(status=RunStatus.QUEUED) | Q(_left(now), attempts__lt=MOST_ATTEMPTS),
    )


def queued_again(runs: models.QuerySet[MatchRun], error: Exception) -> bool:
    """Whether `error` says that an asset which `runs` chose was removed before they were saved, or as they were, and
    they wait to be carried out anew, without it; not after the last attempt. runs: those of one attempt."""
    if (
        not isinstance(error.__cause__, (ForeignKeyViolation, DeadlockDetected))
        or runs.filter(attempts__gte=MOST_ATTEMPTS).exists()
    ):
        return False
    ids = list(runs.values_list("pk", flat=True))
    with transaction.atomic():
        queued = runs.update(status=RunStatus.QUEUED)
        MatchPart.objects.filter(run__in=ids).delete()
    logger.warning("match runs %s chose an asset that was removed meanwhile", ids)
    return queued > 0


def given_up(now: datetime) -> models.QuerySet[MatchRun]:
    """The runs whose last attempt has died."""
    return MatchRun.objects.filter(_left(now), attempts__gte=MOST_ATTEMPTS)


def _left(now: datetime) -> Q:
    in_parts = Exists(MatchPart.objects.filter(run=OuterRef("pk")))
    return Q(~in_parts, status=RunStatus.RUNNING, alive_at__lt=now - SILENT_FOR)


def _mine(run_ids: Sequence[int], claim: datetime) -> models.QuerySet[MatchRun]:
    return MatchRun.objects.filter(pk__in=run_ids, status=RunStatus.RUNNING, started_at=claim)


@dataclass(slots=True)
class _Report:
    """Progress of one attempt, over all kinds; raises ClaimLost when a run has become another's."""

    run_ids: Sequence[int]
    claim: datetime
    shown: int = field(default=-1)

    def __call__(self, kind: str, fraction: float) -> None:
        done = list(KINDS).index(kind) + fraction
        progress = int(90 * done / len(KINDS))
        if progress != self.shown:
            self.shown = progress
            mine = _mine(self.run_ids, self.claim).update(progress=progress, alive_at=timezone.now())
            if mine < len(self.run_ids):
                raise ClaimLost


Figures = dict[str, Any]
AnswersByKind = dict[str, Answers]


def answer(
    demand_list: DemandList, parameters: Json, step: Callable[[str, float], None] = lambda kind, fraction: None
) -> AnswersByKind:
    """What the engine says of the list's open demands, by kind; nothing is written. step: told how far it has come.

    parameters: `route_terms` by kind; `prices`, other than the registry's, and `core`, whether assets of the highest
    protection level count (sharing.matching.what_if).
    """
    # Solvers and the compiled route search take 100 MB, which a process that only reads answers does not need.
    from sharing.matching.points import match_points  # noqa: PLC0415
    from sharing.matching.routes import match_routes  # noqa: PLC0415

    answers: AnswersByKind = {}
    for kind in KINDS:
        match_kind = match_routes if kind in ROUTE_KINDS else match_points
        answers[kind] = match_kind(demand_list.pk, kind, demand_list.party, parameters, partial(step, kind)).count()
    return answers


def matches(answers: AnswersByKind) -> list[MatchAnswer]:
    return [match for one in answers.values() for match in one.matches]


def outcomes(answers: AnswersByKind) -> list[OutcomeAnswer]:
    return [outcome for one in answers.values() for outcome in one.outcomes]


def _answer_together(
    runs: Sequence[MatchRun], step: Callable[[str, float], None]
) -> tuple[list[AnswersByKind], list[Json]]:
    """What the engine says of each list when all are matched fairly at once, and how each party fared by kind.

    That holds for towers and rooms. Routes are laid list by list, each on what the ledger leaves, as in runs alone.
    """
    # As in `answer`: 100 MB.
    from sharing.matching.routes import match_routes  # noqa: PLC0415
    from sharing.matching.together import match_points_fairly  # noqa: PLC0415

    lists = [one.list for one in runs]
    answers: list[AnswersByKind] = [{} for _ in runs]
    fared: list[Json] = [{} for _ in runs]
    for kind in KINDS:
        step(kind, 0.0)
        if kind in ROUTE_KINDS:
            found = [match_routes(one.pk, kind, one.party, {}, lambda fraction: None) for one in lists]
            fairness = None
        else:
            found, fairness = match_points_fairly(lists, kind, {})
        for own, one, told, demand_list in zip(answers, found, fared, lists, strict=True):
            own[kind] = one.count()
            if fairness and demand_list.party_id in fairness.asked:
                told[kind] = fairness.told_to(demand_list.party_id)
    return answers, fared


def _lay_out(run: MatchRun, claim: datetime, parts: Sequence[MatchPart]) -> None:
    with transaction.atomic():
        if not _mine([run.pk], claim).select_for_update(no_key=True).first():
            raise ClaimLost
        MatchPart.objects.bulk_create(parts)


def _carry_out(runs: Sequence[MatchRun], claim: datetime) -> None:
    began = perf_counter()
    ids = [one.pk for one in runs]
    report = _Report(ids, claim)
    if len(runs) == 1:
        answers = [answer(runs[0].list, runs[0].parameters, report)]
        fared: list[Json] = [{}]
    else:
        answers, fared = _answer_together(runs, report)
    saving = perf_counter()
    with transaction.atomic():
        locked = {one.pk: one for one in _mine(ids, claim).select_for_update(no_key=True).order_by("pk")}
        if len(locked) < len(ids):
            raise ClaimLost
        for pk, own, fairness in zip(ids, answers, fared, strict=True):
            save(locked[pk], matches(own), outcomes(own))
            found = figures(own) | ({"fairness": fairness} if fairness else {})
            found["seconds"]["saving"] = round(perf_counter() - saving, 4)
            found["seconds"]["total"] = round(perf_counter() - began, 4)
            finish(locked[pk], found)


def figures(tallies: Mapping[str, Tally]) -> Figures:
    """Counts, seconds of each step, and what was proven, as JSON. tallies: by kind."""
    kinds = list(tallies.values())
    pairs = [pair for one in kinds for pair in one.disjoint]
    steps = dict.fromkeys(step for one in kinds for step in one.seconds)
    counts = ("pairs", "options", "components", "served", "served_bound")
    return {
        "demands": sum(one.demands for one in kinds),
        "matched": sum(one.matched for one in kinds),
        "unmatched": sum(one.demands - one.matched for one in kinds),
        **{count: sum(getattr(one, count) for one in kinds) for count in counts},
        "cost": sum(one.cost for one in kinds) / 100,
        "cost_bound": sum(one.cost_bound for one in kinds) / 100,
        "seconds": {step: round(sum(one.seconds.get(step, 0.0) for one in kinds), 4) for step in steps},
        **({"disjoint": pairs} if pairs else {}),
    }


def finish(match_run: MatchRun, figures: Figures) -> None:
    """The value is the yearly cost of what is served; the gap the larger of those in number served and in cost.

    Of a list matched with others the bound holds while the others pay what they do.
    """
    fairness = figures.get("fairness", {}).values()
    match_run.value = Decimal(str(figures["cost"])).quantize(Decimal("0.01"))
    match_run.bound = Decimal(str(figures["cost_bound"])).quantize(Decimal("0.01"))
    match_run.gap = max(
        _gap(figures["cost"], figures["cost_bound"]),
        _gap(figures["served_bound"], figures["served"]),
        *(max(one["least_share_bound"] - one["least_share"], one["cost_gap"]) for one in fairness),
    )
    match_run.figures = figures
    match_run.status, match_run.progress = RunStatus.DONE, 100
    match_run.finished_at = match_run.alive_at = timezone.now()
    match_run.save(update_fields=["value", "bound", "gap", "figures", "status", "progress", "finished_at", "alive_at"])


def _gap(upper: float, lower: float) -> float:
    return (upper - lower) / upper if upper else 0.0
