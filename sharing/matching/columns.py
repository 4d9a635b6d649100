"""Many rows in one statement, out of and into PostgreSQL: query results as numpy columns, and COPY.

A query's answer comes as one value: PostgreSQL strings the binary form of each row together (its send functions
write big-endian, of fixed length), and numpy reads that as a structured array. No Python object a row is made;
beside COPY in binary format, which the driver hands over row by row, that takes about half the time.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

INT8, FLOAT8, BOOL = ">i8", ">f8", "?"
_SEND = {INT8: "int8send", FLOAT8: "float8send", BOOL: "boolsend"}


def fetch_columns(
    query: str, parameters: Sequence[Any] | Mapping[str, Any], columns: Mapping[str, str]
) -> dict[str, NDArray[np.generic]]:
    """The columns of `query`, by name, in machine byte order; rows in the order of the query.

    `columns` names what the query selects, in order, as INT8 (bigint), FLOAT8 (double precision) or BOOL. None may
    be null: the query says NaN instead. Raises ValueError where one is.
    """
    names = [f"column_{i}" for i in range(len(columns))]
    row = " || ".join(f"{_SEND[kind]}({name})" for name, kind in zip(names, columns.values(), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), string_agg({row}, ''::bytea) FROM ({query}) AS found ({', '.join(names)})", parameters
        )
        count, data = cursor.fetchone()
    layout = np.dtype(list(columns.items()))
    rows = np.frombuffer(data or b"", dtype=layout)
    if rows.size != count:
        raise ValueError("a column is null")
    return {name: rows[name].astype(layout[name].newbyteorder("=")) for name in columns}


def write_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert the rows. Every column that may not be null is named: the database knows no defaults of Django's."""
    quoted = connection.ops.quote_name
    statement = f"COPY {quoted(table)} ({', '.join(quoted(column) for column in columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
