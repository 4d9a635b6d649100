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
# Of work that may be long a worker can be full for as long as a task may take (CELERY_TASK_TIME_LIMIT).
OLDEST_S = {health.BEAT_SEEN: 120, health.WORKER_SEEN: 1200}


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
    """200 where the oldest event not told yet is younger than a minute, and beat was seen within two, who does long
    work within twenty; else 503: look after the workers. An age is null where nothing waits, or nobody was seen."""
    try:
        _waiting, outbox_s = health.outbox()
        seen = {name: health.age_s(name) for name in OLDEST_S}
    except (DatabaseError, RedisError):
        log.warning("Work in the background cannot be looked at", exc_info=True)
        return JsonResponse({"working": False}, status=503)
    at_work = all(age is not None and age < OLDEST_S[name] for name, age in seen.items())
    working = at_work and (outbox_s is None or outbox_s < OLDEST_EVENT_S)
    ages = {"outbox_age_s": outbox_s, "beat_age_s": seen[health.BEAT_SEEN], "worker_age_s": seen[health.WORKER_SEEN]}
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
