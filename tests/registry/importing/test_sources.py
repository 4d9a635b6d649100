import json
import sqlite3
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pyogrio.raw
import pytest
import shapely

from registry.importing import archive, closed_gdal
from registry.importing.sources import read_source
from registry.importing.table import SourceTable, UnreadableFile

DATA = Path(__file__).parents[2] / "data"
BRIDGES = DATA / "bridges_montpellier"
VRT = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


def read(path: Path, **options: str) -> SourceTable:
    return read_source(path, lambda heading: False, **options)


def write_layer(path: Path, driver: str, layer: str, codes: list[str], **options: str) -> None:
    points = shapely.to_wkb(shapely.points([(114.3 + n / 10, 30.5) for n in range(len(codes))]))
    pyogrio.raw.write(
        path, points, [np.array(codes, dtype=object)], ["code"], layer=layer, driver=driver, geometry_type="Point",
        crs="EPSG:4326", append=path.exists(), **options,
    )  # fmt: skip


def test_a_shapefile_without_cpg_is_read_in_the_encoding_of_its_bytes() -> None:
    table = read(BRIDGES / "VilleMTP_MTP_OuvragesArt.zip")
    assert (table.format, table.encoding, len(table)) == ("Shapefile", "cp1252", 67)
    assert table.headings[0] == "DÉNOMINATI"
    assert table.original(0)[5] == "Poutrelles enrobées"


def test_a_chinese_shapefile_without_cpg_is_read_as_gb18030(tmp_path: Path) -> None:
    write_layer(tmp_path / "poles.shp", "ESRI Shapefile", "poles", ["洪山区灯杆", "江岸区灯杆"], encoding="GB18030")
    with zipfile.ZipFile(tmp_path / "poles.zip", "w") as packed:
        for part in ("shp", "shx", "dbf", "prj"):
            packed.write(tmp_path / f"poles.{part}", f"数据/poles.{part}")
    table = read(tmp_path / "poles.zip")
    assert (table.encoding, table.original(0), table.layer) == ("gb18030", ["洪山区灯杆"], "poles")


def test_a_geopackage_is_read_layer_by_layer(tmp_path: Path) -> None:
    path = tmp_path / "both.gpkg"
    write_layer(path, "GPKG", "poles", ["P1"])
    write_layer(path, "GPKG", "masts", ["M1", "M2"])
    table = read(path)
    assert (table.format, table.crs, table.original(0)) == ("GeoPackage", "EPSG:4326", ["P1"])
    assert table.warnings == ["Layers not read: masts (choose one with --layer)."]
    assert len(read(path, layer="masts")) == 2
    with pytest.raises(UnreadableFile, match="there are: poles, masts"):
        read(path, layer="towers")


def kml(path: Path, names: Iterable[str]) -> Path:
    """Of folders with a place each."""
    folders = "".join(
        f"<Folder><name>{name}</name><Placemark><name>{name} 1</name>"
        "<Point><coordinates>114.3,30.5,12</coordinates></Point></Placemark></Folder>"
        for name in names
    )
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}'
        "</Document></kml>",
        encoding="utf-8",
    )
    return path


def test_more_folders_than_can_be_gone_through_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="The file has 1000 folders, of which at most 200 are read"):
        read(kml(tmp_path / "x.kml", map(str, range(1000))))


def test_the_folders_of_a_kml_file_are_one_table(tmp_path: Path) -> None:
    table = read(kml(tmp_path / "x.kml", ("北", "南")))
    assert (table.format, len(table), table.row_numbers.tolist()) == ("KML", 2, [1, 2])
    assert table.geometry is not None
    assert [place.wkt for place in table.geometry] == ["POINT (114.3 30.5)"] * 2
    name = next(n for n, heading in enumerate(table.headings) if heading.lower() == "name")
    assert table.columns[name].tolist() == ["北 1", "南 1"]


def test_osm_tags_become_columns_and_only_real_ids_are_ids(tmp_path: Path) -> None:
    path = tmp_path / "x.osm"
    path.write_text(
        '<?xml version="1.0"?><osm version="0.6">'
        '<node id="-1" lat="30.5" lon="114.3"><tag k="man_made" v="mast"/><tag k="height" v="12"/></node>'
        '<node id="7" lat="30.6" lon="114.4"><tag k="man_made" v="tower"/></node>'
        '<node id="8" lat="30.7" lon="114.4"/><way id="9"><nd ref="7"/><nd ref="8"/><tag k="power" v="line"/></way>'
        "</osm>"
    )
    table = read(path, geometry_type="Point")
    assert table.columns[table.headings.index("@id")].tolist() == [None, "node/7"]
    assert table.columns[table.headings.index("height")].tolist() == ["12", None]
    assert table.warnings == ["Layers not read: lines (choose one with --layer)."]
    lines = read(path, geometry_type="LineString")
    assert lines.columns[lines.headings.index("@id")].tolist() == ["way/9"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (VRT.encode(), "none of: CSV"),
        (b'<?xml version="1.0"?>' + VRT.encode(), "none of: CSV"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><kml/>', "entities are not read"),
        (b"<kml>" + b" " * 9000 + b'<!ENTITY a "b">', "entities are not read"),
        (b"\0\0\x27\x0a" + b"\0" * 96, "send a zip of its"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "none of: CSV"),
        (b"  \n", "is empty"),
        (b"", "is empty"),
        (b"SQLite format 3\0" + b"\0" * 100, "damaged|cannot be read"),
        (b"PK\x03\x04 not a zip", "archive is damaged"),
        (b'{"type": "FeatureCollection", "features": [', "cannot be read"),
        (b'{"hello": "world"}', "cannot be read"),
    ],
)
def test_what_is_no_file_of_a_known_format_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "poles.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=why):
        read(path)


@pytest.mark.parametrize(
    "path", ["/vsicurl/http://127.0.0.1/x.geojson", "/vsizip/x.zip", "http://127.0.0.1/x.csv", "/"]
)
def test_only_files_of_this_machine_are_opened(path: str) -> None:
    with pytest.raises(UnreadableFile, match="There is no file"):
        read(Path(path))


def test_a_geopackage_that_leads_to_other_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    write_layer(path, "GPKG", "poles", ["P1"])
    database = sqlite3.connect(path)
    database.execute("PRAGMA writable_schema = ON")
    database.execute(
        "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING VirtualOGR(''/x'')')"
    )
    database.commit()
    database.close()
    with pytest.raises(UnreadableFile, match="virtual table"):
        read(path)


def test_an_archive_writes_nothing_outside_its_own_folder(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(BRIDGES / "VilleMTP_MTP_OuvragesArt.zip") as source, zipfile.ZipFile(path, "w") as packed:
        for part in ("shp", "shx", "dbf", "prj"):
            packed.writestr(f"../../evil.{part}", source.read(f"VilleMTP_MTP_OuvragesArt.{part}"))
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    archive.unpack_shapefiles(path, folder)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == [
        "layer0.dbf", "layer0.prj", "layer0.shp", "layer0.shx", "x.zip",
    ]  # fmt: skip
    assert all(p.parent == folder for p in folder.rglob("*"))


def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1 << 20)
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("x.shp", b"\0" * (2 << 20))
    with pytest.raises(UnreadableFile, match="too large when unpacked"):
        read(path)


def test_an_archive_of_something_else_says_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr("x.txt", "hello")
    with pytest.raises(UnreadableFile, match="unpack it and send its files"):
        read(tmp_path / "x.zip")


LONG_CODES = [420106123456789012, 420106123456789013, None]


def geojson_of_codes(path: Path, codes: list[int | None]) -> Path:
    place = {"type": "Point", "coordinates": [114.3, 30.5]}
    features = [{"type": "Feature", "properties": {"code": code, "n": 1}, "geometry": place} for code in codes]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_long_numeric_codes_beside_an_empty_one_keep_their_digits(tmp_path: Path) -> None:
    text = geojson_of_codes(tmp_path / "x.geojson", LONG_CODES)
    _meta, layer = pyogrio.raw.read_arrow(text)
    package, columns = tmp_path / "x.gpkg", tmp_path / "x.parquet"
    pyogrio.raw.write_arrow(
        layer, package, driver="GPKG", geometry_name="wkb_geometry", geometry_type="Point", crs="EPSG:4326"
    )
    pyarrow.parquet.write_table(pa.table({"code": LONG_CODES, "n": [1, 1, 1]}), columns)
    for path in (text, package, columns):
        table = read(path)
        column = table.columns[table.headings.index("code")]
        assert column.tolist() == ["420106123456789012", "420106123456789013", None]


def test_short_numeric_codes_beside_an_empty_one_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_gdal.pyogrio.raw, "read_arrow", None)
    table = read(geojson_of_codes(tmp_path / "x.geojson", [420106, None]))
    assert table.original(0)[table.headings.index("code")] == "420106"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_a_chinese_table_in_utf_16_is_read_with_and_without_its_mark(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("编号,经度,纬度\n耂灯1,114.3,30.5\n".encode(encoding))
    table = read(path)
    assert (table.format, table.encoding, table.headings) == ("CSV", encoding, ["编号", "经度", "纬度"])
    assert table.original(0) == ["耂灯1", "114.3", "30.5"]


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 16, b"\x7fELF\x02\x01\x01" + bytes(9), "a\x07,b\n".encode("utf-16")]
)
def test_what_holds_characters_of_no_table_is_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match="none of"):
        read(path)
