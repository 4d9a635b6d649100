"""What every format is written from: a named table of Arrow batches, its places as WKB in a chosen system."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Value

GEOMETRY = "geometry"
Shape = Literal["Point", "LineString", "Polygon", "MultiPoint", "Unknown"]

Batches = Callable[[], Iterator[Any]]
"""Gives the rows anew with each call, as pyarrow.RecordBatch of the table's schema."""


class ExportRefused(Exception):
    """The format cannot hold these rows without loss; the message, already translated, says what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """One layer, sheet or file of rows.

    schema: a pyarrow.Schema; the column GEOMETRY, where it is there, holds WKB, longitude or easting first.
    shape: the OGC type of all its geometries, "Unknown" where they are mixed, None where there is no such column.
    crs: "EPSG:n", or "gcj02" or "bd09", which no format has a name for.
    """

    name: str
    schema: Any
    batches: Batches
    shape: Shape | None = None
    crs: str = "EPSG:4326"

    @property
    def stated_crs(self) -> str | None:
        """The system as a file can state it."""
        return self.crs if self.crs.startswith("EPSG:") else None

    def reader(self) -> Any:
        """The rows as a pyarrow.RecordBatchReader, which others read as a stream."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches())


def marked(columns: Mapping[str, Any], texts: Iterable[str], pattern: str) -> dict[str, Any]:
    """The columns (name -> expression) with an apostrophe before each of the `texts` that `pattern` finds
    (importing.markers)."""
    found = [name for name in texts if name in columns]
    return dict(columns) | {
        name: Func(
            columns[name], Value(pattern), Value(r"'\&"), function="regexp_replace", output_field=models.TextField()
        )
        for name in found
    }  # fmt: skip


def arrow_type(field: Any) -> Any:
    """The Arrow type that holds a column of a model. Decimals become doubles, which hold their fifteen digits."""
    match field:
        case ArrayField():
            return pa.string()
        case models.BooleanField():
            return pa.bool_()
        case models.IntegerField() | models.ForeignKey():
            return pa.int64()
        case models.FloatField() | models.DecimalField():
            return pa.float64()
        case models.DateTimeField():
            return pa.timestamp("us", "UTC")
        case models.DateField():
            return pa.date32()
        case models.GeneratedField():
            return arrow_type(field.output_field)
        case _:
            return pa.string()
