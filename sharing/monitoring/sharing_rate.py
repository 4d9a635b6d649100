"""How much of what is in service others use."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Func, IntegerField, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models import Allocation, Asset, AssetStatus, Purpose
from sharing.monitoring import breakdowns
from sharing.monitoring.figures import Column, Row, Unit, percent
from sharing.monitoring.scope import Scope, begins, first_of_month

COLUMNS = (
    Column("assets", _("Assets in service")),
    Column("shared", _("used by others")),
    Column("rate_pct", _("Sharing rate"), Unit.PERCENT),
    Column("units", _("Units")),
    Column("units_shared", _("granted to others")),
    Column("units_rate_pct", _("of all units"), Unit.PERCENT),
)


def figures(scope: Scope, by: str) -> list[Row]:
    """At the end of the span; by month, at the end of each month."""
    if by == breakdowns.MONTH.code:
        return _by_month(scope)
    if by == breakdowns.SECTORS.code:
        return _by_sectors(scope)
    key = breakdowns.key_of(scope, by, region="region", kind="kind")
    of_asset = breakdowns.key_of(scope, by, region="asset__region", kind="asset__kind")
    shared = {str(row["key"]): row for row in _counted(granted(scope).annotate(key=of_asset).values("key"))}
    listed = in_service(scope).annotate(key=key).values("key").annotate(n=Count("pk"), units_n=Sum("capacity"))
    counted = [row for row in listed.order_by("key") if row["n"]]
    return [_row(str(row["key"]), row["n"], row["units_n"], shared.get(str(row["key"]))) for row in counted]


def in_service(scope: Scope) -> QuerySet[Asset]:
    """Listed by the end of the span, and in service today: the registry keeps no history of that."""
    listed = Q(created_at__lt=begins(scope.day + timedelta(days=1)))
    return scope.assets().filter(listed, status=AssetStatus.IN_SERVICE)


def rows(scope: Scope) -> QuerySet[Asset]:
    """The assets that others use."""
    return in_service(scope).filter(pk__in=granted(scope).values("asset"))


def granted(scope: Scope) -> QuerySet[Allocation]:
    """The lines of the ledger by which others use assets in service at the end of the span."""
    return _granted(in_service(scope)).filter(period__contains=scope.day)


def _granted(assets: QuerySet[Asset]) -> QuerySet[Allocation]:
    lines = Allocation.objects.filter(purpose=Purpose.GRANTED, asset__in=assets.values("pk"))
    return lines.exclude(holder=F("asset__owner")).order_by()


def _size() -> Any:
    lower, upper = (Func("units", function=end, output_field=IntegerField()) for end in ("lower", "upper"))
    return upper - lower


def _counted(lines: Any) -> Any:
    return lines.annotate(n=Count("asset", distinct=True), units_n=Sum(_size()))


def _by_sectors(scope: Scope) -> list[Row]:
    """Of all assets of the owner's sector those that the other sector uses."""
    by_sector = in_service(scope).values("owner__sector").annotate(n=Count("pk"), units_n=Sum("capacity"))
    listed = {row["owner__sector"]: row for row in by_sector.order_by()}
    shared = _counted(granted(scope).annotate(key=breakdowns.pair_key("asset__owner", "holder")).values("key"))
    rows = []
    for row in shared.order_by("key"):
        whole = listed[row["key"].split(breakdowns.PAIR)[0]]
        rows.append(_row(row["key"], whole["n"], whole["units_n"], row))
    return rows


def _by_month(scope: Scope) -> list[Row]:
    ends = [min(first_of_month(month, months=1) - timedelta(days=1), timezone.localdate()) for month in scope.months()]
    if not ends:
        return []
    in_use = scope.assets().filter(status=AssetStatus.IN_SERVICE)
    listed, shared = in_use.aggregate(**_each(ends, _listed)), _granted(in_use).aggregate(**_each(ends, _shared))
    return [
        _row(
            f"{day:%Y-%m}",
            listed[f"n_{at}"],
            listed[f"units_n_{at}"],
            {"n": shared[f"n_{at}"], "units_n": shared[f"units_n_{at}"]},
        )
        for at, day in enumerate(ends)
    ]


def _listed(day: Any) -> dict[str, Any]:
    then = Q(created_at__lt=begins(day + timedelta(days=1)))
    return {"n": Count("pk", filter=then), "units_n": Sum("capacity", filter=then)}


def _shared(day: Any) -> dict[str, Any]:
    then = Q(period__contains=day, asset__created_at__lt=begins(day + timedelta(days=1)))
    return {"n": Count("asset", distinct=True, filter=then), "units_n": Sum(_size(), filter=then)}


def _each(days: Iterable[Any], make: Any) -> dict[str, Any]:
    """The aggregates of every day in one query, numbered."""
    return {f"{name}_{at}": aggregate for at, day in enumerate(days) for name, aggregate in make(day).items()}


def _row(key: str, assets: int, units: int | None, shared: Any) -> Row:
    n, units_n = (shared["n"], shared["units_n"] or 0) if shared else (0, 0)
    return Row(
        key,
        {
            "assets": assets,
            "shared": n,
            "rate_pct": percent(n, assets),
            "units": units or 0,
            "units_shared": units_n,
            "units_rate_pct": percent(units_n, units or 0),
        },
    )
