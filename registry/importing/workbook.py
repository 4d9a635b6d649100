"""XLSX workbooks from strangers, looked over before they are read: the reader lays a sheet out from corner to corner,
so that one cell in the last corner of an empty sheet takes more memory than any machine has."""

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from django.utils.translation import gettext as _

from registry.importing.archive import check_archive, unpacked
from registry.importing.limits import MIB, check_layout, check_merged
from registry.importing.markup import pieces
from registry.importing.table import UnreadableFile

ROW = re.compile(rb"<(?:\w+:)?row\b")
ROW_NUMBER = re.compile(rb"<(?:\w+:)?row\s[^>]*?\br\s*=\s*[\"'](\d+)")
CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
PLACED_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"']([A-Za-z]+)(\d+)")
MERGED = re.compile(rb"<(?:\w+:)?mergeCell[\s/>]")
SHARED_TEXT = re.compile(rb"<(?:\w+:)?si[\s/>]")
SHARED_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\bt\s*=\s*[\"']s[\"'][^>]*>\s*<(?:\w+:)?v>(\d{1,9})<")
MOST_SHARED_BYTES = 256 * MIB


def check_workbook(path: Path) -> None:
    """Raises UnreadableFile where a part unpacks to more than it says, where a sheet is larger than a table may be,
    and where its cells repeat shared texts beyond measure."""
    lengths, references = np.zeros(0, dtype=np.int64), [np.zeros(0, dtype=np.int64)]
    members = check_archive(path)
    with zipfile.ZipFile(path) as archive:
        for member in members:
            if member.filename.lower().endswith("sharedstrings.xml"):
                lengths = _lengths(pieces(unpacked(archive, member)))
            else:
                references.append(_check_sheet(pieces(unpacked(archive, member))))
    told = np.concatenate(references)
    if lengths[told[told < len(lengths)]].sum() > MOST_SHARED_BYTES:
        raise UnreadableFile(_("The file is too large when unpacked."))


def _check_sheet(markup: Iterable[bytes]) -> np.ndarray:
    """Which shared texts its cells refer to. Where cells do not say where they are, they follow each other."""
    rows = columns = filled = unplaced = tags = widest = in_row = merged = 0
    shared: list[np.ndarray] = []
    for number, piece in enumerate(markup):
        if number == 0 and piece[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnreadableFile(_("The workbook cannot be read: %(error)s.") % {"error": "UTF-16"})
        first, *others = [len(CELL.findall(part)) for part in ROW.split(piece)]
        in_row += first
        widest, tags, in_row = max(widest, in_row, *others, 0), tags + len(others), others[-1] if others else in_row
        placed = PLACED_CELL.findall(piece)
        unplaced += first + sum(others) - len(placed)
        columns = max([columns, *map(_column, {letters for letters, _digits in placed})])
        rows = max([rows, *(int(digits) for _letters, digits in placed), *map(int, ROW_NUMBER.findall(piece))])
        filled += first + sum(others)
        merged += len(MERGED.findall(piece))
        check_merged(merged)
        shared.append(np.array(SHARED_CELL.findall(piece), dtype=np.int64))
    check_layout(rows + tags if unplaced else rows, columns + widest if unplaced else columns, filled)
    return np.concatenate(shared)


def _column(letters: bytes) -> int:
    """The number of a column, the first being A.

    >>> _column(b"A"), _column(b"AA"), _column(b"XFD")
    (1, 27, 16384)
    """
    number = 0
    for letter in letters.upper()[:8]:
        number = number * 26 + letter - 64
    return number


def _lengths(markup: Iterable[bytes]) -> np.ndarray:
    """Of the shared texts, in bytes, markup included."""
    lengths = [0]
    for piece in markup:
        first, *others = map(len, SHARED_TEXT.split(piece))
        lengths[-1] += first
        lengths += others
    return np.array(lengths[1:], dtype=np.int64)
