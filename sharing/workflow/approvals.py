"""The regulator's verbs: approve, reject, one or many. What is approved is exactly what was shown.

Errors: sharing.errors.
"""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import Organization, User
from sharing.errors import BadInput
from sharing.models import Approval, Decision, EventType, Match, MatchStatus, RejectionReason
from sharing.notifications import outbox
from sharing.workflow import agreements, offers, rules
from sharing.workflow.bulk import BulkResult, alone, locked
from sharing.workflow.fingerprint import fingerprint_of, fingerprints_of, matter_of, stale
from sharing.workflow.locks import lock_assets_of, lock_match
from sharing.workflow.moving import give_up
from sharing.workflow.rules import Standing, Verb


@transaction.atomic
def approve(match: Match, *, fingerprint: str, actor: User) -> Match:
    """Turns the holds into grants and the match into an agreement. A match with a core asset waits, after the first
    approval, for that of a second person; an earlier one that no longer counts (lapsing) lapses then, and this is the
    first.

    fingerprint: of what the person saw (fingerprint_of). Raises StaleForm where that is not how it stands now.
    """
    match = lock_match(match.pk)
    rules.guard(Verb.APPROVE, match, actor)
    lock_assets_of([match])
    if fingerprint_of(match) != fingerprint:
        raise stale()
    return _approve(match, fingerprint, actor)


@transaction.atomic
def approve_many(shown: Mapping[int, str], *, actor: User) -> BulkResult[Match]:
    """Approves each match by its id, as its fingerprint says it was shown; each stands or falls alone.

    All are locked and compared first, so that the first approval does not make the others stale.
    """
    result, matches = locked(shown, actor)
    lock_assets_of(matches)
    current = fingerprints_of(matches)
    for match in matches:
        with alone(result, match.pk):
            rules.guard(Verb.APPROVE, match, actor)
            if current[match.pk] != shown[match.pk]:
                raise stale()
            result.done[match.pk] = _approve(match, shown[match.pk], actor)
    return result


@transaction.atomic
def reject(match: Match, *, reason: str, reason_text: str = "", actor: User) -> Match:
    """Ends a consented match for a coded reason; its units are free again, and the next best proposal is offered.

    Raises BadInput for an unknown reason, and for “other” without words.
    """
    match = lock_match(match.pk)
    rules.guard(Verb.REJECT, match, actor)
    lock_assets_of([match])
    return _reject(match, reason, reason_text.strip(), actor)


@transaction.atomic
def reject_many(match_ids: Iterable[int], *, reason: str, reason_text: str = "", actor: User) -> BulkResult[Match]:
    """Rejects each match for the same reason; each stands or falls alone."""
    result, matches = locked(match_ids, actor)
    lock_assets_of(matches)
    for match in matches:
        with alone(result, match.pk):
            rules.guard(Verb.REJECT, match, actor)
            result.done[match.pk] = _reject(match, reason, reason_text.strip(), actor)
    return result


def lapsing(match: Match) -> list[Approval]:
    """The approvals of a match still to be decided that no longer count beside another: what was approved has changed
    since, or who gave it could not give it now."""
    given = [one for one in match.approvals.all() if one.decision == Decision.APPROVED]
    if not given or match.status != MatchStatus.CONSENTED:
        return []
    matter = matter_of(match)
    return [one for one in given if one.matter != matter or not rules.may_decide(match, Standing.of(one.decided_by))]


def _approve(match: Match, shown: str, actor: User) -> Match:
    regulator = _acting_for(match, actor, Verb.APPROVE)
    match.approvals.filter(pk__in=[one.pk for one in lapsing(match)]).update(decision=Decision.LAPSED)
    first_of_two = rules.is_core(match) and not match.approvals.filter(decision=Decision.APPROVED).exists()
    _sign(match, Decision.APPROVED, shown, regulator, actor)
    if first_of_two:
        outbox.record(EventType.MATCH_COUNTERSIGNED, match, actor=actor, organization=regulator)
    else:
        agreements.conclude(match, regulator=regulator, actor=actor)
    return match


def _reject(match: Match, reason: str, reason_text: str, actor: User) -> Match:
    if reason not in RejectionReason.values:
        raise BadInput(_("Choose a reason for the rejection."), "reason")
    if reason == RejectionReason.OTHER and not reason_text:
        raise BadInput(_("Say in words what the other reason is."), "reason_text")
    regulator = _acting_for(match, actor, Verb.REJECT)
    why = {"reason": reason, "reason_text": reason_text}
    _sign(match, Decision.REJECTED, fingerprint_of(match), regulator, actor, **why)
    give_up(match, MatchStatus.REJECTED)
    outbox.record(EventType.MATCH_REJECTED, match, actor=actor, organization=regulator, **why)
    offers.offer_next(match)
    return match


def _sign(
    match: Match, decision: Decision, fingerprint: str, regulator: Organization, actor: User, **why: str
) -> None:
    """A person's one decision on a match: who signed first and now rejects changes their mind, and who signs again,
    after their approval lapsed, signs anew."""
    Approval.objects.update_or_create(
        match=match,
        decided_by=actor,
        defaults={
            "regulator": regulator,
            "decision": decision,
            "decided_at": timezone.now(),
            "fingerprint": fingerprint,
            "matter": matter_of(match),
            **why,
        },
    )


def _acting_for(match: Match, actor: User, verb: Verb) -> Organization:
    membership = Standing.of(actor).regulates(rules.regions(match), rules.RULES[verb].role)
    assert membership is not None, "the guard has found one"
    return membership.organization
