"""What the clock does: it reminds before a deadline, escalates after it, lets requests expire, and turns the day for
agreements. Every verb here passes over rows that another holds, and does nothing the second time; all are set-based,
but expire goes match by match."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from registry import capacity
from registry.models import Allocation, Purpose
from sharing.errors import Refusal
from sharing.models import IN_FORCE, LIVE, Agreement, Consent, EventType, Match, MatchLeg, MatchStatus
from sharing.notifications import outbox
from sharing.workflow import matches
from sharing.workflow.agreements import ENDING_NOTICE
from sharing.workflow.calendar import add_working_days, end_of, start_of
from sharing.workflow.moving import move_all

Due = TypeVar("Due", Consent, Match)

log = logging.getLogger(__name__)


def remind() -> int:
    """Tells those who must answer within the next REMINDER_WORKING_DAYS_BEFORE; returns how many were told."""
    soon = end_of(add_working_days(timezone.localdate(), settings.REMINDER_WORKING_DAYS_BEFORE))
    now = timezone.now()
    due = Q(deadline__range=(now, soon), reminded_at=None)
    return _mark(_consents().filter(due), "reminded_at", EventType.CONSENT_DUE) + _mark(
        _undecided().filter(due), "reminded_at", EventType.APPROVAL_DUE
    )


def escalate() -> int:
    """Tells others too what was not answered in time; returns how many deadlines that were."""
    late = Q(deadline__lt=timezone.now(), escalated_at=None)
    return _mark(_consents().filter(late), "escalated_at", EventType.CONSENT_OVERDUE) + _mark(
        _undecided().filter(late), "escalated_at", EventType.APPROVAL_OVERDUE
    )


def expire() -> int:
    """Ends the requests whose grace after the deadline is over; returns how many."""
    due = Match.objects.filter(status__in=(MatchStatus.REQUESTED, MatchStatus.CONSENTED), deadline__lt=_end_of_grace())
    expired = 0
    for match in due.order_by("pk"):
        try:
            matches.expire(match)
            expired += 1
        except Refusal:
            log.info("Match %s was moved or is held by another just now", match.pk)
        except DatabaseError:
            log.exception("Match %s is left to the next sweep", match.pk)
    return expired


@transaction.atomic
def activate() -> int:
    """Brings into force what was approved and begins today or began before; returns how many."""
    begun = _agreements(MatchStatus.APPROVED).filter(period__startswith__lte=timezone.localdate())
    return _turn(list(begun), MatchStatus.ACTIVE, EventType.AGREEMENT_ACTIVATED)


@transaction.atomic
def end() -> int:
    """Ends the agreements whose last day is over; returns how many. Their lines in the ledger end by themselves; what
    stands there beyond, whoever wrote it, is freed."""
    over = _agreements(*IN_FORCE).filter(period__endswith__lte=timezone.localdate())
    agreements = list(over)
    for agreement in agreements:
        agreement.ended_on = agreement.period.upper
    Agreement.objects.bulk_update(agreements, ["ended_on"])
    for leg in _held_beyond(agreements):
        capacity.release([leg.reference], from_day=leg.match.agreement.ended_on)
    return _turn(agreements, MatchStatus.ENDED, EventType.AGREEMENT_ENDED)


@transaction.atomic
def announce_ends() -> int:
    """Tells the parties of the agreements that end within ENDING_NOTICE and are not being renewed; once."""
    horizon = timezone.localdate() + ENDING_NOTICE
    ending = _agreements(MatchStatus.ACTIVE).filter(period__endswith__lte=horizon, match__reminded_at=None)
    agreements = list(ending.exclude(renewals__status__in=LIVE))
    Match.objects.filter(agreement__in=agreements).update(reminded_at=timezone.now())
    outbox.record_all(
        outbox.draft(EventType.AGREEMENT_ENDING, agreement, actor=None, on=agreement.period.upper.isoformat())
        for agreement in agreements
    )
    return len(agreements)


def release_lapsed() -> int:
    """Frees what is held beyond its end for no match under way, whoever wrote it; returns how many lines. Those of
    matches under way are freed as they expire."""
    live = MatchLeg.objects.filter(reference=OuterRef("reference"), match__status__in=LIVE)
    lapsed = Allocation.objects.filter(~Exists(live), purpose=Purpose.HELD, held_until__lt=timezone.now())
    freed = capacity.strike(lapsed)
    if freed:
        log.warning("%d lines of the ledger were held beyond their end for no match", freed)
    return freed


def _consents() -> models.QuerySet[Consent]:
    return Consent.objects.pending()


def _undecided() -> models.QuerySet[Match]:
    return Match.objects.filter(status=MatchStatus.CONSENTED)


def _agreements(*statuses: MatchStatus) -> models.QuerySet[Agreement]:
    """Agreements in these statuses, locked by their matches, as the verbs lock them."""
    agreements = Agreement.objects.filter(match__status__in=statuses).select_related("match__demand__list")
    return agreements.order_by("match_id").select_for_update(of=("match",), skip_locked=True, no_key=True)


@transaction.atomic
def _mark(due: models.QuerySet[Due], field: str, kind: EventType) -> int:
    """Marks and tells each row that is due, once: a row that another sweep or verb holds now is passed over."""
    related = "match__demand__list" if due.model is Consent else "demand__list"
    rows = list(
        due.select_related(related).order_by("pk").select_for_update(of=("self",), skip_locked=True, no_key=True)
    )
    due.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(**{field: timezone.now()})
    outbox.record_all(outbox.draft(kind, row, actor=None) for row in rows)
    return len(rows)


def _held_beyond(agreements: Sequence[Agreement]) -> models.QuerySet[MatchLeg]:
    """The legs of agreements for which the ledger holds units after the day they ended."""
    beyond = Q(period__upper_inf=True) | Q(period__endswith__gt=OuterRef("match__agreement__ended_on"))
    lines = Allocation.objects.filter(beyond, reference=OuterRef("reference"))
    legs = MatchLeg.objects.filter(Exists(lines), match__agreement__in=agreements)
    return legs.select_related("match__agreement")


def _turn(agreements: Sequence[Agreement], status: MatchStatus, kind: EventType) -> int:
    move_all([agreement.match_id for agreement in agreements], status)
    outbox.record_all([outbox.draft(kind, agreement, actor=None) for agreement in agreements])
    return len(agreements)


def _end_of_grace() -> datetime:
    """Deadlines before this moment have had all their grace: calendar.with_grace, seen from today."""
    return start_of(add_working_days(timezone.localdate(), -settings.HOLD_GRACE_WORKING_DAYS))
