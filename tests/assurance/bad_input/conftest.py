import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.assurance.conftest import Tell
from tests.uncalled import Uncalled, uncalled

MOST_SECONDS, MOST_MB = 2.0, 300.0

Taking = Callable[..., str]
"""Takes in what waits ("jobs"), or by a command of manage.py; returns what it says."""


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture
def stored(settings: Any, uploads: Path) -> None:
    """What is uploaded lies where the process finds it that takes it in."""
    settings.MEDIA_ROOT = uploads


@pytest.fixture(scope="module")
def process(django_db_setup: None, uploads: Path) -> Iterator["subprocess.Popen[str]"]:
    database = os.environ.get("DATABASE_URL", "postgis:///infrashare").rpartition("/")[0]
    variables = {"DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}", "MEDIA_ROOT": str(uploads)}
    command = [sys.executable, "-m", "tests.assurance.bad_input.taking_in"]
    started = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env={**os.environ, **variables}, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert started.stdin and started.stdout
    yield started
    started.stdin.close()
    started.wait()
    started.stdout.close()


@pytest.fixture
def taking(process: "subprocess.Popen[str]", stored: None, told: Tell) -> Taking:
    """Fails where it takes longer or more memory than bad input may."""

    def take(*order: str) -> str:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        done = json.loads(process.stdout.readline())
        assert done["status"] == 0, done
        WORST["s"], WORST["MB"] = max(WORST["s"], done["seconds"]), max(WORST["MB"], done["peak_mb"])
        told("seconds until a bad file is refused, at most", WORST["s"], "s", MOST_SECONDS)
        told("memory of the process that refuses it, at most", WORST["MB"], "MB", MOST_MB)
        said: str = done["said"]
        return said

    return take


WORST = {"s": 0.0, "MB": 0.0}


@pytest.fixture(scope="module")
def nobody() -> Iterator[Uncalled]:
    """A server that nothing may call."""
    with uncalled() as server:
        yield server
