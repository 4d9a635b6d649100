"""A Chromium for the tests that open pages, and for the screenshots of docs/."""

from __future__ import annotations

import os

from . import packages
from .places import which

NAMES = ("chromium", "chromium-browser", "google-chrome")


def installed() -> str | None:
    """Path of the browser: CHROMIUM names it, else the first that the system has."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(which, NAMES)), None)


def need() -> packages.Need | None:
    """What is missing on this machine, if anything."""
    return None if installed() else packages.Need("Chromium", debian_packages, "CHROMIUM")


def debian_packages() -> list[str]:
    """Debian's package. Ubuntu's is a stand-in for a snap, which a test cannot start everywhere."""
    return packages.available("chromium")
