"""How fast a million assets become a file of each format, and in how much memory, beside PostgreSQL's own COPY."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.api import EXPORT_LIMIT_MB, ROWS, copy_rate
from benchmarks.catalog import fill
from benchmarks.exporting import resident_mb
from benchmarks.figures import figure
from registry.exports.assets import suited_tables
from registry.exports.formats import FORMATS, write
from registry.models import Asset, Membership, Organization, Role, User


def downloads(rows: int = ROWS) -> list[dict[str, Any]]:
    """Rows a second of each format, and what the process grows by meanwhile, which is to stay flat."""
    fill(rows)
    user = User.objects.create_user("bench-downloads")
    Membership.objects.create(user=user, organization=Organization.objects.get(code="bench-3"), role=Role.VIEWER)
    reference = copy_rate()
    figures = []
    for format in FORMATS.values():
        queryset = Asset.objects.visible_to(user).with_place_for(user).order_by("id")
        written: list[int] = []
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, _most_memory() as most:
            before, started = resident_mb(), time.perf_counter()
            path = Path(folder) / f"assets.{format.suffix}"
            write(format, suited_tables(queryset, user, format), path, written.append)
            seconds = time.perf_counter() - started
            size = path.stat().st_size / 1e6
        share = 1 / 6 if format.name == "ofds" else 1  # of the assets that are fibers
        if not 0.98 * rows * share <= sum(written) <= rows * share + 1:
            raise RuntimeError(f"{sum(written)} rows of {rows} assets")
        name = f"Download, {format.name}"
        grown = most[0] - before
        figures += [
            figure(name, sum(written) / seconds, "rows/s", None, reference, None),
            figure(f"{name}, memory of its own", grown, "MB", EXPORT_LIMIT_MB, None, grown <= EXPORT_LIMIT_MB),
            figure(f"{name}, size", size, "MB", None, None, None),
        ]
    return figures


@contextmanager
def _most_memory() -> Iterator[list[float]]:
    """The most megabytes that this process has had, looked at twenty times a second."""
    most, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            most[0] = max(most[0], resident_mb())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()
