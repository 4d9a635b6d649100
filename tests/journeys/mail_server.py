"""A mail server that keeps what it receives, and can be made to fall silent once it has a mail (RFC 5321)."""

import re
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Session(socketserver.StreamRequestHandler):
    server: "MailServer"

    def handle(self) -> None:
        self.reply("220 ready")
        for raw in self.rfile:
            command = raw.decode().strip().upper()
            if command == "DATA":
                self.reply("354 go on")
                self.receive()
            elif command == "QUIT":
                return self.reply("221 bye")
            else:
                self.reply("250 ok")
        return None

    def receive(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        text = b"".join(lines).decode()
        found = re.search(r"^Message-ID: (\S+)", text, re.MULTILINE | re.IGNORECASE)
        assert found, text
        with self.server.lock:
            self.server.received[found[1]] += 1
            silent = not self.server.answering.is_set()
            if silent:
                self.server.unanswered.add(found[1])
        # The mail has arrived, but its sender does not know yet: the window in which a death sends it twice.
        if silent:
            self.server.answering.wait()
        self.reply("250 kept")

    def reply(self, line: str) -> None:
        try:
            self.wfile.write(f"{line}\r\n".encode())
        except OSError:
            return


class MailServer(socketserver.ThreadingTCPServer):
    """received: how often each Message-ID came; unanswered: those whose senders were left without a reply."""

    daemon_threads = True

    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Session)
        self.lock = threading.Lock()
        self.received: Counter[str] = Counter()
        self.unanswered: set[str] = set()
        self.answering = threading.Event()
        self.answering.set()

    def fall_silent(self) -> None:
        with self.lock:
            self.answering.clear()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@contextmanager
def mail_server(port: int = 0) -> Iterator[MailServer]:
    with MailServer(port) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.answering.set()
            server.shutdown()
            thread.join()
