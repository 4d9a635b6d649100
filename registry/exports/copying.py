"""Rows out of PostgreSQL by COPY: as it writes them, or as Arrow batches, with some megabytes in memory."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db.models import QuerySet

from registry import replicas
from registry.models.asset import AssetQuerySet

TEXT_BLOCK, ARROW_BLOCK = 1 << 16, 1 << 22


def copied(
    statement: str, queryset: QuerySet[Any], columns: Mapping[str, Any], block: int = TEXT_BLOCK
) -> Iterator[bytes]:
    """The output of a COPY of the columns (name -> expression) of the rows, in blocks of whole lines.

    statement: the COPY, with {rows} where the query stands.
    """
    # Django gives no annotation the name of a column, so each goes by a name of its own inside.
    inner: Any = queryset.values(**{f"as_{name}": column for name, column in columns.items()})
    if isinstance(inner, AssetQuerySet):
        # Before the first line, and committed: what has left cannot be taken back where the rest fails.
        inner.note_all()
    text, parameters = inner.query.sql_with_params()
    names = ", ".join(f'"as_{name}" AS "{name}"' for name in columns)
    with (
        replicas.connection().cursor() as cursor,
        cursor.cursor.copy(statement.format(rows=f"SELECT {names} FROM ({text}) AS inner_rows"), parameters) as copy,
    ):
        lines: list[bytes] = []
        size = 0
        for line in copy:
            lines.append(bytes(line))
            size += len(line)
            if size >= block:
                yield b"".join(lines)
                lines, size = [], 0
        yield b"".join(lines)


def arrow_batches(queryset: QuerySet[Any], columns: Mapping[str, Any], schema: Any) -> Iterator[Any]:
    """The columns of the rows as pyarrow.RecordBatch of `schema`; a binary column is sent as hexadecimal text."""
    read = schema
    for n, field in enumerate(schema):
        if pa.types.is_binary(field.type):
            read = read.set(n, field.with_type(pa.string()))
    options = {
        "read_options": pa.csv.ReadOptions(column_names=read.names),
        "parse_options": pa.csv.ParseOptions(newlines_in_values=True),
        # As COPY writes them: null is nothing, an empty text is "".
        "convert_options": pa.csv.ConvertOptions(
            column_types=read, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            true_values=["t"], false_values=["f"],
        ),
    }  # fmt: skip
    for block in copied("COPY ({rows}) TO STDOUT WITH (FORMAT csv)", queryset, columns, ARROW_BLOCK):
        if block:
            table = pa.csv.read_csv(pa.BufferReader(block), **options).combine_chunks()
            for batch in table.to_batches():
                yield pa.record_batch([*map(_as, batch.columns, schema.types)], schema=schema)


def _as(column: Any, wanted: Any) -> Any:
    return _from_hexadecimal(column) if pa.types.is_binary(wanted) else column


def _from_hexadecimal(column: Any) -> Any:
    """All values at once: those of an Arrow column lie one behind the other, two digits a byte."""
    if column.null_count:
        # Nulls are seldom; where there are some, their empty place is kept by the row.
        return pa.array([None if v is None else bytes.fromhex(v) for v in column.to_pylist()], pa.binary())
    offsets = pa.Array.from_buffers(pa.int32(), len(column) + 1, [None, column.buffers()[1]], offset=column.offset)
    ends = offsets.to_numpy()
    data = bytes.fromhex(column.buffers()[2][ends[0] : ends[-1]].to_pybytes().decode("ascii"))
    halves = (ends - ends[0]) // 2
    return pa.Array.from_buffers(
        pa.binary(), len(column), [None, pa.py_buffer(halves.astype("int32").tobytes()), pa.py_buffer(data)]
    )
