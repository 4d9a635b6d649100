"""Spreadsheets: delimited text and Excel workbooks, as raw cells."""

import csv
import datetime
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from registry.importing.encodings import decode
from registry.importing.markers import FORMULA
from registry.importing.table import Cells, Reject, SourceTable, UnreadableFile

DELIMITERS = ",;\t|#"
SAMPLE_CHARACTERS = 1 << 20
SAMPLE_LINES = 200
LONGEST_FIELD = 5000
HEADING_SEARCH_ROWS = 12

Row: TypeAlias = Sequence[str]


def read_delimited(data: bytes, is_heading: Callable[[str], bool], *, encoding: str | None = None) -> SourceTable:
    """The table in delimited text; delimiter, quote character and encoding are found out, and stated in the result."""
    text, used = decode(data, encoding)
    text = text.removeprefix("\ufeff")
    declared = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if declared:
        text = text[declared.end() :]
    quote = detect_quote(text[:SAMPLE_CHARACTERS])
    delimiter = declared[1] if declared else detect_delimiter(text[:SAMPLE_CHARACTERS], quote)
    try:
        rows = _records(text, delimiter, quote)
    except csv.Error as error:
        raise UnreadableFile(_("The file is not a readable table: %(error)s.") % {"error": error}) from error
    table = _table(rows, "CSV", is_heading, first_row=2 if declared else 1)
    table.encoding, table.delimiter, table.quote = used, delimiter, quote
    return table


def read_workbook(
    path: Path,
    is_heading: Callable[[str], bool],
    *,
    layer: str | None = None,
    preferred: str | None = None,
    format: str,
) -> SourceTable:
    """The table of one sheet of an Excel workbook: `layer`, or else `preferred`, or else the first visible one that is
    not empty."""
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
            if layer is not None and layer not in workbook.sheet_names:
                raise UnreadableFile(
                    _("There is no sheet “%(layer)s”; there are: %(layers)s.")
                    % {"layer": layer, "layers": ", ".join(workbook.sheet_names)}
                )
            for name in [layer] if layer else sorted(visible, key=lambda name: name != preferred):
                sheet = workbook.get_sheet_by_name(name)
                cells = sheet.to_python(skip_empty_area=False)
                if any(value != "" for row in cells for value in row):
                    break
            else:
                raise UnreadableFile(_("The workbook has no sheet with anything in it."))
    except CalamineError as error:
        raise UnreadableFile(_("The workbook cannot be read: %(error)s.") % {"error": error}) from error
    table = _table(
        [[_cell_text(value) for value in row] for row in cells],
        format,
        is_heading,
        first_row=1,
    )
    table.layer = name
    others = [other for other in visible if other != name]
    if others and layer is None:
        table.warnings.append(
            _("Sheets not read: %(sheets)s (choose one with --layer).") % {"sheets": ", ".join(others)}
        )
    return table


def detect_quote(sample: str) -> str | None:
    """The character that wraps fields: the one with more wrapped fields; `"` when neither shows; None when
    quotation marks are more often opened in a field than they wrap one, so are part of the text."""
    counts = {}
    for quote in "\"'":
        if quote not in sample:
            counts[quote] = (0, 0)
            continue
        edge = rf"[\n{re.escape(DELIMITERS)}]"
        # An apostrophe before what a spreadsheet would run is a mark (importing.markers).
        opening = rf"(?<={edge})'(?!'*[{FORMULA}])" if quote == "'" else rf"(?<={edge}){quote}"
        wrapped = rf"{opening}(?:[^{quote}]|{quote}{quote}){{0,{LONGEST_FIELD}}}{quote}(?=\r?{edge}|\r?\Z)"
        padded = "\n" + sample
        counts[quote] = (
            len(re.findall(wrapped, padded)),
            len(re.findall(opening, padded)),
        )
    quote = max(counts, key=lambda candidate: counts[candidate][0])
    wrapped_fields, opened_fields = counts[quote]
    if wrapped_fields == 0 and opened_fields == 0:
        return '"'
    return quote if wrapped_fields * 2 >= opened_fields else None


def detect_delimiter(sample: str, quote: str | None) -> str:
    """The delimiter under which most records have one same number of fields, more fields breaking a tie."""

    first_lines = "".join(sample.splitlines(keepends=True)[:SAMPLE_LINES])

    def fit(delimiter: str) -> tuple[float, int]:
        records = _records(first_lines, delimiter, quote)
        widths = Counter(len(record) for record in records if record)
        if not widths:
            return 0.0, 0
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        return (count / widths.total() if width > 1 else 0.0), width

    return max(DELIMITERS, key=fit)


def _records(text: str, delimiter: str, quote: str | None) -> list[list[str]]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    return list(reader)


def _table(
    rows: Sequence[Row],
    format: str,
    is_heading: Callable[[str], bool],
    *,
    first_row: int,
) -> SourceTable:
    at = _heading_row(rows, is_heading)
    headings = [heading.strip() for heading in rows[at]]
    while headings and not headings[-1]:
        headings.pop()
    headings = [heading or _("column %(number)d") % {"number": n} for n, heading in enumerate(headings, 1)]
    width = len(headings)
    good: list[Row] = []
    numbers: list[int] = []
    rejects: list[Reject] = []
    for number, row in enumerate(rows[at + 1 :], first_row + at + 1):
        if len(row) != width:
            row = row[:width] if len(row) > width and not any(row[width:]) else row
            if not any(row):
                continue
        elif not any(row):
            continue
        if len(row) == width:
            good.append(row)
            numbers.append(number)
        else:
            reason = _("The row has %(cells)d cells where the headings are %(width)d.") % {
                "cells": len(row),
                "width": width,
            }
            rejects.append(Reject(number, "", reason, original=row))
    return SourceTable(
        format=format,
        headings=headings,
        columns=_columns(good, width),
        row_numbers=np.array(numbers, dtype=np.int64),
        rejects=rejects,
    )


def _heading_row(rows: Sequence[Row], is_heading: Callable[[str], bool]) -> int:
    """Tables of authorities carry a title, a unit or an annex number above the headings: the headings are the row of
    the first few with the most known words, or else the first with more than one cell, or else the first at all."""
    filled = [n for n, row in enumerate(rows[:HEADING_SEARCH_ROWS]) if any(cell.strip() for cell in row)]
    if not filled:
        raise UnreadableFile(_("The file has no rows."))

    def merit(n: int) -> tuple[int, bool, int]:
        cells = [cell for cell in rows[n] if cell.strip()]
        return sum(map(is_heading, cells)), len(cells) > 1, -n

    return max(filled, key=merit)


def _columns(rows: Sequence[Row], width: int) -> list[Cells]:
    columns = zip(*rows, strict=True) if rows else ((),) * width
    return [np.fromiter(column, dtype=object, count=len(rows)) for column in columns]


def _cell_text(value: object) -> str:
    """Excel keeps codes and phone numbers as floating point numbers: 420106.0 was typed as 420106."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
