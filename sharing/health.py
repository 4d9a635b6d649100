"""Whether work in the background goes on: the last signs of life of beat and of who does long work, and what waits in
the outbox."""

import time

from django.core.cache import cache
from django.db.models import Count, Min
from django.utils import timezone

from sharing.models import Event

BEAT_SEEN, WORKER_SEEN = "beat-seen", "worker-seen"


def note(seen: str) -> None:
    """That beat has asked for work, and a worker took it, just now: one of what tells people, or of all else."""
    cache.set(seen, time.time(), timeout=None)


def age_s(seen: str) -> float | None:
    """Seconds since it was noted; None before the first time."""
    noted = cache.get(seen)
    return None if noted is None else round(time.time() - noted, 1)


def outbox() -> tuple[int, float | None]:
    """How many events nobody was told of yet, and the age of the oldest, in seconds."""
    found = Event.objects.undispatched().order_by().aggregate(count=Count("pk"), oldest=Min("occurred_at"))
    oldest = found["oldest"]
    return found["count"], None if oldest is None else round((timezone.now() - oldest).total_seconds(), 1)
