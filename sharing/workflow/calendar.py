"""Working days: Monday to Friday, but for the days of the calendar that differ (sharing.models.CalendarDay)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import count

import holidays
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sharing.models import CalendarDay

SATURDAY = 5


def add_working_days(day: date, days: int, *, calendar: str | None = None) -> date:
    """The `days`-th working day after `day` (before it, where negative), `day` itself not counted.

    Regulation (EEC, Euratom) 1182/71 art. 3(1) counts so too: the day of the event is not within the period.
    No days are `day` itself.
    """
    if not days:
        return day
    step = 1 if days > 0 else -1
    # Nowhere does more than half of a span of weeks stand still, so one query nearly always suffices.
    reach = timedelta(days=30 + 3 * abs(days))
    known = _differing(day - reach, day + reach, calendar or settings.CALENDAR)
    left = abs(days)
    for distance in count(1):
        candidate = day + timedelta(days=distance * step)
        if abs(candidate - day) > reach:
            return add_working_days(candidate - timedelta(days=step), left * step, calendar=calendar)
        if known.get(candidate, candidate.weekday() < SATURDAY):
            left -= 1
            if not left:
                return candidate
    raise AssertionError("days never run out")


def end_of(day: date) -> datetime:
    """The last moment of `day` in the registry's time zone: a deadline falls at the end of its day
    (Regulation 1182/71 art. 3(2)(b))."""
    return timezone.make_aware(datetime.combine(day, time.max))


def start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def deadline(working_days: int) -> datetime:
    """The end of the `working_days`-th working day from today."""
    return end_of(add_working_days(timezone.localdate(), working_days))


def with_grace(moment: datetime) -> datetime:
    """Until when units stay held whose deadline is `moment`."""
    return end_of(add_working_days(timezone.localdate(moment), settings.HOLD_GRACE_WORKING_DAYS))


def _differing(first: date, last: date, calendar: str) -> dict[date, bool]:
    days = CalendarDay.objects.filter(calendar=calendar, day__range=(first, last))
    return dict(days.values_list("day", "working"))


@transaction.atomic
def load(country: str, years: Iterable[int]) -> int:
    """Writes the public holidays of `country` (ISO 3166) and the weekend days worked in exchange (调休), as the
    `holidays` package has them; returns how many days that is. Days added by hand stay.

    Raises ValueError for a country that the package does not have.
    """
    wanted = sorted(set(years))
    try:
        language = holidays.country_holidays(country).default_language
        public = holidays.country_holidays(country, years=wanted, language=language)
    except NotImplementedError as error:
        raise ValueError(str(error)) from error
    worked = [day for day in getattr(public, "weekend_workdays", ()) if day.year in wanted]
    days = [CalendarDay(calendar=country, day=day, name=name, working=False) for day, name in public.items()]
    days += [CalendarDay(calendar=country, day=day, name=_("Worked in exchange"), working=True) for day in worked]
    CalendarDay.objects.bulk_create(
        [day for day in days if day.day.year in wanted],
        update_conflicts=True,
        unique_fields=["calendar", "day"],
        update_fields=["name", "working"],
    )
    return sum(day.day.year in wanted for day in days)
