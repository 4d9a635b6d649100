"""Working days between two days, by the calendar that deadlines count with."""

from django.db import migrations

WORKING_DAYS = """
-- Those after `since` up to and including `until` (Regulation 1182/71 art. 3(1): the day of the event does not count):
-- Mondays to Fridays, without the holidays among them, with the weekend days that are worked in exchange. 1 January 1900
-- was a Monday; nothing where `until` comes first.
CREATE FUNCTION sharing_working_days(since date, until date, of_calendar text) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN until <= since THEN 0 ELSE
    5 * ((until - date '1900-01-01') / 7) + least((until - date '1900-01-01') % 7 + 1, 5)
    - 5 * ((since - date '1900-01-01') / 7) - least((since - date '1900-01-01') % 7 + 1, 5)
    + (
        SELECT count(*) FILTER (WHERE working AND extract(isodow FROM day) > 5)
            - count(*) FILTER (WHERE NOT working AND extract(isodow FROM day) <= 5)
        FROM sharing_calendarday WHERE calendar = of_calendar AND day > since AND day <= until
    )::integer
END;
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0011_search")]

    operations = [migrations.RunSQL(WORKING_DAYS, "DROP FUNCTION sharing_working_days(date, date, text)")]
