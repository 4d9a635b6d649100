"""Which of the encodings of the field a text is in: UTF-8, UTF-16, GB 18030, or Windows-1252."""

import codecs
import re

from django.utils.translation import gettext as _

from registry.importing.table import UnreadableFile

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_BYTES = 1 << 16
HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def detect_encoding(data: bytes) -> str:
    """The Python name of the encoding of `data`.

    A byte order mark decides; then zero bytes (UTF-16 of mostly Latin text); then whether it is valid UTF-8, which
    text in another encoding practically never is. What is left is GB 18030 or Windows-1252, and the two overlap: in
    "DÉNOMINATION" of Windows-1252 the bytes of "ÉN" are a Chinese character too. But Chinese characters come as byte
    pairs that are both high (GB 2312 row and cell), so in runs of even length, while accents stand alone.
    """
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return encoding
    sample = data[:SAMPLE_BYTES]
    if b"\0" in sample:
        return "utf-16-le" if sample[1::2].count(0) >= sample[0::2].count(0) else "utf-16-be"
    if _decodes(data, "utf-8"):
        return "utf-8"
    runs = [len(run) for run in HIGH_RUN.findall(data)]
    even = sum(length for length in runs if length % 2 == 0)
    if even * 2 > sum(runs) and _decodes(data, "gb18030"):
        return "gb18030"
    return "cp1252" if _decodes(data, "cp1252") else "latin-1"


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of `data` and the encoding it was read in (detected when not given).

    Raises UnreadableFile when the given encoding is unknown or does not fit.
    """
    chosen = encoding or detect_encoding(data)
    try:
        return data.decode(chosen), chosen
    except (LookupError, UnicodeDecodeError) as error:
        raise UnreadableFile(_("The file cannot be read as %(encoding)s.") % {"encoding": chosen}) from error


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
