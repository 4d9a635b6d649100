"""Large files with bad rows, and cells that a spreadsheet would run."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from registry.importing.assets import import_assets
from registry.importing.intake import Options
from registry.importing.markers import FORMULA_STARTS
from registry.importing.report import write_rejects
from registry.models import Asset, Organization, PlannedFacility
from sharing.models import Demand, DemandList
from tests import factories
from tests.calls import Caller, body_of
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

ROWS, BAD_EVERY = 10_000, 20
# One of each sort, over and over, as the rows of a file that a person has filled in go wrong.
FAULTS = (
    ("lon", "east"), ("lat", "95"), ("lon", ""), ("height", "tall"), ("code", ""), ("lat", "nan"), ("lon", "1e999"),
    ("available_from", "31.12.2027"), ("capacity", "2.5"), ("capacity", "-1"),
)  # fmt: skip
FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://x.example";"y")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1",
)


def large_file(path: Path) -> Path:
    names = ["code", "lon", "lat", "height", "available_from", "capacity"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for n in range(ROWS):
            row = dict(zip(names, [f"T-{n}", 114.3 + n / 1e5, 30.5, 35, "2027-01-01", 3], strict=True))
            if n % BAD_EVERY == 0:
                column, cell = FAULTS[n // BAD_EVERY % len(FAULTS)]
                row |= {column: cell} | ({"lon": "", "lat": ""} if column == "code" else {})
            writer.writerow(row)
    return path


def test_of_ten_thousand_rows_exactly_the_bad_ones_are_reported_and_again_adds_none(tmp_path: Path):
    owner, path = factories.organization("grid"), large_file(tmp_path / "towers.csv")
    first = import_assets(path, owner=owner, kind="tower", options=Options())
    assert (first.rows, first.created, len(first.rejects)) == (ROWS, ROWS - ROWS // BAD_EVERY, 500)
    assert [row.row for row in first.rejects] == [n + 2 for n in range(0, ROWS, BAD_EVERY)]
    assert all(row.reason for row in first.rejects)
    again = import_assets(path, owner=owner, kind="tower", options=Options())
    assert (again.created, again.updated, again.unchanged, len(again.rejects)) == (0, 0, 9_500, 500)
    assert Asset.objects.count() == 9_500


def runs(cell: str) -> bool:
    """Whether a spreadsheet would take it for a formula; figures with a sign are figures."""
    return cell.startswith(FORMULA_STARTS) and not cell.lstrip("+-").replace(".", "").isdigit()


def test_rejected_rows_hold_no_formula_and_come_back_as_they_were(tmp_path: Path):
    owner, rejects = factories.organization("grid"), tmp_path / "rejects.csv"
    with (tmp_path / "x.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "lon", "lat", "name", "=cmd|x"])
        writer.writerows([n, "-0.5", "x", text, text] for n, text in enumerate(FORMULAS))
    report = import_assets(tmp_path / "x.csv", owner=owner, kind="tower", options=Options())
    write_rejects(report, rejects)
    with rejects.open(newline="", encoding="utf-8-sig") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if runs(cell)] == []
    assert cells.count("-0.5") == len(FORMULAS)
    rejects.write_text(rejects.read_text("utf-8-sig").replace(",x,", ",'-0.25,"), encoding="utf-8")
    report = import_assets(rejects, owner=owner, kind="tower", options=Options())
    assert report.created == len(FORMULAS), report.rejects
    assert list(Asset.objects.order_by("code").values_list("name", flat=True)) == list(FORMULAS)
    assert {asset.geometry.coords for asset in Asset.objects.all()} == {(-0.5, -0.25)}


LISTS = ("assets/", "demands/", "demand-lists/", "planned-facilities/", "organizations/")


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_an_exported_sheet_is_a_formula(formula: str, settings: Any, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path
    world = World()
    Asset.objects.update(name=formula, terms=formula, source=formula, protection_reason=formula)
    Demand.objects.update(name=formula)
    DemandList.objects.update(title=formula)
    PlannedFacility.objects.update(name=formula)
    Organization.objects.update(name=formula)
    for path in LISTS:
        caller = Caller(world.people["party manager"])
        text = body_of(caller.get(path, format="csv")).decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if runs(cell)] == [] and any(formula.strip() in cell for cell in cells), path
        book = body_of(caller.get(path, format="xlsx"))
        with zipfile.ZipFile(io.BytesIO(book)) as archive:
            sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/" in name]
        assert sheets and not any("<f>" in sheet or 't="str"' in sheet for sheet in sheets), path
