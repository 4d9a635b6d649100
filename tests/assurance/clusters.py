"""PostgreSQL servers of a test's own, as they are deployed, which it may kill, damage and follow."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.conf import settings

from config.local import places, postgresql
from config.local.postgresql import Instance, Programs

DEPLOY = Path(settings.BASE_DIR) / "deploy"
# The roles of postgresql/roles.sql and several/standby.sql, so that the drill is of what is deployed.
OWNER, APPLICATION, STANDBY = "infrashare_owner", "infrashare_app", "infrashare_standby"


@dataclass
class Cluster:
    """A PostgreSQL of the test's own, with an archive of its log, and the registry's tables in it."""

    instance: Instance
    programs: Programs
    archive: Path
    database: str = postgresql.NAME

    def another(self, database: str) -> "Cluster":
        """The same server, with a copy of the database."""
        self.sql(f"CREATE DATABASE {database} TEMPLATE {self.database}")
        self.sql(f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {APPLICATION}")
        return replace(self, database=database)

    def environment(self, role: str) -> dict[str, str]:
        url = self.instance.url.replace(f"//{postgresql.NAME}@", f"//{role}@").rpartition("/")[0] + f"/{self.database}"
        return {**os.environ, "DATABASE_URL": url, "DEBUG": "1"}

    def manage(self, *command: str, role: str = APPLICATION) -> str:
        """What a command of manage.py prints. Raises CalledProcessError."""
        program = [sys.executable, "manage.py", *command]
        where, environment = settings.BASE_DIR, self.environment(role)
        return subprocess.run(
            program, cwd=where, env=environment, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    def start_client(self, log: Path, how_many: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.assurance.approving", str(log), str(how_many)]
        environment = self.environment(APPLICATION)
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stderr=subprocess.DEVNULL)

    def sql(self, statement: str) -> str:
        return self.ask("-d", self.database, "-c", statement)

    def ask(self, *arguments: str) -> str:
        psql = [f"{self.programs.bin}/psql", "-h", str(self.instance.sockets), "-p", postgresql.PORT]
        done = places.call([*psql, "-U", postgresql.NAME, "-XAtq", "-v", "ON_ERROR_STOP=1", *arguments])
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()

    def agreements(self) -> set[str]:
        return set(self.sql("SELECT number FROM sharing_agreement").split())

    def audited(self) -> None:
        """Asserts that the audit finds nothing."""
        assert set(json.loads(self.manage("audit", "--json")).values()) == {0}

    def start(self) -> None:
        postgresql.start(self.instance, self.programs)

    def is_up(self) -> bool:
        return bool(postgresql.at_work(self.instance))

    def kill(self) -> None:
        """As a power cut: every process of the server at once, without a word."""
        while pids := postgresql.at_work(self.instance):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)


@contextmanager
def own_cluster(*, disk_mib: int = 0) -> Iterator[Cluster]:
    """A server with the registry's tables, which archives its log. disk_mib: of a disk of its own; takes root."""
    with bare_cluster(disk_mib=disk_mib) as made:
        made.ask("-f", str(DEPLOY / "postgresql" / "roles.sql"))
        made.manage("migrate", "--verbosity", "0", role=OWNER)
        yield made


@contextmanager
def bare_cluster(*, disk_mib: int = 0) -> Iterator[Cluster]:
    """The same with nothing in its database."""
    user = postgresql.locate().user
    home = places.folder_for(places.LOCAL / f"drill-{os.getpid()}", user=user)
    archive = home / "archive"
    with pytest.MonkeyPatch.context() as patch, _small_disk(home, disk_mib, user):
        instance = Instance(user, home, places.socket_folder(home, postgresql.SOCKET, user=user))
        programs = postgresql.programs_for(instance.data)
        made = Cluster(instance, programs, archive)
        patch.setenv("WAL_ARCHIVE", str(archive))
        try:
            postgresql.start(instance, programs)
            postgresql.create_database(instance, programs)
            yield made
        finally:
            made.kill()
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _small_disk(home: Path, mib: int, user: str) -> Iterator[None]:
    if not mib:
        yield
        return
    mounted = places.call(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "drill", str(home)])
    assert mounted.returncode == 0, mounted.stdout
    try:
        shutil.chown(home, user)
        yield
    finally:
        places.call(["umount", "--lazy", str(home)])


@contextmanager
def standby_of(primary: Cluster) -> Iterator[Cluster]:
    """A server that streams the log of another, made as docs/deployment.md says."""
    user = primary.instance.user
    home = places.folder_for(primary.instance.home / "standby", user=user)
    instance = Instance(user, home, places.socket_folder(home, postgresql.SOCKET, user=user))
    server = ["-h", str(primary.instance.sockets), "-p", postgresql.PORT, "-U", postgresql.NAME]
    copy = [f"{primary.programs.bin}/pg_basebackup", *server, "-D", str(instance.data), "-c", "fast", "-R"]
    done = places.call([*copy, "-C", "-S", "replica"], user=user)
    assert done.returncode == 0, done.stdout
    made = Cluster(instance, primary.programs, primary.archive)
    try:
        postgresql.start(instance, primary.programs)
        yield made
    finally:
        made.kill()
