"""The demander's verbs on a match: request, withdraw; and the clock's: expire.

Every verb runs in one transaction and returns the match as it stands afterwards. Errors: sharing.errors.
"""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry import capacity
from registry.models import User
from sharing.errors import UnitsGone, WrongState
from sharing.models import LIVE, EventType, Match, MatchStatus
from sharing.notifications import outbox
from sharing.workflow import calendar, offers, rules
from sharing.workflow.bulk import BulkResult, alone, locked
from sharing.workflow.locks import lock_assets_of, lock_match, lock_matches
from sharing.workflow.moving import give_up, move
from sharing.workflow.rules import Verb

MOST_AT_ONCE = 200
"""Requests that a door takes at once: somebody waits for it, and others for the assets that it has locked."""


@transaction.atomic
def request(match: Match, *, actor: User) -> Match:
    """Takes a proposal: its units are held at once, and every owner is asked.

    Raises UnitsGone, which names the next best proposal, where others were faster or an owner offers it no more.
    """
    match = lock_match(match.pk)
    rules.guard(Verb.REQUEST, match, actor)
    lock_assets_of([match])
    return _request(lock_match(match.pk), actor)


@transaction.atomic
def request_many(match_ids: Iterable[int], *, actor: User) -> BulkResult[Match]:
    """Requests each match, in this order; each stands or falls alone."""
    result, proposals = locked(match_ids, actor)
    lock_assets_of(proposals)
    # Read anew: what their owners have changed while the assets were waited for counts.
    for match in lock_matches([match.pk for match in proposals]):
        with alone(result, match.pk):
            result.done[match.pk] = _request(match, actor)
    return result


def _request(match: Match, actor: User) -> Match:
    rules.guard(Verb.REQUEST, match, actor)
    live = Match.objects.filter(demand_id=match.demand_id, status__in=LIVE, renews__isnull=True)
    if live.exists():
        raise WrongState(_("Another match of this demand is under way or in force already."))
    if not offers.is_offered(match):
        raise UnitsGone(_("An owner no longer offers this."), offers.next_best(match))
    try:
        ask_owners(match, actor=actor)
    except capacity.CapacityError as error:
        raise UnitsGone(why_gone(match, error), offers.next_best(match)) from error
    outbox.record(EventType.MATCH_REQUESTED, match, actor=actor, organization=match.demand.list.party)
    return match


def why_gone(match: Match, error: capacity.CapacityError) -> str:
    """Why the units of a match cannot be held, as its party may know: of a core asset it learns nothing before its
    owner consents, not even its code."""
    return _("Others were faster: the units are taken.") if rules.is_core(match) else str(error)


def ask_owners(match: Match, *, actor: User) -> None:
    """Holds the units of a locked match, and asks each owner once for all of its legs.

    Raises CapacityError with nothing written, and WrongState where there is nobody to ask or nothing left to use.
    """
    asked = sorted({leg.asset.owner for leg in match.legs.all() if leg.asset}, key=lambda owner: owner.pk)
    if not asked:
        raise WrongState(_("This match uses no asset of others: there is nobody to ask."))
    if match.is_over:
        raise WrongState(_("The period is over."))
    deadline = calendar.deadline(settings.CONSENT_WORKING_DAYS)
    capacity.hold(offers.claims(match), until=calendar.with_grace(deadline))
    move(match, MatchStatus.REQUESTED, deadline=deadline)
    for owner in asked:
        consent = match.consents.create(owner=owner, deadline=deadline, asked_by=actor)
        outbox.record(EventType.CONSENT_ASKED, consent, actor=actor, organization=match.demand.list.party)


@transaction.atomic
def withdraw(match: Match, *, actor: User) -> Match:
    """Takes a request back before it is approved; the units are free again."""
    match = lock_match(match.pk)
    rules.guard(Verb.WITHDRAW, match, actor)
    give_up(match, MatchStatus.WITHDRAWN)
    outbox.record(EventType.MATCH_WITHDRAWN, match, actor=actor, organization=match.demand.list.party)
    return match


@transaction.atomic
def expire(match: Match) -> Match:
    """Ends a request that those asked left unanswered beyond the grace after its deadline; the clock's verb."""
    match = lock_match(match.pk, skip_locked=True)
    waiting_for = match.status
    if waiting_for not in (MatchStatus.REQUESTED, MatchStatus.CONSENTED) or not overdue(match):
        raise WrongState(_("This match does not expire now."))
    give_up(match, MatchStatus.EXPIRED)
    outbox.record(EventType.MATCH_EXPIRED, match, actor=None, waited_for=waiting_for)
    offers.offer_next(match)
    return match


def overdue(match: Match) -> bool:
    """Whether the grace after the deadline of a locked match is over."""
    return match.deadline is not None and calendar.with_grace(match.deadline) < timezone.now()
