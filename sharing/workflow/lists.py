"""The party's verbs on its demand lists, and what the engine reports. Errors: sharing.errors.

create, edit, submit and rematch may also be done with actor None: at the registry's own console.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Max, ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import Organization, User
from registry.nudge import nudge_on_commit
from sharing.errors import BadInput, NotYours, WrongState
from sharing.models import (
    LIVE,
    OPEN_LISTS,
    UNFINISHED_RUNS,
    Consent,
    Demand,
    DemandList,
    Event,
    EventType,
    ListStatus,
    Match,
    MatchRun,
    MatchStatus,
    RunStatus,
)
from sharing.notifications import outbox
from sharing.workflow import rules
from sharing.workflow.cobuild_groups import REGROUP, close_groups_of
from sharing.workflow.locks import lock_list, lock_matches_of
from sharing.workflow.moving import supersede
from sharing.workflow.rules import Verb

# The task that starts every queued run; beat's sweep does the same for what a lost nudge left.
RUNS = "sharing.sweep_runs"
BATCH = 1000
MOST_TOGETHER = 2000
"""Lines of lists matched together: fairness couples all of them, and a thousand tight ones take a minute or two."""


@transaction.atomic
def create(party: Organization, *, title: str, actor: User | None) -> DemandList:
    """A draft list of the party."""
    demand_list = DemandList(party=party, title=title.strip(), created_by=actor)
    rules.guard(Verb.CREATE, demand_list, actor)
    _validate(demand_list)
    demand_list.save()
    return demand_list


@transaction.atomic
def rename(demand_list: DemandList, *, title: str, actor: User | None) -> DemandList:
    """Gives a draft another title. Raises BadInput for one that cannot be."""
    demand_list = lock_list(demand_list.pk)
    rules.guard(Verb.EDIT, demand_list, actor)
    demand_list.title = title.strip()
    _validate(demand_list)
    demand_list.save(update_fields=["title"])
    return demand_list


@transaction.atomic
def add_demands(demand_list: DemandList, demands: Sequence[Demand], *, actor: User | None) -> list[Demand]:
    """Appends lines to a draft, numbered on from its last; all or none.

    Raises BadInput that names the first line that cannot be.
    """
    demand_list = lock_list(demand_list.pk)
    rules.guard(Verb.EDIT, demand_list, actor)
    last = demand_list.demands.aggregate(last=Max("line"))["last"] or 0
    for line, demand in enumerate(demands, last + 1):
        demand.list, demand.line = demand_list, line
    with _refusing_what_cannot_be(demand_list, demands):
        return Demand.objects.bulk_create(demands, batch_size=BATCH)


@transaction.atomic
def change_demand(demand: Demand, *, actor: User | None) -> Demand:
    """Writes the changed fields of a draft's line. Raises BadInput where they cannot be: by its name and kind those
    who were asked about a line know it, so it keeps them."""
    # The row's own list, whatever the caller made of `demand.list`.
    stored = Demand.objects.filter(pk=demand.pk).first()
    if stored is None:
        raise rules.not_seen()
    demand_list = lock_list(stored.list_id)
    rules.guard(Verb.EDIT, demand_list, actor)
    demand.list, demand.line = demand_list, stored.line
    for name in ("name", "kind"):
        if getattr(demand, name) != getattr(stored, name) and Consent.objects.filter(match__demand=stored).exists():
            raise BadInput(_("Owners were asked about this line, which keeps its name and kind: add another."), name)
    with _refusing_what_cannot_be(demand_list, [demand]):
        demand.save()
    return demand


@transaction.atomic
def remove_demands(demand_list: DemandList, demand_ids: Iterable[int], *, actor: User | None) -> int:
    """Takes lines off a draft, and closes the co-build groups that they are in; returns how many.

    Raises WrongState for a line once matched: it is history.
    """
    demand_list = lock_list(demand_list.pk)
    rules.guard(Verb.EDIT, demand_list, actor)
    lines = demand_list.demands.filter(pk__in=list(demand_ids))
    try:
        with transaction.atomic():
            close_groups_of(lines)
            removed = lines.delete()[1]
            return removed.get(Demand._meta.label, 0)
    except ProtectedError as error:
        raise WrongState(_("A line that was matched before stays in the list.")) from error


@transaction.atomic
def submit(demand_list: DemandList, *, actor: User | None) -> MatchRun:
    """Hands a draft in, and queues its matching. Raises BadInput for a list without lines."""
    demand_list = lock_list(demand_list.pk)
    rules.guard(Verb.SUBMIT, demand_list, actor)
    lines = demand_list.demands.count()
    if not lines:
        raise BadInput(_("The list has no lines."))
    demand_list.submitted_at = timezone.now()
    _move(demand_list, ListStatus.SUBMITTED)
    outbox.record(EventType.LIST_SUBMITTED, demand_list, actor=actor, organization=demand_list.party, lines=lines)
    return _queue(demand_list)


@transaction.atomic
def rematch(demand_list: DemandList, *, actor: User | None) -> MatchRun:
    """Queues another run; what it proposes will supersede what was proposed before."""
    demand_list = lock_list(demand_list.pk)
    rules.guard(Verb.REMATCH, demand_list, actor)
    if demand_list.runs.filter(status__in=UNFINISHED_RUNS).exists():
        raise WrongState(_("This list is being matched already."))
    return _queue(demand_list)


@transaction.atomic
def rematch_together(demand_lists: Sequence[DemandList], *, actor: User | None) -> MatchRun:
    """Queues competing lists to be matched at once, fairly between their parties; returns the run that leads.

    At the registry's own console only (actor None): no party may have another's list matched.
    """
    if actor is not None:
        raise NotYours(_("Lists of several parties are matched together by the registry itself."))
    if Demand.objects.filter(list__in=demand_lists).count() > MOST_TOGETHER:
        raise BadInput(_("Lists of at most %(most)d lines in all are matched together.") % {"most": MOST_TOGETHER})
    by_id = sorted(demand_lists, key=lambda one: one.pk)
    runs = [rematch(demand_list, actor=actor) for demand_list in by_id]
    ids = [run.pk for run in runs]
    MatchRun.objects.filter(pk__in=ids).update(parameters={"together": ids})
    return MatchRun.objects.get(pk=ids[0])


@transaction.atomic
def reopen(demand_list: DemandList, *, actor: User) -> DemandList:
    """Makes the list a draft again while none of its matches is under way or in force."""
    demand_list = lock_list(demand_list.pk)
    rules.guard(Verb.REOPEN, demand_list, actor)
    _stop_runs(demand_list)
    _take_off_the_table(demand_list, LIVE)
    demand_list.submitted_at = None
    _move(demand_list, ListStatus.DRAFT)
    outbox.record(EventType.LIST_REOPENED, demand_list, actor=actor, organization=demand_list.party)
    nudge_on_commit(REGROUP)
    return demand_list


@transaction.atomic
def close(demand_list: DemandList, *, actor: User) -> DemandList:
    """Ends the list; agreements it led to live on, and what is still proposed is off the table. A draft is discarded:
    it was not handed in, and stays its party's alone."""
    demand_list = lock_list(demand_list.pk)
    rules.guard(Verb.CLOSE, demand_list, actor)
    _stop_runs(demand_list)
    _take_off_the_table(demand_list, (MatchStatus.REQUESTED, MatchStatus.CONSENTED))
    _move(demand_list, ListStatus.CLOSED)
    outbox.record(EventType.LIST_CLOSED, demand_list, actor=actor, organization=demand_list.party)
    nudge_on_commit(REGROUP)
    return demand_list


@transaction.atomic
def record_matched(run: MatchRun) -> DemandList:
    """The engine has saved the proposals of `run`: they replace those of earlier runs, but for demands with a match
    under way now, or when the engine read the list and passed them over: their runners-up are the next best when it
    falls through. Once per run, however often it is told; what a run found that came too late is superseded: the list
    was reopened or closed meanwhile, perhaps submitted anew, or a newer run is done."""
    demand_list = lock_list(run.list_id)
    lock_matches_of(demand_list)
    proposals = Match.objects.filter(demand__list=demand_list)
    newer = demand_list.runs.filter(pk__gt=run.pk, status=RunStatus.DONE)
    if not _is_open(demand_list, since=run.created_at) or newer.exists():
        supersede(proposals.filter(run=run))
        return demand_list
    if Event.objects.filter(demand_list=demand_list, type=EventType.LIST_MATCHED, data__run=run.pk).exists():
        return demand_list
    older = proposals.filter(run__lt=run, demand__in=run.outcomes.values("demand"))
    supersede(older.exclude(demand__in=proposals.live().values("demand")))
    _move(demand_list, ListStatus.MATCHED)
    outbox.record(
        EventType.LIST_MATCHED,
        demand_list,
        actor=None,
        run=run.pk,
        demands=demand_list.demands.count(),
        matched=Match.objects.filter(run=run, rank=1).count(),
    )
    nudge_on_commit(REGROUP)
    return demand_list


@transaction.atomic
def record_failed(run: MatchRun, *, error: str) -> MatchRun:
    """The engine gave `run` up; the list stays as it is, and can be matched again."""
    demand_list = lock_list(run.list_id)
    failed = MatchRun.objects.filter(pk=run.pk, status__in=UNFINISHED_RUNS).update(
        status=RunStatus.FAILED, error=error, finished_at=timezone.now()
    )
    if failed:
        outbox.record(EventType.RUN_FAILED, demand_list, actor=None, run=run.pk)
    run.refresh_from_db()
    return run


def _queue(demand_list: DemandList) -> MatchRun:
    run = MatchRun.objects.create(list=demand_list)
    nudge_on_commit(RUNS)
    return run


def _move(demand_list: DemandList, status: ListStatus) -> None:
    demand_list.status = status
    demand_list.save(update_fields=["status", "submitted_at"])


def _is_open(demand_list: DemandList, *, since: datetime) -> bool:
    """Whether the list has been open to matching without a break since then."""
    if demand_list.status not in OPEN_LISTS or demand_list.submitted_at is None:
        return False
    return demand_list.submitted_at <= since


def _stop_runs(demand_list: DemandList) -> None:
    """Takes unfinished runs from the engine, which gives up where a run is no longer its own."""
    demand_list.runs.filter(status__in=UNFINISHED_RUNS).update(
        status=RunStatus.FAILED, error=_("The list was reopened or closed."), finished_at=timezone.now()
    )


def _take_off_the_table(demand_list: DemandList, blocking: Sequence[MatchStatus]) -> None:
    """Supersedes what is proposed. Raises WrongState where a match stands in a `blocking` status."""
    lock_matches_of(demand_list)
    matches = Match.objects.filter(demand__list=demand_list)
    if matches.filter(status__in=blocking).exists():
        raise WrongState(_("A match of this list is under way; withdraw or end it first."))
    supersede(matches)


@contextmanager
def _refusing_what_cannot_be(demand_list: DemandList, demands: Sequence[Demand]) -> Iterator[None]:
    """Raises BadInput for the first line that the model's validators or the database refuse.

    Asking Django for the database's checks takes a query each, so that is done only to name what was refused.
    """
    twins = {demand.disjoint_from_id for demand in demands if demand.disjoint_from_id}
    if twins - set(demand_list.demands.filter(pk__in=twins).values_list("pk", flat=True)):
        raise BadInput(_("A route can only be disjoint from another line of its list."), "disjoint_from")
    for demand in demands:
        _validate(demand, fields_only=True)
    try:
        with transaction.atomic():
            yield
    except (IntegrityError, DataError):
        for demand in demands:
            _validate(demand)
        raise


def _validate(row: DemandList | Demand, *, fields_only: bool = False) -> None:
    try:
        if fields_only:
            row.clean_fields(exclude={"list", "disjoint_from"})
        else:
            row.full_clean(validate_unique=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        where = _("Line %(line)d: ") % {"line": row.line} if isinstance(row, Demand) else ""
        raise BadInput(f"{where}{messages[0]}", field) from error
