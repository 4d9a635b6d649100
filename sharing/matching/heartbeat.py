"""Signs of life of work in the background while one long step says nothing: so that only what a dead worker left is
taken up by another."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils import timezone

BEAT_S = 20.0

logger = logging.getLogger(__name__)


@contextmanager
def heartbeat(*living: QuerySet[Any]) -> Iterator[None]:
    """Sets `alive_at` of these rows every BEAT_S seconds, on a connection of its own, until the block ends."""
    over = Event()
    thread = Thread(target=_beat, args=(living, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(living: tuple[QuerySet[Any], ...], over: Event) -> None:
    while not over.wait(BEAT_S):
        try:
            for rows in living:
                rows.update(alive_at=timezone.now())
        except DatabaseError:
            logger.warning("work in the background could not give a sign of life", exc_info=True)
        finally:
            connection.close()
