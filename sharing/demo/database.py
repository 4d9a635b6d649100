"""The demo's database: emptied at each run, but only when it is the demo's own.

The mark is a comment on the database, which `psql -l+` shows and which no backup of tables carries elsewhere.
"""

import time

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext as _

from registry.models import Organization, User

MARK = "Infrashare demo: emptied whenever the demo runs"
PATIENCE_S = 10.0

TABLES = """
SELECT relname FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
# All that no extension owns; the statements are collected first, because one drop takes others with it.
EMPTY = """
DO $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY (
        SELECT coalesce(array_agg(format('DROP TABLE IF EXISTS %s CASCADE', c.oid::regclass)), '{}')
        FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
    ) || (
        SELECT coalesce(array_agg(format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure)), '{}')
        FROM pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
    ) LOOP
        EXECUTE statement;
    END LOOP;
END $$
"""


class NotTheDemos(Exception):
    """The database must not be emptied; the message says why and what to do instead."""


def start_afresh() -> None:
    """Empty the demo's database and make its tables anew. Raises NotTheDemos, with nothing changed."""
    if not settings.DEBUG:
        raise NotTheDemos(
            _("The demo makes people whose passwords anyone can read: set DEBUG=1 on a machine of your own to run it.")
        )
    _refuse_strangers()
    _wait_for_others_to_leave()
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"COMMENT ON DATABASE {name} IS %s", [MARK])
    call_command("migrate", verbosity=0, interactive=False)


def is_marked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()
            """
        )
        return bool(cursor.fetchone() == (MARK,))


def _refuse_strangers() -> None:
    """A database is the demo's when it says so, or when all that is in it are this project's tables, and nobody."""
    if is_marked():
        return
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        found = {name for (name,) in cursor.fetchall()}
    ours = {*connection.introspection.django_table_names(include_views=False), "django_migrations"}
    filled = [
        model._meta.db_table
        for model in (User, Organization)
        if model._meta.db_table in found and model._default_manager.exists()
    ]
    for table in sorted(found - ours) or filled:
        raise NotTheDemos(
            _(
                "The database %(name)s holds data that the demo did not make (in %(table)s), and is left as "
                "it is: give the demo one of its own with DATABASE_URL."
            )
            % {"name": connection.settings_dict["NAME"], "table": table}
        )


def _wait_for_others_to_leave() -> None:
    """A worker or site at work on the database would fail on every table that vanishes under it."""
    until = time.monotonic() + PATIENCE_S
    while _others():
        if time.monotonic() > until:
            raise NotTheDemos(
                _("Another program is at work on the database (make dev, or another demo): end it, then try again.")
            )
        time.sleep(0.25)


def _others() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend')
            """
        )
        return bool(cursor.fetchone() == (True,))
