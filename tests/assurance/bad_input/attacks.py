"""Every bad file of an upload, by name, with what its refusal must say."""

import json

import shapely

from tests.assurance.bad_input import zips
from tests.assurance.bad_input.files import (
    KML,
    MIB,
    MILLION,
    XML,
    Bad,
    archive,
    cell,
    comb,
    empty_rows,
    far_xls,
    geojson,
    geopackage,
    long_cell_of_a_workbook,
    long_geojson,
    long_kml,
    long_line,
    long_osm,
    long_parquet,
    nested_bombs,
    overlapping,
    pairs,
    parquet,
    property_each,
    raw,
    same_rows,
    same_texts,
    sheet_of,
    star,
    tag_each,
    text,
    with_driver,
    workbook,
    zipped_line,
)

VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/ADDRESS/x.csv</SrcDataSource></OGRVRTLayer>'
    "<kml > </kml></OGRVRTDataSource>"
)
XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
TIMES_TEN = zip("abcdefghi", "bcdefghij", strict=True)
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(f'<!ENTITY {b} "{10 * ("&" + a + ";")}">' for a, b in TIMES_TEN) + "]>"
)
POINT = '{"type": "Point", "coordinates": [114.3, 30.5]}'
PLACEMARK = "<Placemark><name>%s</name><Point><coordinates>114.3,30.5</coordinates></Point></Placemark>"
PASSWD = b"/etc/passwd"
ENTITIES = "document type or entities"
TOO_LARGE = "too large when unpacked"
CORNERS = "corners"


def kml(content: str, head: str = "") -> str:
    return f"{XML}{head}{KML}{content}</Document></kml>"


ARCHIVES = {
    "a workbook that unpacks to a hundred times its size and more": Bad(
        workbook(lambda: zips.repeated("xl/worksheets/sheet1.xml", b" " * MIB, 400)), TOO_LARGE
    ),
    "a workbook whose headers lie about sizes": Bad(
        workbook(lambda: zips.repeated("xl/worksheets/sheet1.xml", b" " * MIB, 400, stated=1000)), "damaged"
    ),
    "a workbook of one cell in the last corner": Bad(
        workbook(sheet_of(f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("XFD1048576")}</row>')), "rows"
    ),
    "a workbook of one cell far down": Bad(
        workbook(sheet_of(f'<row r="1">{cell("A1")}</row><row r="900000">{cell("T900000")}</row>')),
        "nearly all of them empty",
    ),
    "a workbook of many empty rows": Bad(
        workbook(
            lambda: zips.repeated(
                "xl/worksheets/sheet1.xml",
                b"<row/>" * 10_000,
                150,
                head=b"<worksheet><sheetData><row>" + b"<c><v>1</v></c>" * 500 + b"</row>",
            )
        ),
        "cells|rows",
    ),
    "a workbook with an entity that grows": Bad(
        workbook(
            sheet_of('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'),
            lambda: zips.deflated(
                "xl/sharedStrings.xml", f"{XML}{LAUGHS}<sst><si><t>&j;</t></si></sst>".encode()
            ),
        ),
        ENTITIES,
    ),
    "a workbook with an entity of a file": Bad(
        workbook(
            sheet_of('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'),
            lambda: zips.deflated("xl/sharedStrings.xml", f"{XML}{XXE}<sst><si><t>&e;</t></si></sst>".encode()),
        ),
        ENTITIES,
    ),
    "an archive of archives": Bad(nested_bombs, "neither a Shapefile nor a workbook"),
    "an archive of overlapping members": Bad(overlapping, f"{TOO_LARGE}|damaged"),
    "an archive of many members": Bad(
        archive(*[lambda n=n: zips.stored(f"{n:06}.shp", b"") for n in range(40_000)]), TOO_LARGE
    ),
    "an archive that says it is endless": Bad(
        archive(lambda: zips.Entry("x.shp", b"\x03\x00", 0xFFFFFFF0)), TOO_LARGE
    ),
    "a Shapefile whose headers lie about sizes": Bad(
        archive(
            lambda: zips.repeated("x.shp", bytes(MIB), 400, stated=100), lambda: zips.stored("x.shx", bytes(100))
        ),
        "damaged|cannot be read",
    ),
    "a Shapefile that unpacks to a hundred times its size and more": Bad(
        archive(lambda: zips.repeated("x.shp", bytes(MIB), 400), lambda: zips.stored("x.shx", bytes(100))), TOO_LARGE
    ),
    "a Shapefile of links": Bad(
        archive(*[lambda p=p: zips.stored(f"x.{p}", PASSWD, mode=zips.SYMLINK) for p in ("shp", "shx", "dbf")]),
        "cannot be read",
    ),
    "a GeoJSON file in an archive": Bad(
        archive(lambda: zips.stored("x.geojson", geojson(POINT).encode())), "unpack it"
    ),
}  # fmt: skip
ADDRESSES = {
    "VRT": Bad(text(VRT.replace("<kml > </kml>", "")), "none of: CSV"),
    "VRT that says it is KML": Bad(text(VRT), "none of: CSV"),
    "VRT of a file of this machine that says it is OSM": Bad(
        text('<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>CSV:/etc/passwd</SrcDataSource></OGRVRTLayer>'
             "<osm > </osm></OGRVRTDataSource>"),
        "none of: CSV",
    ),
    "a pipeline of GDAL": Bad(
        text('{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /vsicurl/ADDRESS/x.csv"}'),
        "cannot be read",
    ),
    "GeoJSON with the address of a system": Bad(
        text(
            '{"type": "FeatureCollection", "crs": {"type": "link", "properties": {"href": "ADDRESS/crs"}}, '
            '"features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": []}}]}'
        ),
        "no geometry",
    ),
    "a GeoPackage with a virtual table": Bad(
        geopackage(
            "CREATE TABLE bad (fid INTEGER PRIMARY KEY); PRAGMA writable_schema = ON; "
            "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, "
            "'CREATE VIRTUAL TABLE v USING VirtualOGR(''/vsicurl/ADDRESS/x.csv'')')"
        ),
        "virtual table",
    ),
}  # fmt: skip
ENTITY_FILES = {
    "KML with an entity of a file": Bad(text(kml("<name>&e;</name>", XXE)), ENTITIES),
    "KML with entities that grow": Bad(text(kml("<name>&j;</name>", LAUGHS)), ENTITIES),
    "KML with an entity far inside": Bad(text(kml(" " * MIB + XXE + "<name>&e;</name>")), ENTITIES),
    "OSM with entities that grow": Bad(text(f'{XML}{LAUGHS}<osm version="0.6">&j;</osm>'), ENTITIES),
    "OSM with an entity of a file": Bad(text(f'{XML}{XXE}<osm version="0.6">&e;</osm>'), ENTITIES),
    "KML in UTF-16 with entities": Bad(
        raw(lambda: kml(PLACEMARK, LAUGHS).replace("UTF-8", "UTF-16").encode("utf-16")), "none of: CSV"
    ),
    "KML of folders in folders": Bad(
        text(kml("<Folder>" * 200_000 + PLACEMARK % "A" + "</Folder>" * 200_000)), "cannot be read|nested"
    ),
    "GeoJSON of lists in lists": Bad(
        text(geojson('{"type": "Polygon", "coordinates": ' + "[" * MILLION + "]" * MILLION + "}")), "cannot be read"
    ),
}
PLACES = {
    "GeoJSON with a million corners": Bad(raw(long_geojson), CORNERS),
    "KML with a million corners": Bad(raw(long_kml), CORNERS),
    "OSM with a million corners": Bad(raw(long_osm), CORNERS),
    "a GeoPackage with a million corners": Bad(
        with_driver("GPKG", lambda: shapely.linestrings(long_line())), CORNERS
    ),
    "FlatGeobuf with a million corners": Bad(
        with_driver("FlatGeobuf", lambda: shapely.linestrings(long_line())), CORNERS
    ),
    "a Shapefile with a million corners": Bad(zipped_line, CORNERS),
    "Parquet with a million corners": Bad(parquet(long_parquet), "characters"),
    "CSV with a million corners": Bad(
        raw(lambda: ('code,wkt\nA,"LINESTRING (' + pairs(", ") + ')"\n').encode()), "characters"
    ),
    "a workbook with a million corners": Bad(raw(long_cell_of_a_workbook), f"characters|{CORNERS}"),
    "an area that crosses itself millions of times": Bad(
        with_driver("FlatGeobuf", star), "too closely|LineString is needed"
    ),
    "an outline of slanting teeth": Bad(with_driver("FlatGeobuf", comb), "too closely|LineString is needed"),
    "places that are no numbers": Bad(
        text('code,wkt\nA,"LINESTRING (114 30, nan 30, 114.1 30)"\n'), "no number|not well-known|not a longitude"
    ),
    "places without end": Bad(
        text('code,wkt\nA,"LINESTRING (114 30, inf 30)"\nB,"LINESTRING (114 30, 1e999 30)"\n'),
        "no number|not well-known|not a longitude",
    ),
    "a line over the 180th meridian": Bad(
        text('code,wkt\nA,"LINESTRING (179.99 30, -179.99 30)"\n'), "180th meridian"
    ),
    "a system of coordinates that no number holds": Bad(
        text('code,wkt\nA,"SRID=99999999999999999999;LINESTRING (114 30, 114.1 30)"\n'), "not known"
    ),
    "a system of coordinates that is not known": Bad(
        text('code,wkt\nA,"SRID=999999;LINESTRING (114 30, 114.1 30)"\n'), "not known"
    ),
}  # fmt: skip
TABLES = {
    "CSV of one line of commas": Bad(raw(lambda: b"," * (20 * MIB)), "columns|characters"),
    "CSV with rows of commas": Bad(
        raw(lambda: b"code,lon,lat\n" + (b"," * 900_000 + b"\n") * 20), "columns|characters"
    ),
    "CSV of millions of rows": Bad(raw(lambda: b"code\n" + b"a\n" * 3 * MILLION), "rows"),
    "CSV of one quoted text without end": Bad(raw(lambda: b'code\n"' + b"a" * (20 * MIB)), "characters"),
    "CSV with a number of spaces": Bad(
        text("code,lon,lat\nA,1" + " " * 100_000 + "x,30\n"), "not a number|characters"
    ),
    "CSV with a number beyond numbers": Bad(text("code,wkt,capacity\nA,POINT(1 2),1e999\n"), "beyond"),
    "CSV with a number of many digits": Bad(
        text("code,wkt,capacity\nA,POINT(1 2)," + "9" * 100_000 + "\n"), "beyond|characters"
    ),
    "an XLS file of one cell in the last corner": Bad(raw(far_xls), "nearly all of them empty"),
    "Parquet of the same row fifty million times": Bad(parquet(same_rows), "rows"),
    "Parquet of one long text a hundred times": Bad(parquet(same_texts), "characters"),
    "GeoJSON with a property of its own for each feature": Bad(raw(property_each), "columns"),
    "OSM with a tag of its own for each node": Bad(raw(tag_each), "columns"),
    "a Shapefile of millions of empty rows": Bad(empty_rows, "rows"),
    "a GeoPackage with a view without end": Bad(
        geopackage(
            "CREATE VIEW bad AS WITH RECURSIVE n(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 FROM n) SELECT fid FROM n"
        ),
        "view",
    ),
    "a GeoPackage with columns that grow": Bad(
        geopackage(
            "CREATE TABLE bad (fid INTEGER PRIMARY KEY, code BLOB GENERATED ALWAYS AS (zeroblob(900000000)));"
            "INSERT INTO bad DEFAULT VALUES"
        ),
        "computed",
    ),
    "a JSON object of nothing": Bad(text(json.dumps({"type": "FeatureCollection"})), "cannot be read"),
}  # fmt: skip
GROUPS = {
    "archives": ARCHIVES, "addresses": ADDRESSES, "entities": ENTITY_FILES, "places": PLACES, "tables": TABLES
}  # fmt: skip
ATTACKS = {name: bad for group in GROUPS.values() for name, bad in group.items()}
