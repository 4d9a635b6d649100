"""Every text that a person reads is there in Chinese."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOMS = ("config", "registry", "sharing")
GATHER = ("--locale", "zh_Hans", "--no-wrap", "--no-obsolete", "--add-location", "never")
ENTRY = re.compile(r'^msgid (?P<text>".*"(?:\n".*")*)\n(?:msgid_plural .*\n)?msgstr(?:\[0\])? ""\n(?!")', re.MULTILINE)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources with their translations, brought up to date as `make messages` does."""
    copy = tmp_path_factory.mktemp("sources")
    for room in ROOMS:
        shutil.copytree(
            settings.BASE_DIR / room, copy / room, ignore=shutil.ignore_patterns("*.mo", "__pycache__", "data")
        )
    command = [sys.executable, settings.BASE_DIR / "manage.py", "makemessages", *GATHER]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return copy


@pytest.mark.parametrize("room", ROOMS)
def test_each_text_has_a_translation_that_is_certain(gathered: Path, room: str):
    catalog = (gathered / room / "locale/zh_Hans/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    _head, entries = catalog.split("\n\n", 1)

    assert [match["text"] for match in ENTRY.finditer(entries + "\n")] == []
    assert [block for block in entries.split("\n\n") if "fuzzy" in block.split("msgid")[0]] == []


def test_the_words_of_the_field_are_the_fields_own():
    catalogs = "".join(
        (settings.BASE_DIR / room / "locale/zh_Hans/LC_MESSAGES/django.po").read_text(encoding="utf-8")
        for room in ROOMS
    )

    for english, chinese in {
        "demand list": "需求清单", "tower": "铁塔", "duct": "管道", "fiber": "光缆", "equipment room": "机房",
        "co-build group": "共建组", "core": "纤芯", "rack unit": "机架单元（U）",
    }.items():  # fmt: skip
        assert f'msgid "{english}"\nmsgstr "{chinese}"' in catalogs
