"""Files that an attacker would send, each with what the registry must say of it."""

import sqlite3
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pyogrio.raw
import shapely
import xlsxwriter

from tests.assurance.bad_input import zips

MILLION = 1_000_000
MIB = 1 << 20
DATA = Path(__file__).parents[2] / "data"
XML = '<?xml version="1.0" encoding="UTF-8"?>'
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
WORKBOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="tower" sheetId="1" r:id="r1"/></sheets></workbook>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@dataclass(frozen=True)
class Bad:
    """make: writes the file; told the address of a server that nothing may call. says: what the error must match."""

    make: Callable[[Path, str], None]
    says: str


def text(content: str) -> Callable[[Path, str], None]:
    return lambda path, address: _written(path, content.replace("ADDRESS", address).encode())


def raw(make: Callable[[], bytes]) -> Callable[[Path, str], None]:
    return lambda path, address: _written(path, make())


def archive(*entries: Callable[[], zips.Entry]) -> Callable[[Path, str], None]:
    return lambda path, address: zips.write(path, [entry() for entry in entries])


def _written(path: Path, content: bytes) -> None:
    path.write_bytes(content)


# --- Archives ------------------------------------------------------------------------------------------------------
def workbook(sheet: Callable[[], zips.Entry], *more: Callable[[], zips.Entry]) -> Callable[[Path, str], None]:
    return archive(
        lambda: zips.deflated("[Content_Types].xml", TYPES.encode()),
        lambda: zips.deflated("xl/workbook.xml", WORKBOOK.encode()),
        lambda: zips.deflated("xl/_rels/workbook.xml.rels", RELATIONS.encode()),
        sheet,
        *more,
    )


def sheet_of(cells: str) -> Callable[[], zips.Entry]:
    return lambda: zips.deflated("xl/worksheets/sheet1.xml", f"{SHEET}{cells}</sheetData></worksheet>".encode())


def cell(name: str, value: str = "code") -> str:
    return f'<c r="{name}" t="inlineStr"><is><t>{value}</t></is></c>'


def nested_bombs(path: Path, _address: str) -> None:
    inner = path.with_suffix(".inner")
    zips.write(inner, [zips.repeated("x.shp", bytes(MIB), 1_000)])
    zips.write(path, [zips.stored(f"{n}.zip", inner.read_bytes()) for n in range(4)])


def overlapping(path: Path, _address: str) -> None:
    """A hundred members of one packed content (Fifield: A better zip bomb)."""
    bomb = zips.repeated("x.shp", bytes(MIB), 100)
    names = ("x.shp", *(f"{n}.bin" for n in range(100)))
    zips.write(path, [zips.Entry(name, bomb.packed, bomb.unpacked_size, at=1) for name in names])


# --- Places --------------------------------------------------------------------------------------------------------
def long_line() -> np.ndarray:
    steps = np.arange(MILLION)
    return np.column_stack([114.3 + steps * 1e-7, 30.5 + (steps % 2) * 1e-4])


def pairs(separator: str, between: str = " ") -> str:
    """To and fro, a million corners in all."""
    there_and_back = f"114.300000{between}30.5000{separator}114.310000{between}30.6000{separator}"
    return (there_and_back * (MILLION // 2)).removesuffix(separator)


def geojson(geometry: str, code: str = "A") -> str:
    feature = f'{{"type": "Feature", "properties": {{"code": "{code}"}}, "geometry": {geometry}}}'
    return f'{{"type": "FeatureCollection", "features": [{feature}]}}'


def long_geojson() -> bytes:
    line = pairs("],[", ",")
    return geojson(f'{{"type": "LineString", "coordinates": [[{line}]]}}').encode()


def long_kml() -> bytes:
    line = f"<LineString><coordinates>{pairs(' ', ',')}</coordinates></LineString>"
    return f"{XML}{KML}<Placemark><name>A</name>{line}</Placemark></Document></kml>".encode()


def long_osm() -> bytes:
    nodes = '<node id="1" lat="30.5" lon="114.3"/><node id="2" lat="30.6" lon="114.31"/>'
    way = '<nd ref="1"/><nd ref="2"/>' * (MILLION // 2)
    return f'{XML}<osm version="0.6">{nodes}<way id="1">{way}<tag k="power" v="line"/></way></osm>'.encode()


def property_each(features: int = 40_000) -> bytes:
    """Each feature with a property that no other has."""
    point = '"geometry": {"type": "Point", "coordinates": [114.3, 30.5]}'
    each = (f'{{"type": "Feature", "properties": {{"p{n}": 1}}, {point}}}' for n in range(features))
    return f'{{"type": "FeatureCollection", "features": [{",".join(each)}]}}'.encode()


def tag_each(nodes: int = 40_000) -> bytes:
    """Each node with a tag that no other has."""
    each = (f'<node id="{n}" lat="30.5" lon="114.3"><tag k="t{n}" v="1"/></node>' for n in range(1, nodes + 1))
    return f'{XML}<osm version="0.6">{"".join(each)}</osm>'.encode()


def with_driver(driver: str, geometry: Callable[[], shapely.Geometry]) -> Callable[[Path, str], None]:
    def make(path: Path, _address: str) -> None:
        shape, codes = geometry(), [np.array(["A"], dtype=object)]
        made = path.with_suffix({"FlatGeobuf": ".fgb", "GPKG": ".gpkg", "ESRI Shapefile": ".shp"}[driver])
        pyogrio.raw.write(
            made, shapely.to_wkb(np.array([shape])), codes, ["code"], driver=driver, geometry_type=shape.geom_type,
            crs="EPSG:4326", layer="layer",
        )  # fmt: skip
        made.rename(path)

    return make


def zipped_line(path: Path, address: str) -> None:
    made = path.with_suffix(".shp")
    with_driver("ESRI Shapefile", lambda: shapely.linestrings(long_line()))(made, address)
    with zipfile.ZipFile(path, "w") as packed:
        for part in ("shp", "shx", "dbf", "prj"):
            packed.write(made.with_suffix(f".{part}"), f"x.{part}")


def empty_rows(path: Path, _address: str) -> None:
    """A Shapefile of three million rows without a place or a column."""
    rows = np.zeros((3 * MILLION, 3), ">i4")
    rows[:, 0], rows[:, 1] = np.arange(1, 3 * MILLION + 1), 2
    index = np.column_stack([50 + 6 * np.arange(3 * MILLION), np.full(3 * MILLION, 2)]).astype(">i4")
    members = []
    for part, body in (("shp", rows.tobytes()), ("shx", index.tobytes())):
        words = (100 + len(body)) // 2
        head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words) + struct.pack("<2i8d", 1000, 1, *[0.0] * 8)
        members.append(zips.deflated(f"x.{part}", head + body))
    zips.write(path, members)


def star(corners: int = 4_001) -> shapely.Geometry:
    """A ring that crosses itself about corners² / 2 times."""
    angles = np.arange(corners) * (np.pi * (corners - 1) / corners)
    ring = np.column_stack([114.3 + np.cos(angles) / 10, 30.5 + np.sin(angles) / 10])
    return shapely.polygons(np.vstack([ring, ring[:1]]))


def comb(teeth: int = 15_000) -> shapely.Geometry:
    """An outline that does not cross itself, of slanting teeth, each side of which may cross every other."""
    along = np.linspace(0, 0.1, teeth)
    up = np.column_stack([114.3 + along, np.full(teeth, 30.5)])
    down = np.column_stack([114.4 + along, np.full(teeth, 30.6)])
    edge = np.stack([up, down], axis=1).reshape(-1, 2)
    return shapely.polygons(np.vstack([edge, [[114.5, 30.6], [114.5, 30.4], [114.3, 30.4]], edge[:1]]))


# --- Parquet, GeoPackage, Excel --------------------------------------------------------------------------------------
def parquet(make: Callable[[], pa.Table], **options: object) -> Callable[[Path, str], None]:
    return lambda path, address: pyarrow.parquet.write_table(make(), path, **options)


def long_parquet() -> pa.Table:
    geo = '{"primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}'
    table = pa.table({"code": ["A"], "geometry": [shapely.to_wkb(shapely.linestrings(long_line()))]})
    return table.replace_schema_metadata({"geo": geo})


def same_rows() -> pa.Table:
    """Fifty million rows in a few hundred bytes."""
    return pa.table({"code": pa.DictionaryArray.from_arrays(pa.array(np.zeros(50 * MILLION, np.int8)), ["A"])})


def same_texts() -> pa.Table:
    """A text of 1 MiB, a hundred times over."""
    return pa.table({"code": ["x" * MIB] * 100})


def geopackage(statement: str) -> Callable[[Path, str], None]:
    """A GeoPackage with a layer `bad` that the statements make."""

    def make(path: Path, address: str) -> None:
        with_driver("GPKG", lambda: shapely.Point(114.3, 30.5))(path, address)
        database = sqlite3.connect(path)
        database.executescript(
            f"{statement}; INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('bad', 'attributes', 'bad', 4326); UPDATE gpkg_contents SET last_change = '2027-01-01T00:00:00Z';"
            "DELETE FROM gpkg_contents WHERE table_name = 'layer';"
            "DELETE FROM gpkg_geometry_columns WHERE table_name = 'layer'"
        )
        database.close()

    return make


def far_xls() -> bytes:
    """The poles of a real XLS file, one text of it (a record LABELSST) moved into the last corner of the sheet."""
    content = bytearray((DATA / "poles_xls" / "poles.xls").read_bytes())
    at = content.find(struct.pack("<4H", 0x00FD, 10, 4, 1))
    content[at + 4 : at + 8] = struct.pack("<2H", 65_535, 255)
    return bytes(content)


def long_cell_of_a_workbook() -> bytes:
    made = BytesIO()
    book = xlsxwriter.Workbook(made)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["code", "wkt"])
    book.close()
    content = BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                line = cell("B2", "LINESTRING (" + pairs(", ") + ")")
                text = text.replace(b"</sheetData>", f'<row r="2">{cell("A2", "A")}{line}</row></sheetData>'.encode())
            new.writestr(name, text)
    return content.getvalue()
