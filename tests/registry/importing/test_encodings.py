from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registry.importing.encodings import CHUNK_BYTES, detect_encoding, opened
from registry.importing.table import UnreadableFile

CHINESE = "编号,名称,经度,纬度\n1,洪山区路灯,114.3,30.5\n"
FRENCH = "DÉNOMINATI,VOIE_PORTÉ\nPoutrelles enrobées,Chambéry\n"


def decoded(content: bytes, path: Path, encoding: str | None = None) -> tuple[str, str]:
    path.write_bytes(content)
    with opened(path, encoding) as (text, used):
        return text.read(), used


@pytest.mark.parametrize(
    ("text", "written", "detected"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "utf-16", "utf-16"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        (CHINESE, "utf-16-be", "utf-16-be"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gbk", "gb18030"),
        (FRENCH, "utf-8", "utf-8"),
        (FRENCH, "cp1252", "cp1252"),
        (FRENCH, "latin-1", "cp1252"),
        ("plain", "ascii", "utf-8"),
    ],
)
def test_the_encoding_of_a_table_is_found(text: str, written: str, detected: str, tmp_path: Path) -> None:
    assert decoded(text.encode(written), tmp_path / "x.csv") == (text, detected)


@pytest.mark.parametrize("written", ["utf-8", "gb18030", "cp1252"])
def test_a_file_longer_than_is_read_at_once_is_told_by_its_last_bytes(written: str, tmp_path: Path) -> None:
    text = "x" * (CHUNK_BYTES - 1) + {"cp1252": "é "}.get(written, "区") + "\n"
    assert decoded(text.encode(written), tmp_path / "x.csv") == (text, written)


def test_bytes_that_windows_1252_leaves_undefined_are_read_as_latin_1() -> None:
    assert detect_encoding(b"caf\xe9 \x81") == "latin-1"


@given(st.text("区县杆塔管道光缆机房站址编号名称经纬度高容量", min_size=2))
def test_chinese_of_any_length_is_told_from_accents(text: str) -> None:
    written = ("code,name\n1," + text).encode("gb18030")
    # Two or three characters may happen to be UTF-8 too, which then stands.
    assume(written.decode("utf-8", "replace").count("\ufffd"))
    assert detect_encoding(written) == "gb18030"


@given(st.lists(st.sampled_from(["Chambéry", "Liberté", "Pépinière", "à l'ouest", "Sète"]), min_size=1))
def test_accents_are_told_from_chinese(words: list[str]) -> None:
    assert detect_encoding(" ".join(words).encode("cp1252")) == "cp1252"


@pytest.mark.parametrize("encoding", ["utf-8", "no-such-encoding"])
def test_an_encoding_that_does_not_fit_is_refused(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=encoding):
        decoded(FRENCH.encode("cp1252"), tmp_path / "x.csv", encoding)
