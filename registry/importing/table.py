"""What every reader returns: columns of raw cells, one shape for spreadsheets and map files alike."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Cells: TypeAlias = NDArray[Any]
"""One column: an object array of `str | None`, or a numeric array where the format itself is typed."""

INEXACT_FROM = 2.0**53
"""From which on floating point no longer holds every whole number."""


class UnreadableFile(ValueError):
    """The whole file is refused; the message, already translated, says what to do about it."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A source row that did not land: its number in the source, the column at fault, and the reason.

    `original` are the row's cells where it never fitted the table (a ragged row); otherwise the table has them.
    """

    row: int
    column: str
    reason: str
    original: Sequence[str] | None = None


@dataclass(slots=True)
class SourceTable:
    """The raw rows of one layer of one file.

    `row_numbers` are what a person sees in the source: the spreadsheet's row (headings are row 1), or the feature's
    position counted from 1. `geometry` is an object array of shapely geometries, None where a row has none; the
    attribute itself is None for files whose places stand in ordinary columns. `crs` is the file's own statement
    (EPSG code or WKT), if it makes one.
    """

    format: str
    headings: list[str]
    columns: list[Cells]
    row_numbers: NDArray[np.int64]
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    layer: str | None = None
    crs: str | None = None
    geometry: Cells | None = None
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.row_numbers)

    @property
    def row_count(self) -> int:
        """Rows of the source, those that did not fit the table included."""
        return len(self.row_numbers) + len(self.rejects)

    def original(self, index: int) -> list[str]:
        """The cells of the row at `index`, as text."""
        return [as_text(column[index : index + 1])[0] or "" for column in self.columns]


def whole_numbers(column: Any) -> Cells:
    """An Arrow column of whole numbers as texts, None where it has none: a numeric array cannot be empty anywhere
    without becoming floating point, which holds no more than fifteen digits for certain."""
    texts: Cells = column.cast("string").to_numpy(zero_copy_only=False)
    return texts


def as_text(cells: Cells) -> Cells:
    """The column as an object array of `str | None`; whole floating point numbers lose their `.0`."""
    if cells.dtype.kind == "O":
        return cells
    if cells.dtype.kind in "iu":
        return cells.astype(str).astype(object)
    texts = [
        None if value != value else str(int(value)) if value.is_integer() else repr(value) for value in cells.tolist()
    ]
    return np.array(texts, dtype=object)
