"""The one place where a match changes its status, and what always goes with that."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from registry import capacity
from sharing.models import Consent, ConsentStatus, Match, MatchStatus


def move(match: Match, status: MatchStatus, *, deadline: datetime | None = None) -> None:
    """Brings a locked match into `status`; deadline: of those it waits for now. Reminders start anew."""
    match.status, match.status_at, match.deadline = status, timezone.now(), deadline
    match.reminded_at = match.escalated_at = None
    match.save(update_fields=["status", "status_at", "deadline", "reminded_at", "escalated_at"])


def move_all(match_ids: Collection[int], status: MatchStatus) -> None:
    """Brings many locked matches with agreements into `status`; what was told of their ends stays told."""
    Match.objects.filter(pk__in=match_ids).update(status=status, status_at=timezone.now())


def give_up(match: Match, status: MatchStatus) -> None:
    """Brings a locked match out of the race: its units are free again, and no answer is waited for any more."""
    move(match, status)
    Consent.objects.filter(match=match).pending().update(status=ConsentStatus.LAPSED)
    capacity.release(leg.reference for leg in match.legs.all())


def supersede_others(match: Match) -> int:
    """Takes the other proposals for the demand of a locked match off the table."""
    return supersede(Match.objects.filter(demand_id=match.demand_id).exclude(pk=match.pk))


def supersede(matches: QuerySet[Match]) -> int:
    """Takes those of `matches` that are still proposed off the table; returns how many."""
    proposed = matches.filter(status=MatchStatus.PROPOSED)
    return proposed.update(status=MatchStatus.SUPERSEDED, status_at=timezone.now())
