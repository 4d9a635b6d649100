"""For the programs that watch over this one: whether it lives, whether it can serve, whether work in the background
goes on. Open to everyone: they tell ages in seconds, and nothing of what there is."""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from sharing import health

log = logging.getLogger(__name__)
OLDEST_EVENT_S = 60
OLDEST_BEAT_S = 120


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"live": True})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 where database and Redis answer, else 503: send people to another process."""
    found = {"database": _answers(_ask_database), "redis": _answers(_ask_redis)}
    return JsonResponse({"ready": all(found.values()), **found}, status=200 if all(found.values()) else 503)


@never_cache
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """200 where the oldest event not told yet is younger than a minute and beat was seen within two, else 503: look
    after the workers. An age is null where nothing waits, or beat was never seen."""
    try:
        _waiting, outbox_s = health.outbox()
        beat_s = health.beat_age_s()
    except (DatabaseError, RedisError):
        log.warning("Work in the background cannot be looked at", exc_info=True)
        return JsonResponse({"working": False}, status=503)
    working = (outbox_s is None or outbox_s < OLDEST_EVENT_S) and beat_s is not None and beat_s < OLDEST_BEAT_S
    ages = {"outbox_age_s": outbox_s, "beat_age_s": beat_s}
    return JsonResponse({"working": working, **ages}, status=200 if working else 503)


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (DatabaseError, RedisError):
        log.warning("Not ready: %s", ask.__name__, exc_info=True)
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_redis() -> None:
    cache.get(health.BEAT_SEEN)
