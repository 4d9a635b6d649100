"""The site as deploy/ starts it, on a benchmark's database."""

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import connection

from sharing.demo.processes import Programs
from sharing.demo.serving import HOST, await_site

UNIT = Path(settings.BASE_DIR) / "deploy" / "systemd" / "infrashare-web.service"


@contextmanager
def site() -> Iterator[str]:
    """Gunicorn with the processes, threads and settings of a server, but for TLS and the second factor, which are
    those of nginx and of people; yields its address. Raises ProgramFailed."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    database = os.environ.get("DATABASE_URL", "postgis:///infrashare").rpartition("/")[0]
    environment = {
        "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}",
        "DEBUG": "0",
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": HOST,
        "SECURE_TRANSPORT": "0",
        "SECOND_FACTOR_REQUIRED": "0",
    }
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=settings.BASE_DIR, env=os.environ | environment, check=True)
    address = f"http://{HOST}:{port}/"
    with TemporaryDirectory() as folder, Programs(Path(folder)) as programs:
        programs.start("site", ("gunicorn", *_arguments(f"{HOST}:{port}")), **environment)
        await_site(programs, address)
        yield address


def _arguments(bind: str) -> list[str]:
    """Of gunicorn in the unit, but for where it listens."""
    unit = ConfigParser(strict=False, interpolation=None)
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    arguments = shlex.split(unit["Service"]["ExecStart"].replace("\\\n", " "))[1:]
    arguments[arguments.index("--bind") + 1] = bind
    return arguments
