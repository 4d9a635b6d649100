"""Backups of a checkout: what is put back, and to which moment."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import backups
from tests.assurance.clusters import Cluster, bare_cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with bare_cluster() as made:
        made.sql("CREATE TABLE noted (what text)")
        yield made


@pytest.fixture(autouse=True)
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEDIA_ROOT", str(tmp_path / "uploads"))
    return tmp_path / "uploads"


def note(cluster: Cluster, what: str) -> None:
    cluster.sql(f"INSERT INTO noted VALUES ('{what}'); SELECT pg_switch_wal()")


def noted(cluster: Cluster) -> set[str]:
    return set(cluster.sql("SELECT what FROM noted").split())


def test_a_backup_made_after_a_restore_to_a_moment_goes_to_its_own_newest_change(cluster: Cluster):
    first, second = cluster.instance.home / "first", cluster.instance.home / "second"
    backups.back_up(cluster.instance, cluster.programs, first)
    note(cluster, "before")
    moment = cluster.sql("SELECT clock_timestamp()")
    time.sleep(0.1)
    note(cluster, "mistake")
    backups.restore(cluster.instance, cluster.programs, first, archive=cluster.archive, at=moment)
    assert noted(cluster) == {"before"}

    backups.back_up(cluster.instance, cluster.programs, second)
    note(cluster, "after")
    backups.restore(cluster.instance, cluster.programs, second, archive=cluster.archive)
    assert noted(cluster) == {"before", "after"}


def test_uploads_that_are_lost_are_put_back_and_what_is_there_stays(cluster: Cluster, uploads: Path):
    (uploads / "imports").mkdir(parents=True)
    for name in ("lost", "kept"):
        (uploads / "imports" / name).write_text(name)
    backup = cluster.instance.home / "with-uploads"
    backups.back_up(cluster.instance, cluster.programs, backup)
    (uploads / "imports" / "lost").unlink()
    (uploads / "imports" / "kept").write_text("as it is now")
    (uploads / "imports" / "newer").write_text("newer")

    backups.restore(cluster.instance, cluster.programs, backup, archive=cluster.archive)

    told = {file.name: file.read_text() for file in (uploads / "imports").iterdir()}
    assert told == {"lost": "lost", "kept": "as it is now", "newer": "newer"}
