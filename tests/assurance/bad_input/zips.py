"""Zip archives as no tool writes them, byte by byte (APPNOTE.TXT 6.3)."""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

DEFLATED, STORED = 8, 0
SYMLINK = 0o120777 << 16


@dataclass
class Entry:
    """A member: its packed bytes, and what its headers say of them."""

    name: str
    packed: bytes
    unpacked_size: int
    method: int = DEFLATED
    crc: int = 0
    mode: int = 0
    at: int | None = None  # where its packed bytes stand; None: right here


def stored(name: str, content: bytes, *, mode: int = 0) -> Entry:
    return Entry(name, content, len(content), STORED, zlib.crc32(content), mode)


def deflated(name: str, content: bytes) -> Entry:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return Entry(name, packer.compress(content) + packer.flush(), len(content), DEFLATED, zlib.crc32(content))


def repeated(name: str, content: bytes, times: int, *, head: bytes = b"", stated: int | None = None) -> Entry:
    """`head`, and so many times `content`, packed once and written often. stated: the size that the headers tell."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)
    size = len(head) + len(content) * times
    # Of what is refused for its size nobody sums it up.
    crc = zlib.crc32(head + content * times) if size < 1 << 25 else 0
    return Entry(name, first + block * times + b"\x03\x00", size if stated is None else stated, crc=crc)


def write(path: Path, entries: list[Entry]) -> None:
    central, offsets = [], {}
    with path.open("wb") as file:
        for entry in entries:
            name = entry.name.encode()
            start = offsets.setdefault(entry.at, file.tell()) if entry.at is not None else file.tell()
            sizes = (entry.crc, len(entry.packed), entry.unpacked_size)
            if start == file.tell():
                file.write(struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, entry.method, 0, 0x21, *sizes, len(name), 0))
                file.write(name + entry.packed)
            central.append(
                struct.pack(
                    "<4s6H3L5H2L", b"PK\1\2", 0x314, 20, 0, entry.method, 0, 0x21, *sizes, len(name), 0, 0, 0, 0,
                    entry.mode, start,
                ) + name
            )  # fmt: skip
        at, directory = file.tell(), b"".join(central)
        count = min(len(entries), 0xFFFF)
        file.write(directory)
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), at, 0))
