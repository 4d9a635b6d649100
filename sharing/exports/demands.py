"""Demands as a table under the headings that imports know, so that a list comes back without a difference."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import DateField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce

from registry.exports.copying import arrow_batches
from registry.exports.systems import moved
from registry.exports.table import GEOMETRY, Shape, Table, arrow_type, marked
from registry.importing.markers import ALWAYS_MARKED
from sharing.models import Demand

# All that there is to know of a demand; what else the API shows of it depends on who asks.
COLUMNS = tuple(field.name for field in Demand._meta.concrete_fields if field.editable)
FIELDS = (*COLUMNS, "place")
TEXTS = ("name", "disjoint_from")
# The place stands for these: a point, or the straight line whose ends are the route's.
NO_COLUMNS = ("place", "location", "origin", "destination", "actions")


def with_place(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Annotated with the place that a demand asks about."""
    line = Func("origin", "destination", function="ST_MakeLine", output_field=GeometryField(srid=4326))
    placed: QuerySet[Any] = queryset.annotate(
        place=Coalesce("location", line, output_field=GeometryField(srid=4326))
    )  # fmt: skip
    return placed


def demand_tables(queryset: QuerySet[Any], fields: Sequence[str], crs: str, *, by_shape: bool = False) -> list[Table]:
    """The demands as one table, or `by_shape` as one of points and one of routes. fields: of the API, in order."""
    placed = queryset if "place" in queryset.query.annotations else with_place(queryset)
    points, routes = placed.filter(location__isnull=False), placed.filter(Q(location=None))
    if not by_shape or not routes.exists():
        return [_table("demands", placed, fields, "Point" if by_shape else "Unknown", crs)]
    parts: list[tuple[Shape, QuerySet[Any]]] = [("LineString", routes)]
    parts += [("Point", points)] if points.exists() else []
    return [_table(f"demands_{shape.lower()}", part, fields, shape, crs) for shape, part in parts]


def _table(name: str, queryset: QuerySet[Any], fields: Sequence[str], shape: Shape, crs: str) -> Table:
    columns = marked(_columns(fields), TEXTS, ALWAYS_MARKED)
    types = [pa.field(column, _type(column)) for column in columns]
    if "place" not in fields:
        schema = pa.schema(types)
        return Table(name, schema, partial(arrow_batches, queryset, columns, schema))
    columns[GEOMETRY] = Func(AsWKB("place"), Value("hex"), function="encode", output_field=TextField())
    schema = pa.schema([*types, pa.field(GEOMETRY, pa.binary())])

    def batches() -> Iterator[Any]:
        return moved(arrow_batches(queryset, columns, schema), crs)

    return Table(name, schema, batches, shape, crs)


def _columns(fields: Sequence[str]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in fields:
        if name == "period":
            columns["start"] = Func(F("period"), function="lower", output_field=DateField())
            columns["end"] = Func(F("period"), function="upper", output_field=DateField())
        elif name == "disjoint_from":
            columns[name] = F("disjoint_from__name")
        elif name in COLUMNS and name not in NO_COLUMNS:
            columns[name] = F(name)
    return columns


def _type(name: str) -> Any:
    if name in ("start", "end"):
        return pa.date32()
    return pa.string() if name in TEXTS else arrow_type(Demand._meta.get_field(name))
