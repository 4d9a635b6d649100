"""Ways of taking a database from under a client at work, and what the client has written down meanwhile."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.conf import settings

from config.local import postgresql
from tests.assurance.clusters import APPLICATION, Cluster
from tests.assurance.cutting import Wire

PATIENCE_S = 60.0
FULL_S = 1.0
IS_ROOT = os.geteuid() == 0


def kill(cluster: Cluster, wire: Wire) -> None:
    cluster.kill()
    cluster.start()


def stop_at_once(cluster: Cluster, wire: Wire) -> None:
    postgresql.pg_ctl(cluster.instance, cluster.programs, "stop", "-m", "immediate")
    cluster.start()


def end_backends(cluster: Cluster, wire: Wire) -> None:
    cluster.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{APPLICATION}'")


def cut(cluster: Cluster, wire: Wire) -> None:
    wire.cut()


def fill_the_disk(cluster: Cluster, wire: Wire) -> None:
    """To the last block, until the client has met it; PostgreSQL ends where its log finds no room."""
    ballast = cluster.instance.home / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
    time.sleep(FULL_S)
    ballast.unlink()
    if not cluster.is_up():
        cluster.start()


# How often: in `make test`, and in the long run.
STRIKES: dict[str, tuple[Callable[[Cluster, Wire], None], int, int]] = {
    "killed": (kill, 1, 50),
    "stopped in the middle": (stop_at_once, 1, 50),
    "its backends ended": (end_backends, 2, 100),
    "the wire cut": (cut, 2, 100),
}
if IS_ROOT:  # who alone may make a small disk
    STRIKES["its disk full"] = (fill_the_disk, 1, 20)


class Log:
    """What the client has written down, line by line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[tuple[str, ...]]:
        text = self.path.read_text() if self.path.exists() else ""
        return [tuple(line.split()) for line in text.splitlines()]

    def next_begun(self, deed: str) -> None:
        """Waits until the client begins another such deed."""
        before, until = self.count("begun", deed), time.monotonic() + PATIENCE_S
        while self.count("begun", deed) == before:
            assert time.monotonic() < until, f"the client begins no {deed}"
            time.sleep(0.001)

    def count(self, word: str, deed: str = "") -> int:
        return sum(line[0] == word and deed in ("", line[1]) for line in self.lines())


def client_of(cluster: Cluster, wire: Wire, log: Path) -> "subprocess.Popen[bytes]":
    environment = cluster.environment(APPLICATION)
    listening = Path(wire.listening.getsockname()).parent
    url = environment["DATABASE_URL"].replace(quote(str(cluster.instance.sockets)), quote(str(listening)))
    command = [sys.executable, "-m", "tests.assurance.persisting", str(log)]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env={**environment, "DATABASE_URL": url})
