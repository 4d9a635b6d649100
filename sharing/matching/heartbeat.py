"""Signs of life of a run while one long step says nothing: so that only a dead worker's run is taken up by another."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils import timezone

from sharing.models import MatchRun

BEAT_S = 20.0

logger = logging.getLogger(__name__)


@contextmanager
def heartbeat(run: QuerySet[MatchRun]) -> Iterator[None]:
    """Sets `alive_at` of the run every BEAT_S seconds, on a connection of its own, until the block ends."""
    over = Event()
    thread = Thread(target=_beat, args=(run, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(run: QuerySet[MatchRun], over: Event) -> None:
    while not over.wait(BEAT_S):
        try:
            run.update(alive_at=timezone.now())
        except DatabaseError:
            logger.warning("a match run could not give a sign of life", exc_info=True)
        finally:
            connection.close()
