"""A server of this machine that nothing may call: it counts who connects, whatever they say."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Uncalled(socketserver.ThreadingTCPServer):
    """calls: how many connected."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.calls = 0

    def process_request(self, request: object, client_address: object) -> None:
        self.calls += 1
        self.shutdown_request(request)  # type: ignore[arg-type]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def uncalled() -> Iterator[Uncalled]:
    with Uncalled() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
