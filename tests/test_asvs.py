"""docs/asvs.md counts its own rows, and names files and tests that exist; docs/security.md too."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE, BESIDE = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("asvs.md", "security.md"))
# How many ASVS 5.0.0 has of each level.
REQUIREMENTS = {"1": 70, "2": 183}
CHAPTER = re.compile(r"^## (V\d+ .+)$", re.MULTILINE)
ROW = re.compile(
    r"^\| (V[\d.]+(?:, V[\d.]+)*) \| ([12]) \| .+? \| (met|n/a|\*\*open\*\*) \| .+ \| (.+) \|$", re.MULTILINE
)
COUNTS = re.compile(r"^\| (?:\*\*)?(.+?)(?:\*\*)? \|" + r" (?:\*\*)?(\d+)(?:\*\*)? \|" * 4 + "$", re.MULTILINE)
# What has a folder or a suffix, and does not begin as an address does; with the test in it where one is named.
NAMED = re.compile(r"`(\w[\w.-]*/[\w./-]*|[\w-]+\.(?:json|toml|txt))((?:::\w+)*)`")
ANCHOR = re.compile(r"\(security\.md#([\w-]+)\)")


def rows() -> Iterator[tuple[str, list[str], str, str, str]]:
    """Chapter, ids, level, state and test of each row."""
    _head, *parts = CHAPTER.split(PAGE)
    for chapter, text in zip(parts[::2], parts[1::2], strict=True):
        for ids, level, state, test in ROW.findall(text):
            yield chapter, ids.split(", "), level, state.strip("*"), test


def exists(file: str, test: str) -> bool:
    path = ROOT / file
    if not test:
        return path.exists()
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    *classes, function = test.removeprefix("::").split("::")
    return bool(re.search(rf"^{'    ' * len(classes)}(async )?def {function}\(", source, re.MULTILINE)) and all(
        re.search(rf"^class {name}\b", source, re.MULTILINE) for name in classes
    )


def test_the_files_and_tests_that_it_names_exist():
    named = sorted({*NAMED.findall(PAGE), *NAMED.findall(BESIDE)})
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", BESIDE, re.MULTILINE)}

    assert len([test for _file, test in named if test]) > 100
    assert [file + test for file, test in named if not exists(file, test)] == []
    assert set(ANCHOR.findall(PAGE)) <= headings


def test_each_requirement_has_one_row_and_what_is_met_says_what_shows_it():
    found = list(rows())
    ids = [one for _chapter, ids, *_rest in found for one in ids]

    assert len(found) == len(re.findall(r"^\| V\d+\.", PAGE, re.MULTILINE))
    assert len(ids) == len(set(ids)) == sum(REQUIREMENTS.values())
    assert {*ids} == {one for one in ids if re.fullmatch(r"V\d+\.\d+\.\d+", one)}
    shown = re.compile(r"`tests/|\*read\*$")
    assert [ids for _chapter, ids, _level, state, test in found if state == "met" and not shown.match(test)] == []


def test_the_counts_are_those_of_the_rows():
    counted: dict[str, Counter[str]] = {}
    for chapter, ids, level, state, _test in rows():
        for name in (chapter, f"level {level}", "all"):
            counted.setdefault(name, Counter())[state] += len(ids)
    stated = {name: tuple(map(int, numbers)) for name, *numbers in COUNTS.findall(PAGE.split("\n## ")[0])}

    assert stated == {
        name: (count["met"], count["n/a"], count["open"], count.total()) for name, count in counted.items()
    }
    assert {level: stated[f"level {level}"][-1] for level in REQUIREMENTS} == REQUIREMENTS
