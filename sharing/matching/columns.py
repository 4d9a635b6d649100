"""Rows out of and into PostgreSQL by COPY: query results as numpy columns, and many rows in one statement.

In the binary format a row of columns that are never null has a fixed length: a count of fields, and before each
field its length, all big-endian (PostgreSQL documentation, COPY, "Binary Format"). So the whole answer is one
structured array.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from django.db import connection
from django.db.backends.postgresql.psycopg_any import mogrify
from numpy.typing import NDArray

INT8, FLOAT8, BOOL = ">i8", ">f8", "?"
_HEADER = 19  # signature 11, flags 4, length of the extension 4
_TRAILER = 2


def fetch_columns(
    query: str, parameters: Sequence[object] | Mapping[str, object], columns: Mapping[str, str]
) -> dict[str, NDArray[np.generic]]:
    """The columns of `query`, by name, in machine byte order.

    `columns` names what the query selects, in order, as INT8 (bigint), FLOAT8 (double precision) or BOOL. None may
    be null: the query says NaN instead. Raises ValueError where it does not keep to that.
    """
    fields: list[tuple[str, str]] = [("", ">i2")]
    for name, kind in columns.items():
        fields += [(f"{name}#", ">i4"), (name, kind)]
    row = np.dtype(fields)
    composed = mogrify(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", parameters, connection)
    with connection.cursor() as cursor, cursor.copy(composed) as copy:
        data = b"".join(bytes(block) for block in copy)
    body = len(data) - _HEADER - _TRAILER
    if body % row.itemsize:
        raise ValueError("a column is null or of another type than named")
    rows = np.frombuffer(data, dtype=row, offset=_HEADER, count=body // row.itemsize)
    if any((rows[f"{name}#"] != row[name].itemsize).any() for name in columns):
        raise ValueError("a column is null or of another type than named")
    return {name: rows[name].astype(row[name].newbyteorder("=")) for name in columns}


def write_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert the rows. Every column that may not be null is named: the database knows no defaults of Django's."""
    quoted = connection.ops.quote_name
    statement = f"COPY {quoted(table)} ({', '.join(quoted(column) for column in columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
