"""XLS workbooks from strangers, looked over before they are read, as registry.importing.workbook does for XLSX: where
their cells stand, by [MS-CFB] (the file) and [MS-XLS] (the stream of records in it)."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from registry.importing.limits import check_layout, check_merged

FREE = 0xFFFFFFFA  # and above: no sector
HEADER_FAT_SECTORS, ENTRY_BYTES, RECORD_BYTES = 109, 128, 4
MERGED_TYPE, RANGE_BYTES = 0x00E5, 8
SHEET_BEGINS, LAST_COLUMN_TYPES = 0x0809, (0x00BD, 0x00BE)
CELL_TYPES = frozenset({0x0006, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x0206, 0x027E, 0x0406})
STREAMS = ("Workbook", "Book")


def check_xls(path: Path) -> None:
    """Raises UnreadableFile where a sheet is larger than a table may be. What is no such file, its reader refuses."""
    with path.open("rb") as file:
        rows = columns = filled = merged = 0
        for type, content in _records(_stream(file)):
            if type == SHEET_BEGINS:
                rows = columns = filled = 0
            if type == MERGED_TYPE:
                merged += len(content) // RANGE_BYTES
                check_merged(merged)
            if type in CELL_TYPES or type in LAST_COLUMN_TYPES:
                row, column = struct.unpack_from("<2H", content)
                last = struct.unpack_from("<H", content, len(content) - 2)[0] if type in LAST_COLUMN_TYPES else column
                rows, columns, filled = max(rows, row + 1), max(columns, last + 1), filled + last - column + 1
                check_layout(rows, columns, filled)


def _records(stream: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    buffer = b""
    for part in stream:
        buffer += part
        at = 0
        while at + RECORD_BYTES <= len(buffer):
            type, length = struct.unpack_from("<2H", buffer, at)
            if at + RECORD_BYTES + length > len(buffer):
                break
            if length >= RECORD_BYTES:
                yield type, buffer[at + RECORD_BYTES : at + RECORD_BYTES + length]
            at += RECORD_BYTES + length
        buffer = buffer[at:]


def _stream(file: BinaryIO) -> Iterator[bytes]:
    """The stream of the workbook, a sector at a time. One below 4,096 bytes, which is kept elsewhere, has no room for
    a sheet."""
    header = file.read(512)
    size = 1 << min(struct.unpack_from("<H", header, 30)[0], 16)

    def sector(number: int) -> bytes:
        file.seek((number + 1) * size)
        return file.read(size)

    most = file.seek(0, 2) // size + 1
    fat = _fat(header, sector, most)

    def chain(number: int) -> Iterator[bytes]:
        for _step in range(most):
            if number >= min(FREE, len(fat)):
                return
            yield sector(number)
            number = fat[number]

    for part in chain(struct.unpack_from("<L", header, 48)[0]):
        for at in range(0, len(part) - ENTRY_BYTES + 1, ENTRY_BYTES):
            length, start = struct.unpack_from("<H", part, at + 64)[0], struct.unpack_from("<L", part, at + 116)[0]
            if part[at : at + max(length - 2, 0)].decode("utf-16-le", "ignore") in STREAMS:
                yield from chain(start)


def _fat(header: bytes, sector: Callable[[int], bytes], most: int) -> list[int]:
    """Which sector follows each."""
    numbers = list(struct.unpack_from(f"<{HEADER_FAT_SECTORS}L", header, 76))
    following = struct.unpack_from("<L", header, 68)[0]
    for _step in range(most):
        if following >= FREE or len(part := sector(following)) < RECORD_BYTES:
            break
        *more, following = struct.unpack(f"<{len(part) // 4}L", part[: len(part) // 4 * 4])
        numbers += more
    parts = [sector(number) for number in numbers[:most] if number < FREE]
    return [next for part in parts for next in struct.unpack(f"<{len(part) // 4}L", part[: len(part) // 4 * 4])]
