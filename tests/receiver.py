"""A web server of this machine that keeps what it is told and answers as a test wants: what webhooks are sent to."""

import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any


@dataclass
class Told:
    """One call as it arrived; headers by their names in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]


class Session(BaseHTTPRequestHandler):
    server: "Receiver"

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = Told(self.path, headers, self.rfile.read(length))
        with self.server.lock:
            self.server.told.append(told)
        try:
            self.server.answer(self, told)
        except OSError:
            self.server.hung_up.set()

    do_GET = do_POST

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to standard error."""


Answers = Callable[[Session, Told], None]


def with_status(status: int, body: bytes = b"", **headers: str) -> Answers:
    return lambda session, told: session.reply(status, body, **headers)


class Receiver(socketserver.ThreadingTCPServer):
    """told: what came, in its order. answer: how each call is answered; 204 unless a test says otherwise."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.tls, self.host = tls, host
        self.lock = threading.Lock()
        self.told: list[Told] = []
        self.answer: Answers = with_status(204)
        self.hung_up = threading.Event()

    @property
    def port(self) -> int:
        port: int = self.server_address[1]
        return port

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}/hooks"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the session's own thread, so that no handshake holds up other sessions."""
        if self.tls is None:
            return super().finish_request(request, client_address)
        try:
            secured = self.tls.wrap_socket(request, server_side=True)
        except OSError:
            return None  # the client refuses the certificate
        with secured:
            return super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what some tests are about."""


@contextmanager
def receiver(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Receiver]:
    with Receiver(tls, host) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
