"""Every text that a person reads is there in Chinese."""

import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.utils.functional import Promise
from django.utils.translation import trans_real

ROOMS = ("config", "registry", "sharing")
CATALOG = "locale/zh_Hans/LC_MESSAGES/django.po"
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
    catalog = (gathered / room / CATALOG).read_text(encoding="utf-8")
    _head, entries = catalog.split("\n\n", 1)

    assert [match["text"] for match in ENTRY.finditer(entries + "\n")] == []
    assert [block for block in entries.split("\n\n") if "fuzzy" in block.split("msgid")[0]] == []


@pytest.mark.parametrize("folder", [*ROOMS, "config/unfold"])
def test_no_text_is_shown_as_another_catalog_has_it(tmp_path: Path, folder: str):
    """Django merges all catalogs into one, where a text that several have without a context is said as the first says
    it: what is rejected or read here may be something else there, also in a package."""
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "-o", compiled, settings.BASE_DIR / folder / CATALOG], check=True)
    with compiled.open("rb") as file:
        own: Any = GNUTranslations(file)
    shown: Any = trans_real.translation("zh-hans")

    differing = {key: (text, shown._catalog[key]) for key, text in own._catalog.items() if key}

    assert {key: texts for key, texts in differing.items() if texts[0] != texts[1]} == {}


def test_columns_that_the_admin_shows_are_named_in_the_readers_language():
    unnamed = set()
    for model, page in admin.site._registry.items():
        names = flatten([*page.list_display, *(page.fields or ())])
        fields = {field.name: field for field in model._meta.concrete_fields if not hasattr(page, field.name)}
        shown = [fields[name] for name in names if name in fields]
        unnamed |= {str(field) for field in shown if not isinstance(field.verbose_name, Promise)}

    assert {name for name in unnamed if name.startswith(ROOMS)} == set()


def test_the_words_of_the_field_are_the_fields_own():
    catalogs = "".join((settings.BASE_DIR / room / CATALOG).read_text(encoding="utf-8") for room in ROOMS)

    for english, chinese in {
        "demand list": "需求清单", "tower": "杆塔", "duct": "管道", "fiber": "光缆", "equipment room": "机房",
        "co-build group": "共建组", "core": "纤芯", "rack unit": "机架单元（U）",
    }.items():  # fmt: skip
        assert f'msgid "{english}"\nmsgstr "{chinese}"' in catalogs
