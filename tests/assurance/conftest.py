"""The assurance tests: short by default; `make chaos` and `make security` run them long, by ASSURANCE=long, and write
the figures that they tell into docs/assurance.md."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

LONG = os.environ.get("ASSURANCE") == "long"
PAGE = Path(settings.BASE_DIR) / "docs" / "assurance.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"

Tell = Callable[[str, float, str, float | None], None]
_figures: dict[str, str] = {}


@pytest.fixture
def told() -> Tell:
    """Keeps a figure: what, how much, its unit, and at most how much it may be (None: for information)."""

    def tell(what: str, value: float, unit: str, most: float | None) -> None:
        assert most is None or value <= most, f"{what}: {value} {unit}, at most {most}"
        limit = "" if most is None else f"≤ {most:,.10g}"
        measured = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
        _figures[what] = f"| {what} | {measured} {unit} | {limit} |".replace("  ", " ")

    return tell


@pytest.fixture(autouse=True, scope="session")
def figures_are_written() -> Iterator[None]:
    yield
    if LONG and _figures:
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN, 1)
        old, tail = rest.split(END, 1)
        rows = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| ")}
        rows = {what: line for what, line in rows.items() if what not in ("figure", "---")} | _figures
        table = "\n".join(["| figure | measured | limit |", "|---|---|---|", *rows.values()])
        PAGE.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")


def times(short: int, long: int) -> int:
    """How often: in `make test`, and in the long run."""
    return long if LONG else short
