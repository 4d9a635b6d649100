"""What keeps files of strangers from leading elsewhere or growing without measure, part by part. Whole files at every
door: tests/assurance/bad_input."""

import warnings
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from registry.importing import closed_gdal, tangles
from registry.importing.coordinates import to_wgs84
from registry.importing.markup import check_ways, pieces, root_of
from registry.importing.quantities import parse_integer, parse_quantities
from registry.importing.sources import read_source
from registry.importing.table import UnreadableFile
from registry.importing.workbook import check_workbook
from registry.importing.xls import check_xls
from tests.uncalled import uncalled


def vrt(path: Path, address: str) -> Path:
    source = f"<SrcDataSource>/vsicurl/{address}/x.csv</SrcDataSource>"
    path.write_text(f'<OGRVRTDataSource><OGRVRTLayer name="x">{source}</OGRVRTLayer></OGRVRTDataSource>')
    return path


def geojson(path: Path, address: str) -> Path:
    path.write_text(
        f'{{"type": "FeatureCollection", "crs": {{"type": "link", "properties": {{"href": "{address}/crs"}}}}, '
        '"features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}'
    )
    return path


@pytest.mark.parametrize(("make", "driver"), [(vrt, "KML"), (geojson, "GeoJSON")])
def test_gdal_calls_no_address_that_a_file_names_as_it_would_otherwise(make, driver: str, tmp_path: Path) -> None:
    with uncalled() as server:
        path = make(tmp_path / "x.geojson", server.address)
        with closed_gdal.only({driver}):
            said = read_by_gdal(path)
        assert (server.calls, said == "") == (0, driver == "GeoJSON")
        read_by_gdal(path)
        assert server.calls


def read_by_gdal(path: Path) -> str:
    """What GDAL refuses it with, or nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pyogrio.read_info(path)
        except pyogrio.errors.DataSourceError as error:
            return str(error)
    return ""


def test_gdal_has_all_its_drivers_again_in_their_order() -> None:
    before = list(pyogrio.list_drivers())
    with pytest.raises(ZeroDivisionError), closed_gdal.only({"KML"}):
        assert list(pyogrio.list_drivers()) == ["KML"]
        raise ZeroDivisionError
    assert list(pyogrio.list_drivers()) == before


@pytest.mark.parametrize(
    ("text", "root"),
    [
        (b"<kml>", "kml"),
        (b'<?xml version="1.0"?>\n<!-- a > b --><!-- <osm> -->\n<?x y?><osm version="0.6">', "osm"),
        (b"<OGRVRTDataSource><kml >", "OGRVRTDataSource"),
        (b"<!-- never ends <kml>", ""),
        pytest.param(b"<!-- -->" * 500 + b"x", "", id="many comments"),
    ],
)
def test_the_root_of_markup_is_its_first_element(text: bytes, root: str) -> None:
    assert root_of(text) == root


@pytest.mark.parametrize("size", [1, 7, 64])
def test_entities_are_found_wherever_pieces_are_cut(size: int) -> None:
    text = b"<kml><name>x</name><!dOcTyPe x></kml>"
    with pytest.raises(UnreadableFile, match="entities"):
        list(pieces(text[n : n + size] for n in range(0, len(text), size)))
    whole = b"<kml><name>x</name></kml>"
    assert b"".join(pieces(whole[n : n + size] for n in range(0, len(whole), size))) == whole


def test_corners_of_each_way_are_counted_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.importing.markup.MOST_CORNERS", 2)
    check_ways([b"<osm><way><nd/><nd/></way><way>", b"<nd/>", b"<nd/></way>"])
    with pytest.raises(UnreadableFile, match="more than 2 corners"):
        check_ways([b"<osm><way><nd/></way><way><nd/>", b"<nd/>", b"<nd/></way>"])


def sheet(path: Path, rows: str) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/any/place.bin", f"<x:worksheet><x:sheetData>{rows}</x:sheetData></x:worksheet>")
    return path


@pytest.mark.parametrize(
    "rows",
    [
        '<x:row r="1"><x:c r="A1"/></x:row><x:row r="2"><x:c r="ZZ4000"/></x:row>',
        "<x:row><x:c r = 'ZZ1'><x:v>1</x:v></x:c></x:row><x:row r='4000'><x:c><x:v>1</x:v></x:c></x:row>",
        '<x:row r="1"><x:c t="n"\n r="zz4000"/></x:row>',
    ],
)
def test_a_sheet_that_is_nearly_empty_is_refused_however_it_is_written(rows: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="nearly all of them empty"):
        check_workbook(sheet(tmp_path / "x.xlsx", rows))


def test_a_sheet_that_is_full_is_taken(tmp_path: Path) -> None:
    row = "".join(f'<x:c r="{letter}7"/>' for letter in "ABCDEFGH")
    check_workbook(sheet(tmp_path / "x.xlsx", f'<x:row r="7">{row}</x:row>' * 30_000))


def test_merged_cells_beyond_measure_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    legacy = Path(__file__).parents[2] / "data" / "poles_xls" / "merged.xls"
    row = '<x:row r="1"><x:c r="A1"/></x:row>'
    path = sheet(tmp_path / "x.xlsx", f"{row}<x:mergeCell ref='A1:A2'/><x:mergeCell ref='B1:B2'/>")
    monkeypatch.setattr("registry.importing.limits.MOST_MERGED", 2)
    check_workbook(path)
    check_xls(legacy)
    monkeypatch.setattr("registry.importing.limits.MOST_MERGED", 1)
    for check, file in ((check_workbook, path), (check_xls, legacy)):
        with pytest.raises(UnreadableFile, match="more than 1 merged"):
            check(file)


def test_shared_texts_that_cells_repeat_beyond_measure_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/sharedStrings.xml", f"<sst><si><t>a</t></si><si><t>{'x' * 100_000}</t></si></sst>")
        cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>%d</v></c></row>' for n in range(1, 4_001))
        packed.writestr("xl/worksheets/sheet1.xml", f"<worksheet>{cells}</worksheet>" % ((1,) * 4_000))
    with pytest.raises(UnreadableFile, match="too large when unpacked"):
        check_workbook(path)


def test_an_area_that_crosses_itself_now_and_then_is_no_tangle() -> None:
    bow_tie = shapely.from_wkt("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))")
    coast = shapely.buffer(shapely.Point(0, 0), 1, quad_segs=5_000)
    corners = shapely.get_coordinates(coast)
    corners[[100, 101]] = corners[[101, 100]]
    areas = np.array([bow_tie, shapely.polygons(corners), None, shapely.Point(1, 1)], dtype=object)
    assert not shapely.is_valid(areas[:2]).any()
    assert tangles.refuse_tangles(areas) == []


def test_a_line_over_the_180th_meridian_is_refused_and_parts_on_both_sides_are_not() -> None:
    over = shapely.from_wkt("LINESTRING (179.9 60, -179.9 60)")
    ring = shapely.from_wkt("POLYGON ((179 60, -179 60, -179 61, 179 61, 179 60))")
    both = shapely.from_wkt(
        "MULTIPOLYGON (((179 60, 180 60, 180 61, 179 60)), ((-180 60, -179 60, -179 61, -180 60)))"
    )
    wide = shapely.from_wkt("LINESTRING (-100 60, 0 60, 100 60)")
    places = to_wgs84(np.array([over, ring, both, wide], dtype=object), np.zeros(4, dtype=np.int64), None, None)
    assert set(places.errors) == {0, 1}
    assert "180th meridian" in places.errors[0]


def test_a_row_whose_system_is_not_known_is_refused_alone() -> None:
    points = np.array(shapely.points([(114.3, 30.5), (770_000, 6_280_000), (1, 2)]), dtype=object)
    places = to_wgs84(points, np.array([0, 2154, 999_999]), None, None)
    assert places.errors == {2: "The coordinate system “EPSG:999999” is not known."}
    with pytest.raises(UnreadableFile, match="more than 20 coordinate systems"):
        to_wgs84(np.repeat(points[:1], 21), np.arange(4490, 4511), None, None)


def test_numbers_without_end_or_measure_are_refused() -> None:
    with pytest.raises(ValueError, match="beyond what the registry holds"):
        parse_integer("1e999")
    errors = parse_quantities(np.array(["1" + " " * 100_000 + "x"], dtype=object), "m").errors
    assert errors == {0: "The cell has more than 500 characters."}


def test_a_binary_workbook_says_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.xlsb", "w") as packed:
        packed.writestr("xl/workbook.bin", b"\0")
    with pytest.raises(UnreadableFile, match="save it as XLSX"):
        read_source(tmp_path / "x.xlsb", lambda heading: False)
