"""Programs of a test's own that it starts, and kills without a warning."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection

PATIENCE_S = 90


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


class Service:
    """A process group that is started, and killed without a warning."""

    def __init__(self, folder: Path, command: list[str], environment: dict[str, str]) -> None:
        self.folder, self.command, self.environment = folder, command, environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def keep_up(self) -> bool:
        """As systemd does (deploy/systemd): a worker that ended of itself is started again; whether it had to be."""
        ended = self.process is not None and self.process.poll() is not None
        if ended:
            self.kill()
            self.start()
        return ended

    def last_words(self, lines: int = 80) -> str:
        """How its log ends, and whether it runs: why something was waited for in vain."""
        said = (self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        state = "not started" if self.process is None else f"exit status {self.process.poll()}"
        return "\n".join([state, *said])

    def kill(self) -> None:
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


def worker(folder: Path, processes: int, **variables: str) -> Service:
    """Celery's worker, of so many processes, with its beat, on the test's database and the Redis of the folder."""
    database = os.environ.get("DATABASE_URL", "postgis:///infrashare").rpartition("/")[0]
    environment = {
        **os.environ,
        "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}",
        "REDIS_URL": f"unix://{folder}/sock?db=0",
        "MEDIA_ROOT": str(folder / "uploads"),  # not those of this checkout, which beat would tidy up
        **variables,
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--beat", "--concurrency", str(processes)]
    return Service(folder, [*command, "--schedule", str(folder / "schedule")], environment)
