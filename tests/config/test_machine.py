"""config/machine.py on checkouts of its own, with real servers: started, killed, moved aside, stopped."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

ROOT = Path(__file__).resolve().parents[2]


class Checkout:
    """A folder with the set-up's own files and no Python requirements, so that it is quick to bring up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "config").mkdir(parents=True)
        shutil.copy(ROOT / "config/machine.py", folder / "config")
        shutil.copytree(ROOT / "config/local", folder / "config/local")
        (folder / "requirements.txt").write_text("")
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, folder)

    def machine(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in GIVEN}
        command = [sys.executable, "config/machine.py", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=inherited | environment, capture_output=True, text=True, check=False
        )

    def up(self) -> dict[str, str]:
        done = self.machine("up")
        assert done.returncode == 0, done.stderr
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    def postmaster(self, addresses: dict[str, str]) -> Path:
        """The server's note of its process."""
        return Path(str(self.execute(addresses, "show data_directory"))) / "postmaster.pid"

    def execute(self, addresses: dict[str, str], sql: str) -> str | None:
        """Run one statement; the first column of its first row, as text, if it has rows."""
        with psycopg.connect(
            host=addresses["PGHOST"],
            user=addresses["PGUSER"],
            dbname=addresses["PGDATABASE"],
            autocommit=True,
        ) as connection:
            cursor = connection.execute(sql.encode())
            row = cursor.fetchone() if cursor.description else None
        return str(row[0]) if row and row[0] is not None else None


GIVEN = {"DATABASE_URL", "REDIS_URL", "DEBUG", "SECRET_KEY", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "VIRTUAL_ENV"}


@pytest.fixture(scope="module")
def reachable() -> Iterator[Path]:
    """A folder that every account can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="infrashare test ", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def checkout(reachable: Path) -> Iterator[Checkout]:
    checkout = Checkout(reachable / "checkout")
    yield checkout
    assert checkout.machine("down").returncode == 0


def test_a_checkout_gets_servers_of_its_own_behind_sockets_with_durable_settings(checkout: Checkout) -> None:
    addresses = checkout.up()
    shown = {
        name: checkout.execute(addresses, f"show {name}")
        for name in ("listen_addresses", "fsync", "full_page_writes", "synchronous_commit", "server_encoding")
    }
    assert shown == {
        "listen_addresses": "",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "server_encoding": "UTF8",
    }
    assert int(checkout.execute(addresses, "show max_connections") or 0) >= 100
    assert Path(addresses["PGHOST"]) == checkout.folder / ".local/postgresql/run"
    pid = checkout.postmaster(addresses).read_text().split("\n")[0]
    assert Path(f"/proc/{pid}").stat().st_uid != 0

    with redis.Redis.from_url(addresses["REDIS_URL"], decode_responses=True) as client:
        kept = client.config_get("port", "appendonly", "maxmemory-policy", "save")
    assert kept == {"port": "0", "appendonly": "yes", "maxmemory-policy": "noeviction", "save": ""}


def test_a_second_up_starts_nothing_and_gives_the_same_addresses(checkout: Checkout) -> None:
    first = checkout.up()
    started = checkout.execute(first, "select pg_postmaster_start_time()")
    done = checkout.machine("up")
    assert done.stderr == ""
    assert dict(line.split("=", 1) for line in done.stdout.splitlines()) == first
    assert checkout.execute(first, "select pg_postmaster_start_time()") == started


def test_killed_servers_come_back_with_all_that_was_committed(checkout: Checkout) -> None:
    addresses = checkout.up()
    checkout.execute(addresses, "create table kept as select 7 as value")
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        client.set("kept", "7")
        redis_pid = int(client.info("server")["process_id"])
        os.kill(redis_pid, signal.SIGKILL)
    os.kill(int(checkout.postmaster(addresses).read_text().split("\n")[0]), signal.SIGKILL)

    assert checkout.up() == addresses
    assert checkout.execute(addresses, "select value from kept") == "7"
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        assert client.get("kept") == b"7"


def test_a_dead_servers_note_that_names_a_living_stranger_does_not_stop_the_start(checkout: Checkout) -> None:
    addresses = checkout.up()
    note = checkout.postmaster(addresses)
    owner = note.stat().st_uid
    os.kill(int(note.read_text().split("\n")[0]), signal.SIGKILL)
    with subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None) as stranger:
        try:
            note.write_text(re.sub(r"\A\d+", str(stranger.pid), note.read_text()))
            assert checkout.up() == addresses
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_down_stops_both_servers_and_says_so_only_once(checkout: Checkout) -> None:
    addresses = checkout.up()
    note = checkout.postmaster(addresses)
    assert checkout.machine("down").stderr == "• Stopping Redis\n• Stopping PostgreSQL\n"
    assert not note.exists()
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(addresses["REDIS_URL"]).ping()
    assert checkout.machine("down").stderr == "• Nothing was running\n"


def test_a_path_too_long_for_a_socket_gets_a_short_one_and_does_not_meet_another_checkout(
    reachable: Path, checkout: Checkout
) -> None:
    other = Checkout(reachable / ("a-long-name-" * 9) / "checkout")
    mine, others = checkout.up(), other.up()
    sockets = Path(others["PGHOST"])
    try:
        assert len(str(sockets / ".s.PGSQL.5432")) <= 107
        assert sockets.parent == Path("/tmp")
        checkout.execute(mine, "create table mine ()")
        assert other.execute(others, "select to_regclass('mine')") is None
    finally:
        assert other.machine("down").returncode == 0
        for name in ("postgresql", "redis"):
            shutil.rmtree(sockets.with_name(sockets.name.replace("postgresql", name)))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_where_postgresqls_account_cannot_reach_the_checkout_its_data_live_in_var_lib(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    hidden = Checkout(tmp_path / "checkout")
    addresses = hidden.up()
    home = Path(addresses["PGHOST"]).parent
    try:
        assert home.parent == Path("/var/lib")
        assert hidden.execute(addresses, "show data_directory") == str(home / "data")
        assert hidden.up() == addresses
    finally:
        assert hidden.machine("down").returncode == 0
        shutil.rmtree(home)


def test_servers_that_are_given_are_passed_on_and_none_is_started(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    given = {"DATABASE_URL": "postgis://u@db.invalid/name", "REDIS_URL": "redis://redis.invalid/3"}
    done = checkout.machine("run", "sh", "-c", "echo $DATABASE_URL $REDIS_URL", **given)
    assert done.stdout == "postgis://u@db.invalid/name redis://redis.invalid/3\n", done.stderr
    assert sorted(path.name for path in (tmp_path / ".local").iterdir()) == ["setup.lock", "vendor"]


def test_run_hands_on_the_exit_code_and_is_a_development_machine_unless_told_otherwise(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    given = {"DATABASE_URL": "postgis://u@db.invalid/name", "REDIS_URL": "redis://redis.invalid/3"}
    show = ("run", "sh", "-c", "echo ${DEBUG-unset} $VIRTUAL_ENV; exit 7")
    done = checkout.machine(*show, **given)
    assert (done.returncode, done.stdout) == (7, f"1 {tmp_path}/.venv\n")
    assert checkout.machine(*show, **given, DEBUG="0").stdout.startswith("0 ")
    assert checkout.machine(*show, **given, SECRET_KEY="a key").stdout.startswith("unset ")


def test_a_system_without_apt_is_told_in_one_sentence_what_to_install(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "checkout")
    given = {"DATABASE_URL": "postgis://u@db.invalid/name", "PATH": str(tmp_path)}
    done = checkout.machine("up", **given)
    assert done.returncode == 1
    assert done.stderr == (
        "✗ Please install gettext, Pango and a Chinese font and Redis 7 or newer with this system's package manager "
        "(or set REDIS_URL to a server that runs already), then give the same command again.\n"
    )


def test_every_setting_is_in_the_operations_page() -> None:
    settings = (ROOT / "config/settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r"\benv(?:\.\w+)?\(\s*\"([A-Z0-9_]+)\"", settings))
    documented = set(re.findall(r"`([A-Z0-9_]+)`", (ROOT / "docs/operations.md").read_text(encoding="utf-8")))
    assert len(names) > 15
    assert names <= documented
