"""Small pieces of HTML that lists and pages share; their classes are in the stylesheets of admin and site."""

from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

# What a status means for whoever looks at it: done, under way, waiting for someone, over.
TONES = {
    "in_service": "good",
    "approved": "good",
    "active": "good",
    "granted": "good",
    "matched": "good",
    "done": "good",
    "sent": "good",
    "open": "good",
    "planned": "busy",
    "submitted": "busy",
    "running": "busy",
    "queued": "busy",
    "consented": "busy",
    "requested": "busy",
    "held": "busy",
    "reserved": "busy",
    "pending": "wait",
    "restricted": "wait",
    "refused": "bad",
    "rejected": "bad",
    "failed": "bad",
    "parked": "bad",
    "core": "bad",
    "out_of_service": "bad",
}


def tag(code: str, text: str | Promise) -> SafeString:
    """A coded state as a coloured word."""
    return format_html('<span class="tag tag-{}">{}</span>', TONES.get(code, "quiet"), text)


def due(moment: datetime | None) -> str:
    """The day of a deadline; one gone by stands out."""
    if moment is None:
        return "–"
    day = day_of(moment)
    if moment < timezone.now():
        return tag("refused", _("%(day)s, overdue") % {"day": day})
    return format_html('<span class="nowrap">{}</span>', day)


def day_of(deadline: datetime) -> str:
    """Its last day, by the registry's clock: whoever reads it elsewhere has no day more."""
    return date_format(timezone.localtime(deadline, timezone.get_default_timezone()), "SHORT_DATE_FORMAT")


def days(period: DateRange | None) -> str:
    """A half-open period as its first and last day, or with an open end."""
    if period is None or period.lower is None:
        return "–"
    first = date_format(period.lower, "SHORT_DATE_FORMAT")
    if period.upper is None:
        return _("from %(first)s, without end") % {"first": first}
    last = date_format(period.upper - period.upper.resolution, "SHORT_DATE_FORMAT")
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


def numbers(units: NumericRange) -> str:
    """A half-open range of unit numbers as people write it: 3 or 3–5."""
    return f"{units.lower}" if units.upper == units.lower + 1 else f"{units.lower}–{units.upper - 1}"
