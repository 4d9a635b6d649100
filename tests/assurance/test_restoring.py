"""A database that is killed, taken from under a client in other ways, and damaged: what was told as done is there,
what was not is there whole or not at all; the ledger balances."""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import backups, places, postgresql
from tests.assurance.clusters import APPLICATION, Cluster, own_cluster
from tests.assurance.conftest import Tell, times
from tests.assurance.cutting import Wire
from tests.assurance.strikes import IS_ROOT, STRIKES, Log, client_of

PATIENCE_S = 120.0
DISK_MIB = 1_000
LATEST_S = 0.03
# What the client calls a deed, and the event that tells of it.
EVENTS = {"request": "match.requested", "grant": "consent.granted", "approve": "match.approved"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster(disk_mib=DISK_MIB if IS_ROOT else 0) as made:
        yield made


@pytest.fixture(scope="module")
def untouched(cluster: Cluster) -> Cluster:
    """The same with nothing in it."""
    return cluster.another("untouched")


@pytest.fixture(scope="module", autouse=True)
def copied_first(untouched: Cluster) -> None:
    """Before any test has filled it."""


@pytest.fixture
def wire(cluster: Cluster) -> Iterator[Wire]:
    # Not pytest's: a socket's path may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="wire") as folder:
        made = Wire(Path(folder), cluster.instance.sockets / postgresql.SOCKET)
        yield made
        made.close()


def wait_for_lines(log: Path, count: int) -> list[str]:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        lines = log.read_text().split() if log.exists() else []
        if len(lines) >= count:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"{log} has fewer than {count} lines")


def test_what_was_told_as_done_survives_a_crash_and_a_restore_to_a_moment(cluster: Cluster, tmp_path: Path, told):
    backup = cluster.instance.home / "backup"
    backups.back_up(cluster.instance, cluster.programs, backup)

    # The machine loses power while a client is at work.
    log = tmp_path / "told"
    client = cluster.start_client(log, 500)
    wait_for_lines(log, 5)
    cluster.kill()
    crashed = time.monotonic()
    assert client.wait(timeout=PATIENCE_S) != 0
    postgresql.start(cluster.instance, cluster.programs)
    cluster.sql("CREATE TEMPORARY TABLE written (at timestamptz)")
    back_after_s = time.monotonic() - crashed
    done = set(log.read_text().split())
    assert done <= cluster.agreements()
    cluster.audited()

    # Somebody empties the ledger by hand; the registry is put back to the moment before.
    before = cluster.sql("SELECT clock_timestamp()")
    held = cluster.agreements()
    time.sleep(0.1)
    cluster.sql("TRUNCATE registry_allocation CASCADE; SELECT pg_switch_wal()")
    restoring = time.monotonic()
    replaced = backups.restore(cluster.instance, cluster.programs, backup, archive=cluster.archive, at=before)
    restored_after_s = time.monotonic() - restoring
    assert replaced is not None
    assert cluster.agreements() == held
    cluster.audited()

    told("agreements lost in a crash (recovery point)", len(done - cluster.agreements()), "", 0)
    told("writing again after a crash (recovery time)", back_after_s, "s", 60)
    told("restored to a moment from backup and archive", restored_after_s, "s", None)


def test_nothing_that_was_told_is_lost_and_nothing_is_done_by_halves(
    untouched: Cluster, wire: Wire, tmp_path: Path, told: Tell, request: pytest.FixtureRequest
):
    log, chance = Log(tmp_path / "log"), random.Random(165)
    client = client_of(untouched, wire, log.path)
    request.addfinalizer(client.wait)
    request.addfinalizer(client.kill)
    for strike, (hit, short, long) in STRIKES.items():
        unknown = log.count("unknown")
        for _round in range(times(short, long)):
            log.next_begun("approve")
            time.sleep(chance.uniform(0, LATEST_S))
            hit(untouched, wire)
        log.next_begun("request")
        told(f"database under a client at work: {strike}", times(short, long), "times", None)
        told(f"the same, {strike}: errors met by the client", log.count("unknown") - unknown, "errors", None)
    log.path.with_suffix(".enough").touch()
    assert client.wait(timeout=PATIENCE_S) == 0

    for deed, event in EVENTS.items():
        done = Counter(line[2] for line in log.lines() if line[:2] == ("told", deed))
        assert set(done.values()) == {1}
        match = "coalesce(match_id, (SELECT match_id FROM sharing_consent WHERE id = consent_id))"
        happened = Counter(untouched.sql(f"SELECT {match} FROM sharing_event WHERE type = '{event}'").split())
        assert happened == done, f"{deed}: told and not done, or done twice"
    assert Counter(untouched.sql("SELECT match_id FROM sharing_agreement").split()) == done
    assert untouched.sql("SELECT count(*) FROM sharing_event WHERE dispatched_at IS NULL") == "0"
    # Of each request its owner's only manager is told, in the inbox once.
    asked = "SELECT count(n.id) FROM sharing_event AS e LEFT JOIN sharing_notification AS n ON n.event_id = e.id"
    each = f"{asked} AND n.channel = 'inbox' WHERE e.type = 'consent.asked' GROUP BY e.id"
    assert Counter(untouched.sql(each).split()) == {"1": len(done)}
    untouched.audited()
    told("the same, deeds told and lost, done by halves, done twice, or told twice", 0, "deeds", 0)


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE sharing_event CASCADE",
        "ALTER TABLE registry_allocation DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TABLE registry_disclosure",
        "DELETE FROM sharing_event",
        "DELETE FROM sharing_approval",
        "INSERT INTO registry_change (id, noun, act, label, changed_at)"
        " VALUES (2::bigint ^ 62, 'asset', 'update', '', now())",
    ],
)
def test_the_application_can_switch_nothing_off_and_empty_no_table(cluster: Cluster, statement: str):
    # A trigger looks at rows: of a table without any, none would be refused.
    cluster.sql("INSERT INTO sharing_event (type, occurred_at, data) VALUES ('list.submitted', now(), '{}')")
    psql = [f"{cluster.programs.bin}/psql", "-h", str(cluster.instance.sockets), "-U", APPLICATION]
    done = places.call([*psql, "-d", postgresql.NAME, "-Xc", statement])
    assert "ERROR" in done.stdout


def test_what_is_no_backup_or_stands_in_the_way_is_refused_and_the_database_runs_on(cluster: Cluster):
    backup = cluster.instance.home / "other-backup"
    backup.mkdir()
    with pytest.raises(places.Stop, match="there already"):
        backups.back_up(cluster.instance, cluster.programs, backup)
    with pytest.raises(places.Stop, match="holds no backup"):
        backups.restore(cluster.instance, cluster.programs, backup, archive=None)
    assert cluster.sql("SELECT 1") == "1"
