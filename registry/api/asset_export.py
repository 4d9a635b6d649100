"""A million assets as CSV or GeoJSON: PostgreSQL writes the lines, and Python only passes them on."""

from collections.abc import Iterator
from typing import Any

from django.contrib.gis.db.models.functions import AsWKT
from django.db import connection
from django.db.models import Case, F, Func, QuerySet, TextField, Value, When
from django.db.models.functions import Coalesce, Concat

from registry.api.asset_details import DETAILS, column_names
from registry.api.asset_rows import FIELDS, with_shown
from registry.models import User
from registry.models.region import GB_T_2260

BLOCK_BYTES = 1 << 16
# What people write, and so may begin like a formula.
TEXTS = ("owner", "code", "name", "terms", "protection_reason", "source")


def csv_lines(queryset: QuerySet[Any], user: User, wanted: frozenset[str] | None) -> Iterator[bytes]:
    """A line of headings, which are those that imports know, and a line an asset; the place as `wkt`."""
    columns = _columns(wanted)
    columns |= {name: _inert(columns[name]) for name in TEXTS if name in columns}
    if "open_to_sectors" in columns:
        columns["open_to_sectors"] = Func(
            columns["open_to_sectors"], Value(";"), function="array_to_string", output_field=TextField()
        )
    if wanted is None or "place" in wanted:
        columns["wkt"] = AsWKT("place")
    yield (",".join(columns) + "\n").encode()
    yield from _copied("COPY ({rows}) TO STDOUT WITH (FORMAT csv)", queryset, user, columns)


def geojson_pieces(queryset: QuerySet[Any], user: User, wanted: frozenset[str] | None) -> Iterator[bytes]:
    """A FeatureCollection. Properties that an asset has no value for are left out."""
    columns = _columns(wanted)
    properties = ", ".join(f'r."{name}"' for name in columns) or "NULL AS none"
    statement = f"""
        COPY (
            SELECT json_build_object(
                'type', 'Feature', 'id', r.feature_id, 'geometry', r.feature_place::json,
                'properties', json_strip_nulls(row_to_json(p))
            ) FROM ({{rows}}) AS r CROSS JOIN LATERAL (SELECT {properties}) AS p
        ) TO STDOUT
    """
    columns |= {"feature_id": F("id"), "feature_place": F("place_text")}
    yield b'{"type":"FeatureCollection","features":[\n'
    between = b""
    for block in _copied(statement, queryset, user, columns):
        # JSON has no raw tabs or line ends, so of COPY's escapes only doubled backslashes occur.
        yield between + block.replace(b"\\\\", b"\\").removesuffix(b"\n").replace(b"\n", b",\n")
        between = b",\n"
    yield b"\n]}\n"


def _copied(statement: str, queryset: QuerySet[Any], user: User, columns: dict[str, Any]) -> Iterator[bytes]:
    """The output of a COPY of the columns of the rows, in blocks of whole lines."""
    # Django gives no annotation the name of a column, so each goes by a name of its own inside.
    inner = with_shown(queryset, user).values(**{f"as_{name}": column for name, column in columns.items()})
    text, parameters = inner.query.sql_with_params()
    names = ", ".join(f'"as_{name}" AS "{name}"' for name in columns)
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(statement.format(rows=f"SELECT {names} FROM ({text}) AS inner_rows"), parameters) as copy,
    ):
        lines: list[bytes] = []
        size = 0
        for line in copy:
            lines.append(bytes(line))
            size += len(line)
            if size >= BLOCK_BYTES:
                yield b"".join(lines)
                lines, size = [], 0
        yield b"".join(lines)


def _columns(wanted: frozenset[str] | None) -> dict[str, Any]:
    """Name -> expression, of the `wanted` fields in their order; places go apart, and actions are no data."""
    special: dict[str, Any] = {
        "owner": F("owner__code"),
        "region": Case(
            When(region__scheme=GB_T_2260, then=F("region__code")),
            default=Concat("region__scheme", Value(":"), "region__code"),
            output_field=TextField(),
        ),
        # As asset_rows.shown: they tell where it is.
        "length_m": Case(When(place_is_exact=True, then=F("length_m"))),
        "planned_facility": Case(When(place_is_exact=True, then=F("planned_facility_id"))),
    }
    columns: dict[str, Any] = {}
    for name in FIELDS:
        if name in ("place", "actions") or (wanted is not None and name not in wanted):
            continue
        if name == "details":
            columns |= _detail_columns()
        else:
            columns[name] = special.get(name, F(name))
    return columns


def _detail_columns() -> dict[str, Any]:
    """Each technical column once, from whichever kind has it."""
    found: dict[str, list[str]] = {}
    for kind in DETAILS:
        for name in column_names(kind):
            found.setdefault(name, []).append(f"{kind}__{name}")
    return {name: F(columns[0]) if len(columns) == 1 else Coalesce(*columns) for name, columns in found.items()}


def _inert(expression: Any) -> Func:
    """Text that no spreadsheet takes for a formula (as renderers.inert)."""
    return Func(
        expression, Value(r"^([=+\-@\t\r])"), Value(r"'\1"), function="regexp_replace", output_field=TextField()
    )
