"""Others write between two reads of one page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from sharing.models import Match
from sharing.workflow.fingerprint import fingerprint_of

MOST_READS = 200


@contextmanager
def change_after(reads: int, change: Callable[[], object]) -> Iterator[list[str]]:
    """Runs `change` once, right after so many statements; yields the statements as they come."""
    asked: list[str] = []

    def counting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        asked.append(sql)
        if len(asked) == reads:
            change()
        return result

    with connection.execute_wrapper(counting):
        yield asked


@contextmanager
def change_before(words: str, change: Callable[[], object]) -> Iterator[None]:
    """Runs `change` once, right before the first statement with these words in it, of which there must be one."""
    changes = [change]

    def watching(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if changes and words in sql:
            changes.pop()()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watching):
        yield
    assert not changes, "there was no such statement"


def no_page_approves_what_it_does_not_show(
    match: Match, change: Callable[[], object], page: Callable[[], tuple[str, bool]]
) -> None:
    """page: reads a page; gives its fingerprint of `match`, and whether it shows the change. Whenever during the page
    the change is made, its fingerprint is either outdated, or the page shows the change."""
    reads, changed_in_time = 1, 0
    while reads < MOST_READS:
        with transaction.atomic():
            with change_after(reads, change) as asked:
                shown, told = page()
            if len(asked) < reads:
                break
            current = fingerprint_of(Match.objects.get(pk=match.pk))
            assert told or shown != current, f"after {asked[reads - 1][:200]}"
            changed_in_time += told
            transaction.set_rollback(True)
        reads += 1
    assert 3 < reads < MOST_READS
    assert changed_in_time
