"""A private PostgreSQL with PostGIS: reached by a unix socket only, never run as root."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from . import log_archive, packages
from .places import (
    LOCAL,
    Stop,
    call,
    folder_for,
    log_tail,
    owner_of,
    processes_in,
    say,
    short_name,
    socket_folder,
    tail,
    which,
)

OLDEST_SERVER = 15
OLDEST_POSTGIS = (3, 3)
NAME = "infrashare"  # of the database, and of its owner inside the server
PORT = "5432"  # names the socket; said everywhere, since PGPORT of the environment may say otherwise
SOCKET = f".s.PGSQL.{PORT}"
START_SECONDS = 120  # replaying the log after a crash takes a while on a slow disk

# For two cores and a few GB shared with workers and tests. Durability stays at PostgreSQL's defaults,
# so that what the tests prove about crashes and races holds in production.
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "temp_buffers": "64MB",  # of which an import of 100,000 rows fills most; other sessions take none
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
}


@dataclass(frozen=True)
class Programs:
    """One installed version of the server: its major number and the folder of its commands."""

    version: int
    bin: Path


@dataclass(frozen=True)
class Instance:
    """This checkout's server: who runs it, and its folders."""

    user: str
    home: Path
    sockets: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "postgresql.log"

    @property
    def url(self) -> str:
        """DATABASE_URL in django-environ's form for a socket: the folder, then the database, as the path."""
        return f"postgis://{NAME}@/{quote(str(self.sockets))}/{NAME}"


def installed() -> list[Programs]:
    """Every installed server that is new enough and has a new enough PostGIS, newest first."""
    found = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        found.append((folder, Path("/usr/share/postgresql") / folder.parent.name))
    pg_config = which("pg_config")
    if pg_config:
        bindir, sharedir = (Path(call([pg_config, what]).stdout.strip()) for what in ("--bindir", "--sharedir"))
        found.append((bindir, sharedir))
    programs: dict[int, Path] = {}
    for folder, share in found:
        control = share / "extension" / "postgis.control"
        if not (folder / "postgres").exists() or not control.exists():
            continue
        version = re.search(r"\(PostgreSQL\) (\d+)", call([folder / "postgres", "--version"]).stdout)
        postgis = re.search(r"default_version = '(\d+)\.(\d+)", control.read_text())
        if not version or int(version[1]) < OLDEST_SERVER:
            continue
        if postgis and (int(postgis[1]), int(postgis[2])) >= OLDEST_POSTGIS:
            programs.setdefault(int(version[1]), folder)
    return [Programs(version, programs[version]) for version in sorted(programs, reverse=True)]


def need() -> packages.Need | None:
    """What is missing on this machine, if anything."""
    wanted = f"PostgreSQL {OLDEST_SERVER} or newer with PostGIS {'.'.join(map(str, OLDEST_POSTGIS))} or newer"
    return None if installed() else packages.Need(wanted, newest_packages, "DATABASE_URL")


def newest_packages() -> list[str]:
    """The packages of the newest PostgreSQL with PostGIS in this distribution; none if that is too old."""
    versions = [int(name.split("-")[1]) for name in packages.available(r"postgresql-[0-9]+-postgis-3")]
    version = max(versions, default=0)
    return [f"postgresql-{version}", f"postgresql-{version}-postgis-3"] if version >= OLDEST_SERVER else []


def locate() -> Instance:
    """Where this checkout's server lives. As root, its account is that of the data, else `postgres`; where
    that account cannot reach the checkout (below a folder of mode 700, say), the home is in /var/lib.

    Raises Stop where no home will do."""
    homes = [LOCAL / "postgresql"]
    user = pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        elsewhere = Path("/var/lib") / short_name()
        homes = [elsewhere] if elsewhere.exists() else [homes[0], elsewhere]
        user = "postgres"
        for home in homes:
            if home.exists() and home.stat().st_uid != 0:
                user = owner_of(home)
    for home in homes:
        folder_for(home, user=user)
        if os.geteuid() != 0 or call(["test", "-w", home], user=user).returncode == 0:
            return Instance(user, home, socket_folder(home, SOCKET, user=user))
        home.rmdir()
    raise Stop(f"The account {user} can reach neither {' nor '.join(map(str, homes))}: move the checkout.")


def programs_for(data: Path) -> Programs:
    """The server's commands; of the very version that made these data, once there are any."""
    candidates = installed()
    if not candidates:
        raise Stop("PostgreSQL with PostGIS is not installed: run `make up`.")
    stamp = data / "PG_VERSION"
    if not stamp.exists():
        return candidates[0]
    version = int(stamp.read_text())
    for programs in candidates:
        if programs.version == version:
            return programs
    raise Stop(
        f"The data in {data} were made by PostgreSQL {version}, which is not installed: "
        f"install postgresql-{version}-postgis-3, or remove that folder to begin with an empty database."
    )


def ready(instance: Instance, programs: Programs) -> bool:
    """Whether the server answers and is past its recovery."""
    probe = [f"{programs.bin}/pg_isready", "-q", "-t", "5", "-h", str(instance.sockets), "-p", PORT, "-U", NAME]
    return (instance.sockets / SOCKET).exists() and call(probe).returncode == 0


def up() -> Instance:
    """Start the server if it is not running, and make its data and its database if they are not there."""
    instance = locate()
    programs = programs_for(instance.data)
    if not ready(instance, programs):
        start(instance, programs)
    create_database(instance, programs)
    return instance


def start(instance: Instance, programs: Programs, *options: str) -> None:
    """Start the server, with more options of pg_ctl for this once, and wait until it answers."""
    if not (instance.data / "PG_VERSION").exists():
        create(instance, programs)
    configure(instance)
    clear_remains(instance, programs)
    say(f"Starting PostgreSQL {programs.version} in {instance.home}")
    pg_ctl(instance, programs, "start", "--no-wait", "-l", str(instance.log), *options)
    started = time.monotonic()
    while not ready(instance, programs):
        passed = time.monotonic() - started
        if passed > START_SECONDS or (passed > 2 and not at_work(instance)):
            raise Stop(f"PostgreSQL did not start; its log is {instance.log}:{log_tail(instance.log)}")
        time.sleep(0.1)


def create(instance: Instance, programs: Programs) -> None:
    """initdb into a folder beside the final one, so that an interrupted run leaves nothing half made."""
    say(f"Creating a PostgreSQL {programs.version} cluster in {instance.home}, account {instance.user}")
    draft = instance.home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    options = ["-U", NAME, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"]
    initdb = [f"{programs.bin}/initdb", "-D", str(draft), *options]
    call_or_stop(instance, initdb, "PostgreSQL's data folder could not be made")
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write("\ninclude 'infrashare.conf'\n")
    draft.rename(instance.data)


def configure(instance: Instance) -> None:
    """Write this server's settings, read at each start."""
    settings = {**SETTINGS, "unix_socket_directories": f'"{instance.sockets}"'}
    archive = os.environ.get("WAL_ARCHIVE")
    if archive:
        settings |= log_archive.settings(folder_for(Path(archive).resolve(), user=instance.user))
    lines = [f"{name} = {quoted(value)}\n" for name, value in settings.items()]
    target = instance.data / "infrashare.conf"
    target.write_text("".join(lines), encoding="utf-8")
    if os.geteuid() == 0:
        shutil.chown(target, instance.user)


def quoted(value: str) -> str:
    """As a value of postgresql.conf."""
    return "'" + value.replace("'", "''") + "'"


def create_database(instance: Instance, programs: Programs) -> None:
    """Create the database unless it is there."""
    options = ["-h", str(instance.sockets), "-p", PORT, "-U", NAME]
    found = call([programs.bin / "psql", *options, "-Xqc", "select 1", NAME])
    if found.returncode == 0:
        return
    created = call([programs.bin / "createdb", *options, NAME])
    if created.returncode:
        raise Stop(f"The database {NAME} could not be made: {created.stdout.strip()}")


def postmaster_pid(instance: Instance) -> int | None:
    """The process number in the server's own note, whether or not it still runs."""
    try:
        return int((instance.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def at_work(instance: Instance) -> list[int]:
    """The server's processes: each has the data folder as its working folder."""
    found = processes_in(instance.data)
    noted = postmaster_pid(instance)
    return found if found is not None else [noted] if noted else []


def clear_remains(instance: Instance, programs: Programs) -> None:
    """Clear what a killed server left: orphaned processes, and notes that may name a stranger's process.

    PostgreSQL refuses to start while its note names any living process of the same account, which after a
    restart of the machine can be anything. Nobody at work in the data folder means that the note is stale.
    """
    if processes_in(instance.data) is None:
        return  # PostgreSQL's own checks must do
    if postmaster_pid(instance) in at_work(instance):
        say("Stopping a PostgreSQL that runs but does not answer at its socket")
        pg_ctl(instance, programs, "stop", "-m", "fast", "-t", "30")
    for attempt in range(100):
        left = at_work(instance)
        if not left:
            break
        if attempt == 20:  # they end on their own when they see that their postmaster is gone, unless busy
            for pid in left:
                os.kill(pid, signal.SIGQUIT)
        time.sleep(0.1)
    else:
        raise Stop(f"Processes {left} still work in {instance.data}: end them, then try again.")
    for note in (instance.data / "postmaster.pid", instance.sockets / f"{SOCKET}.lock"):
        note.unlink(missing_ok=True)


def down() -> bool:
    """Stop the server; false when it was not running."""
    if not installed():
        return False
    instance = locate()
    if not (instance.data / "PG_VERSION").exists() or postmaster_pid(instance) not in at_work(instance):
        return False
    say("Stopping PostgreSQL")
    pg_ctl(instance, programs_for(instance.data), "stop", "-m", "fast", "-t", "60")
    return True


def pg_ctl(instance: Instance, programs: Programs, verb: str, *options: str) -> None:
    """Start or stop the server, by its own tool."""
    command = [f"{programs.bin}/pg_ctl", verb, "-s", "-D", str(instance.data), *options]
    call_or_stop(instance, command, f"PostgreSQL did not {verb}")


def call_or_stop(instance: Instance, command: Sequence[str], failure: str) -> None:
    """Run a command as the server's account; raise Stop with what it said."""
    done = call(command, user=instance.user)
    if done.returncode:
        raise Stop(f"{failure}; its log is {instance.log}:{tail(done.stdout)}{log_tail(instance.log)}")
