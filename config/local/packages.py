"""Debian's and Ubuntu's packages: what there is, and how to install it without starting its services."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence

from .places import SEARCH_PATH, Stop, call, say, which

# Installs without starting or creating servers of the system's own: those would not be ours to run, and on a
# machine that has them already this leaves them as they are. Both switches are taken back at the end.
INSTALL = """
set -e
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/infrashare-setup.conf
tidy() { rm -f "$cluster"; rmdir --ignore-fail-on-non-empty /etc/postgresql-common/createcluster.d \
    /etc/postgresql-common 2>/dev/null || true; [ -z "$ours" ] || rm -f "$policy"; }
ours=
trap tidy EXIT
trap 'exit 130' INT TERM
if [ ! -e "$policy" ]; then ours=yes; printf '#!/bin/sh\\nexit 101\\n' > "$policy"; chmod 755 "$policy"; fi
mkdir -p "${cluster%/*}"
echo 'create_main_cluster = false' > "$cluster"
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
"""


def require_apt(wanted: str) -> None:
    """Raise Stop, naming what to install, on a system without apt."""
    if not which("apt-get"):
        raise Stop(
            f"Please install {wanted} with this system's package manager (or set DATABASE_URL and "
            "REDIS_URL to servers that run elsewhere), then give the same command again."
        )


def available(pattern: str) -> list[str]:
    """Names of the packages that match a whole regular expression, after fetching the lists if need be."""
    for attempt in (1, 2):
        listed = call(["apt-cache", "pkgnames"]).stdout.split()
        names = [name for name in listed if re.fullmatch(pattern, name)]
        if names or attempt == 2:
            return names
        update()
    return []


def update() -> None:
    """Fetch the package lists. An unreachable third-party source is not our concern, so this may half fail."""
    say("Fetching the lists of packages (apt-get update)")
    as_root(["apt-get", "update", "-q", "-o", "DPkg::Lock::Timeout=300"], "the lists of packages")


def install(names: Sequence[str], *, why: str) -> None:
    """Install packages; raise Stop when that fails."""
    known = call(["apt-cache", "policy", *names]).stdout
    if known.count("Candidate:") < len(names) or "Candidate: (none)" in known:
        update()
    say(f"Installing {' '.join(names)} ({why})")
    script = ["sh", "-c", INSTALL, "sh", *names]
    if as_root(script, " ".join(names)):
        update()  # lists that are too old name files that are gone
        if as_root(script, " ".join(names)):
            raise Stop(
                f"apt-get could not install {' '.join(names)} (its messages are above): install them by "
                "hand, then give the same command again."
            )


def as_root(command: Sequence[str], what: str) -> int:
    """Run a command as root, by sudo if we are not; its exit code."""
    prefix: list[str] = []
    if os.geteuid() != 0:
        sudo = which("sudo")
        interactive = sys.stdin.isatty()
        if not sudo or (not interactive and call([sudo, "-n", "true"]).returncode):
            raise Stop(
                f"Installing {what} takes root or sudo: ask an administrator for it (or set DATABASE_URL "
                "and REDIS_URL to servers that run elsewhere), then give the same command again."
            )
        prefix = [sudo]
    done = subprocess.run(
        [*prefix, *command], cwd="/", env={**os.environ, "PATH": SEARCH_PATH}, stdout=sys.stderr, check=False
    )
    return done.returncode
