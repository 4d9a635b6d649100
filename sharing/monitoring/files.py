"""Figures and the rows behind them as tables that the formats of exports are written from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

import pyarrow as pa

from registry.exports.table import Table
from sharing.monitoring.breakdowns import Breakdown
from sharing.monitoring.drilldown import Drill, Field
from sharing.monitoring.figures import Row, Unit
from sharing.monitoring.indicators import Indicator

BATCH = 2000
TYPES = {Unit.COUNT: pa.int64(), Unit.WORKING_DAYS: pa.int64(), Unit.DAYS: pa.int64(), Unit.MONEY: pa.int64()}


def of_figures(
    indicator: Indicator, breakdown: Breakdown, rows: Sequence[Row], labels: Mapping[str, str] | None = None
) -> Table:
    """A row a key, with the key and its words in front. labels: these words, where they have been read already."""
    if labels is None:
        labels = breakdown.labels([row.key for row in rows])
    columns = [("key", pa.string()), (breakdown.code, pa.string())]
    columns += [(column.code, TYPES.get(column.unit, pa.float64())) for column in indicator.columns]
    lines = [
        (row.key, labels[row.key], *(row.values.get(column.code) for column in indicator.columns)) for row in rows
    ]
    return _table(f"{indicator.code} {breakdown.code}", columns, lambda: iter(lines))


def of_drill(name: str, drill: Drill) -> Table:
    """The rows as they come from the database, a batch at a time."""

    def lines() -> Iterator[tuple[Any, ...]]:
        for row in drill.rows.iterator(chunk_size=BATCH):
            yield tuple(field.value(row) for field in drill.fields)

    return _table(name, _columns(drill.fields, drill.rows.first()), lines)


def of_members(name: str, fields: Sequence[Field], members: Sequence[tuple[int, Any]]) -> Table:
    """The rows of a sample, each with its number and id; what has left the frame is but these."""
    first = next((row for _pk, row in members if row is not None), None)
    columns = [("number", pa.int64()), ("id", pa.int64()), *_columns(fields, first)]
    lines = [
        (number, pk, *(None if row is None else field.value(row) for field in fields))
        for number, (pk, row) in enumerate(members, 1)
    ]
    return _table(name, columns, lambda: iter(lines))


def _columns(fields: Sequence[Field], first: Any) -> list[tuple[str, Any]]:
    """Name and type of each column, as a first row tells them, or where it lacks the value the field; lengths have
    fractions."""
    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), date: pa.date32()}

    def type_of(field: Field) -> Any:
        value = field.value(first) if first else None
        known = types.get(field.holds if value is None else type(value), pa.string())
        return pa.float64() if field.code.endswith("_m") else known

    return [(field.code, type_of(field)) for field in fields]


def of_texts(name: str, headings: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    """A sheet of words."""
    return _table(name, [(heading, pa.string()) for heading in headings], lambda: iter(lines))


def _table(name: str, columns: Sequence[tuple[str, Any]], lines: Any) -> Table:
    schema = pa.schema([pa.field(code, kind) for code, kind in columns])

    def batches() -> Iterator[Any]:
        for some in _batched(lines()):
            arrays = [
                pa.array(values, field.type) for values, field in zip(zip(*some, strict=True), schema, strict=True)
            ]
            yield pa.record_batch(arrays, schema=schema)

    return Table(name, schema, batches)


def _batched(lines: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(lines)
    while some := list(islice(left, BATCH)):
        yield some
