"""How much a file may hold, whatever its format: what a worker can take in, and more than any owner's file has."""

from pathlib import Path

from django.utils.translation import gettext as _

from registry.importing.table import UnreadableFile

MIB = 1 << 20
MOST_BYTES = 256 * MIB
MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 1_000_000, 1_000, 20_000_000
# Of a sheet that is nearly empty: beyond SPARSE_CELLS a cell of so many must have something in it.
SPARSE_CELLS, EMPTY_TO_FILLED = 2_000_000, 20
MOST_MERGED = 1_000_000  # ranges of cells of a workbook
MOST_CHARACTERS = 131_072  # of a cell; csv.field_size_limit


def too_many_bytes() -> str:
    return _("The file is larger than %(size)d MiB: send it in parts.") % {"size": MOST_BYTES // MIB}


def check_bytes(path: Path) -> None:
    if path.stat().st_size > MOST_BYTES:
        raise UnreadableFile(too_many_bytes())


def check_lines(path: Path) -> None:
    """Counts the lines of a table of text before anything of it is kept. Raises UnreadableFile."""
    with path.open("rb") as file:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(MIB), b""))
    # Cells may hold some line ends too.
    check_size(lines - MOST_ROWS // 10, 0, 0)


def check_size(rows: int, columns: int, cells: int) -> None:
    """Of a table so far. Raises UnreadableFile."""
    for count, most, message in (
        (rows, MOST_ROWS, _("The table has more than %(most)s rows: send it in parts.")),
        (columns, MOST_COLUMNS, _("The table has more than %(most)s columns.")),
        (cells, MOST_CELLS, _("The table has more than %(most)s cells: send it in parts.")),
    ):
        if count > most:
            raise UnreadableFile(message % {"most": f"{most:,}"})


def check_layout(rows: int, columns: int, filled: int) -> None:
    """Of a sheet, which its reader lays out from corner to corner. Raises UnreadableFile."""
    check_size(rows, columns, rows * columns)
    if rows * columns > max(SPARSE_CELLS, EMPTY_TO_FILLED * filled):
        raise UnreadableFile(
            _("The sheet reaches over %(cells)s cells, nearly all of them empty: delete what stands far out.")
            % {"cells": f"{rows * columns:,}"}
        )


def check_merged(ranges: int) -> None:
    """Of a workbook so far. Raises UnreadableFile."""
    if ranges > MOST_MERGED:
        raise UnreadableFile(_("The workbook has more than %(most)s merged cells.") % {"most": f"{MOST_MERGED:,}"})


def too_many_characters(row: int) -> UnreadableFile:
    return UnreadableFile(
        _("A cell of row %(row)d has more than %(most)s characters.") % {"row": row, "most": f"{MOST_CHARACTERS:,}"}
    )
