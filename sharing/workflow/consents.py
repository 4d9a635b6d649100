"""The owner's verbs: grant, refuse, one or many. Errors: sharing.errors."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry import capacity
from registry.models import Disclosure, Protection, User
from sharing.errors import BadInput
from sharing.models import Consent, ConsentStatus, EventType, Match, MatchStatus, RefusalReason
from sharing.notifications import outbox
from sharing.workflow import calendar, offers, rules
from sharing.workflow.bulk import BulkResult, alone
from sharing.workflow.fingerprint import asked_fingerprint, asked_fingerprints, stale
from sharing.workflow.locks import lock_assets_of, lock_match, lock_matches
from sharing.workflow.moving import give_up, move
from sharing.workflow.rules import Verb


@transaction.atomic
def grant(consent: Consent, *, conditions: str = "", fingerprint: str | None = None, actor: User) -> Consent:
    """Lets the party use the owner's legs, perhaps under conditions, and discloses their exact places to it.

    The last grant of a match brings it before the regulator. fingerprint: of what the person saw (asked_fingerprint);
    where one is given, raises StaleForm if that is not how it stands now.
    """
    consent, match = _lock(consent)
    rules.guard(Verb.GRANT, consent, actor)
    _compare(consent, match, fingerprint)
    return _grant(consent, match, conditions, actor)


@transaction.atomic
def refuse(
    consent: Consent, *, reason: str, reason_text: str = "", fingerprint: str | None = None, actor: User
) -> Consent:
    """Keeps the owner's legs from the party, for a coded reason; the whole match is refused, its units are free
    again, and the next best proposal is offered at once.

    Raises BadInput for an unknown reason, and for “other” without words; StaleForm as grant does.
    """
    consent, match = _lock(consent)
    rules.guard(Verb.REFUSE, consent, actor)
    _compare(consent, match, fingerprint)
    return _refuse(consent, match, reason, reason_text.strip(), actor)


@transaction.atomic
def grant_many(shown: Mapping[int, str], *, conditions: str = "", actor: User) -> BulkResult[Consent]:
    """Grants each consent by its id, as its fingerprint says it was shown; each stands or falls alone."""

    def do(consent: Consent, match: Match) -> Consent:
        return _grant(consent, match, conditions, actor)

    return _each(Verb.GRANT, shown, do, actor)


@transaction.atomic
def refuse_many(shown: Mapping[int, str], *, reason: str, reason_text: str = "", actor: User) -> BulkResult[Consent]:
    """Refuses each consent for the same reason; each stands or falls alone."""

    def do(consent: Consent, match: Match) -> Consent:
        return _refuse(consent, match, reason, reason_text.strip(), actor)

    return _each(Verb.REFUSE, shown, do, actor)


def _each(
    verb: Verb, shown: Mapping[int, str], do: Callable[[Consent, Match], Consent], actor: User
) -> BulkResult[Consent]:
    """Carries a verb out on what `actor` may see. All are locked and compared first, so that the first answer does not
    make the others stale."""
    result: BulkResult[Consent] = BulkResult()
    seen = dict(Consent.objects.visible_to(actor).filter(pk__in=shown).order_by("pk").values_list("pk", "match_id"))
    result.failed.update({pk: rules.not_seen() for pk in shown if pk not in seen})
    matches = {match.pk: match for match in lock_matches(sorted(set(seen.values())))}
    lock_assets_of(matches.values())
    current = asked_fingerprints([_read(pk, matches[match_id]) for pk, match_id in seen.items()])
    for pk, match_id in seen.items():
        with alone(result, pk):
            # Read anew: an answer to another part of the same match may have ended this one.
            consent = _read(pk, matches[match_id])
            rules.guard(verb, consent, actor)
            if current[pk] != shown[pk]:
                raise stale()
            result.done[pk] = do(consent, matches[match_id])
    return result


def _grant(consent: Consent, match: Match, conditions: str, actor: User) -> Consent:
    consent.conditions = conditions.strip()
    _answer(consent, ConsentStatus.GRANTED, actor)
    _disclose(consent, match)
    outbox.record(
        EventType.CONSENT_GRANTED, consent, actor=actor, organization=consent.owner, conditions=consent.conditions
    )
    if not match.consents.exclude(status=ConsentStatus.GRANTED).exists():
        deadline = calendar.deadline(settings.APPROVAL_WORKING_DAYS)
        move(match, MatchStatus.CONSENTED, deadline=deadline)
        capacity.extend((leg.reference for leg in match.legs.all()), until=calendar.with_grace(deadline))
        outbox.record(EventType.MATCH_CONSENTED, match, actor=actor, organization=consent.owner)
    return consent


def _refuse(consent: Consent, match: Match, reason: str, reason_text: str, actor: User) -> Consent:
    if reason not in RefusalReason.values:
        raise BadInput(_("Choose a reason for the refusal."), "reason")
    if reason == RefusalReason.OTHER and not reason_text:
        raise BadInput(_("Say in words what the other reason is."), "reason_text")
    consent.reason, consent.reason_text = reason, reason_text
    _answer(consent, ConsentStatus.REFUSED, actor)
    give_up(match, MatchStatus.REFUSED)
    why = {"reason": reason, "reason_text": reason_text}
    outbox.record(EventType.CONSENT_REFUSED, consent, actor=actor, organization=consent.owner, **why)
    outbox.record(EventType.MATCH_REFUSED, match, actor=actor, organization=consent.owner, **why)
    offers.offer_next(match)
    return consent


def _lock(consent: Consent) -> tuple[Consent, Match]:
    match = lock_match(consent.match_id)
    return _read(consent.pk, match), match


def _read(pk: int, match: Match) -> Consent:
    """A consent of a locked match as it stands now."""
    fresh = Consent.objects.select_related("owner").get(pk=pk)
    fresh.match = match
    return fresh


def _compare(consent: Consent, match: Match, fingerprint: str | None) -> None:
    """Raises StaleForm where what was shown is no longer so."""
    if fingerprint is None:
        return
    lock_assets_of([match])
    if asked_fingerprint(consent) != fingerprint:
        raise stale()


def _answer(consent: Consent, status: ConsentStatus, actor: User) -> None:
    consent.status, consent.answered_at, consent.answered_by = status, timezone.now(), actor
    consent.save(
        update_fields=["status", "conditions", "reason", "reason_text", "answered_at", "answered_by"],
    )


def _disclose(consent: Consent, match: Match) -> None:
    """Records that the party is told the exact places of the owner's protected assets."""
    Disclosure.objects.bulk_create(
        [
            Disclosure(
                asset=leg.asset,
                organization=match.demand.list.party,
                reason=_("Consent %(number)d to match %(match)d") % {"number": consent.pk, "match": match.pk},
                reference=leg.reference,
            )
            for leg in match.legs.all()
            if leg.asset and leg.asset.owner_id == consent.owner_id and leg.asset.protection != Protection.OPEN
        ]
    )
