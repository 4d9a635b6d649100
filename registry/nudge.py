"""A nudge to Celery: work that waits in the database is begun at once instead of at beat's next sweep."""

import logging
import time
from collections.abc import Callable
from functools import partial

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)
# After a failure no further nudge is tried for this long, so that a lost broker delays one request and not each.
QUIET_S = 30.0


class Nudge:
    """Sends a task by its name, without arguments; never raises for a broken broker, since a sweep follows anyway."""

    def __init__(self) -> None:
        self.quiet_until = 0.0

    def __call__(self, task: str) -> None:
        if time.monotonic() < self.quiet_until:
            return
        try:
            current_app.send_task(task, retry=False, ignore_result=True)
        except (OperationalError, OSError) as error:
            self.quiet_until = time.monotonic() + QUIET_S
            log.warning("Celery was not nudged to %s: %s", task, error)


nudge = Nudge()


def nudge_on_commit(task: str) -> None:
    """Nudges Celery to run `task` once this transaction commits; once, however many of its verbs ask for it."""
    if not any(_is_nudge(entry[1], task) for entry in connection.run_on_commit):
        transaction.on_commit(partial(nudge, task), robust=True)


def _is_nudge(callback: Callable[[], object], task: str) -> bool:
    return isinstance(callback, partial) and callback.func is nudge and callback.args == (task,)
