"""Assets as rows of values: read without making objects, which for a page is a third of the time, and for a million
rows is what makes an export stream."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet

from registry.api.asset_details import DETAILS, column_names
from registry.exports.asset_text import PLACE_DIGITS
from registry.exports.assets import FIELDS, WITH_PLACE, with_place
from registry.models import User
from registry.models.region import region_text

# Columns that are shown as they are, in this order among the others.
PLAIN = (
    "id", "code", "name", "kind", "status", "available_from", "capacity", "free_today", "weight_kg", "wind_area_m2",
    "power_kw", "open_to_sectors", "price_per_unit_year", "terms", "protection", "source", "created_at", "updated_at",
)  # fmt: skip
# Field -> the columns that it takes, where these are not its own.
TAKES: dict[str, tuple[str, ...]] = {
    "owner": ("owner__code",),
    "region": ("region__scheme", "region__code"),
    "place": ("place_text",),
    "place_is_exact": ("place_is_exact",),
    **{name: (name, "place_is_exact") for name in FIELDS if name in WITH_PLACE},
    "details": (*(f"{kind}__{name}" for kind in DETAILS for name in column_names(kind)), "place_is_exact"),
    "actions": ("owner_id",),
}


def rows_of(queryset: QuerySet[Any], user: User, wanted: frozenset[str] | None) -> QuerySet[Any]:
    """The values that showing the `wanted` fields takes; of all, where None."""
    columns = dict.fromkeys(("id", "kind"))
    for name in (*PLAIN, *TAKES):
        if wanted is None or name in wanted:
            columns |= dict.fromkeys(TAKES.get(name, (name,)))
    return with_shown(queryset, user).values(*columns)


def with_shown(queryset: Any, user: User) -> QuerySet[Any]:
    """Annotated with the place, as GeoJSON, that `user` may know."""
    annotated: QuerySet[Any] = with_place(queryset, user).annotate(
        place_text=AsGeoJSON("place", precision=PLACE_DIGITS)
    )
    return annotated


def shown(
    row: Mapping[str, Any], wanted: frozenset[str] | None, actions: Callable[[Mapping[str, Any]], list[str]]
) -> dict[str, Any]:
    """One row as the API shows it; what is told WITH_PLACE only where that is exact."""
    asset: dict[str, Any] = {}
    for name in FIELDS:
        if wanted is not None and name not in wanted:
            continue
        if name == "owner":
            asset[name] = row["owner__code"]
        elif name == "region":
            asset[name] = region_text(row["region__scheme"], row["region__code"])
        elif name == "place":
            asset[name] = json.loads(row["place_text"])
        elif name == "details":
            kind = row["kind"]
            asset[name] = {column: _told(row, f"{kind}__{column}") for column in COLUMNS[kind]}
        elif name == "actions":
            asset[name] = actions(row)
        else:
            asset[name] = _told(row, name)
    return asset


def _told(row: Mapping[str, Any], path: str) -> Any:
    return row[path] if path not in WITH_PLACE or row["place_is_exact"] else WITH_PLACE[path]


COLUMNS = {kind: column_names(kind) for kind in DETAILS}
