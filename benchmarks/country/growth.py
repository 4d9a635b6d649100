"""How a whole run grows with the lines of a list and the assets of a catalogue, and which of its steps takes most.

Seconds are those on the clock, as each step says them of itself (sharing.matching.engine).
"""

from collections.abc import Iterator
from typing import Any

from benchmarks.country.catalogue import Size, fill
from benchmarks.country.lists import demand_list
from benchmarks.figures import figure
from sharing.matching import engine, snapshot
from sharing.models import MatchRun

ASSETS = (10_000, 100_000, 1_000_000)
LINES = (1_000, 10_000, 100_000)


def growth() -> list[dict[str, Any]]:
    """Of each size of catalogue and list: seconds of the run, and of each step of it."""
    return [one for assets in ASSETS for one in _in_country_of(assets)]


def growth_name(assets: int, lines: int) -> str:
    return f"growth, {assets:,} assets, {lines:,} demands"


def _in_country_of(assets: int) -> Iterator[dict[str, Any]]:
    """Of six assets in all, five are towers; a tenth is let besides."""
    fill(Size(towers=assets * 5 // 6, ducts=assets - assets * 5 // 6, leases=assets // 12))
    for lines in LINES:
        asked = demand_list(lines)
        snapshot.forget()
        run = engine.run(MatchRun.objects.create(list=asked).pk)
        seconds = dict(run.figures["seconds"])
        name = growth_name(assets, lines)
        yield figure(name, seconds.pop("total"), "s", None, None, None)
        yield figure(f"{name}, served", 100 * run.figures["matched"] / lines, "%", None, None, None)
        for step, spent in seconds.items():
            yield figure(f"{name}: {step}", spent, "s", None, None, None)
