"""Days: those that the calendar has, and the one that the database's own functions go by, which is the registry's,
whatever time zone a session sets that writes."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections


def later(day: date, by: timedelta) -> date:
    """The day that much later, or the last there is: people write 9999-12-31 for without end."""
    return date.fromordinal(min(day.toordinal() + by.days, date.max.toordinal()))


def tell_functions(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Has each function that asks for the day ask in TIME_ZONE. After every `migrate`, since the setting may have
    changed, and a function that is replaced forgets it."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """
            SELECT format('ALTER FUNCTION %%s SET timezone = %%L', oid::regprocedure, of.zone)
            FROM pg_proc, (VALUES (%s)) AS of (zone)
            WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'registry_')
                AND prosrc LIKE '%%CURRENT_DATE%%'
                AND NOT coalesce('TimeZone=' || of.zone = ANY (proconfig), false)
            """,
            [settings.TIME_ZONE],
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
