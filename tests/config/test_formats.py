"""Days and moments: the short forms are one and the same in each language, the long ones are its own."""

import re
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.forms import DateField
from django.utils.formats import date_format
from django.utils.translation import override

ROOMS = ("config", "registry", "sharing")
NAMED = r"(?:SHORT_)?DATE(?:TIME)?_FORMAT|TIME_FORMAT|YEAR_MONTH_FORMAT|MONTH_DAY_FORMAT"
# "c" is for machines: the attribute datetime of <time>.
IN_TEMPLATE = re.compile(rf"""\|(?:date|time):["'](?!(?:{NAMED}|c)["'])""")
IN_CODE = re.compile(rf"""(?:date|time)_format\([^"'\n]*,\s*["'](?!(?:{NAMED})["'])""")


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [("en", "3 March 2027", "3 March 2027, 14:05"), ("zh-hans", "2027年3月3日", "2027年3月3日 14:05")],
)
def test_the_short_forms_are_the_same_in_each_language(language: str, day: str, moment: str):
    at = datetime(2027, 3, 3, 14, 5, tzinfo=UTC)
    with override(language):
        assert [
            date_format(at, f"{name}_FORMAT")
            for name in ("SHORT_DATE", "SHORT_DATETIME", "YEAR_MONTH", "DATE", "DATETIME")
        ] == ["2027-03-03", "2027-03-03 14:05", "2027-03", day, moment]


@pytest.mark.parametrize(
    ("language", "typed"),
    [("en", "2027-03-04"), ("en", "03/04/2027"), ("zh-hans", "2027-03-04"), ("zh-hans", "2027/03/04"),
     ("zh-hans", "2027年3月4日")],
)  # fmt: skip
def test_what_people_type_is_read_as_a_day(language: str, typed: str):
    with override(language):
        assert DateField().clean(typed) == date(2027, 3, 4)


def test_no_template_and_no_text_has_a_form_of_its_own():
    own = [
        f"{path.relative_to(settings.BASE_DIR)}: {line.strip()}"
        for room in ROOMS
        for ending, pattern in (("html", IN_TEMPLATE), ("txt", IN_TEMPLATE), ("py", IN_CODE))
        for path in (settings.BASE_DIR / room).rglob(f"*.{ending}")
        for line in path.read_text(encoding="utf-8").splitlines()
        if pattern.search(line)
    ]

    assert own == []
