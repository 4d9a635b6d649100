"""The files in which the processes of the site count for Prometheus: as many as there are processes at once."""

import os
from fcntl import LOCK_EX, LOCK_NB, flock
from itertools import count
from pathlib import Path
from typing import IO

from prometheus_client import values

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def share_files() -> None:
    """To be called before anything is counted. Where processes share a folder, each names its files by a number of its
    own, in the place of its id, and counts on where the last one of that number ended: of each process that ever was,
    files would pile up until reading them takes longer than who asks waits."""
    if FOLDER in os.environ:
        values.ValueClass = values.MultiProcessValue(Number(Path(os.environ[FOLDER])))  # type: ignore[no-untyped-call]


class Number:
    """The lowest number that no other process has which counts in the folder; held until the process ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = 0
        self.number = 0
        self.lock: IO[str] | None = None

    def __call__(self) -> int:
        if self.process != os.getpid():
            self.process, self.number = os.getpid(), next(n for n in count() if self._taken(n))
        return self.number

    def _taken(self, number: int) -> bool:
        lock = (self.folder / f"{number}.lock").open("a")
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self.lock = lock
        return True
