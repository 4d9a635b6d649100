"""Translations, and what printed letters need: compiled from .po, drawn with the system's Pango and fonts."""

from __future__ import annotations

import ctypes.util

from . import packages
from .places import ROOT, Stop, call, say, which

LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")


def need() -> packages.Need | None:
    """GNU gettext, the libraries that WeasyPrint draws with, and a font that holds Chinese."""
    if which("msgfmt") and all(map(ctypes.util.find_library, LIBRARIES)) and chinese_font():
        return None
    return packages.Need("gettext, Pango and a Chinese font", debian_packages)


def debian_packages() -> list[str]:
    """Their names; none when one of them is not to be had."""
    wanted = (
        "gettext",
        "libpango-1.0-0",
        "libpangoft2-1.0-0",
        "libharfbuzz-subset0",
        "fontconfig",
        "fonts-wqy-zenhei",
    )
    found = [packages.available(name.replace(".", r"\.")) for name in wanted]
    return [names[0] for names in found] if all(found) else []


def chinese_font() -> bool:
    """Whether fontconfig knows one."""
    lister = which("fc-list")
    return bool(lister and call([lister, ":lang=zh-cn", "family"]).stdout.strip())


def compile_messages() -> None:
    """Make the .mo of every .po that is newer; they are not committed."""
    for catalog in (*ROOT.glob("*/locale/*/LC_MESSAGES/*.po"), *ROOT.glob("config/*/locale/*/LC_MESSAGES/*.po")):
        compiled = catalog.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= catalog.stat().st_mtime:
            continue
        say(f"Compiling {catalog.relative_to(ROOT)}")
        done = call(["msgfmt", "--check-format", "-o", compiled, catalog])
        if done.returncode:
            raise Stop(f"{catalog.relative_to(ROOT)} cannot be compiled: {done.stdout.strip()}")
