"""One POST to an address that its organization has chosen, which may be a trap: it is connected to only where every
address of its name is allowed, follows no redirect, knows no proxy, reads little of the answer, and ends in time.

urllib3's connections are used below its pools: given an IP address that was checked, a connection looks nothing up, so
that no second look-up can tell another address; the name goes to TLS and to the header Host.
"""

import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from http.client import HTTPException

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from registry import security
from sharing.notifications.webhooks import addresses
from sharing.notifications.webhooks.target import BadAddress, Target, parse

log = logging.getLogger(__name__)
CONNECT_S = 5.0
# What is kept of an answer's body, and the most that is read of it, bytes.
READ_AT_MOST = 1024
AGENT = "Infrashare-Webhooks"
LONGEST_WAIT_S = 24 * 3600
EXPECTED = (OSError, HTTPException, HTTPError, ValueError)

Resolve = Callable[[str, int], Sequence[str]]


class NotAllowed(Exception):
    """A name that leads to an address which is not public."""


@dataclass(frozen=True)
class Answer:
    """What came of a call. status_code: None where there was no answer. wait: as the receiver asks by Retry-After."""

    started_at: datetime
    duration_ms: int
    status_code: int | None = None
    text: str = ""
    error: str = ""
    wait: timedelta = timedelta(0)

    @property
    def succeeded(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def gone(self) -> bool:
        return self.status_code == 410


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name. Raises OSError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for _family, _type, _proto, _name, sockaddr in found))


@dataclass
class Caller:
    """limit_s: seconds that a call may take in all, from the look-up of the name on."""

    resolve: Resolve = resolve
    limit_s: float | None = None

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """The certificates that this machine trusts, or those that SSL_CERT_FILE names."""
        return ssl.create_default_context()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what a receiver, or the way to it, does."""
        started_at, begun = timezone.now(), time.monotonic()
        until = begun + (settings.WEBHOOK_TIMEOUT_S if self.limit_s is None else self.limit_s)
        code, text, error, wait = None, "", "", timedelta(0)
        try:
            with closing(self._connect(parse(url), until)) as connection:
                code, text, wait = _exchange(connection, parse(url), headers, body, until)
            error = "" if 200 <= code < 300 else f"HTTP {code}"
        except (NotAllowed, BadAddress) as refusal:
            security.note("webhook_address_refused", delivery=headers.get("webhook-id"))
            error = str(refusal)
        except Exception as failure:
            # Cut off in the middle, Python's TLS raises whatever it runs into.
            late = time.monotonic() >= until
            if not late and not isinstance(failure, EXPECTED):
                log.exception("A call of a webhook failed in an unforeseen way")
            error = gettext_noop("no answer in time") if late else f"{type(failure).__name__}: {failure}"
        duration_ms = round(1000 * (time.monotonic() - begun))
        return Answer(started_at, duration_ms, code, _storable(text), _storable(error), wait)

    def _connect(self, target: Target, until: float) -> HTTPConnection:
        """A connection to the first address that takes one. Raises NotAllowed before any is tried."""
        found = self.resolve(target.host, target.port)
        if not found or not all(addresses.is_allowed(one, settings.WEBHOOK_EXTRA_NETWORKS) for one in found):
            raise NotAllowed(f"{target.host} is not, or not only, at public addresses")
        lost: Exception = TimeoutError("no time was left to connect")
        for address in found:
            left = min(CONNECT_S, until - time.monotonic())
            if left <= 0:
                break
            connection = self._connection(target, address, left)
            try:
                connection.connect()
            except (OSError, HTTPError) as failure:
                connection.close()
                lost = failure
            else:
                return connection
        raise lost

    def _connection(self, target: Target, address: str, timeout: float) -> HTTPConnection:
        if not target.secure:
            return HTTPConnection(address, target.port, timeout=timeout)
        return HTTPSConnection(
            address, target.port, timeout=timeout, ssl_context=self.tls, server_hostname=target.host
        )


def _exchange(
    connection: HTTPConnection, target: Target, headers: Mapping[str, str], body: bytes, until: float
) -> tuple[int, str, timedelta]:
    """Status, how the body begins, and Retry-After."""
    with _cut_off(connection, until):
        sent = {**headers, "Host": target.authority, "User-Agent": AGENT, "Connection": "close"}
        connection.request("POST", target.path, body, sent, preload_content=False, decode_content=False)
        response = connection.getresponse()
        if time.monotonic() >= until:
            raise TimeoutError  # a head that was cut off reads as one that came to its end
        read = b""
        # Whatever happens to the rest of the body, the status has arrived.
        with closing(response), suppress(Exception):
            while len(read) < READ_AT_MOST and (more := response.read1(READ_AT_MOST - len(read))):
                read += more
        return response.status, read.decode("utf-8", "replace"), _wait(response.headers.get("Retry-After", ""))


def _storable(text: str) -> str:
    """PostgreSQL holds no NUL, and a receiver may send one in its body or in what is no HTTP, which errors quote."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


@contextmanager
def _cut_off(connection: HTTPConnection, until: float) -> Iterator[None]:
    """Ends the connection at that time: a receiver that sends a byte now and then never meets a socket's timeout."""
    # Kept, as the connection lets go of it once the answer's head has come.
    sock = connection.sock
    left = max(0.0, until - time.monotonic())

    def cut() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    sock.settimeout(left or 0.001)
    timer = threading.Timer(left, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _wait(text: str) -> timedelta:
    """Retry-After in seconds (RFC 9110, 10.2.3), a day at most; its other form, a date, is not heeded."""
    seconds = int(text) if re.fullmatch(r"[0-9]{1,9}", text.strip()) else 0
    return timedelta(seconds=min(seconds, LONGEST_WAIT_S))
