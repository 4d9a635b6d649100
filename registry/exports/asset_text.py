"""A million assets as CSV or GeoJSON: PostgreSQL writes the lines, and Python only passes them on."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON, AsWKT
from django.db.models import F, QuerySet

from registry.exports.assets import TEXTS, columns_of, with_place
from registry.exports.copying import copied
from registry.exports.table import marked
from registry.importing.markers import ALWAYS_MARKED, MARKED_IN_SHEETS
from registry.models import User

# As finely as a double goes, so that what is read can be written back unchanged.
PLACE_DIGITS = 15


def csv_lines(queryset: QuerySet[Any], user: User, fields: Sequence[str]) -> Iterator[bytes]:
    """A line of headings and a line an asset, no cell of which is a formula; the place as `wkt`."""
    columns = marked(columns_of(fields), TEXTS, MARKED_IN_SHEETS)
    if "place" in fields:
        columns["wkt"] = AsWKT("place")
    yield (",".join(columns) + "\n").encode()
    yield from copied("COPY ({rows}) TO STDOUT WITH (FORMAT csv)", with_place(queryset, user), columns)


def geojson_pieces(queryset: QuerySet[Any], user: User, fields: Sequence[str]) -> Iterator[bytes]:
    """A FeatureCollection. Properties that an asset has no value for are left out."""
    columns = marked(columns_of(fields), TEXTS, ALWAYS_MARKED)
    properties = ", ".join(f'r."{name}"' for name in columns) or "NULL AS none"
    # Joined as text: json_build_object would take each place apart to write it again.
    statement = f"""
        COPY (
            SELECT concat(
                '{{{{"type":"Feature","id":', r.feature_id, ',"geometry":', coalesce(r.feature_place, 'null'),
                ',"properties":', json_strip_nulls(row_to_json(p)), '}}}}'
            ) FROM ({{rows}}) AS r CROSS JOIN LATERAL (SELECT {properties}) AS p
        ) TO STDOUT
    """
    columns |= {"feature_id": F("id"), "feature_place": AsGeoJSON("place", precision=PLACE_DIGITS)}
    yield b'{"type":"FeatureCollection","features":[\n'
    between = b""
    for block in copied(statement, with_place(queryset, user), columns):
        # JSON has no raw tabs or line ends, so of COPY's escapes only doubled backslashes occur.
        yield between + block.replace(b"\\\\", b"\\").removesuffix(b"\n").replace(b"\n", b",\n")
        between = b",\n"
    yield b"\n]}\n"
