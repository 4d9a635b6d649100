"""The programs that the demo starts beside itself: Celery's worker and beat, and the site."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from celery import current_app
from django.conf import settings
from django.utils.translation import gettext as _

READY_S = 60.0
LEAVE_S = 30.0

WORKER = ("celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "info")
BEAT = ("celery", "-A", "config", "beat", "--loglevel", "info", "--schedule")


class ProgramFailed(Exception):
    """A program did not start, or ended by itself; the message holds the end of its log."""


@dataclass
class Programs:
    """Programs by name, ended in the reverse order of their start: by the context manager, whatever happens.

    Each has a session of its own, so that Ctrl-C reaches this process alone, which then ends them in order.
    """

    logs: Path
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> "Programs":
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, module_and_arguments: Sequence[str], **environment: str) -> None:
        """Run `python -m module arguments...`, its output in a log of its own, in this environment and ours."""
        with self.log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", *module_and_arguments],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
                start_new_session=True,
            )

    def await_worker(self) -> None:
        """Returns when the worker answers. Raises ProgramFailed."""
        until = time.monotonic() + READY_S
        while not current_app.control.ping(timeout=0.5):
            self.check()
            if time.monotonic() > until:
                raise ProgramFailed(self._failure("worker", _("does not answer")))

    def check(self) -> None:
        """Raises ProgramFailed when a program has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ProgramFailed(self._failure(name, _("ended by itself")))

    def stop(self) -> None:
        """End all: politely, which lets a worker finish its task; after a while, or at another Ctrl-C, by force."""
        for name, process in reversed(list(self._running.items())):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(LEAVE_S)
                except (subprocess.TimeoutExpired, KeyboardInterrupt):
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            del self._running[name]

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _failure(self, name: str, what: str) -> str:
        tail = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        return "\n    ".join([_("%(name)s %(what)s:") % {"name": name, "what": what}, *tail])
