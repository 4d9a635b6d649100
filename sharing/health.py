"""Whether work in the background goes on: beat's last sign of life, and what waits in the outbox."""

import time

from django.core.cache import cache
from django.db.models import Count, Min
from django.utils import timezone

from sharing.models import Event

BEAT_SEEN = "beat-seen"


def note_beat() -> None:
    """That beat has asked for work, and a worker took it, just now."""
    cache.set(BEAT_SEEN, time.time(), timeout=None)


def beat_age_s() -> float | None:
    """Seconds since note_beat; None before the first."""
    seen = cache.get(BEAT_SEEN)
    return None if seen is None else round(time.time() - seen, 1)


def outbox() -> tuple[int, float | None]:
    """How many events nobody was told of yet, and the age of the oldest, in seconds."""
    found = Event.objects.undispatched().order_by().aggregate(count=Count("pk"), oldest=Min("occurred_at"))
    oldest = found["oldest"]
    return found["count"], None if oldest is None else round((timezone.now() - oldest).total_seconds(), 1)
