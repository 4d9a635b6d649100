"""Regulators decide: what they reject, sign in two, and approve in bulk."""

from collections.abc import Callable
from functools import partial

from django.db.models import Count
from django.utils.translation import gettext as _

from registry.models import Protection, User
from sharing.demo.parties import PROVINCE, REGULATOR
from sharing.demo.people import manager, managers, signed
from sharing.demo.report import Report
from sharing.errors import Refusal, StaleForm, WrongState
from sharing.models import IN_FORCE, Match, MatchStatus, RejectionReason
from sharing.workflow import approvals, rules
from sharing.workflow.fingerprint import fingerprint_of, fingerprints_of
from sharing.workflow.rules import Standing, Verb

LEFT_TO_DECIDE = 6  # matches in the city's queue that stay open for whoever looks around afterwards


def decide(report: Report) -> None:
    """Regulators decide: one rejects, a core asset takes two persons, all but a few are approved in bulk."""
    _show_queues(report)
    _refuse_a_stale_form(report)
    _reject_one(report)
    _approve_core(report)
    kept = {match.pk for match in _queue(manager(REGULATOR))[-LEFT_TO_DECIDE:]}
    for regulator in (REGULATOR, PROVINCE):
        actor = manager(regulator)
        queue = [match for match in _queue(actor) if match.pk not in kept]
        result = approvals.approve_many(fingerprints_of(queue), actor=actor)
        report.tell(_("%(person)s approves %(count)d at once") % {"person": signed(actor), "count": len(result.done)})
        report.check(
            bool(result.done) and not result.failed,
            _("%(regulator)s refuses none of them") % {"regulator": actor.memberships.get().organization},
        )
    statuses = dict(Match.objects.values_list("status").annotate(count=Count("pk")).order_by())
    report.tell(", ".join(f"{MatchStatus(status).label}: {count}" for status, count in sorted(statuses.items())))
    waiting = set(Match.objects.filter(status=MatchStatus.CONSENTED).values_list("pk", flat=True))
    report.check(waiting == kept, _("%(count)d matches are left for you to decide") % {"count": len(kept)})
    report.check(statuses.get(MatchStatus.ACTIVE, 0) > 0, _("agreements whose period has begun are in force"))


def _show_queues(report: Report) -> None:
    city, province = ({match.pk for match in _queue(manager(regulator))} for regulator in (REGULATOR, PROVINCE))
    facts = {"person": signed(manager(REGULATOR)), "count": len(city)}
    report.need(bool(city), _("%(person)s has %(count)d matches to decide on") % facts)
    facts = {"person": signed(manager(PROVINCE)), "count": len(province - city)}
    report.need(
        bool(province - city), _("%(person)s alone has %(count)d to decide on, across the city's border") % facts
    )


def _queue(actor: User) -> list[Match]:
    """What the regulator may approve now, oldest deadline first."""
    standing = Standing.of(actor)
    waiting = Match.objects.visible_to(actor).filter(status=MatchStatus.CONSENTED).order_by("deadline", "pk")
    waiting = waiting.select_related("demand__list").prefetch_related(*rules.MATCH_FACTS)
    return [match for match in waiting if rules.why_not(Verb.APPROVE, match, standing) is None]


def _refuse_a_stale_form(report: Report) -> None:
    actor = manager(REGULATOR)
    match = _queue(actor)[0]
    shown = "0" * 64
    report.check(
        _is_refused(lambda: approvals.approve(match, fingerprint=shown, actor=actor), StaleForm),
        _("an approval of what is no longer so is refused"),
    )


def _reject_one(report: Report) -> None:
    actor = manager(REGULATOR)
    match = next(match for match in reversed(_queue(actor)) if not rules.is_core(match))
    approvals.reject(match, reason=RejectionReason.PLANNING, reason_text="The street is to be rebuilt", actor=actor)
    match.refresh_from_db()
    report.tell(
        _("%(person)s rejects %(line)s: %(reason)s")
        % {"person": signed(actor), "line": match.demand, "reason": RejectionReason.PLANNING.label}
    )
    report.check(match.status == MatchStatus.REJECTED, _("its units are free again, and its party is told"))


def _approve_core(report: Report) -> None:
    first, second = managers(REGULATOR)
    core = [match for match in _queue(first) if rules.is_core(match)]
    report.check(
        bool(core), _("a match uses an asset of protection level %(level)s") % {"level": Protection.CORE.value}
    )
    for match in core:
        _approve(match, first)
        report.check(
            match.status == MatchStatus.CONSENTED and _is_refused(partial(_approve, match, first), WrongState),
            _("%(person)s signs %(line)s, and cannot sign twice") % {"person": signed(first), "line": match.demand},
        )
        _approve(match, second)
        report.check(
            match.status in IN_FORCE,
            _("%(person)s signs second, and it is approved") % {"person": signed(second)},
        )


def _approve(match: Match, actor: User) -> None:
    approvals.approve(match, fingerprint=fingerprint_of(match), actor=actor)
    match.refresh_from_db()


def _is_refused(verb: Callable[[], object], refusal: type[Refusal]) -> bool:
    try:
        verb()
    except refusal:
        return True
    return False
