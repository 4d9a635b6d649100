"""`manage.py demo --no-serve` as a person runs it: on an empty database, with a Redis, workers and mail of its own."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

AFRESH = "import django; django.setup(); from sharing.demo.database import start_afresh; start_afresh()"


@dataclass(frozen=True)
class Machine:
    """A database and environment in which the demo finds itself alone."""

    folder: Path
    database: str
    environment: dict[str, str]

    def run(self, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment | changed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=500,
        )

    def demo(self, **changed: str) -> subprocess.CompletedProcess[str]:
        return self.run("manage.py", "demo", "--no-serve", "--folder", str(self.folder / "demo"), **changed)

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(**server(), dbname=self.database, autocommit=True) as asked:
            answer = asked.execute(statement)
            return answer.fetchall() if answer.description else []


def server() -> dict[str, str]:
    stated = connection.settings_dict
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    return {name: str(stated[key]) for key, name in names.items() if stated[key]}


@pytest.fixture(scope="module")
def machine(django_db_setup: None) -> Iterator[Machine]:
    name = f"{settings.DATABASES['default']['TEST']['NAME']}_demo"
    url = os.environ.get("DATABASE_URL", "postgis:///infrashare").rpartition("/")[0]
    redis = shutil.which("redis-server")
    assert redis, "redis-server is needed; make up installs it"
    with (
        psycopg.connect(**server(), dbname="postgres", autocommit=True) as maintenance,
        tempfile.TemporaryDirectory(prefix="demo") as path,  # not pytest's: a socket's path may have 107 bytes
    ):
        maintenance.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        maintenance.execute(f"CREATE DATABASE {name}")
        queue = subprocess.Popen([redis, "--port", "0", "--unixsocket", f"{path}/sock", "--save", ""], cwd=path)
        while not Path(path, "sock").exists():
            assert queue.poll() is None
            time.sleep(0.05)
        environment = {
            **os.environ,
            "DEBUG": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"{url}/{name}",
            "REDIS_URL": f"unix://{path}/sock?db=0",
            "EMAIL_URL": f"filemail:///{path}/mail",
        }
        yield Machine(Path(path), name, environment)
        queue.terminate()
        queue.wait()
        maintenance.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def report(machine: Machine) -> str:
    ended = machine.demo()
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_every_step_does_what_it_should(report: str) -> None:
    assert report.splitlines()[-1] == "All 11 steps did what they should."
    assert "✗" not in report


def test_the_catalog_is_of_all_kinds_and_sectors(report: str, machine: Machine) -> None:
    kinds = machine.ask("SELECT kind, count(*) FROM registry_asset GROUP BY kind ORDER BY kind")
    assert kinds == [("duct", 2641), ("equipment_room", 849), ("fiber", 1080), ("tower", 15677)]
    sectors = machine.ask("SELECT count(DISTINCT sector) FROM registry_asset AS a JOIN registry_organization AS o "
                          "ON o.id = a.owner_id WHERE sector <> 'other'")  # fmt: skip
    assert sectors == [(5,)]
    assert machine.ask("SELECT count(*) FROM registry_asset WHERE source NOT LIKE '%synthetic%'") == [(0,)]


def test_the_chain_ends_in_agreements_that_its_lines_of_the_ledger_match(report: str, machine: Machine) -> None:
    statuses = dict(machine.ask("SELECT status, count(*) FROM sharing_match GROUP BY status"))  # type: ignore[arg-type]
    assert {"active", "approved", "refused", "rejected", "superseded"} <= set(statuses)
    lines = machine.ask(
        "SELECT purpose, sum(upper(units) - lower(units)) FROM registry_allocation WHERE reference IS NOT NULL "
        "GROUP BY purpose ORDER BY purpose"
    )
    legs = machine.ask(
        "SELECT CASE WHEN m.status IN ('approved', 'active') THEN 'granted' ELSE 'held' END AS purpose, sum(quantity) "
        "FROM sharing_matchleg AS leg JOIN sharing_match AS m ON m.id = leg.match_id WHERE leg.asset_id IS NOT NULL "
        "AND m.status IN ('requested', 'consented', 'approved', 'active') GROUP BY 1 ORDER BY 1"
    )
    assert lines == legs


def test_everybody_asked_was_told_by_mail(report: str, machine: Machine) -> None:
    found = re.search(r"(\d+) mails lie in (\S+)", report)
    assert found and Path(found[2]) == machine.folder / "mail"
    sent = machine.ask("SELECT count(*) FROM sharing_notification WHERE channel = 'email' AND status = 'sent'")
    assert sent == [(int(found[1]),)]


def test_no_program_is_left_behind(report: str, machine: Machine) -> None:
    connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert machine.ask(connected) == [(0,)]


def test_its_own_database_is_emptied_for_the_next_run(report: str, machine: Machine) -> None:
    ended = machine.run("-c", AFRESH)
    assert ended.returncode == 0, ended.stdout
    assert machine.ask("SELECT count(*) FROM registry_asset") == [(0,)]


def test_another_database_is_refused_and_left_as_it_is(report: str, machine: Machine) -> None:
    machine.ask(f"COMMENT ON DATABASE {machine.database} IS NULL")
    machine.ask("CREATE TABLE payroll (name text)")
    try:
        ended = machine.demo()
        assert (ended.returncode, "holds data that the demo did not make (in payroll)" in ended.stdout) == (1, True)
        assert machine.ask("SELECT count(*) FROM payroll") == [(0,)]
    finally:
        machine.ask("DROP TABLE payroll")


def test_a_registry_with_people_in_it_is_refused(report: str, machine: Machine) -> None:
    machine.ask(f"COMMENT ON DATABASE {machine.database} IS NULL")
    add = "import django; django.setup(); from registry.models import User; User.objects.create(username='ann')"
    assert machine.run("-c", add).returncode == 0
    ended = machine.demo()
    assert (ended.returncode, "(in registry_user)" in ended.stdout) == (1, True)
    assert machine.ask("SELECT username FROM registry_user") == [("ann",)]


def test_production_is_refused(report: str, machine: Machine) -> None:
    ended = machine.demo(DEBUG="0", SECRET_KEY="s" * 60, SECURE_TRANSPORT="0")
    assert (ended.returncode, "set DEBUG=1 on a machine of your own" in ended.stdout) == (1, True)
