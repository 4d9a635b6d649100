"""Backups of a checkout and the archive of its log: what is put back, to which moment, and what archiving survives."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import backups, log_archive, postgresql
from config.local.places import Stop
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


def test_a_second_try_goes_to_its_own_moment_and_not_along_what_the_first_one_began(cluster: Cluster):
    backup = cluster.instance.home / "tried-twice"
    cluster.sql("TRUNCATE noted")
    backups.back_up(cluster.instance, cluster.programs, backup)
    moments = {}
    for what in ("one", "two", "mistake"):
        note(cluster, what)
        moments[what] = cluster.sql("SELECT clock_timestamp()")
        time.sleep(0.1)
    backups.restore(cluster.instance, cluster.programs, backup, archive=cluster.archive, at=moments["one"])
    note(cluster, "instead")
    assert noted(cluster) == {"one", "instead"}
    backups.restore(cluster.instance, cluster.programs, backup, archive=cluster.archive, at=moments["two"])
    assert noted(cluster) == {"one", "two"}


@pytest.mark.parametrize("at", ["no moment at all", "2999-01-01 12:00"])
def test_a_restore_that_fails_leaves_what_was_there(cluster: Cluster, at: str):
    backup = cluster.instance.home / f"failing-{at.split()[0]}"
    cluster.sql("TRUNCATE noted")
    backups.back_up(cluster.instance, cluster.programs, backup)
    note(cluster, "since")
    before = set(cluster.instance.home.glob("data.replaced-*"))
    with pytest.raises(Stop, match=r"PostgreSQL did not start|The archive could not be replayed"):
        backups.restore(cluster.instance, cluster.programs, backup, archive=cluster.archive, at=at)
    postgresql.start(cluster.instance, cluster.programs)
    assert noted(cluster) == {"since"}
    assert set(cluster.instance.home.glob("data.replaced-*")) == before


def test_a_backup_of_a_version_that_is_not_installed_changes_nothing(cluster: Cluster, tmp_path: Path):
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("9\n")
    with pytest.raises(Stop, match="were made by PostgreSQL 9, which is not installed"):
        backups.restore(cluster.instance, cluster.programs, tmp_path, archive=None)
    assert cluster.sql("SELECT 1") == "1"


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


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    made = tmp_path / "the archive"
    made.mkdir()
    return made


def archiving(archive: Path, segment: Path) -> bool:
    """Whether PostgreSQL would take the segment for archived."""
    command = log_archive.settings(archive)["archive_command"]
    said = command.replace("%p", f"'{segment}'").replace("%f", segment.name)
    return subprocess.run(["sh", "-c", said], check=False).returncode == 0


def test_a_segment_that_was_archived_before_a_crash_is_archived_and_another_of_its_name_is_refused(
    archive: Path, tmp_path: Path
):
    segment = tmp_path / "000000010000000000000001"
    segment.write_bytes(b"log" * 1000)
    (archive / f"{segment.name}.part").write_bytes(b"lo")
    assert [archiving(archive, segment) for _crash in range(2)] == [True, True]

    segment.write_bytes(b"another server's")
    assert not archiving(archive, segment)
    assert {file.name: file.read_bytes() for file in archive.iterdir()} == {segment.name: b"log" * 1000}
