"""Assets as tables: one of all kinds, or one a kind with its own columns only, under headings that imports know."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import Case, F, Func, QuerySet, TextField, Value, When
from django.db.models.functions import Coalesce, Concat

from registry.exports import open_fibre
from registry.exports.copying import arrow_batches
from registry.exports.formats import Format
from registry.exports.systems import moved
from registry.exports.table import GEOMETRY, Table, arrow_type, marked
from registry.importing.coordinates import WGS84
from registry.importing.fields import DETAILS, detail_fields
from registry.importing.markers import ALWAYS_MARKED, NOBODY
from registry.kinds import KINDS, Kind
from registry.models import Asset, User
from registry.models.region import GB_T_2260

# The fields of the API, in their order.
FIELDS = (
    "id", "code", "name", "kind", "status", "owner", "region", "place", "place_is_exact", "length_m",
    "planned_facility", "available_from", "capacity", "free_today", "weight_kg", "wind_area_m2", "power_kw",
    "open_to_sectors", "price_per_unit_year", "terms", "protection", "protection_reason", "protection_review_on",
    "source", "details", "created_at", "updated_at", "actions",
)  # fmt: skip
# They tell where an asset is, or what depends on it, and so go with the exact place; what stands for them without.
# Details by their path from the asset.
WITH_PLACE: Mapping[str, Any] = {
    "length_m": None, "planned_facility": None, "protection_reason": "", "protection_review_on": None,
    "fiber__cable_length_m": None, "fiber__route_length_m": None,
}  # fmt: skip
# What people write, and so may be taken for something else.
TEXTS = ("owner", "code", "name", "terms", "protection_reason", "source")
# Of the fields of the API, those that are no columns of a table.
NO_COLUMNS = ("place", "details", "actions")


def asset_table(queryset: QuerySet[Any], user: User, fields: Sequence[str], crs: str) -> Table:
    """The assets as one table. fields: of the API, in their order; `place` and `details` among them."""
    return _table("assets", with_place(queryset, user), fields, tuple(DETAILS), crs)


def tables_by_kind(queryset: QuerySet[Any], user: User, fields: Sequence[str], crs: str) -> list[Table]:
    """A table for each kind there is among the assets, called by the kind; an empty one where there is none."""
    placed = with_place(queryset, user)
    found = set(queryset.order_by().values_list("kind", flat=True).distinct())
    tables = [_table(str(kind), placed.filter(kind=kind), fields, (kind,), crs) for kind in DETAILS if kind in found]
    return tables or [_table("assets", placed, fields, tuple(DETAILS), crs)]


def suited_tables(
    queryset: QuerySet[Any], user: User, format: Format, fields: Sequence[str] = FIELDS, crs: str = WGS84
) -> list[Table]:
    """The assets as a file of the format holds them: of those with layers one a kind."""
    if format.name == "ofds":
        fibers = queryset.filter(kind=Kind.FIBER).order_by("owner__code", "id")
        return [asset_table(fibers, user, open_fibre.FIELDS, crs)]
    if format.layered:
        return tables_by_kind(queryset, user, fields, crs)
    return [asset_table(queryset, user, fields, crs)]


def with_place(queryset: Any, user: User) -> QuerySet[Any]:
    """Annotated with the place that `user` may know."""
    placed: QuerySet[Any] = queryset
    return placed if "place" in placed.query.annotations else queryset.with_place_for(user)


def untold(asset: Any) -> Collection[str]:
    """Which columns go untold with an asset annotated by `with_place`; none with a new one."""
    return () if asset is None or asset.place_is_exact else WITH_PLACE


def told(path: str) -> Case | F:
    """The column as far as it is told; of rows annotated by `with_place`."""
    if path not in WITH_PLACE:
        return F(path)
    return Case(When(place_is_exact=True, then=F(path)), default=Value(WITH_PLACE[path]))


def columns_of(fields: Sequence[str], kinds: Sequence[str] = tuple(DETAILS)) -> dict[str, Any]:
    """Name -> expression, of the fields in their order, those of `kinds` where `details` stands; places go apart."""
    special: dict[str, Any] = {
        "owner": F("owner__code"),
        "region": Case(
            When(region__scheme=GB_T_2260, then=F("region__code")),
            default=Concat("region__scheme", Value(":"), "region__code"),
            output_field=TextField(),
        ),
        "open_to_sectors": Coalesce(
            Func(
                Func(F("open_to_sectors"), Value(";"), function="array_to_string", output_field=TextField()),
                Value(""), function="nullif", output_field=TextField(),
            ),
            Value(NOBODY), output_field=TextField(),
        ),
    }  # fmt: skip
    columns: dict[str, Any] = {}
    for name in fields:
        if name == "details":
            columns |= _detail_columns(kinds)
        elif name not in NO_COLUMNS:
            columns[name] = special.get(name, told(name))
    return columns


def _table(name: str, queryset: QuerySet[Any], fields: Sequence[str], kinds: Sequence[str], crs: str) -> Table:
    columns = marked(columns_of(fields, kinds), TEXTS, ALWAYS_MARKED)
    types = [pa.field(column, _type(column)) for column in columns]
    shapes = {KINDS[kind].geometry for kind in kinds}
    if "place" not in fields:
        return Table(name, pa.schema(types), partial(arrow_batches, queryset, columns, pa.schema(types)))
    columns[GEOMETRY] = Func(AsWKB("place"), Value("hex"), function="encode", output_field=TextField())
    schema = pa.schema([*types, pa.field(GEOMETRY, pa.binary())])

    def batches() -> Iterator[Any]:
        return moved(arrow_batches(queryset, columns, schema), crs)

    shape: Any = shapes.pop() if len(shapes) == 1 else "Unknown"
    return Table(name, schema, batches, shape, crs)


def _type(name: str) -> Any:
    """The Arrow type of a column, by its model's."""
    if name == "place_is_exact":
        return pa.bool_()
    if name in ("owner", "region"):
        return pa.string()
    models: list[Any] = [Asset, *DETAILS.values()]
    return next(
        arrow_type(field) for model in models for field in model._meta.concrete_fields if field.name == name
    )  # fmt: skip


def _detail_columns(kinds: Sequence[str]) -> dict[str, Any]:
    """Each technical column once, from whichever kind has it."""
    found: dict[str, list[str]] = {}
    for kind in kinds:
        for name in detail_fields(kind):
            found.setdefault(name, []).append(f"{kind}__{name}")
    return {name: told(paths[0]) if len(paths) == 1 else Coalesce(*map(told, paths)) for name, paths in found.items()}
