"""A PostgreSQL that has taken the files below deploy/: who may connect to it, and what a night's backup holds."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import places, postgresql
from tests.assurance.clusters import APPLICATION, DEPLOY, OWNER, STANDBY, Cluster, bare_cluster
from tests.assurance.deployed import ask, set_up, take_rules

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with bare_cluster() as made:
        set_up(made)
        yield made


@pytest.mark.parametrize(
    ("account", "its_own", "anothers"), [("infrashare", APPLICATION, OWNER), ("infrashare-owner", OWNER, APPLICATION)]
)
def test_the_account_that_runs_the_site_cannot_sign_in_as_the_owner_of_the_tables(
    cluster: Cluster, account: str, its_own: str, anothers: str
):
    take_rules(cluster, account=account)

    assert ask(cluster, its_own) == its_own
    assert f'Peer authentication failed for user "{anothers}"' in ask(cluster, anothers)
    assert "pg_hba.conf rejects connection" in ask(cluster, STANDBY)
    faults = "SELECT error FROM pg_hba_file_rules UNION SELECT error FROM pg_ident_file_mappings"
    # This server has no certificate.
    assert ask(cluster, "postgres", faults) == "hostssl record cannot match because SSL is disabled"


def test_a_standby_has_a_role_that_streams_the_log_and_nothing_else_and_a_place_in_it(cluster: Cluster):
    rights = "rolcanlogin, rolreplication, rolsuper, rolcreatedb, rolcreaterole"
    assert ask(cluster, "postgres", f"SELECT {rights} FROM pg_roles WHERE rolname = '{STANDBY}'") == "t|t|f|f|f"
    assert ask(cluster, "postgres", "SELECT slot_name FROM pg_replication_slots") == STANDBY


@pytest.fixture
def script(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Path:
    """deploy/back-up, where the server's account can read it, in the environment of who signs in as postgres."""
    for name, value in (("HOST", str(cluster.instance.sockets)), ("PORT", postgresql.PORT), ("USER", "postgres")):
        monkeypatch.setenv(f"PG{name}", value)
    monkeypatch.delenv("PGDATABASE", raising=False)
    return Path(shutil.copy(DEPLOY / "back-up", cluster.instance.home / "back-up"))


def back_up(cluster: Cluster, script: Path, kept: Path, *more: Path) -> Path:
    """Its folder."""
    done = places.call([script, kept, cluster.archive, *more], user=cluster.instance.user)
    assert done.returncode == 0, done.stdout
    return Path(done.stdout.strip().splitlines()[-1])


def test_the_nightly_backup_runs_under_the_rules_that_are_deployed_and_holds_the_uploads(
    cluster: Cluster, script: Path
):
    kept = places.folder_for(cluster.instance.home / "kept", user=cluster.instance.user)
    uploads = places.folder_for(cluster.instance.home / "uploads", user=cluster.instance.user)
    (uploads / "towers.csv").write_text("code")

    backup = back_up(cluster, script, kept, uploads)

    assert list(kept.iterdir()) == [backup]
    assert (backup / "cluster" / "backup_manifest").exists()
    assert (backup / "uploads" / "towers.csv").read_text() == "code"


def first_segment(backup: Path) -> str:
    [name] = re.findall(r"\(file (\w+)\)", (backup / "cluster" / "backup_label").read_text(encoding="utf-8"))[:1]
    return str(name)


def test_the_archive_of_the_log_is_kept_from_the_oldest_backup_that_is(cluster: Cluster, script: Path):
    kept = places.folder_for(cluster.instance.home / "fortnight", user=cluster.instance.user)
    old = back_up(cluster, script, kept)
    # Named by the second.
    time.sleep(1)
    new = back_up(cluster, script, kept)
    wait_for_archive(cluster)
    assert first_archived(cluster) == first_segment(old)

    os.utime(old, (0, 0))
    time.sleep(1)
    newest = back_up(cluster, script, kept)
    assert set(kept.iterdir()) == {new, newest}
    assert first_archived(cluster) == first_segment(new)


def first_archived(cluster: Cluster) -> str:
    return min(file.name for file in cluster.archive.iterdir() if re.fullmatch(r"[0-9A-F]{24}", file.name))


def wait_for_archive(cluster: Cluster) -> None:
    """Until all is archived that was written."""
    segment = ask(cluster, "postgres", "SELECT pg_walfile_name(pg_switch_wal())")
    until = time.monotonic() + PATIENCE_S
    while not (cluster.archive / segment).exists():
        assert time.monotonic() < until
        time.sleep(0.05)
