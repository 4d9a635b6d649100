"""Zip archives from strangers: named members only, bounded in size, unpacked into a folder of their own."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy
from pathlib import Path

from django.utils.translation import gettext as _

from registry.importing.table import UnreadableFile

MAX_UNPACKED_BYTES = 512 << 20
# What is larger than GROWS_UNNOTICED_BYTES unpacks to at most so many times its size: tables and maps shrink to a
# thirtieth, a bomb to a thousandth.
MOST_GROWTH = 100
GROWS_UNNOTICED_BYTES = 64 << 20
MAX_MEMBERS = 10_000
LONGEST_DIRECTORY_BYTES = MAX_MEMBERS * 512
CHUNK_BYTES = 1 << 20
SHAPEFILE_PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
# APPNOTE.TXT 4.3.14 to 4.3.16: where the directory of an archive ends.
END, END_64, LOCATOR_64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
LONGEST_COMMENT_BYTES = 1 << 16
FAULTS = (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, OSError, RuntimeError)


def check_archive(path: Path) -> list[zipfile.ZipInfo]:
    """The files in the archive at `path`.

    Raises UnreadableFile when it is none, is encrypted, or would unpack beyond MAX_UNPACKED_BYTES, MOST_GROWTH or
    MAX_MEMBERS.
    """
    if _directory_bytes(path) > LONGEST_DIRECTORY_BYTES:
        raise _too_large()
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except FAULTS as error:
        raise _damaged() from error
    if len(members) > MAX_MEMBERS:
        raise _too_large()
    check_growth(path, sum(member.file_size for member in members))
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile(_("The archive is encrypted."))
    return members


def check_growth(path: Path, unpacked_bytes: int) -> None:
    """Of a packed file, whatever its format. Raises UnreadableFile."""
    most = max(GROWS_UNNOTICED_BYTES, MOST_GROWTH * path.stat().st_size)
    if unpacked_bytes > min(most, MAX_UNPACKED_BYTES):
        raise _too_large()


def unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a member, bit by bit. Raises UnreadableFile where there is more of it than its header says, so
    that one which lies gets no further than one which does not."""
    # Python stops at the size that the header states; other readers go on, so what comes after it is looked for.
    whole = copy(member)
    whole.file_size, whole.CRC = member.file_size + 1, None  # type: ignore[assignment]
    left, checksum = member.file_size, 0
    try:
        with archive.open(whole) as source:
            while chunk := source.read(CHUNK_BYTES):
                left, checksum = left - len(chunk), zlib.crc32(chunk, checksum)
                if left < 0:
                    raise _damaged()
                yield chunk
    except FAULTS as error:
        raise _damaged() from error
    if left or checksum != member.CRC:
        raise _damaged()


def unpack_shapefiles(path: Path, folder: Path) -> dict[str, Path]:
    """Unpack the parts of every Shapefile in the archive into `folder`: layer name -> path of its .shp.

    Members are written under names of our own, so a name such as `../../x` leads nowhere.
    """
    layers: dict[str, Path] = {}
    members = [member for member in check_archive(path) if not member.filename.startswith("__MACOSX/")]
    stems = sorted({_stem(m.filename) for m in members if Path(m.filename).suffix.lower() == ".shp"})
    with zipfile.ZipFile(path) as archive:
        for number, stem in enumerate(stems):
            for member in members:
                suffix = Path(member.filename).suffix.lower()
                if _stem(member.filename) == stem and suffix in SHAPEFILE_PARTS:
                    with (folder / f"layer{number}{suffix}").open("wb") as sink:
                        sink.writelines(unpacked(archive, member))
            layers[Path(stem).name] = folder / f"layer{number}.shp"
    if not layers:
        raise UnreadableFile(_("The archive holds no Shapefile (.shp)."))
    return layers


def _directory_bytes(path: Path) -> int:
    """How long the directory of the archive says it is, before zipfile reads it whole into memory; 0 where there is
    none to be found, as zipfile will say."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_COMMENT_BYTES - END.size - LOCATOR_64.size - END_64.size))
        tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + END.size > len(tail):
        return 0
    stated: int = END.unpack_from(tail, at)[5]
    before = at - LOCATOR_64.size - END_64.size
    if before >= 0 and tail.startswith(b"PK\6\7", at - LOCATOR_64.size) and tail.startswith(b"PK\6\6", before):
        stated = END_64.unpack_from(tail, before)[8]
    return stated


def _stem(filename: str) -> str:
    return filename[: -len(Path(filename).suffix)] if Path(filename).suffix else filename


def _too_large() -> UnreadableFile:
    return UnreadableFile(_("The file is too large when unpacked."))


def _damaged() -> UnreadableFile:
    return UnreadableFile(_("The archive is damaged."))
