"""The owner's verbs: grant, refuse. Errors: sharing.errors."""

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
from sharing.workflow.locks import lock_match
from sharing.workflow.moving import give_up, move
from sharing.workflow.rules import Verb


@transaction.atomic
def grant(consent: Consent, *, conditions: str = "", actor: User) -> Consent:
    """Lets the party use the owner's legs, perhaps under conditions, and discloses their exact places to it.

    The last grant of a match brings it before the regulator.
    """
    consent, match = _lock(consent)
    rules.guard(Verb.GRANT, consent, actor)
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


@transaction.atomic
def refuse(consent: Consent, *, reason: str, reason_text: str = "", actor: User) -> Consent:
    """Keeps the owner's legs from the party, for a coded reason; the whole match is refused, its units are free
    again, and the next best proposal is offered at once.

    Raises BadInput for an unknown reason, and for “other” without words.
    """
    reason_text = reason_text.strip()
    consent, match = _lock(consent)
    rules.guard(Verb.REFUSE, consent, actor)
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
    fresh = Consent.objects.select_related("owner").get(pk=consent.pk)
    fresh.match = match
    return fresh, match


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
