"""Many rows in one statement, out of and into PostgreSQL: query results as numpy columns, and COPY.

A query's answer comes as one value: PostgreSQL strings the binary form of each row together (its send functions
write big-endian, of fixed length), and numpy reads that as a structured array. No Python object a row is made;
beside COPY in binary format, which the driver hands over row by row, that takes about half the time.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
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
    be null: the query says NaN instead. Raises ValueError where one is. Among the parameters numpy arrays stand for
    PostgreSQL's, at a tenth of what the driver takes to adapt a list.
    """
    if isinstance(parameters, Mapping):
        parameters = {name: _parameter(value) for name, value in parameters.items()}
    else:
        parameters = [_parameter(value) for value in parameters]
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


def _parameter(value: object) -> object:
    """An array of numbers as the text that PostgreSQL reads."""
    return f"{{{','.join(map(repr, value.tolist()))}}}" if isinstance(value, np.ndarray) else value


def copy_lines(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The rows as lines that COPY reads, many at a time; a line feed within a value never stands as it is.

    Values are texts, or things whose text PostgreSQL reads as it is: numbers, UUIDs, truth values. Lines are put
    together here: beside the driver's adaptation of each value that takes a third of the time.
    """
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield "".join(["\t".join(map(_field, row)) + "\n" for row in some]).encode()


def write_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert the rows, of values as `copy_lines` takes them."""
    write_lines(table, columns, copy_lines(rows))


def write_lines(table: str, columns: Sequence[str], lines: Iterable[bytes]) -> None:
    """Insert lines of `copy_lines`. Every column that may not be null is named: the database knows no defaults of
    Django's."""
    quoted = connection.ops.quote_name
    statement = f"COPY {quoted(table)} ({', '.join(quoted(column) for column in columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for some in lines:
            copy.write(some)


def _field(value: object) -> str:
    """A value as COPY reads it."""
    if value is None:
        return "\\N"
    if isinstance(value, str) and _SPECIAL.search(value):
        return value.translate(_ESCAPED)
    return str(value)


ROWS_AT_ONCE = 2_000
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_SPECIAL = re.compile(r"[\\\t\n\r]")
