import numpy as np
import pytest

from registry.importing.fields import asset_fields, detail_fields
from registry.importing.headings import asset_headings, normalise, recognise, stated_units
from registry.importing.synonyms import ASSET, KIND
from registry.importing.table import SourceTable, UnreadableFile
from registry.kinds import Kind


def table(*headings: str) -> SourceTable:
    empty = np.array([], dtype=object)
    return SourceTable("CSV", list(headings), [empty for _heading in headings], np.array([], dtype=np.int64))


def filled(kind: str, *headings: str, **mapping: str) -> dict[str, str]:
    found = recognise(table(*headings), asset_headings(kind), mapping)
    return {target: column.heading for target, column in found.columns.items()}


@pytest.mark.parametrize(
    ("heading", "name", "stated"),
    [
        ("DÉNOMINATI,C,50", "denominati", []),
        ("LONGUEUR__,N,19,8", "longueur", []),
        ("塔高（米）", "塔高", ["米"]),
        ("Height (ft)", "height", ["ft"]),
        ("height_ft", "height", ["ft"]),
        ("height_ft (AGL)", "height", ["agl", "ft"]),
        ("HEIGHT_FT,N,19,8", "height", ["ft"]),
        ("Height [AGL] (ft)", "height", ["agl", "ft"]),
        ("floor_load_kn_m2", "floor_load", ["kn/m2"]),
        ("面积（㎡）", "面积", ["m2"]),
        ("tower:construction", "tower_construction", []),
        ("Ｘ坐标", "x坐标", []),
    ],
)
def test_a_heading_is_compared_without_its_dress(heading: str, name: str, stated: list[str]) -> None:
    assert (normalise(heading), [*stated_units(heading)]) == (name, stated)


def test_chinese_and_french_headings_are_recognised() -> None:
    assert filled(Kind.TOWER, "站址编码", "站址名称", "经度", "纬度", "塔高(m)", "备注") == {
        "code": "站址编码",
        "name": "站址名称",
        "lon": "经度",
        "lat": "纬度",
        "height_m": "塔高(m)",
    }
    assert filled(Kind.DUCT, "Identifiant", "Diamètre intérieur", "Matériau") == {
        "code": "Identifiant",
        "inner_diameter_mm": "Diamètre intérieur",
        "material": "Matériau",
    }


def test_the_better_of_two_headings_wins_and_the_other_is_reported_as_unused() -> None:
    found = recognise(table("id", "code", "name"), asset_headings(Kind.TOWER))
    assert found.columns["code"].heading == "code"
    assert found.unused == ("id",)


def test_a_mapping_goes_before_what_is_recognised() -> None:
    assert filled(Kind.TOWER, "code", "NUM", NUM="code") == {"code": "NUM"}


def test_a_misspelt_mapping_names_what_it_may_have_meant() -> None:
    with pytest.raises(UnreadableFile, match="did you mean hauteur"):
        filled(Kind.TOWER, "hauteur", hautuer="height_m")
    with pytest.raises(UnreadableFile, match="did you mean height_m"):
        filled(Kind.TOWER, "h", h="heigth_m")


@pytest.mark.parametrize("kind", Kind.values)
def test_every_column_of_a_kind_can_be_filled_under_its_own_name(kind: str) -> None:
    fields = {"name"} | set(asset_fields()) | set(detail_fields(kind))
    assert fields <= set(asset_headings(kind))
    assert set(KIND[kind]) <= fields | {"used_units"}
    assert set(ASSET) - {"code", "region", "lon", "lat", "wkt", "lon_lat", "lat_lon", "used_units"} <= fields


@pytest.mark.parametrize("kind", Kind.values)
def test_no_heading_fills_two_columns(kind: str) -> None:
    names = [(normalise(h), t) for t, headings in asset_headings(kind).items() for h in set(map(normalise, headings))]
    shared = {name for name, _target in names if len({t for n, t in names if n == name}) > 1}
    assert shared == set()
