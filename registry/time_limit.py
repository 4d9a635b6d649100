"""How long one question may keep the database busy: a filter without an index reads a million rows, and anyone may ask
for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, transaction

from registry import replicas

LONGEST_FILTER_S = 10
QUERY_CANCELED = "57014"


class TakesTooLong(Exception):
    """PostgreSQL was stopped at the limit; nothing was read."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Each query within is given up after LONGEST_FILTER_S seconds. Raises TakesTooLong."""
    connection = replicas.connection()
    goes_on = connection.in_atomic_block
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{LONGEST_FILTER_S}s"])
            yield
            if goes_on:
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != QUERY_CANCELED:
            raise
        raise TakesTooLong from error
