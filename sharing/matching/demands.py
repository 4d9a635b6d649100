"""The demands of a list: those for points, as arrays, and those that are over."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from django.db.models import Exists, OuterRef
from django.utils import timezone

from registry.columns import BOOL, FLOAT8, INT8, fetch_columns
from registry.kinds import LOADS
from sharing.matching.arrays import FOREVER, Flags, Floats, Ints
from sharing.matching.facts import LOAD_SCALE, PointDemands
from sharing.models import LIVE, Demand, Match

LIMITS = {
    "tower": ("mounting_height_m", "max_earthing_ohm", "min_backup_h"),
    "equipment_room": ("min_backup_h", "min_floor_load_kn_m2", "min_feeds", "min_security_class"),
}
"""Technical limits that a demand for each kind may set, as columns of Demand."""

FIRST_DAY = "DATE '0001-01-01' - 1"
"""So that a date less it is date.toordinal()."""


_OPEN = """list_id = %s AND (upper(period) > %s) IS NOT FALSE AND NOT EXISTS (
    SELECT FROM sharing_match AS taken WHERE taken.demand_id = demand.id AND taken.status = ANY (%s)
)"""


def open_demands(list_id: int, kind: str) -> PointDemands:
    """Demands of the list for `kind` that are not over and no match holds units for yet, by line."""
    return _demands(kind, _OPEN, _open(list_id))


def open_circles(list_id: int, kind: str) -> tuple[Ints, Floats, Floats]:
    """(id, longitude and latitude, radius in metres) of the same."""
    found = fetch_columns(
        f"""
        SELECT id, ST_X(location), ST_Y(location), radius_m FROM sharing_demand AS demand
        WHERE kind = %s AND {_OPEN} ORDER BY line
        """,
        [kind, *_open(list_id)],
        {"id": INT8, "lon": FLOAT8, "lat": FLOAT8, "radius_m": FLOAT8},
    )
    lonlat = np.column_stack((found["lon"], found["lat"]))
    return cast(Ints, found["id"]), cast(Floats, lonlat), cast(Floats, found["radius_m"])


def _open(list_id: int) -> list[object]:
    return [list_id, timezone.localdate(), list(LIVE)]


def over_demands(list_id: int) -> list[int]:
    """The ids of demands of the list, of every kind, that are over and no match holds units for, by line."""
    taken = Match.objects.filter(demand=OuterRef("pk"), status__in=LIVE)
    over = Demand.objects.over().filter(~Exists(taken), list=list_id)
    return list(over.order_by("line").values_list("pk", flat=True))


def chosen_demands(ids: Sequence[int], kind: str) -> PointDemands:
    """These demands for `kind`, by list and line, whatever holds units for them."""
    return _demands(kind, "id = ANY (%s::bigint[])", [np.array(ids, dtype=np.int64)])


def _demands(kind: str, condition: str, parameters: list[object]) -> PointDemands:
    loads = ", ".join(f"({load} * {LOAD_SCALE})::bigint" for load in LOADS)
    limits = ", ".join(f"coalesce({limit}::float8, 'NaN')" for limit in LIMITS[kind])
    columns = dict.fromkeys(("id", "quantity", "priority", "start", "end", *LOADS), INT8)
    columns |= dict.fromkeys(("lon", "lat", "radius_m", "budget", *LIMITS[kind]), FLOAT8) | {"splittable": BOOL}
    found = fetch_columns(
        f"""
        SELECT id, quantity::bigint, priority::bigint, (lower(period) - ({FIRST_DAY}))::bigint,
            (CASE WHEN upper_inf(period) OR NOT isfinite(upper(period)) THEN {FOREVER}
                ELSE upper(period) - ({FIRST_DAY}) END)::bigint,
            {loads}, ST_X(location), ST_Y(location), radius_m, coalesce(budget_per_year * 100, 'NaN')::float8,
            {limits}, splittable
        FROM sharing_demand AS demand
        WHERE kind = %s AND {condition}
        ORDER BY list_id, line
        """,
        [kind, *parameters],
        columns,
    )
    return PointDemands(
        id=cast(Ints, found["id"]),
        lon=cast(Floats, found["lon"]),
        lat=cast(Floats, found["lat"]),
        radius_m=cast(Floats, found["radius_m"]),
        quantity=cast(Ints, found["quantity"]),
        splittable=cast(Flags, found["splittable"]),
        start=cast(Ints, found["start"]),
        end=cast(Ints, found["end"]),
        priority=cast(Ints, found["priority"]),
        budget=cast(Floats, found["budget"]),
        loads=cast(Ints, np.column_stack([found[load] for load in LOADS])),
        limits={limit: cast(Floats, found[limit]) for limit in LIMITS[kind]},
    )
