"""Excel workbooks, written row by row: texts that look like formulas are text, and stay text when they are edited."""

import datetime
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely
import xlsxwriter
from django.utils.translation import gettext as _

from registry.exports.table import GEOMETRY, ExportRefused, Table
from registry.importing.markers import FORMULA_STARTS

MOST_CHARACTERS = 32_767
MOST_ROWS = 1_048_576
EXACT_DIGITS = 15


def write_workbook(tables: Sequence[Table], path: Path) -> None:
    """A sheet a table, places as `wkt`. Raises ExportRefused for what a sheet cannot hold."""
    options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        styles = {
            "text": workbook.add_format({"quote_prefix": True}),
            "heading": workbook.add_format({"bold": True}),
            "date": workbook.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for table in tables:
            _write_sheet(workbook.add_worksheet(table.name[:31]), table, styles)


def _write_sheet(sheet: Any, table: Table, styles: dict[str, Any]) -> None:
    headings = ["wkt" if name == GEOMETRY else name for name in table.schema.names]
    for at, heading in enumerate(headings):
        sheet.write_string(0, at, heading, styles["heading"])
    sheet.freeze_panes(1, 0)
    row = 0
    for batch in table.batches():
        if row + len(batch) >= MOST_ROWS:
            raise ExportRefused(_("A sheet has 1,048,576 rows, and there are more: filter the list, or take CSV."))
        columns = [_cells(column, heading, table) for column, heading in zip(batch.columns, headings, strict=True)]
        for values in zip(*columns, strict=True):
            row += 1
            for at, value in enumerate(values):
                if value is not None and value != "":
                    _write(sheet, row, at, value, styles, headings[at])


def _cells(column: Any, heading: str, table: Table) -> list[Any]:
    """The values of a column as Python's own."""
    if heading == "wkt" and pa.types.is_binary(column.type):
        srid = f"SRID={table.crs[5:]};" if table.stated_crs and table.crs != "EPSG:4326" else ""
        places = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
        texts = shapely.to_wkt(places, rounding_precision=-1).tolist()
        return [None if text is None else srid + text for text in texts]
    if pa.types.is_timestamp(column.type):
        return [None if moment is None else moment.isoformat() for moment in column.to_pylist()]
    cells: list[Any] = column.to_pylist()
    return cells


def _write(sheet: Any, row: int, at: int, value: Any, styles: dict[str, Any], heading: str) -> None:
    match value:
        case bool():
            sheet.write_boolean(row, at, value)
        case str():
            if len(value) > MOST_CHARACTERS:
                raise ExportRefused(
                    _(
                        "%(column)s in row %(row)d has %(length)d characters, and a cell of Excel holds %(most)d: take"
                        " GeoPackage or CSV, or leave the column out with fields."
                    )
                    % {"column": heading, "row": row + 1, "length": len(value), "most": MOST_CHARACTERS}
                )
            sheet.write_string(row, at, value, styles["text"] if value.startswith(FORMULA_STARTS) else None)
        case datetime.date():
            sheet.write_datetime(row, at, value, styles["date"])
        case float() if not math.isfinite(value) or float(f"{value:.{EXACT_DIGITS + 1}G}") != value:
            # Excel keeps fifteen digits; as text all seventeen come back.
            sheet.write_string(row, at, repr(value))
        case _:
            sheet.write_number(row, at, value)
