"""A Chromium for the tests that open pages, the benchmark of the map, and the screenshots of docs/."""

from __future__ import annotations

import os

from . import packages
from .places import which

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--enable-unsafe-swiftshader", "--disable-background-networking", "--disable-quic")
"""With which it runs as root, draws maps without a GPU, and calls nobody by itself."""


def installed() -> str | None:
    """Path of the browser: CHROMIUM names it, else the first that the system has."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(which, NAMES)), None)


def need() -> packages.Need | None:
    """What is missing on this machine, if anything."""
    if installed():
        return None
    return packages.Need("Chromium", debian_packages, "CHROMIUM", "the path of a Chromium or Chrome")


def debian_packages() -> list[str]:
    """Debian's package. Ubuntu's is a stand-in for a snap, which a test cannot start everywhere."""
    return packages.available("chromium")
