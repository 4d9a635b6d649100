"""python -m benchmarks [SUITE...]: runs all suites, or those named, in a scratch database of their own."""

import argparse
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402 - models can be imported once Django is set up
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from benchmarks.api import api  # noqa: E402
from benchmarks.assigning import assigning  # noqa: E402
from benchmarks.cobuild import cobuild  # noqa: E402
from benchmarks.downloads import downloads  # noqa: E402
from benchmarks.importing import importing  # noqa: E402
from benchmarks.report import RESULTS, save, table  # noqa: E402
from benchmarks.routing import routing  # noqa: E402
from benchmarks.supply import supplying  # noqa: E402
from benchmarks.tiles import tiles  # noqa: E402

SUITES = {
    "api": api,
    "assigning": assigning,
    "cobuild": cobuild,
    "downloads": downloads,
    "importing": importing,
    "routing": routing,
    "supply": supplying,
    "tiles": tiles,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", metavar="SUITE", nargs="*", help=f"of {', '.join(SUITES)}; all when none is named")
    chosen = parser.parse_args().suites or list(SUITES)
    unknown = sorted(set(chosen) - set(SUITES))
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}")
    connection.settings_dict["TEST"]["NAME"] = f"{connection.settings_dict['NAME']}_benchmarks"
    databases = setup_databases(verbosity=0, interactive=False)
    figures = []
    try:
        for suite in chosen:
            print(f"• {suite}", file=sys.stderr, flush=True)
            figures += SUITES[suite]()
    finally:
        teardown_databases(databases, verbosity=0)
    print(table(figures))
    save(figures)
    print(f"• Written to {RESULTS}", file=sys.stderr)
    return 0 if all(figure["holds"] is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
