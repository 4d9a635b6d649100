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


class Figures:
    """What tests tell, those in processes of pytest-xdist and in other folders too, which hooks here do not reach."""

    def __init__(self) -> None:
        self.told: dict[str, Figure] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, figure in report.user_properties if report.when == "teardown" else ():
            if name in ("figure", "summand"):
                what, value, *rest = figure  # type: ignore[misc]
                before = self.told[what][0] if name == "summand" and what in self.told else 0
                self.told[what] = (before + value, *rest)

    def pytest_sessionfinish(self) -> None:
        if not self.told:
            return
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN, 1)
        old, tail = rest.split(END, 1)
        rows = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| ")}
        rows = {what: line for what, line in rows.items() if what not in ("figure", "---")}
        rows |= {what: _row(what, *figure) for what, figure in self.told.items()}
        table = "\n".join(["| figure | measured | limit |", "|---|---|---|", *rows.values()])
        PAGE.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    if LONG and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Figures(), "figures")


def _row(what: str, value: float, unit: str, most: float | None) -> str:
    limit = "" if most is None else f"≤ {most:,.10g}"
    measured = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    return f"| {what} | {measured} {unit} | {limit} |".replace("  ", " ")


def times(short: int, long: int) -> int:
    """How often: in `make test`, and in the long run."""
    return long if LONG else short
