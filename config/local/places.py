"""Where things live, who may touch them, and how the set-up speaks."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
# Folders of administrators' commands, which the PATH of an ordinary Debian user leaves out.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
# sockaddr_un.sun_path holds 108 bytes, the closing zero among them (unix(7)).
SOCKET_PATH_BYTES = 107


class Stop(Exception):
    """The set-up cannot go on; the message says in one sentence what a person can do about it."""


def say(text: str) -> None:
    """One line of progress, on standard error, so that a command's own output stays clean."""
    print(f"• {text}", file=sys.stderr, flush=True)


def which(name: str) -> str | None:
    """The absolute path of a command, administrators' folders included."""
    return shutil.which(name, path=SEARCH_PATH)


def call(
    command: Sequence[str | Path], *, user: str | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it prints; as another account when one is named, which takes root."""
    switch = {} if user is None else switched(user)
    return subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env={**os.environ, "LC_ALL": "C", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **switch,  # type: ignore[call-overload]
    )


def switched(user: str) -> dict[str, object]:
    """subprocess arguments that run a command as `user`; none when that is who we are."""
    account = pwd.getpwnam(user)
    if account.pw_uid == os.geteuid():
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def owner_of(path: Path) -> str:
    """Name of the account that a file or folder belongs to."""
    return pwd.getpwuid(path.stat().st_uid).pw_name


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, indented, for a message about a failure."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "".join(f"\n    {line}" for line in text.splitlines()[-lines:])


def short_name() -> str:
    """A name for this checkout that is the same at each call and differs from every other checkout's."""
    return "infrashare-" + hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:10]


def folder_for(path: Path, *, user: str) -> Path:
    """Make `path` a folder of mode 700 that belongs to `user`, and refuse one that somebody else laid there."""
    account = pwd.getpwnam(user)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if os.geteuid() == 0 and found.st_uid == 0 and account.pw_uid != 0:
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
        found = path.lstat()
    if path.is_symlink() or found.st_uid != account.pw_uid:
        raise Stop(f"{path} should be a folder of the account {user} and is not: remove it, then try again.")
    return path


def socket_folder(home: Path, service: str, socket_name: str, *, user: str) -> Path:
    """A folder for a unix socket: inside `home`, or a short one in /tmp where that path would be too long.

    The fallback ignores TMPDIR, so that two shells with different ones meet the same server.
    """
    inside = home / "run"
    plain = not set(str(inside)) & set("'\",\\\n")
    if plain and len(os.fsencode(inside / socket_name)) <= SOCKET_PATH_BYTES:
        return folder_for(inside, user=user)
    return folder_for(Path("/tmp") / f"{short_name()}-{service}", user=user)
