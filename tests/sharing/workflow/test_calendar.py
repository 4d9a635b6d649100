"""Against the State Council's notice on the holidays of 2026 and its exchanged working days."""

from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from sharing.models import CalendarDay
from sharing.workflow import calendar

pytestmark = pytest.mark.django_db


@pytest.fixture
def china_2026():
    call_command("load_calendar", "--country", "CN", "--years", "2026", verbosity=0)


def test_weekends_do_not_count():
    friday = date(2026, 11, 20)
    assert calendar.add_working_days(friday, 1) == date(2026, 11, 23)
    assert calendar.add_working_days(friday, 10) == date(2026, 12, 4)
    assert calendar.add_working_days(date(2026, 11, 23), -1) == friday


def test_spring_festival_of_2026_and_its_exchanged_weekend_days(china_2026):
    """15 to 23 February off, the Saturdays 14 and 28 February worked (State Council, holidays of 2026)."""
    assert calendar.add_working_days(date(2026, 2, 13), 1) == date(2026, 2, 14)
    assert calendar.add_working_days(date(2026, 2, 14), 1) == date(2026, 2, 24)
    assert calendar.add_working_days(date(2026, 2, 27), 1) == date(2026, 2, 28)
    assert calendar.add_working_days(date(2026, 2, 24), -1) == date(2026, 2, 14)


def test_loading_twice_leaves_the_same_days_and_what_was_added_by_hand(china_2026):
    CalendarDay.objects.create(calendar="CN", day=date(2026, 6, 1), name="Closed for the move")
    before = list(CalendarDay.objects.values_list("calendar", "day", "name", "working"))
    call_command("load_calendar", "--country", "CN", "--years", "2026", verbosity=0)
    assert list(CalendarDay.objects.values_list("calendar", "day", "name", "working")) == before


def test_an_unknown_country_is_refused_and_nothing_is_loaded():
    with pytest.raises(CommandError):
        call_command("load_calendar", "--country", "XX", verbosity=0)
    assert not CalendarDay.objects.exists()


def test_a_deadline_is_the_last_moment_of_its_day_in_the_registrys_zone(settings, time_machine):
    settings.TIME_ZONE = "Asia/Shanghai"
    time_machine.move_to(datetime.fromisoformat("2026-11-19T20:00+00:00"))  # the 20th, a Friday, in Shanghai
    due = calendar.deadline(1)
    assert timezone.localtime(due).isoformat() == "2026-11-23T23:59:59.999999+08:00"


@given(start=st.dates(date(2026, 1, 1), date(2026, 12, 31)), days=st.integers(1, 40), odd=st.sets(st.integers(0, 400)))
def test_counts_as_a_walk_from_day_to_day_does(start, days, odd):
    CalendarDay.objects.all().delete()
    first = date(2025, 12, 1)
    flipped = {first + timedelta(days=offset) for offset in odd}
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar="CN", day=day, name="odd", working=day.weekday() >= 5) for day in flipped
    )

    def works(day: date) -> bool:
        return (day.weekday() < 5) != (day in flipped)

    expected, left = start, days
    while left:
        expected += timedelta(days=1)
        left -= works(expected)
    assert calendar.add_working_days(start, days) == expected
    back, left = start, days
    while left:
        back -= timedelta(days=1)
        left -= works(back)
    assert calendar.add_working_days(start, -days) == back


def test_a_calendar_without_working_days_for_months_is_still_counted():
    start = date(2026, 1, 1)
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar="CN", day=start + timedelta(days=n), name="shut") for n in range(200)
    )
    assert calendar.add_working_days(start, 1) == date(2026, 7, 20)
