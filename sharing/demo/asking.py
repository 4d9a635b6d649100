"""Parties request what was proposed to them, and the owners answer."""

from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext as _

from registry.models import Organization, User
from sharing.demo.parties import GRID, LIGHTING, METRO
from sharing.demo.people import manager, signed
from sharing.demo.report import Report
from sharing.errors import UnitsGone
from sharing.models import Consent, DemandList, Event, EventType, Match, MatchStatus, RefusalReason
from sharing.workflow import consents, matches, offers

LEFT_TO_REQUEST = 3  # lines of each list, and
LEFT_TO_ANSWER = 4  # consents of the lighting agency, that stay open for whoever looks around afterwards
ATTEMPTS = 4  # how many of a demand's proposals a party tries while others are faster
CONDITIONS = {
    METRO: "Work between 00:30 and 04:00 only, with an escort booked five working days ahead.",
    GRID: "Work only in a planned outage; the crew is the owner's.",
}


def request_matches(report: Report, lists: Iterable[DemandList]) -> None:
    """Every party requests the best proposal for its lines; where another was faster, the next best."""
    fates: dict[str, Counter[str]] = {}
    for demand_list in lists:
        actor = manager(demand_list.party.code)
        proposed = Match.objects.filter(demand__list=demand_list, status=MatchStatus.PROPOSED, rank=1)
        wanted = list(proposed.order_by("demand__line"))[:-LEFT_TO_REQUEST]
        fates[str(demand_list)] = Counter(_request(match, actor) for match in wanted)
    columns = ("first", "next", "lost")
    report.table(
        (_("list"), _("requested"), _("next best, units were gone"), _("all gone")),
        [(title, *(fate[column] for column in columns)) for title, fate in fates.items()],
    )
    taken = sum(fate["first"] + fate["next"] for fate in fates.values())
    held = Match.objects.filter(status=MatchStatus.REQUESTED).count()
    report.need(taken == held > 0, _("%(count)d requests hold their units in the ledger") % {"count": held})
    contested = sum(fate["next"] + fate["lost"] for fate in fates.values())
    report.check(contested > 0, _("%(count)d lines met somebody who was faster") % {"count": contested})
    report.tell(_("%(count)d lines of each list are left for you to request") % {"count": LEFT_TO_REQUEST})


def answer_consents(report: Report) -> None:
    """Owners answer: one refuses and the next best is offered and taken; some set conditions; all others grant."""
    _refuse_one(report)
    answers: Counter[tuple[str, str]] = Counter()
    left = Consent.objects.pending().filter(owner__code=LIGHTING).order_by("-pk")[:LEFT_TO_ANSWER]
    kept = set(left.values_list("pk", flat=True))
    for consent in Consent.objects.pending().exclude(pk__in=kept).select_related("owner").order_by("pk"):
        conditions = CONDITIONS.get(consent.owner.code, "")
        consents.grant(consent, conditions=conditions, actor=manager(consent.owner.code))
        answers[consent.owner.name, "conditions" if conditions else "granted"] += 1
    owners = sorted({owner for owner, _answer in answers})
    report.table(
        (_("owner"), _("granted"), _("with conditions")),
        [(owner, answers[owner, "granted"], answers[owner, "conditions"]) for owner in owners],
    )
    report.check(
        any(answer == "conditions" for _owner, answer in answers),
        _("an owner has granted under conditions of its own"),
    )
    pending = set(Consent.objects.pending().values_list("pk", flat=True))
    report.check(pending == kept, _("all others have answered; %(count)d are left for you") % {"count": len(kept)})
    disclosed = Organization.objects.filter(disclosures__isnull=False).distinct().count()
    report.tell(_("exact places of protected assets disclosed to %(count)d parties") % {"count": disclosed})


def _request(match: Match, actor: User) -> str:
    """Whether the first proposal was had, or a next best one, or all were lost to others."""
    wanted: Match | None = match
    for attempt in range(ATTEMPTS):
        if wanted is None:
            break
        try:
            matches.request(wanted, actor=actor)
            return "next" if attempt else "first"
        except UnitsGone as gone:
            wanted = gone.next_best
    return "lost"


def _refuse_one(report: Report) -> None:
    """The lighting agency needs a pole itself."""
    asked = (
        Consent.objects.pending().filter(owner__code=LIGHTING).select_related("owner", "match__demand__list__party")
    )
    refused = next((consent for consent in asked.order_by("pk") if offers.next_best(consent.match)), None)
    if refused is None:
        report.check(False, _("an owner is asked where there is a next best proposal"))
        return
    owner = manager(LIGHTING)
    consents.refuse(refused, reason=RefusalReason.FUTURE_NEED, reason_text="Rebuilt next spring", actor=owner)
    report.tell(
        _("%(person)s refuses %(line)s: %(reason)s")
        % {"person": signed(owner), "line": refused.match.demand, "reason": RefusalReason.FUTURE_NEED.label}
    )
    offer = Event.objects.filter(type=EventType.MATCH_OFFERED, data__instead_of=refused.match_id).first()
    report.check(offer is not None, _("the next best match is offered at once"))
    if offer and offer.match:
        party = manager(refused.match.demand.list.party.code)
        taken = matches.request(offer.match, actor=party)
        report.check(taken.status == MatchStatus.REQUESTED, _("%(person)s takes it") % {"person": signed(party)})
