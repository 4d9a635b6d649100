"""Working days from a request to its decision, against the deadlines."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    Aggregate,
    Case,
    Count,
    DateField,
    F,
    Func,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, TruncDate
from django.db.models.lookups import LessThan
from django.utils.translation import gettext_lazy as _

from sharing.models import Approval, Consent, ConsentStatus, MatchStatus
from sharing.monitoring import breakdowns
from sharing.monitoring.figures import Column, Row, Unit, percent
from sharing.monitoring.scope import Scope

ANSWER, DECISION, WHOLE = "answer", "decision", "whole"
STAGES = {
    ANSWER: _("An owner's answer"),
    DECISION: _("The regulator's decision"),
    WHOLE: _("From request to decision"),
}
STAGE = breakdowns.Breakdown("stage", _("Stage"), lambda keys: {key: str(STAGES[key]) for key in keys})
COLUMNS = (
    Column("count", _("Decided")),
    Column("median_days", _("Median, working days"), Unit.WORKING_DAYS),
    Column("ninth_tenth_days", _("Nine in ten within, working days"), Unit.WORKING_DAYS),
    Column("longest_days", _("Longest, working days"), Unit.WORKING_DAYS),
    Column("in_time", _("In time")),
    Column("in_time_pct", _("In time"), Unit.PERCENT),
)
DECIDED = (MatchStatus.APPROVED, MatchStatus.ACTIVE, MatchStatus.ENDED, MatchStatus.REJECTED)


class PercentileDisc(Aggregate):
    """The least value that at least this fraction of the rows does not exceed."""

    function = "percentile_disc"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=fraction, output_field=IntegerField(), **extra)


def figures(scope: Scope, by: str) -> list[Row]:
    """Of what was decided within the span: answers by owner, and requests from the first day to the last otherwise."""
    match by:
        case STAGE.code:
            stages = ((stage, rows(scope, stage).annotate(key=Value(stage))) for stage in STAGES)
            return [row for _stage, found in stages for row in _rows(found)]
        case breakdowns.OWNER.code:
            return _rows(answers(scope).annotate(key=breakdowns.id_key("owner")))
        case _:
            key = breakdowns.key_of(scope, by, month="decided_at", kind="demand__kind")
            return _rows(rows(scope, WHOLE).annotate(key=key))


def rows(scope: Scope, stage: str) -> QuerySet[Any]:
    """What was decided in a stage, each with `working_days` and `in_time`."""
    return answers(scope) if stage == ANSWER else decisions(scope, stage)


def answers(scope: Scope) -> QuerySet[Any]:
    """In time: by the deadline that the owner was given."""
    given = scope.consents().filter(
        scope.within("answered_at"), status__in=(ConsentStatus.GRANTED, ConsentStatus.REFUSED)
    )
    in_time = _flag(Q(answered_at__lte=F("deadline")))
    return given.annotate(working_days=_working_days(TruncDate("asked_at"), TruncDate("answered_at")), in_time=in_time)


def decisions(scope: Scope, stage: str) -> QuerySet[Any]:
    """Requests that a regulator decided, the decision being the last of two on a core asset. In time: by the end of
    the last day that a regulator has, and from the request on of those of owners and regulators together."""
    answers = Consent.objects.filter(match=OuterRef("pk")).order_by().values("match")
    signed = Approval.objects.filter(match=OuterRef("pk")).order_by().values("match")
    decided: Any = scope.matches().filter(status__in=DECIDED)
    decided = decided.annotate(
        asked_at=Subquery(answers.annotate(at=Min("asked_at")).values("at")),
        consented_at=Subquery(answers.annotate(at=Max("answered_at")).values("at")),
        decided_at=Subquery(signed.annotate(at=Max("decided_at")).values("at")),
    ).filter(scope.within("decided_at"))
    begin, allowed = "consented_at", settings.APPROVAL_WORKING_DAYS
    if stage == WHOLE:
        begin, allowed = "asked_at", settings.CONSENT_WORKING_DAYS + settings.APPROVAL_WORKING_DAYS
    day, decision = TruncDate(begin), TruncDate("decided_at")
    # The last of these days ends with itself: what is decided on the weekend after it is late.
    before = Cast(decision - timedelta(days=1), DateField())
    timed: QuerySet[Any] = decided.annotate(
        working_days=_working_days(day, decision), in_time=_flag(LessThan(_working_days(day, before), allowed))
    )
    return timed


def _working_days(since: Any, until: Any) -> Any:
    """Those after the day `since` up to the day `until` (migration 0012)."""
    return Func(
        since,
        until,
        Value(settings.CALENDAR),
        function="sharing_working_days",
        output_field=IntegerField(),
    )


def _flag(condition: Q | LessThan) -> Any:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _rows(timed: QuerySet[Any]) -> list[Row]:
    found = (
        timed.order_by()
        .values("key")
        .annotate(
            n=Count("pk"),
            median=PercentileDisc("working_days", 0.5),
            ninth_tenth=PercentileDisc("working_days", 0.9),
            longest=Max("working_days"),
            on_time=Count("pk", filter=Q(in_time=1)),
        )
    )
    return [
        Row(
            breakdowns.text_of(row["key"]),
            {
                "count": row["n"],
                "median_days": row["median"],
                "ninth_tenth_days": row["ninth_tenth"],
                "longest_days": row["longest"],
                "in_time": row["on_time"],
                "in_time_pct": percent(row["on_time"], row["n"]),
            },
        )
        for row in found.order_by("key")
        if row["n"]
    ]
