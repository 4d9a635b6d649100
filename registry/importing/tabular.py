"""Spreadsheets: delimited text and Excel workbooks, as raw cells."""

import csv
import datetime
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TextIO, TypeAlias

import numpy as np
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from registry.importing.encodings import opened
from registry.importing.limits import MOST_CHARACTERS, check_lines, check_size, too_many_characters
from registry.importing.markers import FORMULA
from registry.importing.table import INEXACT_FROM, Cells, Reject, SourceTable, UnreadableFile
from registry.importing.workbook import check_workbook
from registry.importing.xls import check_xls

DELIMITERS = ",;\t|#"
SAMPLE_CHARACTERS = 1 << 20
SAMPLE_LINES = 200
LONGEST_FIELD = 5000
LONGEST_LINE = 2 * MOST_CHARACTERS
BLOCK_ROWS = 20
HEADING_SEARCH_ROWS = 12

Row: TypeAlias = list[str]
# The first and last cell of a range, each as row and column, counted from 0.
Merged: TypeAlias = tuple[tuple[int, int], tuple[int, int]]


def read_delimited(path: Path, is_heading: Callable[[str], bool], *, encoding: str | None = None) -> SourceTable:
    """The table in delimited text; delimiter, quote character and encoding are found out, and stated in the result."""
    check_lines(path)
    with opened(path, encoding) as (text, used):
        sample = text.read(SAMPLE_CHARACTERS).removeprefix("\ufeff")
        text.seek(0)
        lines = _lines(text)
        first = next(lines, "").removeprefix("\ufeff")
        declared = re.match(r"sep=(.)\r?\n", first, re.IGNORECASE)
        if declared:
            sample = sample[declared.end() :]
        quote = detect_quote(sample)
        delimiter = declared[1] if declared else detect_delimiter(sample, quote)
        rows = _records(lines if declared else chain([first], lines), delimiter, quote)
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
    {"XLSX": check_workbook, "XLS": check_xls}[format](path)
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
                check_size(sheet.total_height + 1, sheet.total_width + 1, sheet.total_height * sheet.total_width)
                cells = sheet.to_python(skip_empty_area=False) if sheet.end else []
                merged = sheet.merged_cell_ranges or []
                if any(value != "" for row in cells for value in row):
                    break
            else:
                raise UnreadableFile(_("The workbook has no sheet with anything in it."))
    except UnreadableFile:
        raise
    except BaseException as error:
        # What its Rust code did not foresee is no Exception (pyo3_runtime.PanicException).
        if not isinstance(error, CalamineError) and type(error).__name__ != "PanicException":
            raise
        raise UnreadableFile(_("The workbook cannot be read: %(error)s.") % {"error": error}) from error
    rows = [[_cell_text(value) for value in row] for row in cells]
    for number, row in enumerate(rows, 1):
        if max(map(len, row), default=0) > MOST_CHARACTERS:
            raise too_many_characters(number)
    table = _table(
        rows,
        format,
        is_heading,
        first_row=1,
        merged=merged,
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
        try:
            records = _records(io.StringIO(first_lines, newline=""), delimiter, quote)
        except UnreadableFile:
            return 0.0, 0
        widths = Counter(len(record) for record in records if record)
        if not widths:
            return 0.0, 0
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        return (count / widths.total() if width > 1 else 0.0), width

    return max(DELIMITERS, key=fit)


def _lines(text: TextIO) -> Iterator[str]:
    """The lines, so that none takes all memory before anybody looks at it."""
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise UnreadableFile(_("A line has more than %(most)s characters.") % {"most": f"{LONGEST_LINE:,}"})
        yield line


def _records(lines: Iterable[str], delimiter: str, quote: str | None) -> list[list[str]]:
    """Raises UnreadableFile where they are more than a file may hold."""
    reader = csv.reader(
        lines, delimiter=delimiter, quotechar=quote, quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    )
    records: list[list[str]] = []
    cells = 0
    try:
        while block := list(islice(reader, BLOCK_ROWS)):
            widths = list(map(len, block))
            records += block
            cells += sum(widths)
            check_size(len(records), max(widths), cells)
    except csv.Error as error:
        if "field limit" in str(error):
            raise too_many_characters(len(records) + 1) from error
        raise UnreadableFile(_("The file is not a readable table: %(error)s.") % {"error": error}) from error
    return records


def _table(
    rows: Sequence[Row],
    format: str,
    is_heading: Callable[[str], bool],
    *,
    first_row: int,
    merged: Iterable[Merged] = (),
) -> SourceTable:
    at = _heading_row(rows, is_heading)
    headings = [heading.strip() for heading in rows[at]]
    while headings and not headings[-1]:
        headings.pop()
    if merged:
        _fill_merged(rows, at, headings, merged)
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


def _fill_merged(rows: Sequence[Row], at: int, headings: Sequence[str], merged: Iterable[Merged]) -> None:
    """Of cells below the headings that are merged over rows, only the first holds what all of them show: gives it to
    each row that has something of its own, in the first column of the block, as the first row has it."""
    own = [any(row) for row in rows]
    reached: dict[int, int] = {}
    for (first, column), (last, _end) in sorted(merged):
        # Overlapping ranges, which no spreadsheet writes, would be gone through again and again.
        if column >= len(headings) or first <= max(at, reached.get(column, at)):
            continue
        reached[column] = last
        for number in range(first + 1, min(last + 1, len(rows))):
            if own[number]:
                rows[number][column] = rows[first][column]


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
    """Excel keeps codes and phone numbers as floating point numbers: 420106.0 was typed as 420106. From where they
    have lost digits on they are written as 4.2e+17, which no text may be (quantities.parse_texts)."""
    if isinstance(value, float):
        if abs(value) >= INEXACT_FROM:
            return f"{value:.16e}"
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
