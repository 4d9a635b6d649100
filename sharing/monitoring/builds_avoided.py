"""New builds that were not needed because something was shared or built together, with their cost and CO₂."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, FloatField, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from registry.kinds import POINT_KINDS, ROUTE_KINDS
from sharing.models import CobuildAnswer, MatchLeg
from sharing.monitoring import breakdowns
from sharing.monitoring.factors import Factor, factors
from sharing.monitoring.figures import Column, Row, Unit
from sharing.monitoring.scope import Scope

COLUMNS = (
    Column("builds_shared", _("Builds avoided by sharing")),
    Column("builds_together", _("by building together")),
    Column("km_shared", _("Route avoided by sharing, km"), Unit.KM),
    Column("cost", _("Cost avoided"), Unit.MONEY),
    Column("co2_t", _("CO₂ avoided, t"), Unit.TONNES),
)


def figures(scope: Scope, by: str) -> list[Row]:
    """Of the agreements made, and the groups that agreed, within the span."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(lambda: {"builds": {}, "together": {}, "metres": {}})
    legs = rows(scope).annotate(key=_key(scope, by)).order_by().values("key", "asset__kind")
    for row in legs.annotate(n=Count("pk"), metres=Sum(_length())):
        part = found[breakdowns.text_of(row["key"])]
        if row["asset__kind"] in ROUTE_KINDS:
            part["metres"][row["asset__kind"]] = row["metres"] or 0.0
        else:
            part["builds"][row["asset__kind"]] = row["n"]
    for row in _together(scope, by):
        found[breakdowns.text_of(row["key"])]["together"][row["kind"]] = row["parties"] - row["groups"]
    known = factors()
    return [_row(key, known, **found[key]) for key in sorted(found)]


def rows(scope: Scope) -> QuerySet[MatchLeg]:
    """The parts of agreements made within the span that use an asset."""
    return scope.legs().filter(scope.within("match__agreement__created_at"))


def _length() -> Any:
    """What the agreement uses of a cable or duct: the leg's own length, else that of the asset."""
    return Coalesce("length_m", "asset__length_m", output_field=FloatField())


def _key(scope: Scope, by: str) -> Any:
    return breakdowns.key_of(
        scope,
        by,
        region="asset__region",
        month="match__agreement__created_at",
        sectors=breakdowns.pair_key("asset__owner", "match__demand__list__party"),
        kind="asset__kind",
    )


def _together(scope: Scope, by: str) -> Any:
    """By key and kind the groups, and the parties that joined them. Not by sectors, as a group joins several; and only
    of towers and rooms, as parties share parts of a trench."""
    if by == breakdowns.SECTORS.code or scope.sector:
        return []
    key = breakdowns.key_of(scope, by, region="region", month="agreed_at", kind="kind")
    groups: Any = scope.cobuilds().filter(scope.within("agreed_at"), kind__in=POINT_KINDS)
    joined = Count("members", filter=Q(members__answer=CobuildAnswer.JOINED))
    counted = groups.annotate(key=key).order_by().values("key", "kind")
    return counted.annotate(groups=Count("pk", distinct=True), parties=joined)


def _row(
    key: str,
    known: dict[str, Factor],
    builds: dict[str, int],
    together: dict[str, int],
    metres: dict[str, float],
) -> Row:
    amounts = [(kind, float(n)) for part in (builds, together) for kind, n in part.items()]
    amounts += [(kind, length / 1000) for kind, length in metres.items()]
    cost = sum(amount * (known[kind].cost or 0) for kind, amount in amounts)
    co2_t = sum(amount * (known[kind].co2_t or 0) for kind, amount in amounts)
    return Row(
        key,
        {
            "builds_shared": sum(builds.values()),
            "builds_together": sum(together.values()),
            "km_shared": round(sum(metres.values()) / 1000, 3),
            "cost": round(cost),
            "co2_t": round(co2_t, 1),
        },
    )
