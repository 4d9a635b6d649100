"""What an approved match becomes: concluded, activated, ended, renewed. Errors: sharing.errors.

An agreement's status is its match's.
"""

from datetime import date, timedelta

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from registry import capacity
from registry.models import Organization, User
from sharing.errors import BadInput, UnitsGone, WrongState
from sharing.models import IN_FORCE, LIVE, Agreement, ConsentStatus, EventType, Match, MatchLeg, MatchStatus
from sharing.notifications import outbox
from sharing.workflow import rules
from sharing.workflow.locks import lock_assets_of, lock_match
from sharing.workflow.matches import ask_owners, why_gone
from sharing.workflow.moving import give_up, move, supersede_others
from sharing.workflow.rules import Verb

# Of PostgreSQL's advisory locks: held while a number is given out, until its transaction ends.
NUMBERING_LOCK = 2026_165
# A party needs to plan what replaces an agreement, so its notice is longer than that of an answer that is due.
ENDING_NOTICE = timedelta(days=60)


def conclude(match: Match, *, regulator: Organization, actor: User) -> Agreement:
    """Makes the agreement of a locked match that is approved for good: holds become grants, and the demand's other
    proposals are superseded. In force at once where its period has begun.

    Raises WrongState where the period is over, or the ledger does not hold what the legs need.
    """
    period = match.period
    if match.is_over:
        raise WrongState(_("The period is over."))
    agreed = {consent.owner_id for consent in match.consents.all() if consent.status == ConsentStatus.GRANTED}
    if not rules.owners(match) <= agreed:
        raise WrongState(
            _("An asset has changed hands since its owner agreed: reject this, and have it matched anew.")
        )
    if capacity.grant(leg.reference for leg in match.legs.all()) != sum(leg.quantity for leg in match.holding_legs):
        raise WrongState(_("The ledger does not hold the units that this match asks for: reject it."))
    move(match, MatchStatus.APPROVED)
    supersede_others(match)
    agreement = Agreement.objects.create(
        match=match, number=_next_number(regulator), period=period, fee_per_year=match.cost_per_year
    )
    outbox.record(EventType.MATCH_APPROVED, agreement, actor=actor, organization=regulator)
    if period.lower <= timezone.localdate():
        activate(agreement, actor=actor)
    return agreement


def activate(agreement: Agreement, *, actor: User | None = None) -> Agreement:
    """Brings a locked, approved agreement into force."""
    move(agreement.match, MatchStatus.ACTIVE)
    outbox.record(EventType.AGREEMENT_ACTIVATED, agreement, actor=actor)
    return agreement


@transaction.atomic
def end(agreement: Agreement, *, reason: str, on: date | None = None, actor: User) -> Agreement:
    """Ends an agreement before its time, from the day `on` (today when not given); the ledger is free from that day.
    Its renewal, which was to follow on the end that it had, falls with it.

    Raises BadInput for a day gone by or beyond the end, and where no reason is given.
    """
    agreement = _lock(agreement)
    rules.guard(Verb.END, agreement, actor)
    today = timezone.localdate()
    last_day = on or today
    if not reason.strip():
        raise BadInput(_("Say why it ends."), "reason")
    if last_day < today or (agreement.period.upper is not None and last_day >= agreement.period.upper):
        raise BadInput(_("Choose a day from today up to the end of the agreement."), "on")
    match = agreement.match
    _drop_renewals(agreement, reason=reason, actor=actor)
    capacity.release((leg.reference for leg in match.legs.all()), from_day=last_day)
    agreement.end_reason = reason.strip()[:200]
    if last_day > agreement.period.lower:
        agreement.period = DateRange(agreement.period.lower, last_day)
    if last_day <= max(today, agreement.period.lower):
        agreement.ended_on = last_day
        move(match, MatchStatus.ENDED)
        kind = EventType.AGREEMENT_ENDED
    else:
        kind = EventType.AGREEMENT_ENDING
        if last_day <= today + ENDING_NOTICE:
            # This event is the notice, with the reason.
            match.reminded_at = timezone.now()
            match.save(update_fields=["reminded_at"])
    agreement.save(update_fields=["end_reason", "period", "ended_on"])
    outbox.record(
        kind,
        agreement,
        actor=actor,
        organization=rules.acted_for(actor, match),
        on=last_day.isoformat(),
        reason=agreement.end_reason,
    )
    return agreement


def _drop_renewals(agreement: Agreement, *, reason: str, actor: User) -> None:
    """Ends the renewals of a locked agreement before their first day, or takes back the request for them: either side
    may, as it may end the agreement. They are locked with it, as they are of one demand."""
    for renewal in agreement.renewals.filter(status__in=LIVE).select_related("agreement"):
        if renewal.status in IN_FORCE:
            end(renewal.agreement, reason=reason, on=renewal.period.lower, actor=actor)
        else:
            give_up(renewal, MatchStatus.WITHDRAWN)
            organization = rules.acted_for(actor, agreement.match)
            outbox.record(
                EventType.MATCH_WITHDRAWN, renewal, actor=actor, organization=organization, number=agreement.number
            )


@transaction.atomic
def renew(agreement: Agreement, *, until: date | None, actor: User) -> Match:
    """Asks for the same legs for the days after the agreement, up to, not including, `until` (None: without end).

    The renewal is a match of its own, and goes through consent and approval like any other. Raises UnitsGone where
    the units are promised to others, BadInput where `until` is not after the end.
    """
    agreement = _lock(agreement)
    rules.guard(Verb.RENEW, agreement, actor)
    start = agreement.period.upper
    if start is None:
        raise WrongState(_("This agreement has no end; there is nothing to renew."))
    if until is not None and until <= start:
        raise BadInput(_("Choose a day after the end of the agreement."), "until")
    if agreement.renewals.filter(status__in=LIVE).exists():
        raise WrongState(_("A renewal of this agreement is under way or in force already."))
    lock_assets_of([agreement.match])
    agreement = _lock(agreement)
    renewal = _copy(agreement, DateRange(start, until))
    party = renewal.demand.list.party
    try:
        ask_owners(renewal, actor=actor)
    except capacity.CapacityError as error:
        raise UnitsGone(why_gone(renewal, error), None) from error
    outbox.record(EventType.AGREEMENT_RENEWAL_ASKED, renewal, actor=actor, organization=party, number=agreement.number)
    return renewal


def _lock(agreement: Agreement) -> Agreement:
    match = lock_match(agreement.match_id)
    fresh = Agreement.objects.get(pk=agreement.pk)
    fresh.match = match
    return fresh


def _copy(agreement: Agreement, period: DateRange) -> Match:
    """A match on the legs of the agreement's, for another period."""
    old = agreement.match
    last_rank = Match.objects.filter(run=old.run, demand=old.demand).aggregate(last=Max("rank"))["last"]
    renewal = Match.objects.create(
        run=old.run,
        demand=old.demand,
        rank=last_rank + 1,
        score=old.score,
        score_parts=old.score_parts,
        cost_per_year=old.cost_per_year,
        distance_m=old.distance_m,
        length_m=old.length_m,
        renews=agreement,
        renewal_period=period,
    )
    MatchLeg.objects.bulk_create(
        MatchLeg(
            match=renewal,
            position=leg.position,
            asset=leg.asset,
            quantity=leg.quantity,
            weight_kg=leg.weight_kg,
            wind_area_m2=leg.wind_area_m2,
            power_kw=leg.power_kw,
            geometry=leg.geometry,
            length_m=leg.length_m,
            terrain=leg.terrain,
            cost_per_year=leg.cost_per_year,
        )
        for leg in old.legs.all()
    )
    return renewal


def _next_number(regulator: Organization) -> str:
    """The next number of the regulator's region and this year, such as 4201-2026-000017."""
    _lock_numbering()
    region = regulator.regulates
    assert region is not None, "only regulators approve"
    series = f"{region.prefix}-{timezone.localdate().year}-"
    last = Agreement.objects.filter(number__startswith=series).aggregate(last=Max("number"))["last"]
    return f"{series}{int(last.removeprefix(series)) + 1 if last else 1:06d}"


def _lock_numbering() -> None:
    """Makes concurrent approvals take their numbers in turn; comes after the locks of matches and assets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBERING_LOCK])
