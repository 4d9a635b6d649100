"""python -m benchmarks.plots: the figures of docs/benchmarks/results.json as pictures beside it, of how near each is
to its limit, and of how runs grow. A program of its own, whose library would count in what the measured one holds."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "results.json"
CASE = re.compile(r"growth, ([\d,]+ assets), ([\d,]+ demands)(?:: (.+))?")
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
    whole: dict[str, float] = {}
    steps: dict[str, dict[str, float]] = defaultdict(dict)
    for one in figures:
        if found := CASE.fullmatch(one["name"]):
            label = f"{found[1]}\n{found[2]}"
            if found[3]:
                steps[found[3]][label] = one["value"]
            else:
                whole[label] = one["value"]
    picture = Figure(figsize=(12, 4))
    axes: Axes = picture.add_subplot()
    under = dict.fromkeys(whole, 0.0)
    for n, (step, seconds) in enumerate(sorted(steps.items())):
        shares = [seconds.get(label, 0.0) / whole[label] for label in whole]
        axes.bar(list(whole), shares, bottom=list(under.values()), label=step, color=mpl.colormaps["tab20"](n % 20))
        under = {label: below + share for (label, below), share in zip(under.items(), shares, strict=True)}
    for n, seconds in enumerate(whole.values()):
        axes.text(n, 1.01, f"{seconds:.3g} s", ha="center")
    axes.set_ylim(0, 1.08)
    axes.set_ylabel("share of the run")
    axes.tick_params(axis="x", labelsize=7)
    if steps:
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return picture


if __name__ == "__main__":
    draw(json.loads(RESULTS.read_text(encoding="utf-8")), RESULTS.parent)
