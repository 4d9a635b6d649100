"""What headings say of the unit of their cells, through a table of one row."""

from pathlib import Path
from typing import Any

import pytest

from registry.importing.assets import USED_UNITS
from registry.importing.fields import detail_fields, import_field
from registry.importing.heading_units import unit_of_cells
from registry.importing.headings import asset_headings, stated_units
from registry.importing.intake import Options, open_intake
from registry.importing.quantities import UNITS
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
        ("Height (kilometers)", 100_000.0),
        ("Hauteur (décimètres)", 10.0),
        ("Height (ft.)", 30.48),
        ("塔高（m，精确到厘米）", 100.0),
        ("塔高（cm，3米以上）", 1.0),
        ("Height (m, roof)", 100.0),
        ("Hauteur (m NGF)", 100.0),
        ("Height (HAG)", 100.0),
        ("挂高(m/米)", 100.0),
        ("塔高（m以上）", 100.0),
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
        ("Height (Fuß)", "fuß"),
        ("Height (brasses)", "brasses"),
        ("Height (pieds du sol)", "pieds"),
        ("Height (x1000)", "x1000"),
        ("塔高（百米）", "百米"),
        ("塔高（m，以英尺计）", "以英尺计"),
        ("塔高（精确到厘米）", "精确到厘米"),
    ],
)
def test_what_reads_like_another_unit_is_refused_with_what_to_do(tmp_path: Path, heading: str, said: str) -> None:
    reason = f"“{said}” in the heading is no unit of this column: convert its cells, or correct the heading."
    assert read(tmp_path, OF_TOWERS, TOWER["height_m"], heading, "100") == (None, [(heading, reason)])
    assert read(tmp_path, OF_TOWERS, TOWER["height_m"], heading, "-") == (None, [])


@pytest.mark.parametrize(
    ("unit", "heading", "meant"),
    [
        ("m", "Length (kilometres)", "kilometres"),
        ("m", "Depth (centimeters)", "centimeters"),
        ("kg", "Weight (pounds)", "pounds"),
        ("kg", "Weight (lbs.)", "lbs"),
        ("kg", "Weight (kgs)", "kgs"),
        ("kg", "Weight (tons)", None),
        ("kg", "承重（kg，T型支架）", "kg"),
        ("kw", "Power (watts)", "watts"),
        ("kv", "Voltage (volts)", "volts"),
        ("kv", "Voltage (V, AC)", "v"),
        ("kv", "电压（伏特）", None),
        ("m2", "Area (sq. ft.)", "sq ft"),
        ("m2", "迎风面积(m^2)", "m2"),
        ("m2", "EPA (ft^2)", "ft2"),
        ("h", "Backup (jours)", None),
        ("h", "Backup (h, min)", "h"),
        ("h", "备电时长（h，满载24小时）", "h"),
        ("h", "备电时长（min，满载24小时）", "min"),
        ("kn_m2", "Wind pressure (kN/m2, 50 yr)", "kn/m2"),
        ("kn_m2", "楼面荷载（千牛/平方米）", "千牛/平方米"),
        ("kn_m2", "楼面荷载（kN/平方米）", "kn/平方米"),
        ("kn_m2", "楼面荷载（kN/m^2）", "kn/m2"),
        ("kn_m2", "楼面荷载（公斤/㎡）", "公斤/m2"),
        ("kn_m2", "楼面荷载（千克/平方米）", "千克/平方米"),
        ("kn_m2", "楼面荷载（kgf/m²）", "kgf/m2"),
        ("db_km", "1550衰减(dB/公里)", "db/公里"),
        ("db_km", "1550衰减(dB/千米)", "db/千米"),
        ("db_km", "1550衰减(dB/km)(dB/100m)", None),
        ("db", "接头损耗(dB/个)", "db/个"),
    ],
)
def test_units_are_known_as_they_are_written(unit: str, heading: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(ValueError, match="is no unit of this column"):
            unit_of_cells(stated_units(heading), unit)
    else:
        found = unit_of_cells(stated_units(heading), unit)
        assert found is not None and (found, UNITS[unit][found]) == (meant, UNITS[unit][meant])


@pytest.mark.parametrize("heading", ["Height (ft) (m)", "塔高（ft，m以上）"])
def test_two_units_are_one_too_many(tmp_path: Path, heading: str) -> None:
    reason = "The heading states several units: ft, m. Leave the one that the cells are in."
    assert read(tmp_path, OF_TOWERS, TOWER["height_m"], heading, "1")[1] == [(heading, reason)]


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
        ("租金(元/孔·年)", 2.5),
        ("租金(元/芯·年)", 2.5),
        ("租金(元/架·年)", 2.5),
        ("租金(元/U·年)", 2.5),
        ("租金(元/年/个)", 2.5),
        ("租金(元/机架/年)", 2.5),
        ("租金(元/年·孔)", 2.5),
        ("租金（元每孔每年）", 2.5),
        ("租金(￥/年)", 2.5),
        ("租金(元/个)", 2.5),
        ("租金（美元）", 2.5),
        ("租金(万元/塔·年)", 25_000.0),
        ("Price (CNY/yr)", 2.5),
        ("Price (CNY/core/yr)", 2.5),
        ("Price (yuan/yr)", 2.5),
        ("Price (RMB per core per year)", 2.5),
        ("Price (JPY)", 2.5),
        ("Prix (€/an, HT)", 2.5),
        ("租金（单位：万元，每年）", 25_000.0),
        ("年租金（万元）（每年）", 25_000.0),
        ("租金(元/月)", None),
        ("租金(元/孔公里年)", None),
        ("租金(元/孔·公里·年)", None),
        ("租金(元/米/年)", None),
        ("租金(元/百米/年)", None),
        ("租金(元/平方/年)", None),
        ("租金(元/对·年)", None),
        ("租金(元/10芯/年)", None),
        ("租金(元/半年)", None),
        ("租金(元/季)", None),
        ("租金（按月）", None),
        ("租金（k元）", None),
        ("Price (per pair)", None),
        ("Rent (USD pcm)", None),
        ("租金（每站）", 2.5),
        ("租金（百元）", None),
        ("Price (10,000 CNY)", None),
        ("Price (10^4 CNY)", None),
        ("Price (€ per m)", None),
        ("Price (EUR/km/yr)", None),
        ("Price (USD/mo)", None),
        ("Rent (monthly)", None),
        ("Prix (€/mois)", None),
        ("Prix (€ par mois)", None),
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
        ("mounting_height_m", "MOUNTING_H", 3.0),
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
    [
        ("已用(%)", None),
        ("used_pct", None),
        ("Used (m)", None),
        ("Used (k)", None),
        ("已用(孔)", 50),
        ("used (no)", 50),
        ("Used (n)", 50),
        ("已用(D)", 50),
    ],
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
