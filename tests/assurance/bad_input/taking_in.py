"""Takes in what was sent, in a process of its own for each, and tells how long that took and how much memory. A
program that forks, so that all that taking in needs is loaded once.

    python -m tests.assurance.bad_input.taking_in

Reads one JSON list a line, the name and arguments of a command of manage.py, or "jobs" for the uploads that wait, and
writes one object a line.
"""

import json
import os
import sys
from io import StringIO
from typing import Any

import django


def _commanded(command: list[str]) -> str:
    """What the command says: its report, or the error that it ends with."""
    from django.core.management import CommandError, call_command  # noqa: PLC0415

    said = StringIO()
    try:
        call_command(*command, stdout=said, stderr=StringIO())
    except CommandError as error:
        return f"refused: {error}"
    return said.getvalue()


def _carried_out() -> str:
    """As the tasks do, which would load all of matching too."""
    from registry.importing import asset_jobs, jobs  # noqa: PLC0415
    from registry.models import ImportTarget  # noqa: PLC0415
    from sharing.importing import demand_jobs  # noqa: PLC0415

    while jobs.carry_out_next(ImportTarget.ASSETS, asset_jobs.run):
        pass
    while jobs.carry_out_next(ImportTarget.DEMANDS, demand_jobs.run):
        pass
    return ""


def _forked(order: list[str]) -> dict[str, Any]:
    """The peak of memory is that of the child: what it shares with this process, and what it adds. Seconds are those
    of the processor, as other tests run meanwhile."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        said = _carried_out() if order == ["jobs"] else _commanded(order)
        os.write(writing, said.encode()[:60_000])
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    _pid, status, used = os.wait4(child, 0)
    return {
        "said": said,
        "status": status,
        "seconds": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }


def main() -> None:
    django.setup()
    from django.db import connections  # noqa: PLC0415

    import sharing.importing.demand_jobs  # noqa: F401, PLC0415

    for line in sys.stdin:
        connections.close_all()
        print(json.dumps(_forked(json.loads(line))), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
