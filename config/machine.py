"""Everything a fresh machine needs, from `python3 config/machine.py VERB`:

    up [--browser]
                install what is missing, start this checkout's PostgreSQL and Redis, print their addresses;
                with --browser, Chromium and GDAL's programs for the tests too
    run CMD...  the same, then run CMD inside .venv with DATABASE_URL and REDIS_URL set (and DEBUG=1, unless
                DEBUG or SECRET_KEY is set)
    down        stop what was started
    backup FOLDER
                copy the running database and what was uploaded into a new folder
    restore FOLDER [--archive FOLDER [--at TIME]]
                put it back; with the archive of the log (WAL_ARCHIVE when it ran) up to its newest change, or a moment

Set DATABASE_URL or REDIS_URL to use a server of your own: then nothing is installed or started for it.
Runs on the system's Python with the standard library alone; docs/operations.md says where things live.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

# Found beside this file, which runs as a script: importing `config` would already need Celery.
from local import backups, browser, frontend, gdal, packages, postgresql, redis, texts, virtualenv
from local.places import LOCAL, ROOT, Stop, owner_of, say

Check = Callable[[], "packages.Need | None"]


def main(arguments: list[str]) -> int:
    """Carry out one verb; the exit code."""
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if verb == "up" and rest in ([], ["--browser"]):
        for name, value in up(with_browser=bool(rest)).items():
            print(f"{name}={value}")
    elif verb == "run" and rest:
        run(rest)
    elif verb == "down" and not rest:
        down()
    elif verb == "backup" and len(rest) == 1:
        backup(Path(rest[0]))
    elif verb == "restore" and len(rest) % 2 == 1:
        restore(rest)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


def up(*, with_browser: bool = False) -> dict[str, str]:
    """Bring everything up that is not; the environment variables that lead there."""
    addresses = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    with one_at_a_time(), ThreadPoolExecutor(1) as beside:
        checks = checks_for(addresses, with_browser=with_browser)
        needs = missing(checks)
        names = packages.names_of(needs) if needs else []
        # Unless Python itself lacks something, its packages need none of the system's while they are installed.
        libraries = None if virtualenv.need() else beside.submit(install_libraries)
        if needs:
            packages.install(names, needs)
            for need in missing(checks):
                raise Stop(f"This distribution's packages do not hold {need.wanted}: {need.otherwise}")
        libraries.result() if libraries else install_libraries()
        texts.compile_messages()
        if "DATABASE_URL" not in addresses:
            server = postgresql.up()
            addresses["DATABASE_URL"] = server.url
            # For psql and pg_dump, which do not read DATABASE_URL.
            addresses.update(
                PGHOST=str(server.sockets), PGPORT=postgresql.PORT, PGUSER=postgresql.NAME, PGDATABASE=postgresql.NAME
            )
        if "REDIS_URL" not in addresses:
            addresses["REDIS_URL"] = redis.up().url
    return addresses


def install_libraries() -> None:
    """Those of Python, and of the browser."""
    virtualenv.ensure()
    frontend.ensure()


def checks_for(addresses: dict[str, str], *, with_browser: bool) -> list[Check]:
    """What looks for each thing that the system must have, leaving out the servers that `addresses` names already."""
    checks: list[Check] = [virtualenv.need, texts.need]
    if with_browser:
        checks += [browser.need, gdal.need]
    if "DATABASE_URL" not in addresses:
        checks.append(postgresql.need)
    if "REDIS_URL" not in addresses:
        checks.append(redis.need)
    return checks


def missing(checks: list[Check]) -> list[packages.Need]:
    return [need for need in (check() for check in checks) if need]


def run(command: list[str]) -> NoReturn:
    """Become the command, so that its signals, output and exit code are its own."""
    environment = {**virtualenv.environment(), **up()}
    if not environment.get("SECRET_KEY"):
        environment.setdefault("DEBUG", "1")
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        raise Stop(f"{command[0]} cannot be run: {error.strerror}.") from error


def down() -> None:
    """Stop this checkout's servers."""
    with one_at_a_time():
        stopped = [service.down() for service in (redis, postgresql)]
    if not any(stopped):
        say("Nothing was running")


def backup(folder: Path) -> None:
    """Copy this checkout's database, which is started if it is not running."""
    with one_at_a_time():
        instance = postgresql.up()
        backups.back_up(instance, postgresql.programs_for(instance.data), folder.resolve())


def restore(arguments: list[str]) -> None:
    """Put a backup in the place of this checkout's database."""
    folder, options = Path(arguments[0]).resolve(), dict(zip(arguments[1::2], arguments[2::2], strict=True))
    archive, at = options.pop("--archive", ""), options.pop("--at", "")
    if options:
        raise Stop(f"There is no option {next(iter(options))}: --archive FOLDER and --at TIME.")
    with one_at_a_time():
        instance = postgresql.locate()
        programs = postgresql.programs_for(instance.data)
        replaced = backups.restore(
            instance, programs, folder, archive=Path(archive).resolve() if archive else None, at=at
        )
    if replaced:
        say(f"What was there before is in {replaced}; remove it when all is well")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock of this checkout's set-up, so that two commands at once do not both start a server."""
    try:
        LOCAL.mkdir(exist_ok=True)
        lock = (LOCAL / "setup.lock").open("w", encoding="utf-8")
    except PermissionError:
        owner = owner_of(LOCAL if LOCAL.exists() else ROOT)
        raise Stop(
            f"{LOCAL} cannot be written, as it belongs to {owner}: run this as {owner}, or make the checkout yours by "
            f"`sudo chown -R $(id -un) {ROOT}`."
        ) from None
    with lock:
        for _attempt in range(20):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)
        else:
            say("Waiting for another set-up of this checkout")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        sys.exit(f"✗ {stop}")
    except KeyboardInterrupt:
        sys.exit(130)
