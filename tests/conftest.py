from collections.abc import Iterator
from functools import cache

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import TransactionTestCase

from config.celery import app
from sharing.matching import snapshot
from sharing.monitoring import kept

# As migrating leaves them; all else a test begins without.
KEPT = {"django_content_type", "auth_permission"}


@pytest.fixture(autouse=True, scope="session")
def nudges_reach_no_worker_of_this_machine() -> Iterator[None]:
    """Tests nudge a queue of their own process; journeys that need workers start a Redis of their own."""
    app.conf.update(broker_url="memory://")
    yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """A cell of one asset: what grows is the matter of tests/registry/test_cells.py alone."""
    connection.settings_dict["OPTIONS"] = {"options": "-c registry.cell_holds=1"}


@pytest.fixture(autouse=True, scope="session")
def each_worker_remembers_for_itself(worker_id: str) -> Iterator[None]:
    """Each of their databases begins its numbers at 1: a code that one's person 7 has used, or an answer kept for
    them, would be taken for that of another's."""
    prefix = f"{settings.CACHES['default']['KEY_PREFIX']}-{worker_id}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(settings.CACHES["default"], "KEY_PREFIX", prefix)
        patch.setattr(caches["default"], "key_prefix", prefix)
        yield


@pytest.fixture(autouse=True, scope="session")
def guesses_at_passwords_are_not_counted() -> Iterator[None]:
    """Which takes three queries a sign-in; the tests of signing in count them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "AXES_ENABLED", False)
        yield


@pytest.fixture(autouse=True, scope="session")
def calls_are_as_many_as_tests_make() -> Iterator[None]:
    """Strangers are counted by their address, which all tests at once share; the tests of limits set their own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("API_CALLS_PER_MINUTE", "API_CALLS_PER_MINUTE_UNKNOWN"):
            patch.setattr(settings, name, 10**6)
        yield


@pytest.fixture(autouse=True, scope="session")
def nothing_is_kept_for_taking_long() -> Iterator[None]:
    """Which on a busy machine all may; the tests of what is kept say what takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "LONG_S", 600.0)
        yield


@pytest.fixture(autouse=True, scope="session")
def what_a_test_committed_is_removed_quickly() -> Iterator[None]:
    """Django truncates every table after a test that commits, seconds of work for PostgreSQL; few hold any row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _remove_all_rows)
        yield


def _remove_all_rows(_test: TransactionTestCase) -> None:
    filled = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in _tables())
    with connection.cursor() as cursor:
        cursor.execute(filled)
        found = [table for (table,) in cursor.fetchall()]
        # No trigger keeps a row from going, nor notes that it went.
        removed = "".join(f"DELETE FROM {table};" for table in found)
        cursor.execute(f"SET session_replication_role = replica; {removed} SET session_replication_role = DEFAULT")
    snapshot.forget()


@cache
def _tables() -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [connection.ops.quote_name(name) for name in sorted({*names} - KEPT)]
