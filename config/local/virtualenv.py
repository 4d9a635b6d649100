"""The virtual environment `.venv`, holding exactly what requirements.txt pins by hash."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import packages
from .places import ROOT, Stop, call, say, which

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements.txt"
STAMP = VENV / ".requirements-installed"
OLDEST, NEWEST = (3, 11), (3, 13)
INSTALL = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r"]


def need() -> packages.Need | None:
    """The package of ensurepip, which Debian ships apart from Python, where pip will have to make .venv."""
    if current() or usable() or uv():
        return None
    python = interpreter()
    if call([python, "-c", "import ensurepip"]).returncode == 0:
        return None
    version = call([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).stdout.strip()
    return packages.Need(f"Python's venv module for {python}", lambda: [f"python{version}-venv"])


def ensure() -> None:
    """Create or refresh the environment, unless it already holds this very requirements.txt."""
    if current():
        return
    if not usable():
        shutil.rmtree(VENV, ignore_errors=True)
    STAMP.unlink(missing_ok=True)
    if not install(REQUIREMENTS):
        raise Stop("The Python packages of requirements.txt could not be installed (see above).")
    STAMP.write_text(stamp())


def install(requirements: Path) -> bool:
    """Install what a locked file names; false when neither uv nor pip manages."""
    return by_uv(requirements) or by_pip(requirements)


def current() -> bool:
    """Whether .venv holds this very requirements.txt."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == stamp()


def stamp() -> str:
    """What the environment was made of: where, the interpreter's version, and the lock's hash."""
    version = call([PYTHON, "-c", "import sys; print(sys.version)"]).stdout
    return f"{VENV}\n{version}" + hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def fits(python: str) -> bool:
    """Whether this Python runs, and is of a version that the lock covers."""
    probe = call([python, "-c", "import sys; print(*sys.version_info[:2])"])
    return probe.returncode == 0 and OLDEST <= tuple(map(int, probe.stdout.split())) <= NEWEST


def interpreter() -> str:
    """A Python of a version that the lock covers; raise Stop when there is none."""
    names = ["python3", *(f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1))]
    for path in [sys.executable, *filter(None, map(which, names))]:
        if fits(path):
            return path
    raise Stop(
        f"Infrashare needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]} and this is {sys.version.split()[0]}: "
        f"install one of those beside it, {packages.AGAIN}."
    )


def usable() -> bool:
    """Whether .venv holds a working Python of a fitting version, and was made where it is: the commands in a
    copied or moved one would run the Python of the old place."""
    moved = STAMP.exists() and STAMP.read_text().split("\n", 1)[0] != str(VENV)
    return PYTHON.exists() and not moved and fits(str(PYTHON))


def uv() -> str | None:
    """Path of uv, if there is one that works: a version manager's stand-in may not."""
    found = which("uv")
    return found if found and call([found, "--version"]).returncode == 0 else None


def by_uv(requirements: Path) -> bool:
    """Install with uv, which takes a third of pip's time; false when it is absent or fails."""
    program = uv()
    if not program:
        return False
    if not PYTHON.exists():
        say("Creating .venv with uv")
        if not succeeds([program, "venv", "--quiet", "--python", interpreter(), str(VENV)]):
            return False
    say(f"Installing the Python packages of {requirements.name} with uv")
    if not succeeds([program, "pip", *INSTALL, str(requirements)]):
        say("uv did not manage; trying pip")
        return False
    return True


def by_pip(requirements: Path) -> bool:
    """Install with the pip that comes with Python; false when it fails."""
    if not PYTHON.exists() or call([PYTHON, "-m", "pip", "--version"]).returncode:
        say("Creating .venv")
        shutil.rmtree(VENV, ignore_errors=True)
        if not succeeds([interpreter(), "-m", "venv", str(VENV)]):
            return False
    say(f"Installing the Python packages of {requirements.name} with pip, one to three minutes")
    # A lock names all that is needed.
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *INSTALL, str(requirements)]
    if not succeeds([*pip, "--no-deps", "--no-compile"]):
        return False
    # Accounts that may not write here run it. On every processor that takes half of pip's time for it; some packages
    # hold files that cannot be compiled, which is no fault.
    call([PYTHON, "-m", "compileall", "-q", "-j", "0", VENV / "lib"])
    return True


def succeeds(command: list[str]) -> bool:
    """Run a command that concerns .venv, its output on standard error."""
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
    return subprocess.run(command, cwd=ROOT, env=env, stdout=sys.stderr, check=False).returncode == 0


def environment() -> dict[str, str]:
    """The environment of a command that runs inside .venv."""
    path = os.pathsep.join([str(PYTHON.parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": path}
