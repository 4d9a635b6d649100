"""The assurance tests: short by default; `make chaos` and `make security` run them long, by ASSURANCE=long, and write
the figures that they tell into docs/assurance.md."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

LONG = os.environ.get("ASSURANCE") == "long"
PAGE = Path(settings.BASE_DIR) / "docs" / "assurance.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"

Tell = Callable[[str, float, str, float | None], None]
Figure = tuple[float, str, float | None]
_figures: dict[str, Figure] = {}


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Tell:
    """Keeps a figure: what, how much, its unit, and at most how much it may be (None: for information)."""
    return _teller(request, "figure")


@pytest.fixture
def added(request: pytest.FixtureRequest) -> Tell:
    """The same of a test in parts, which pytest-xdist may share among processes: the sum of what they tell."""
    return _teller(request, "summand")


def _teller(request: pytest.FixtureRequest, name: str) -> Tell:
    def tell(what: str, value: float, unit: str, most: float | None) -> None:
        assert most is None or value <= most, f"{what}: {value} {unit}, at most {most}"
        request.node.user_properties.append((name, (what, value, unit, most)))

    return tell


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for name, told in report.user_properties if report.when == "teardown" else ():
        if name in ("figure", "summand"):
            what, value, *rest = told  # type: ignore[misc]
            before = _figures[what][0] if name == "summand" and what in _figures else 0
            _figures[what] = (before + value, *rest)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if LONG and _figures and not hasattr(session.config, "workerinput"):
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN, 1)
        old, tail = rest.split(END, 1)
        rows = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| ")}
        rows = {what: line for what, line in rows.items() if what not in ("figure", "---")}
        rows |= {what: _row(what, *figure) for what, figure in _figures.items()}
        table = "\n".join(["| figure | measured | limit |", "|---|---|---|", *rows.values()])
        PAGE.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")


def _row(what: str, value: float, unit: str, most: float | None) -> str:
    limit = "" if most is None else f"≤ {most:,.10g}"
    measured = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    return f"| {what} | {measured} {unit} | {limit} |".replace("  ", " ")


def times(short: int, long: int) -> int:
    """How often: in `make test`, and in the long run."""
    return long if LONG else short
