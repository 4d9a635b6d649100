"""One row of an answer, in one trip to PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from registry import replicas

# A tile is milliseconds of work: starting workers, or compiling the query, would take longer than answering it. For
# this statement alone: what is sent together is one transaction.
SETTINGS = "SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true);"


def row(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
    """The only row of the statement's answer."""
    with replicas.connection().cursor() as cursor:
        cursor.execute(f"{SETTINGS} {statement}", parameters)
        cursor.nextset()
        found: tuple[Any, ...] = cursor.fetchone()
        return found
