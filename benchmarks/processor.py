"""Time on the processor, of this process and of its server process of PostgreSQL: what a call takes where nothing else
runs, measured also where much else does."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection


def busy_ms() -> float:
    """Milliseconds so far. Linux tells those of PostgreSQL's process, so the server must be on this machine."""
    connection.ensure_connection()
    statistics = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return 1000 * time.process_time() + int(statistics.read_text().split()[0]) / 1e6


@contextmanager
def peak_mib() -> Iterator[Callable[[], float]]:
    """What this process has held at most since the block began: a function that tells, in MiB. Linux only."""
    Path("/proc/self/clear_refs").write_text("5")
    yield lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
