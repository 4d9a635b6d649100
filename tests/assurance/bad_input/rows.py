"""Whether anything was written: how many rows each table has, and what is in them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def counts() -> dict[str, int]:
    """Rows of every table of the registry, by its name."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    counted = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {connection.ops.quote_name(name)}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(counted)
        return dict(cursor.fetchall())


@contextmanager
def nothing_written(by: str, **but: int) -> Iterator[None]:
    """by: what is tried. but: rows that come, by the name of their table."""
    before = counts()
    yield
    after = counts()
    assert {name: rows - before[name] for name, rows in after.items() if rows != before[name]} == but, by


def contents() -> dict[str, str]:
    """A digest of every table of the registry, by its name."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    digests = " UNION ALL ".join(
        f"SELECT '{name}', md5(string_agg(row::text, E'\\n' ORDER BY row::text))"
        f" FROM {connection.ops.quote_name(name)} AS row"
        for name in names
    )
    with connection.cursor() as cursor:
        cursor.execute(digests)
        return dict(cursor.fetchall())


@contextmanager
def nothing_changed(by: str) -> Iterator[None]:
    """by: what is tried."""
    before = contents()
    yield
    after = contents()
    assert {name for name in after if after[name] != before[name]} == set(), by
