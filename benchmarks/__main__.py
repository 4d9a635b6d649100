"""python -m benchmarks [SUITE...]: runs all suites, or those named, in scratch databases of their own.

The made-up country of country and map takes minutes to make, so its database is kept for the next time, and so is the
smaller one of fan_out; --anew makes them again.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402 - models can be imported once Django is set up
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from benchmarks.api import api  # noqa: E402
from benchmarks.assigning import assigning  # noqa: E402
from benchmarks.cobuild import cobuild  # noqa: E402
from benchmarks.country import catalogue  # noqa: E402
from benchmarks.country.growth import growth  # noqa: E402
from benchmarks.country.suite import country  # noqa: E402
from benchmarks.downloads import downloads  # noqa: E402
from benchmarks.fan_out import fan_out  # noqa: E402
from benchmarks.importing import importing  # noqa: E402
from benchmarks.map import catalog_map  # noqa: E402
from benchmarks.near import nearness  # noqa: E402
from benchmarks.pages import pages  # noqa: E402
from benchmarks.report import RESULTS, save, table  # noqa: E402
from benchmarks.routing import routing  # noqa: E402
from benchmarks.supply import supplying  # noqa: E402
from benchmarks.tiles import tiles  # noqa: E402

SUITES = {
    "api": api,
    "assigning": assigning,
    "cobuild": cobuild,
    "country": country,
    "downloads": downloads,
    "fan_out": fan_out,
    "growth": growth,
    "importing": importing,
    "map": catalog_map,
    "near": nearness,
    "pages": pages,
    "routing": routing,
    "supply": supplying,
    "tiles": tiles,
}


KEPT = {"country": "country", "map": "country", "fan_out": "fan_out"}
"""Suites whose database stays, and what it is called."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", metavar="SUITE", nargs="*", help=f"of {', '.join(SUITES)}; all when none is named")
    parser.add_argument("--anew", action="store_true", help="make what is kept again")
    options = parser.parse_args()
    chosen = options.suites or list(SUITES)
    unknown = sorted(set(chosen) - set(SUITES))
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}")
    figures = []
    passing = [suite for suite in chosen if suite not in KEPT]
    if passing:
        with _scratch("benchmarks", keep=False):
            figures += [figure for suite in passing for figure in _run(suite)]
    for database in dict.fromkeys(KEPT.values()):
        kept = [suite for suite in chosen if KEPT.get(suite) == database]
        if kept:
            with _scratch(database, keep=True):
                if options.anew:
                    catalogue.forget()
                figures += [figure for suite in kept for figure in _run(suite)]
    print(table(figures))
    print(f"• Written to {RESULTS}", file=sys.stderr)
    return 0 if all(figure["holds"] is not False for figure in figures) else 1


def _run(suite: str) -> list[dict[str, Any]]:
    """Its figures, which are kept at once: hours of work are not lost by what a later suite meets."""
    print(f"• {suite}", file=sys.stderr, flush=True)
    figures = SUITES[suite]()
    save(figures)
    return figures


@contextmanager
def _scratch(name: str, *, keep: bool) -> Iterator[None]:
    """A migrated database beside the checkout's own."""
    connection.settings_dict["TEST"]["NAME"] = f"{connection.settings_dict['NAME']}_{name}"
    databases = setup_databases(verbosity=0, interactive=False, keepdb=keep, serialized_aliases=[])
    try:
        yield
    finally:
        teardown_databases(databases, verbosity=0, keepdb=keep)


if __name__ == "__main__":
    sys.exit(main())
