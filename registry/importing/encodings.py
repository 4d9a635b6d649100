"""Which of the encodings of the field a text is in: UTF-8, UTF-16, GB 18030, or Windows-1252."""

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from django.utils.translation import gettext as _

from registry.importing.table import UnreadableFile

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_BYTES = 1 << 16
CHUNK_BYTES = 1 << 20
HIGH = bytes(range(0x80, 0x100))
HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def detect_encoding(data: bytes) -> str:
    """As `encoding_of`, of bytes at hand."""
    return encoding_of(BytesIO(data))


def encoding_of(file: BinaryIO) -> str:
    """The Python name of the encoding of what `file` holds, read a chunk at a time.

    A byte order mark decides; then zero bytes (UTF-16 of mostly Latin text); then whether it is valid UTF-8, which
    text in another encoding practically never is. What is left is GB 18030 or Windows-1252, and the two overlap: in
    "DÉNOMINATION" of Windows-1252 the bytes of "ÉN" are a Chinese character too. But Chinese characters come as byte
    pairs that are both high (GB 2312 row and cell), so in runs of even length, while accents stand alone.
    """
    sample = next(_chunks(file), b"")[:SAMPLE_BYTES]
    for bom, encoding in BOMS:
        if sample.startswith(bom):
            return encoding
    if b"\0" in sample:
        return "utf-16-le" if sample[1::2].count(0) >= sample[0::2].count(0) else "utf-16-be"
    if _decodes(file, "utf-8"):
        return "utf-8"
    high = paired = 0
    rest = b""
    for chunk in (*_chunks(file), b""):
        whole = (rest + chunk).rstrip(HIGH) if chunk else rest
        rest = (rest + chunk)[len(whole) :]
        lengths = list(map(len, HIGH_RUN.findall(whole)))
        high, paired = high + sum(lengths), paired + sum(length for length in lengths if length % 2 == 0)
    if paired * 2 > high and _decodes(file, "gb18030"):
        return "gb18030"
    return "cp1252" if _decodes(file, "cp1252") else "latin-1"


@contextmanager
def opened(path: Path, encoding: str | None = None) -> Iterator[tuple[TextIO, str]]:
    """The text of the file at `path`, line ends as they are, and the encoding it is read in (detected when not given).

    Raises UnreadableFile, also within, when the given encoding is unknown or does not fit.
    """
    with path.open("rb") as file:
        chosen = encoding or encoding_of(file)
        file.seek(0)
        try:
            with TextIOWrapper(file, encoding=chosen, newline="") as text:
                yield text, chosen
        except (LookupError, UnicodeError) as error:
            raise UnreadableFile(_("The file cannot be read as %(encoding)s.") % {"encoding": chosen}) from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(file):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
