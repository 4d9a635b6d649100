"""What headings say of the unit of their cells, through a table of one row."""

from pathlib import Path
from typing import Any

import pytest

from registry.importing.assets import USED_UNITS
from registry.importing.fields import detail_fields, import_field
from registry.importing.headings import asset_headings
from registry.importing.intake import Options, open_intake
from registry.kinds import Kind
from registry.models import Asset, Fiber
from sharing.importing.headings import KNOWN
from sharing.models import Demand

TOWER, DUCT = detail_fields(Kind.TOWER), detail_fields(Kind.DUCT)
OF_TOWERS, OF_DUCTS = asset_headings(Kind.TOWER), asset_headings(Kind.DUCT)
PRICE = import_field(Asset, "price_per_unit_year")


def read(folder: Path, known: Any, spec: Any, heading: str, cell: str) -> tuple[Any, list[tuple[str, str]]]:
    """The value of the one cell, and what is wrong with its row."""
    path = folder / "x.csv"
    path.write_text(f"code|{heading}\nA|{cell}\n", encoding="utf-8")
    intake = open_intake(path, known, Options())
    assert intake.heading(spec.name) == heading
    values = intake.values(spec)
    assert values is not None
    return values[0], intake.problems.get(0, [])


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("Height (AGL) (ft)", 30.48),
        ("Height (ft AGL)", 30.48),
        ("Height (ft, above ground)", 30.48),
        ("height_ft (AGL)", 30.48),
        ("塔高（单位：厘米）", 1.0),
        ("塔高（单位米）", 100.0),
        ("Height (in m)", 100.0),
        ("Height (m) (米)", 100.0),
        ("Height (in)", 2.54),
        ("Height (AGL)", 100.0),
        ("Height (incl. a mast in total)", 100.0),
        ("塔高（含避雷针）", 100.0),
        ("塔高（必填）", 100.0),
        ("Hauteur (hors tout, en m)", 100.0),
        ("Height (max.)", 100.0),
        ("Height (1)", 100.0),
    ],
)
def test_a_unit_is_found_in_any_bracket_and_notes_are_passed_over(tmp_path: Path, heading: str, value: float) -> None:
    assert read(tmp_path, OF_TOWERS, TOWER["height_m"], heading, "100") == (value, [])


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("Height (yd)", "yd"),
        ("Height (yards above ground)", "yards"),
        ("Height (%)", "%"),
        ("Height_pct", "%"),
        ("塔高（尺）", "尺"),
        ("Height (m/ft)", "m/ft"),
        ("Height (zz)", "zz"),
    ],
)
def test_what_reads_like_another_unit_is_refused_with_what_to_do(tmp_path: Path, heading: str, said: str) -> None:
    reason = f"“{said}” in the heading is no unit of this column: convert its cells, or correct the heading."
    assert read(tmp_path, OF_TOWERS, TOWER["height_m"], heading, "100") == (None, [(heading, reason)])
    assert read(tmp_path, OF_TOWERS, TOWER["height_m"], heading, "-") == (None, [])


def test_two_units_are_one_too_many(tmp_path: Path) -> None:
    reason = "The heading states several units: ft, m. Leave the one that the cells are in."
    assert read(tmp_path, OF_TOWERS, TOWER["height_m"], "Height (ft) (m)", "1")[1] == [("Height (ft) (m)", reason)]


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("年租金（万元）", 25_000.0),
        ("年租金(元/年)", 2.5),
        ("Price (EUR)", 2.5),
        ("Price (€ per year)", 2.5),
        ("Price (m)", None),
        ("单价（元/月）", None),
        ("Rent (per month)", None),
        ("Price (million)", None),
    ],
)
def test_prices_are_by_the_year(tmp_path: Path, heading: str, value: float | None) -> None:
    found, problems = read(tmp_path, OF_TOWERS, PRICE, heading, "2.5")
    assert (found, bool(problems)) == (value, value is None)


@pytest.mark.parametrize(
    ("heading", "cell", "value"),
    [
        ("填充率上限（%）", "40", 0.4),
        ("fill_limit_pct", "40", 0.4),
        ("fill_limit", "40%", 0.4),
        ("fill_limit", "0.4", 0.4),
    ],
)
def test_a_share_may_be_told_in_percent(tmp_path: Path, heading: str, cell: str, value: float) -> None:
    assert read(tmp_path, OF_DUCTS, DUCT["fill_limit"], heading, cell) == (value, [])


@pytest.mark.parametrize("heading", ["填充率上限(%)", "fill_limit_pct"])
def test_a_share_is_not_taken_for_percent(tmp_path: Path, heading: str) -> None:
    reason = (
        "The heading says percent, but the figures of the column lie between 0 and 2, as shares do: call the column"
        " fill_limit, or write 40 for 40 percent."
    )
    assert read(tmp_path, OF_DUCTS, DUCT["fill_limit"], heading, "0.4") == (None, [(heading, reason)])


@pytest.mark.parametrize(
    ("name", "heading", "value"),
    [
        ("max_detour", "max_detour_m", None),
        ("max_detour", "最大绕行（倍）", 3.0),
        ("max_detour", "Detour (factor)", 3.0),
        ("mounting_height_m", "mounting_h", 3.0),
        ("budget_per_year", "年预算（万元）", 30_000.0),
        ("min_backup_h", "Backup (days)", None),
        ("min_backup_h", "Backup (min)", 0.05),
        ("wavelength_nm", "Wavelength (nm)", 3),
        ("quantity", "数量（个）", 3),
        ("priority", "priority (1-9)", 3),
        ("min_feeds", "feeds (min)", 3),
    ],
)
def test_demands_are_read_by_the_same_rule(tmp_path: Path, name: str, heading: str, value: float | None) -> None:
    found, problems = read(tmp_path, KNOWN, import_field(Demand, name), heading, "3")
    assert (found, bool(problems)) == (value, value is None)


@pytest.mark.parametrize(
    ("heading", "value"),
    [("已用(%)", None), ("used_pct", None), ("Used (m)", None), ("已用(孔)", 50), ("used (no)", 50)],
)
def test_whole_numbers_have_no_unit(tmp_path: Path, heading: str, value: int | None) -> None:
    found, problems = read(tmp_path, OF_DUCTS, USED_UNITS, heading, "50")
    assert (found, bool(problems)) == (value, value is None)


def test_every_heading_of_the_registrys_own_states_what_it_is_read_in(tmp_path: Path) -> None:
    for kind in Kind.values:
        for name, spec in detail_fields(kind).items():
            if spec.type == "quantity":
                assert read(tmp_path, asset_headings(kind), spec, name, "0.5") == (0.5, [])
    assert import_field(Fiber, "cable_length_m").unit == "m"
        ("mounting_height_m", "MOUNTING_H", 3.0),
