"""The virtual environment `.venv`, holding exactly what requirements.txt pins by hash."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys

from . import packages
from .places import ROOT, Stop, call, say, which

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements.txt"
STAMP = VENV / ".requirements-installed"
OLDEST, NEWEST = (3, 11), (3, 13)
INSTALL = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(REQUIREMENTS)]


def ensure() -> None:
    """Create or refresh the environment, unless it already holds this very requirements.txt."""
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == stamp():
        return
    STAMP.unlink(missing_ok=True)
    if not (by_uv() or by_pip()):
        raise Stop(
            "The Python packages of requirements.txt could not be installed (pip's messages are above)."
        )
    STAMP.write_text(stamp())


def stamp() -> str:
    """What the environment was made of: the interpreter's version and the lock's hash."""
    version = call([PYTHON, "-c", "import sys; print(sys.version)"]).stdout
    return version + hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def interpreter() -> str:
    """A Python of a version that the lock covers; raise Stop when there is none."""
    names = ["python3", *(f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1))]
    for path in [sys.executable, *filter(None, map(which, names))]:
        probe = call([path, "-c", "import sys; print(*sys.version_info[:2])"])
        if probe.returncode == 0 and OLDEST <= tuple(map(int, probe.stdout.split())) <= NEWEST:
            return path
    raise Stop(
        f"Infrashare needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]} and this machine has "
        f"{sys.version.split()[0]}: install one of those beside it, then give the same command again."
    )


def usable() -> bool:
    """Whether .venv holds a working Python of a fitting version."""
    if not PYTHON.exists():
        return False
    probe = call([PYTHON, "-c", "import sys; print(*sys.version_info[:2])"])
    return probe.returncode == 0 and OLDEST <= tuple(map(int, probe.stdout.split())) <= NEWEST


def by_uv() -> bool:
    """Install with uv, which takes a third of pip's time; false when it is absent or fails."""
    uv = which("uv")
    if not uv or call([uv, "--version"]).returncode:
        return False
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
    if not usable():
        say("Creating .venv with uv")
        shutil.rmtree(VENV, ignore_errors=True)
        if subprocess.run(
            [uv, "venv", "-q", "--python", interpreter(), VENV], env=env, check=False
        ).returncode:
            return False
    say("Installing the Python packages of requirements.txt with uv")
    if subprocess.run([uv, "pip", *INSTALL], env=env, cwd=ROOT, stdout=sys.stderr, check=False).returncode:
        say("uv did not manage; trying pip")
        return False
    return True


def by_pip() -> bool:
    """Install with the pip that comes with Python; false when it fails."""
    if not usable() or call([PYTHON, "-m", "pip", "--version"]).returncode:
        python = interpreter()
        if call([python, "-c", "import ensurepip"]).returncode:
            install_ensurepip(python)
        say("Creating .venv")
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([python, "-m", "venv", VENV], check=True, stdout=sys.stderr)
    say("Installing the Python packages of requirements.txt with pip, one to three minutes")
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", *INSTALL]
    return subprocess.run(pip, cwd=ROOT, stdout=sys.stderr, check=False).returncode == 0


def install_ensurepip(python: str) -> None:
    """Debian ships the venv module's ensurepip in a package of its own."""
    version = call([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).stdout.strip()
    packages.require_apt(f"Python's ensurepip and venv modules for {python}")
    packages.install([f"python{version}-venv"], why="Python's venv module")


def environment() -> dict[str, str]:
    """The environment of a command that runs inside .venv."""
    path = os.pathsep.join([str(PYTHON.parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": path}
