"""GDAL's programs, for the tests that read the one map as those who use it do."""

from __future__ import annotations

from . import packages
from .places import which


def need() -> packages.Need | None:
    """What is missing on this machine, if anything."""
    return None if which("ogrinfo") and which("ogr2ogr") else packages.Need("GDAL's ogr2ogr", debian_packages)


def debian_packages() -> list[str]:
    return packages.available("gdal-bin")
