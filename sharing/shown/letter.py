"""The decision on a match as a letter: who may do what with which units, from when to when, on which conditions."""

from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.models import User
from registry.printing import pdf
from registry.tags import days
from sharing.errors import WrongState
from sharing.models import Agreement, Approval, ConsentStatus, Decision, Match, MatchStatus
from sharing.seen import Seen, list_of
from sharing.shown.match_page import legs_of
from sharing.workflow.rules import MATCH_FACTS

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
GRANTED = (MatchStatus.APPROVED, MatchStatus.ACTIVE, MatchStatus.ENDED)


def is_decided(match: Match) -> bool:
    """Whether there is a decision to write a letter about."""
    return match.status in (*GRANTED, MatchStatus.REJECTED)


def addresses(match: Match) -> list[tuple[str, str]]:
    """Language and address of each letter about the match; none without a decision."""
    if not is_decided(match):
        return []
    return [(language, reverse("web:match-letter", args=[match.pk, language])) for language in LANGUAGES]


def name(match: Match, language: str) -> str:
    """Of its file, without the ending."""
    return f"decision-{match.pk}-{language}"


def letter(match: Match, user: User) -> bytes:
    """The letter as PDF, in the language that is active: with nothing in it that `user` may not know of.

    Raises WrongState for a match that no regulator has decided.
    """
    if not is_decided(match):
        raise WrongState(_("There is no decision yet to write a letter about."))
    return pdf("print/decision.html", _context(match, user))


def _context(match: Match, user: User) -> dict[str, Any]:
    prefetch_related_objects(
        [match], *MATCH_FACTS, "demand__list__party", "legs__asset__owner", "consents__owner", "approvals__regulator",
        "approvals__decided_by",
    )  # fmt: skip
    seen, granted = Seen.of([match], user), match.status in GRANTED
    legs = legs_of(match, seen)
    wanted = Decision.APPROVED if granted else Decision.REJECTED
    signed = sorted((one for one in match.approvals.all() if one.decision == wanted), key=_moment)
    agreement = Agreement.objects.filter(match=match).first()
    owners = {row.asset.owner_id: row.asset.owner for row in legs if row.asset}
    consents = [one for one in seen.consents(match) if one.status == ConsentStatus.GRANTED]
    return {
        "match": match,
        "granted": granted,
        "number": agreement.number if agreement else _("Match %(number)d") % {"number": match.pk},
        "decision": signed[-1],
        "signed": signed,
        "party": match.demand.list.party,
        "list": list_of(match.demand, user),
        "owners": list(owners.values()),
        "hidden_owners": seen.hidden_consents(match),
        "legs": legs,
        "period": days(agreement.period if agreement else match.told_period),
        "fee": agreement.fee_per_year if agreement else match.cost_per_year,
        "conditions": [one for one in consents if one.conditions],
        "renews": match.renews,
    }


def _moment(approval: Approval) -> Any:
    return approval.decided_at
