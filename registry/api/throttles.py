"""So many calls a minute for each token, each person's sessions, and each address of the unknown."""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from registry.models import ApiToken

log = logging.getLogger(__name__)
WINDOW_S = 60


class PerCaller(BaseThrottle):
    """Counts the calls of a caller in fixed windows of a minute, in Redis. Where Redis is away it lets everyone pass:
    a counter is no reason to refuse work."""

    def allow_request(self, request: Request, view: Any) -> bool:
        key, limit = self._caller(request)
        window = int(time.time()) // WINDOW_S
        name = f"api-calls:{key}:{window}"
        try:
            cache.add(name, 0, timeout=2 * WINDOW_S)
            return int(cache.incr(name)) <= limit
        except (RedisError, ValueError):
            log.warning("Calls are not counted: Redis cannot be reached")
            return True

    def wait(self) -> float:
        """Seconds until the next window."""
        return WINDOW_S - time.time() % WINDOW_S

    def _caller(self, request: Request) -> tuple[str, int]:
        if isinstance(request.auth, ApiToken):
            return f"token-{request.auth.digest[:24]}", settings.API_CALLS_PER_MINUTE
        if request.user.is_authenticated:
            joined = int(request.user.date_joined.timestamp() * 1e6)
            return f"user-{request.user.pk}-{joined}", settings.API_CALLS_PER_MINUTE
        return f"address-{self.get_ident(request)}", settings.API_CALLS_PER_MINUTE_UNKNOWN
