"""Reads that may lag go to a streaming replica of the database, where there is one; every write, and all else that is
read, to the primary.

What may lag says so itself: `may_lag` at a page, Api.may_lag at a resource, `lagging` in the background. Nothing else
is ever read from the replica, and nothing at all inside a transaction on the primary, so no verb decides by what is
old. In what may lag the replica is asked only while it is near enough: it holds all that was written REPLICA_LAG_S
seconds ago, and all that this browser was shown before. Where it is not, or does not answer, the primary is read.
"""

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

log = logging.getLogger(__name__)
PRIMARY, REPLICA = "default", "replica"
COOKIE = f"{settings.COOKIE_PREFIX}seen"
"""The end of the primary's log when this browser last read from it: what it is shown later is no older."""

AWAY_S = 5.0
"""For so long a replica that did not answer is not asked again, so that a lost one delays few."""

SAMPLE_S = 0.2
SAFE = ("GET", "HEAD")
LSN = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})")

P = ParamSpec("P")
R = TypeVar("R", bound=HttpRequest)
T = TypeVar("T")
_lagging: ContextVar[bool] = ContextVar("lagging", default=False)


class Router:
    """Django's: which database a query set goes to."""

    def db_for_read(self, model: object, **hints: object) -> str:
        return alias()

    def db_for_write(self, model: object, **hints: object) -> str:
        return PRIMARY

    def allow_relation(self, one: object, other: object, **hints: object) -> bool:
        return True

    def allow_migrate(self, database: str, app: str, **hints: object) -> bool:
        return database == PRIMARY


def alias() -> str:
    """The database that is read here and now."""
    return REPLICA if _lagging.get() and not connections[PRIMARY].in_atomic_block else PRIMARY


def connection() -> BaseDatabaseWrapper:
    """For reading by SQL of one's own, in what may lag."""
    return connections[alias()]


class _Standing:
    """What this process knows of primary and replica."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.samples: deque[tuple[float, int]] = deque()
        self.away_until = 0.0

    def needed(self) -> int:
        """The end of the primary's log at some moment not longer ago than the limit: what the replica must hold."""
        now = time.monotonic()
        with self.lock:
            if not self.samples or now - self.samples[-1][0] > SAMPLE_S:
                self.samples.append((now, log_end()))
            while self.samples[0][0] < now - settings.REPLICA_LAG_S:
                self.samples.popleft()
            return self.samples[0][1]

    def is_near(self, seen: int) -> bool:
        """Whether the replica holds what it must, and what was seen."""
        if REPLICA not in settings.DATABASES or time.monotonic() < self.away_until:
            return False
        needed = max(self.needed(), seen)
        try:
            with connections[REPLICA].cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()::text")
                is_replica, replayed = cursor.fetchone()
        except DatabaseError as error:
            self.lose(error)
            return False
        return bool(is_replica) and position(replayed) >= needed

    def lose(self, error: Exception) -> None:
        """The replica has failed."""
        log.warning("The replica failed, so the primary is read: %s", type(error).__name__)
        self.away_until = time.monotonic() + AWAY_S
        connections[REPLICA].close()


standing = _Standing()


def log_end() -> int:
    """Where the primary's log ends now: what is committed lies before."""
    with connections[PRIMARY].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        return position(cursor.fetchone()[0])


def position(lsn: str | None) -> int:
    """PostgreSQL's log sequence number; 0 for what is none."""
    found = LSN.fullmatch(lsn or "")
    return (int(found[1], 16) << 32) + int(found[2], 16) if found else 0


@contextmanager
def _reading() -> Iterator[None]:
    token = _lagging.set(True)
    try:
        yield
    finally:
        _lagging.reset(token)


def lagging(work: Callable[[], T], *, has: Callable[[], bool]) -> T:
    """Does work in the background that only reads: from the replica if it is near enough and `has` finds there what
    the work follows from; once more, from the primary, where the replica fails meanwhile."""
    if standing.is_near(0):
        try:
            with _reading():
                if has():
                    return work()
        except (OperationalError, InterfaceError) as error:
            standing.lose(error)
    return work()


def answered(request: HttpRequest, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The answer to a request that only reads and may lag."""
    known = request.COOKIES.get(COOKIE)
    seen = position(known)
    if request.method not in SAFE or (known and not seen) or not standing.is_near(seen):
        return answer()
    try:
        with _reading():
            response = answer()
    except (OperationalError, InterfaceError) as error:
        standing.lose(error)
        return answer()
    request.has_lagged = True  # type: ignore[attr-defined]
    if response.streaming and not isinstance(response, FileResponse):
        response.streaming_content = _streamed(response.streaming_content)  # type: ignore[attr-defined]
    return response


def _streamed(content: Iterable[bytes]) -> Iterator[bytes]:
    """What leaves in parts is read long after the answer has begun."""
    blocks = iter(content)
    while True:
        with _reading():
            block = next(blocks, None)
        if block is None:
            return
        yield block


def may_lag(
    page: Callable[Concatenate[R, P], HttpResponseBase],
) -> Callable[Concatenate[R, P], HttpResponseBase]:
    """A page that only reads, and whose reader is known already."""

    @wraps(page)
    def lagging_page(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return answered(request, lambda: page(request, *args, **kwargs))

    return lagging_page


class Middleware:
    """Notes in the browser of who is signed in how far the log was when it was shown what the primary says: so nobody
    sees the registry go back, whatever they or a worker for them have written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user: Any = getattr(request, "user", None)
        by_token = "Authorization" in request.headers
        if getattr(request, "has_lagged", False) or by_token or user is None or not user.is_authenticated:
            return response
        end = log_end()
        response.set_cookie(
            COOKIE,
            f"{end >> 32:X}/{end & 0xFFFFFFFF:X}",
            # Then the replica holds it anyway.
            max_age=int(settings.REPLICA_LAG_S) + 1,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response
