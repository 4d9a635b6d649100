"""How demands are met: by what exists, by building together, or by building alone."""

from collections import defaultdict
from typing import Any

from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from sharing.matching.unmet_reason import UnmetReason
from sharing.models import (
    Agreement,
    CloseReason,
    CobuildAnswer,
    CobuildDemand,
    CobuildStatus,
    Demand,
    Match,
    MatchLeg,
    Outcome,
)
from sharing.monitoring import breakdowns
from sharing.monitoring.figures import Column, Row, Unit, percent
from sharing.monitoring.scope import Scope

SHARED, WITH_GAPS, CO_BUILT, NEW_BUILD, OPEN = "shared", "shared_with_gaps", "co_built", "new_build", "open"
WAYS = {
    SHARED: _("By sharing"),
    WITH_GAPS: _("By sharing, with gaps to be built"),
    CO_BUILT: _("By building together"),
    NEW_BUILD: _("Left to new build"),
    OPEN: _("Not decided yet"),
}
COLUMNS = (
    Column("demands", _("Demands")),
    *(Column(way, title) for way, title in WAYS.items()),
    Column("met_pct", _("Met by sharing"), Unit.PERCENT),
)


def figures(scope: Scope, by: str) -> list[Row]:
    """Of the demands handed in within the span; each counts once."""
    key = breakdowns.key_of(
        scope, by, region="list__party__region", month="list__submitted_at", sector="list__party__sector", kind="kind"
    )
    counted = rows(scope).annotate(key=key).values("key", "way").annotate(n=Count("pk")).order_by("key")
    found: defaultdict[Any, dict[str, int]] = defaultdict(dict)
    for row in counted:
        found[row["key"]][row["way"]] = row["n"]
    return [_row(breakdowns.text_of(key), ways) for key, ways in found.items()]


def rows(scope: Scope) -> QuerySet[Demand]:
    """The demands, each with the `way` in which it is met."""
    demands: Any = scope.demands().filter(scope.within("list__submitted_at"))
    found: QuerySet[Demand] = demands.annotate(way=_way())
    return found


def _way() -> Any:
    """An agreement goes before a group, a group before the word of the last run that there is nothing. That a line is
    over is no such word: it stays what it was found to be before. Of a list that was handed in anew counts what came
    since: before, a line may have asked for something else."""
    since = OuterRef("list__submitted_at")
    agreed = Agreement.objects.taken_up().filter(
        match__demand=OuterRef("pk"), match__renews=None, created_at__gte=since
    )
    gaps = agreed.filter(Exists(MatchLeg.objects.filter(match=OuterRef("match"), asset=None)))
    together = CobuildDemand.objects.filter(
        Q(member__group__status=CobuildStatus.AGREED) | Q(member__group__close_reason=CloseReason.BUILT),
        demand=OuterRef("pk"),
        member__answer=CobuildAnswer.JOINED,
        member__group__agreed_at__gte=since,
    )
    looked_for = Outcome.objects.filter(demand=OuterRef("pk"), run__created_at__gte=since)
    looked_for = looked_for.exclude(reason=UnmetReason.OVER)
    last = looked_for.order_by("-run_id").values("met")[:1]
    under_way = Match.objects.filter(demand=OuterRef("pk")).live()
    return Case(
        When(Exists(gaps), then=Value(WITH_GAPS)),
        When(Exists(agreed), then=Value(SHARED)),
        When(Exists(together), then=Value(CO_BUILT)),
        When(Exists(under_way), then=Value(OPEN)),
        When(Exact(Subquery(last), Value(False)), then=Value(NEW_BUILD)),
        default=Value(OPEN),
        output_field=CharField(),
    )


def _row(key: str, ways: dict[str, int]) -> Row:
    whole = sum(ways.values())
    met = ways.get(SHARED, 0) + ways.get(WITH_GAPS, 0)
    counts = {way: ways.get(way, 0) for way in WAYS}
    return Row(key, {"demands": whole, **counts, "met_pct": percent(met, whole)})
