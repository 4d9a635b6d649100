"""A wire between a client and its database that can be cut: both ends lose the connection, at whatever byte it is."""

import selectors
import socket
import threading
from pathlib import Path


class Wire:
    """Listens on a socket in `folder`, as PostgreSQL's is called, and passes on what comes."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.server, self.lock = server, threading.Lock()
        self.ends: list[socket.socket] = []
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(folder / server.name))
        self.listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        with self.lock:
            ends, self.ends = self.ends, []
        for end in ends:
            end.close()

    def close(self) -> None:
        self.listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self.listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(str(self.server))
            except OSError:
                client.close()
                server.close()
                continue
            with self.lock:
                self.ends += [client, server]
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            try:
                while True:
                    for key, _events in ready.select(0.5):
                        data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                        if not data:
                            raise OSError
                        key.data.sendall(data)
            except (OSError, ValueError):
                for end in (client, server):
                    end.close()
