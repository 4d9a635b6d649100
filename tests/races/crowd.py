"""Many at once, each on a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

PATIENCE_S = 60


def at_once(acts: Sequence[Callable[[], Any]], *, search_path: str = "public") -> list[Any]:
    """Lets all `acts` go at the same moment; what each returned, or the exception that it raised.

    search_path: the schemas that their connections see tables in.
    """
    start = threading.Barrier(len(acts))

    def go(act: Callable[[], Any]) -> Any:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET search_path = {search_path}")
                cursor.execute(f"SET statement_timeout = '{PATIENCE_S}s'")
            start.wait(PATIENCE_S)
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(go, acts))


def kinds(outcomes: Sequence[Any]) -> dict[str, int]:
    """How many outcomes were which: the name of the exception's type, or "done"."""
    names = [type(outcome).__name__ if isinstance(outcome, Exception) else "done" for outcome in outcomes]
    return {name: names.count(name) for name in sorted(set(names))}
