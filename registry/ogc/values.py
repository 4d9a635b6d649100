"""Values as requests write them. Each raises ValueError with what to write."""

import math
from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _


def number(value: float | str) -> float:
    """A finite number, an int where it is whole."""
    try:
        found = float(value)
    except (OverflowError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(_("A number is needed, and none too large."))
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(_("Write true or false."))
    return text == "true"


def plain(text: str) -> str:
    """Text that PostgreSQL can hold."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(_("A text has characters that are none."))
    return text


def day(text: Any) -> date:
    """RFC 3339 full-date."""
    try:
        found = parse_date(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError(_("A date is written 2027-01-31."))
    return found


def moment(text: Any) -> datetime:
    """RFC 3339 date-time, with its offset from UTC."""
    try:
        found = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(_("A timestamp is written 2027-01-31T12:00:00Z."))
    return found
