"""So many calls a minute for each token, each person's sessions, and each address of the unknown."""

import logging
import time
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from registry.models import ApiToken
from registry.networks import network_of

log = logging.getLogger(__name__)
WINDOW_S = 60
# A counter that does not answer by then holds up no call.
LONGEST_WAIT_S = 1.0
# One more, forgotten after a while: in one trip to Redis, and never a counter that stays.
COUNT = """
    local calls = redis.call('INCR', KEYS[1])
    if calls == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
    return calls
"""


class PerCaller(BaseThrottle):
    """Counts the calls of a caller in fixed windows of a minute, in Redis. Where Redis is away it lets everyone pass:
    a counter is no reason to refuse work."""

    def allow_request(self, request: Request, view: Any) -> bool:
        key, limit = self._caller(request)
        window = int(time.time()) // WINDOW_S
        store = settings.CACHES["default"]
        name = f"{store['KEY_PREFIX']}:api-calls:{key}:{window}"
        try:
            return int(_counting(store["LOCATION"])(keys=[name], args=[2 * WINDOW_S])) <= limit
        except RedisError:
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
        return f"address-{network_of(self.get_ident(request))}", settings.API_CALLS_PER_MINUTE_UNKNOWN


@cache
def _counting(location: str) -> Script:
    """The script as Redis at that address runs it, by connections that are kept."""
    server: Redis = Redis.from_url(location, socket_timeout=LONGEST_WAIT_S, socket_connect_timeout=LONGEST_WAIT_S)
    return server.register_script(COUNT)
