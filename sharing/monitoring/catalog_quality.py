"""How fresh and how complete each owner's catalog is."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DateTimeField, F, Func, IntegerField, Q, QuerySet, Sum
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from registry.kinds import Kind
from registry.models import Asset
from sharing.monitoring import breakdowns
from sharing.monitoring.figures import Column, Row, Unit, percent
from sharing.monitoring.scope import Scope, begins

FRESH_DAYS = 365
# What checks and the planners of a request read of an asset, beside what every asset must have; by kind.
WANTED: dict[str, tuple[str, ...]] = {
    Kind.TOWER: (
        "weight_kg",
        "wind_area_m2",
        "power_kw",
        "tower__height_m",
        "tower__free_height_min_m",
        "tower__free_height_max_m",
        "tower__earthing_ohm",
        "tower__backup_h",
    ),
    Kind.DUCT: ("duct__inner_diameter_mm", "duct__outer_diameter_mm", "duct__depth_m"),
    Kind.FIBER: ("fiber__cable_length_m", "fiber__route_length_m"),
    Kind.EQUIPMENT_ROOM: (
        "power_kw",
        "equipment_room__area_m2",
        "equipment_room__floor_load_kn_m2",
        "equipment_room__cooling_kw",
        "equipment_room__backup_h",
        "equipment_room__cable_entries",
    ),
}
COLUMNS = (
    Column("assets", _("Assets")),
    Column("fresh", _("changed or confirmed within a year")),
    Column("fresh_pct", _("Fresh"), Unit.PERCENT),
    Column("median_age_days", _("Median age, days"), Unit.DAYS),
    Column("filled_pct", _("Complete"), Unit.PERCENT),
)


class MedianMoment(Aggregate):
    """The lower median."""

    function = "percentile_disc"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DateTimeField()


def figures(scope: Scope, by: str) -> list[Row]:
    """At the end of the span: each asset as it is today, for the registry keeps no older state of it."""
    key = breakdowns.key_of(scope, by, owner=breakdowns.id_key("owner"), kind="kind")
    listed: Any = rows(scope).annotate(key=key).order_by("key").values("key")
    counted = listed.annotate(
        n=Count("pk"), fresh=Count("pk", filter=_fresh(scope)), median=MedianMoment("updated_at")
    )
    filled = _filled(scope, key)
    return [_row(scope, row, filled[row["key"]]) for row in counted if row["n"]]


def rows(scope: Scope) -> QuerySet[Asset]:
    """The assets listed by the end of the span."""
    return scope.assets().filter(created_at__lt=begins(scope.day + timedelta(days=1)))


def _fresh(scope: Scope) -> Q:
    return Q(updated_at__gte=begins(scope.day - timedelta(days=FRESH_DAYS)))


def _filled(scope: Scope, key: Any) -> dict[str, tuple[int, int]]:
    """By key how many of the wanted fields hold a value, and how many there are."""
    found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for kind, wanted in WANTED.items():
        if scope.kind not in ("", kind):
            continue
        number = Func(*map(F, wanted), function="num_nonnulls", output_field=IntegerField())
        listed: Any = rows(scope).filter(kind=kind).annotate(key=key).order_by().values("key")
        for row in listed.annotate(n=Count("pk"), filled=Sum(number)):
            filled, whole = found[row["key"]]
            found[row["key"]] = (filled + (row["filled"] or 0), whole + row["n"] * len(wanted))
    return found


def _row(scope: Scope, row: dict[str, Any], filled: tuple[int, int]) -> Row:
    median: datetime = row["median"]
    return Row(
        str(row["key"]),
        {
            "assets": row["n"],
            "fresh": row["fresh"],
            "fresh_pct": percent(row["fresh"], row["n"]),
            "median_age_days": max(0, (scope.day - localdate(median)).days),
            "filled_pct": percent(*filled),
        },
    )
