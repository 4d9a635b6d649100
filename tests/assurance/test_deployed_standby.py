"""A primary and its standby that have taken the files below deploy/several, each at an address of its own: what is
confirmed, who is let in by which certificate, and that one goes on where the other ended."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trustme

from config.local import places, postgresql
from config.local.postgresql import Instance
from tests.assurance.clusters import APPLICATION, DEPLOY, OWNER, STANDBY, Cluster, bare_cluster
from tests.assurance.deployed import ask, psql, set_up

PATIENCE_S = 60.0
TLS, ARCHIVE = "/etc/infrashare/tls", "/var/lib/infrashare-wal"
DATABASE, REPLICA = "db.infrashare.internal", "standby.infrashare.internal"
ADDRESSES = {DATABASE: "127.20.0.1", REPLICA: "127.20.0.2"}
"""Of this host, so that both listen at PostgreSQL's port."""
WHOEVER_CALLS = "127.0.0.1/32"
STREAMS = """
SELECT usename, ssl, version FROM pg_stat_replication JOIN pg_stat_ssl USING (pid) WHERE sync_state = 'sync'
"""


@dataclass(frozen=True)
class Pair:
    primary: Cluster
    standby: Cluster
    tls: Path

    def call(self, role: str, certificate: str, host: str = DATABASE, **more: str) -> str:
        """What is answered to who signs in from another host, or why they are not let in."""
        [address] = re.findall(r"(?m)^DATABASE_URL='postgis(.*)'$", deployed("environment.example"))
        address = address.replace(APPLICATION, role).replace(DATABASE, host)
        address = address.replace(f"{TLS}/client", f"{self.tls}/{certificate}").replace(TLS, str(self.tls))
        where = {"hostaddr": ADDRESSES.get(host, ADDRESSES[DATABASE]), **more}
        address += "".join(f"&{name}={value}" for name, value in where.items())
        return psql(self.primary, "-c", "SELECT current_user", "-d", f"postgresql{address}")


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with bare_cluster() as primary:
        tls = places.folder_for(primary.instance.home / "tls", user=primary.instance.user)
        issue_certificates(tls, primary.instance.user)
        with (primary.instance.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("include 'several.conf'\n")
        take_settings(primary, tls, ADDRESSES[DATABASE], "postgresql-primary.conf")
        set_up(primary, network=WHOEVER_CALLS)
        standby = copy_of(primary, tls)
        try:
            standby.start()
            yield Pair(primary, standby, tls)
        finally:
            standby.kill()


def issue_certificates(tls: Path, user: str) -> None:
    ours = trustme.CA()
    ours.cert_pem.write_to_path(str(tls / "authority.pem"))
    for name, common_name, authority in (
        ("postgresql", DATABASE, ours), ("client", "web-1.infrashare.internal", ours), ("standby", STANDBY, ours),
        ("stranger", "web-1.infrashare.internal", trustme.CA()),
    ):  # fmt: skip
        issued = authority.issue_cert(*ADDRESSES, common_name=common_name)
        issued.cert_chain_pems[0].write_to_path(str(tls / f"{name}.pem"))
        issued.private_key_pem.write_to_path(str(tls / f"{name}.key"))
    for file in tls.iterdir():
        file.chmod(0o600)
        shutil.chown(file, user)


def deployed(name: str) -> str:
    return (DEPLOY / "several" / name).read_text(encoding="utf-8")


def take_settings(cluster: Cluster, tls: Path, address: str, *files: str) -> None:
    """Those that are deployed, with the test's addresses and folders in the place of theirs."""
    text = "".join(map(deployed, files)).replace("'*'", f"'{address}'").replace(TLS, str(tls))
    text = text.replace(ARCHIVE, str(cluster.archive))
    text = text.replace(f"host={DATABASE}", f"host={DATABASE} hostaddr={ADDRESSES[DATABASE]}")
    (cluster.instance.data / "several.conf").write_text(text, encoding="utf-8")


def copy_of(primary: Cluster, tls: Path) -> Cluster:
    """Made as deploy/several/postgresql-standby.conf says."""
    user = primary.instance.user
    home = places.folder_for(primary.instance.home / "standby", user=user)
    made = replace(primary, instance=Instance(user, home, places.socket_folder(home, postgresql.SOCKET, user=user)))
    data = made.instance.data
    address = f"hostaddr={ADDRESSES[DATABASE]} host={DATABASE} user={STANDBY} sslmode=verify-full"
    shown = f"sslrootcert={tls}/authority.pem sslcert={tls}/standby.pem sslkey={tls}/standby.key"
    copied = places.call(
        [f"{made.programs.bin}/pg_basebackup", "-d", f"{address} {shown}", "-D", data, "-c", "fast",
         "-S", STANDBY, "-X", "stream"],
        user=user,
    )  # fmt: skip
    assert copied.returncode == 0, copied.stdout
    (data / "standby.signal").touch()
    take_settings(made, tls, ADDRESSES[REPLICA], "postgresql-primary.conf", "postgresql-standby.conf")
    return made


def test_the_standby_streams_by_tls_under_its_own_certificate_and_confirms_each_decision(pair: Pair):
    assert wait_for(lambda: ask(pair.primary, "postgres", STREAMS)) == f"{STANDBY}|t|TLSv1.3"
    ask(pair.primary, "postgres", "CREATE TABLE told AS SELECT 1 AS number")
    assert wait_for(lambda: ask(pair.standby, "postgres", "SELECT number FROM told")) == "1"
    assert "read-only transaction" in ask(pair.standby, "postgres", "DROP TABLE told")


@pytest.mark.parametrize(
    ("role", "certificate", "more", "answered"),
    [
        (APPLICATION, "client", {}, APPLICATION),
        (APPLICATION, "client", {"host": REPLICA}, APPLICATION),
        (OWNER, "client", {}, "pg_hba.conf rejects connection"),
        (APPLICATION, "standby", {}, "certificate authentication failed"),
        (APPLICATION, "stranger", {}, "unknown ca"),
        (APPLICATION, "nobody", {}, "connection requires a valid client certificate"),
        (APPLICATION, "client", {"sslmode": "disable"}, "pg_hba.conf rejects connection"),
        (APPLICATION, "client", {"host": "other.infrashare.internal"}, 'does not match host name "other.'),
    ],
)
def test_who_calls_is_let_in_by_a_certificate_of_their_own_and_calls_whom_its_name_says(
    pair: Pair, role: str, certificate: str, more: dict[str, str], answered: str
):
    assert answered in pair.call(role, certificate, **more)


def test_nothing_is_confirmed_while_no_standby_answers_and_what_waited_is_once_it_does(pair: Pair):
    pair.standby.kill()
    waiting = begin(pair.primary, "CREATE TABLE waited ()")
    time.sleep(2)
    assert not waiting.done()
    pair.standby.start()
    assert waiting.result(PATIENCE_S) == ""


def test_promoted_the_standby_decides_alone(pair: Pair):
    pair.primary.kill()
    postgresql.pg_ctl(pair.standby.instance, pair.standby.programs, "promote")
    assert begin(pair.standby, "CREATE TABLE promoted ()").result(PATIENCE_S) == ""


def begin(cluster: Cluster, statement: str) -> Future[str]:
    """What psql will have said; a commit that is not confirmed is waited for by nobody else."""
    return ThreadPoolExecutor(1).submit(ask, cluster, "postgres", statement)


def wait_for(answer: Callable[[], str]) -> str:
    """The first answer that says something and is no error."""
    until = time.monotonic() + PATIENCE_S
    while (said := answer()) == "" or "ERROR" in said:
        assert time.monotonic() < until, said
        time.sleep(0.05)
    return said
