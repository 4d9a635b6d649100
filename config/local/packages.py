"""Debian's and Ubuntu's packages: what there is, and how to install it without starting its services."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .places import SEARCH_PATH, Stop, call, say, which

# Installs without starting or creating servers of the system's own: those would not be ours to run, and on a
# machine that has them already this leaves them as they are. Both switches are taken back at the end.
INSTALL = """
set -e
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/infrashare-setup.conf
tidy() {
    rm -f "$cluster"
    rmdir --ignore-fail-on-non-empty "${cluster%/*}"
    [ -z "$ours" ] || rm -f "$policy"
}
ours=
trap tidy EXIT
trap 'exit 130' INT TERM
if [ ! -e "$policy" ]; then ours=yes; printf '#!/bin/sh\\nexit 101\\n' > "$policy"; chmod 755 "$policy"; fi
mkdir -p "${cluster%/*}"
echo 'create_main_cluster = false' > "$cluster"
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
"""

AGAIN = "then give the same command again"


@dataclass(frozen=True)
class Need:
    """Something that this machine lacks."""

    wanted: str  # in words, with the oldest version that will do
    packages: Callable[[], list[str]]  # their names here; empty where the distribution has none new enough
    variable: str = ""  # the environment variable that names another to use instead
    instead: str = "a server that runs already"

    @property
    def otherwise(self) -> str:
        """The ways out that a person has."""
        other = f", or set {self.variable} to {self.instead}" if self.variable else ""
        return f"install it by hand{other}, {AGAIN}."


def names_of(needs: Sequence[Need]) -> list[str]:
    """The packages that hold all that is needed; raise Stop, in one sentence, when a person has to install them."""
    wanted = " and ".join(need.wanted for need in needs)
    if not which("apt-get"):
        ways = " and ".join(f"{need.variable} to {need.instead}" for need in needs if need.variable)
        other = f" (or set {ways})" if ways else ""
        raise Stop(f"Please install {wanted} with this system's package manager{other}, {AGAIN}.")
    names = []
    for need in needs:
        found = need.packages()
        if not found:
            raise Stop(f"This distribution has no package of {need.wanted}: {need.otherwise}")
        names += found
    listed = " ".join(names)
    if not may_be_root():
        raise Stop(f"Please ask an administrator to run `apt-get install {listed}`, {AGAIN}.")
    return names


def install(names: Sequence[str], needs: Sequence[Need]) -> None:
    """Install the packages of `names_of(needs)` at one go."""
    listed = " ".join(names)
    say(f"Installing {listed}: {' and '.join(need.wanted for need in needs)}")
    script = ["sh", "-c", INSTALL, "sh", *names]
    if as_root(script):
        update()  # lists that are too old name files that are gone
        if as_root(script):
            raise Stop(f"apt-get could not install {listed} (see above): install them by hand, {AGAIN}.")


def available(pattern: str) -> list[str]:
    """Names of the packages that match a whole regular expression, after fetching the lists if need be."""
    for attempt in (1, 2):
        # Listed is what can be installed; a name may also be known from another package's dependencies alone.
        listed = call(["apt-cache", "search", "--names-only", f"^{pattern}$"]).stdout.splitlines()
        names = [line.split(" - ")[0] for line in listed]
        if names or attempt == 2:
            return [name for name in names if re.fullmatch(pattern, name)]
        if not may_be_root():
            raise Stop(f"Please ask an administrator to run `apt-get update`, {AGAIN}.")
        update()
    return []


def update() -> None:
    """Fetch the package lists. An unreachable third-party source is not our concern, so this may fail."""
    say("Fetching the lists of packages (apt-get update)")
    as_root(["apt-get", "update", "-qq", "-o", "DPkg::Lock::Timeout=300"])


def may_be_root() -> bool:
    """Whether we are root or can become it by sudo, asking for a password where somebody sits."""
    sudo = which("sudo")
    if os.geteuid() == 0:
        return True
    return sudo is not None and (sys.stdin.isatty() or call([sudo, "-n", "true"]).returncode == 0)


def as_root(command: Sequence[str]) -> int:
    """Run a command as root, by sudo if we are not; its exit code."""
    prefix = [] if os.geteuid() == 0 else [which("sudo") or "sudo"]
    env = {**os.environ, "PATH": SEARCH_PATH}
    return subprocess.run([*prefix, *command], cwd="/", env=env, stdout=sys.stderr, check=False).returncode
