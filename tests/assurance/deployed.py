"""Servers of a test's own that take the files below deploy/: roles, and who may connect, and how."""

import re

from config.local import places, postgresql
from tests.assurance.clusters import DEPLOY, Cluster

NETWORK = "10.20.0.0/24"


def set_up(cluster: Cluster, *, network: str = NETWORK) -> None:
    """All roles, the standby's place in the log, and the rules."""
    cluster.sql("CREATE ROLE postgres SUPERUSER LOGIN")
    cluster.ask("-d", cluster.database, "-f", str(DEPLOY / "postgresql" / "roles.sql"))
    cluster.ask("-d", cluster.database, "-f", str(DEPLOY / "several" / "standby.sql"))
    take_rules(cluster, account="infrashare", network=network)


def take_rules(cluster: Cluster, *, account: str, network: str = NETWORK) -> None:
    """The deployed ones, with the account that runs this server in the place of `account`, and of postgres; `network`
    in the place of the hosts'."""
    user, data = cluster.instance.user, cluster.instance.data
    rules = (DEPLOY / "postgresql" / "pg_hba.conf").read_text(encoding="utf-8").replace(NETWORK, network)
    maps = (DEPLOY / "postgresql" / "pg_ident.conf").read_text(encoding="utf-8")
    (data / "pg_hba.conf").write_text(re.sub(r"(?m)^(local .* postgres +peer)$", r"\1 map=drill", rules))
    (data / "pg_ident.conf").write_text(
        re.sub(rf"(?m)^(infrashare +){account}( )", rf"\1{user}\2", maps) + f"drill {user} postgres\n"
    )
    postgresql.pg_ctl(cluster.instance, cluster.programs, "restart", "-m", "fast", "-l", str(cluster.instance.log))


def ask(cluster: Cluster, role: str, statement: str = "SELECT current_user") -> str:
    """What psql says by the socket."""
    server = ["-h", str(cluster.instance.sockets), "-p", postgresql.PORT, "-U", role, "-d", cluster.database]
    return psql(cluster, *server, "-c", statement)


def psql(cluster: Cluster, *arguments: str) -> str:
    """What it says, errors too, run by the account that runs the server."""
    command = [f"{cluster.programs.bin}/psql", *arguments, "-XAtq"]
    return places.call(command, user=cluster.instance.user).stdout.strip()
