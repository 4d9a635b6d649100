"""A Redis of the test's own, which it may kill and empty."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from registry import nudge
from tests.journeys.services import Service, wait_for


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's: a socket's path may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="faults") as path:
        yield Path(path)


@pytest.fixture
def redis(folder: Path) -> Iterator[Service]:
    binary = shutil.which("redis-server")
    assert binary, "redis-server is needed to be killed; make up installs it"
    (folder / "redis").mkdir()
    arguments = ["--port", "0", "--unixsocket", str(folder / "sock"), "--appendonly", "yes", "--save", ""]
    service = Service(folder, [binary, *arguments, "--dir", str(folder / "redis")], dict(os.environ))
    service.start()
    wait_for((folder / "sock").exists, "Redis")
    yield service
    service.kill()


@pytest.fixture
def nudging(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verbs of this process nudge the workers of this test."""
    monkeypatch.setattr(nudge, "current_app", Celery(broker=f"redis+socket://{folder}/sock", set_as_current=False))
    monkeypatch.setattr(nudge.nudge, "quiet_until", 0.0)
