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


def call(command: Sequence[str | Path], *, user: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it prints; as the account `user`, where that is not ours (takes root)."""
    account = pwd.getpwnam(user) if user else None
    if account and account.pw_uid == os.geteuid():
        account = None
    return subprocess.run(
        list(command),
        cwd="/",
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def owner_of(path: Path) -> str:
    """Name of the account that a file or folder belongs to."""
    return pwd.getpwuid(path.stat().st_uid).pw_name


def tail(text: str, lines: int = 12) -> str:
    """The last lines of a log or an output, indented, for a message about a failure."""
    return "".join(f"\n    {line}" for line in text.splitlines()[-lines:])


def log_tail(log: Path) -> str:
    """The last lines of a log file, indented; empty when it cannot be read."""
    try:
        return tail(log.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""


def short_name() -> str:
    """A name for this checkout that is the same at each call and differs from every other checkout's."""
    return "infrashare-" + hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:10]


def folder_for(path: Path, *, user: str) -> Path:
    """Make `path` a folder of mode 700 that belongs to `user`, and refuse one that is somebody else's."""
    account = pwd.getpwnam(user)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if os.geteuid() == 0 and found.st_uid == 0 and account.pw_uid != 0:
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
        found = path.lstat()
    if path.is_symlink() or found.st_uid != account.pw_uid:
        raise Stop(f"{path} should be a folder of the account {user} and is not: remove it, then try again.")
    return path


def socket_folder(home: Path, socket_name: str, *, user: str) -> Path:
    """A folder for a unix socket: inside `home`, or a short one in /tmp where that path would be too long.

    The fallback ignores TMPDIR, so that two shells with different ones meet the same server.
    """
    inside = home / "run"
    plain = not set(str(inside)) & set("'\",\\\n")  # what PostgreSQL would take for punctuation
    if plain and len(os.fsencode(inside / socket_name)) <= SOCKET_PATH_BYTES:
        return folder_for(inside, user=user)
    return folder_for(Path("/tmp") / f"{short_name()}-{home.name}", user=user)


def processes_in(folder: Path) -> list[int] | None:
    """The processes whose working folder this is; None on a system that does not tell (no /proc)."""
    if not Path("/proc/self/cwd").exists():
        return None
    wanted = str(folder.resolve())
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "cwd") == wanted:
                    found.append(int(entry.name))
            except OSError:  # ended meanwhile, or somebody else's
                continue
    return found
