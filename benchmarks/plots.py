"""The figures of docs/benchmarks/results.json as pictures beside it: how near each is to its limit; how runs grow."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.country.growth import ASSETS, LINES, growth_name

Figures = list[dict[str, Any]]
LIMITS, GROWTH = "limits.svg", "growth.svg"
HOLDS, FAILS = "#2a7f5f", "#b3372f"
AT_LEAST = ("rows/s", "times")
"""Units of which more is better."""


def draw(figures: Figures, folder: Path) -> None:
    """Both pictures, the same to the byte for the same figures."""
    with mpl.rc_context({"svg.hashsalt": "infrashare", "svg.fonttype": "none", "font.size": 9}):
        _save(_limits(figures), folder / LIMITS)
        _save(_growth(figures), folder / GROWTH)


def _save(picture: Figure, path: Path) -> None:
    picture.savefig(path, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")


def share_of_limit(one: dict[str, Any]) -> float:
    """1 is the limit; less is better, whatever the unit."""
    value, limit = one["value"], one["limit"]
    return float(limit / value if one["unit"] in AT_LEAST else value / limit)


def _limits(figures: Figures) -> Figure:
    limited = [one for one in figures if one["holds"] is not None and one["limit"] and one["value"]][::-1]
    picture = Figure(figsize=(9, 1 + 0.22 * len(limited)))
    axes: Axes = picture.add_subplot()
    colours = [HOLDS if one["holds"] else FAILS for one in limited]
    axes.barh([one["name"] for one in limited], [share_of_limit(one) for one in limited], color=colours)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlabel("share of the limit (1 is the limit, less is better)")
    axes.margins(y=0.01)
    return picture


def _growth(figures: Figures) -> Figure:
    seconds = {one["name"]: one["value"] for one in figures}
    cases = [(assets, lines) for assets in ASSETS for lines in LINES if growth_name(assets, lines) in seconds]
    steps: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(cases))
    for n, case in enumerate(cases):
        begin = f"{growth_name(*case)}: "
        for name, value in seconds.items():
            if name.startswith(begin):
                steps[name.removeprefix(begin)][n] = value / seconds[growth_name(*case)]
    picture = Figure(figsize=(9, 4))
    axes: Axes = picture.add_subplot()
    labels = [f"{assets:,} assets\n{lines:,} demands" for assets, lines in cases]
    under = [0.0] * len(cases)
    for n, (step, shares) in enumerate(sorted(steps.items())):
        axes.bar(labels, shares, bottom=under, label=step, color=mpl.colormaps["tab20"](n % 20))
        under = [a + b for a, b in zip(under, shares, strict=True)]
    for n, case in enumerate(cases):
        axes.text(n, 1.01, f"{seconds[growth_name(*case)]:.3g} s", ha="center")
    axes.set_ylabel("share of the run")
    axes.tick_params(axis="x", labelsize=7)
    if steps:
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return picture
