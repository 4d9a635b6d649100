"""A database that is killed, and one that is damaged: what was told as done is there again; the ledger balances."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import backups, places, postgresql
from tests.assurance.clusters import APPLICATION, Cluster, own_cluster

PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster() as made:
        yield made


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


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE sharing_event CASCADE",
        "ALTER TABLE registry_allocation DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TABLE registry_disclosure",
        "DELETE FROM sharing_event",
    ],
)
def test_the_application_can_switch_nothing_off_and_empty_no_table(cluster: Cluster, statement: str):
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
