"""COPY of parsed columns into a temporary table, from where SQL takes whole sets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from django.db import connection
from numpy.typing import NDArray
from psycopg import sql
from psycopg.copy import QueuedLibpqWriter

from registry.importing.table import Cells

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NULL = r"\N"
BLOCK_ROWS = 5_000
WGS84_SRID = 4326
POINT_EWKB = np.dtype([("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")])


@dataclass(frozen=True, slots=True)
class StagedColumn:
    """A typed column; `values` is an object array (None for null), or None when nothing fills it."""

    sql_type: str
    values: Cells | None = None


def stage(table: str, columns: Mapping[str, StagedColumn], rows: NDArray[np.bool_], *, key: str) -> None:
    """Create the temporary `table`, gone at the end of the transaction, and copy the chosen `rows` into it.

    Its first column `idx` is the row's index in the columns, by which later findings are traced back. The planner gets
    to know the column `key`, by which the table will be joined.
    """
    indexes = np.flatnonzero(rows)
    filled = {name: column.values for name, column in columns.items() if column.values is not None}
    definitions = [sql.SQL("{} " + column.sql_type).format(sql.Identifier(name)) for name, column in columns.items()]
    names = [sql.Identifier(name) for name in ("idx", *filled)]
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} (idx integer, {}) ON COMMIT DROP").format(
                sql.Identifier(table), sql.SQL(", ").join(definitions)
            )
        )
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(names))
        # While the server takes one block in, the next is made. Psycopg's own cursor, as Django's takes no writer.
        with cursor.cursor.copy(statement, writer=QueuedLibpqWriter(cursor.cursor)) as copy:
            for start in range(0, len(indexes), BLOCK_ROWS):
                block = indexes[start : start + BLOCK_ROWS]
                texts = [list(map(str, block.tolist()))]
                texts += [_texts(values[block], columns[name].sql_type) for name, values in filled.items()]
                copy.write("\n".join(map("\t".join, zip(*texts, strict=True))) + "\n")
        cursor.execute(sql.SQL("ANALYZE {} ({})").format(sql.Identifier(table), sql.Identifier(key)))


def _texts(values: Cells, sql_type: str) -> list[str]:
    if sql_type == "geometry":
        return _ewkb(values)
    cells = values.tolist()
    if sql_type == "text":
        return [NULL if value is None else value for value in _escaped(cells)]
    if sql_type.endswith("[]"):
        return [NULL if value is None else _array(value) for value in cells]
    return [NULL if value is None else str(value) for value in cells]


def _escaped(texts: list[str | None]) -> list[str | None]:
    joined = "".join(text for text in texts if text is not None)
    if not any(chr(character) in joined for character in ESCAPES):
        return texts
    return [None if text is None else text.translate(ESCAPES) for text in texts]


def _ewkb(geometry: Cells) -> list[str]:
    """Hexadecimal EWKB, null where there is none; for points alone, which most files hold, laid out by numpy."""
    missing = shapely.is_missing(geometry)
    if not (shapely.get_type_id(geometry[~missing]) == shapely.GeometryType.POINT).all():
        texts = shapely.to_wkb(shapely.set_srid(geometry, WGS84_SRID), hex=True, include_srid=True)
        return [NULL if text is None else text for text in texts.tolist()]
    points = np.empty(len(geometry), dtype=POINT_EWKB)
    points["order"], points["type"], points["srid"] = 1, 0x20000001, WGS84_SRID
    points["x"], points["y"] = shapely.get_x(geometry), shapely.get_y(geometry)
    text, width = points.tobytes().hex(), 2 * POINT_EWKB.itemsize
    return [
        NULL if none else text[start : start + width]
        for start, none in zip(range(0, len(text), width), missing.tolist(), strict=True)
    ]


def _array(values: Iterable[str]) -> str:
    """An array of plain words (choices): nothing in them needs quoting."""
    return "{" + ",".join(values) + "}"
