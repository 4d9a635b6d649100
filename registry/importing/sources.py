"""Which reader a file goes to, judged by its content and never by its name alone.

GDAL opens dozens of formats, some of which fetch other files or addresses (VRT, /vsicurl). So it is handed only
files whose first bytes say that they are of a format of FORMATS, under a name of our own in a folder of our own.
"""

import gc
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from registry.importing import markup
from registry.importing.archive import check_archive, unpack_shapefiles
from registry.importing.encodings import detect_encoding
from registry.importing.limits import MIB, check_bytes
from registry.importing.parquet import read_parquet
from registry.importing.table import SourceTable, UnreadableFile
from registry.importing.tabular import read_delimited, read_workbook

SUFFIXES = {
    "FlatGeobuf": ".fgb",
    "GeoJSON": ".geojson",
    "GeoPackage": ".gpkg",
    "KML": ".kml",
    "OSM XML": ".osm",
}
FORMATS = ("CSV", "XLSX", "XLS", "GeoJSON", "GeoPackage", "FlatGeobuf", "KML", "Shapefile", "Parquet", "OSM XML")
HEAD_BYTES = 4096
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def read_source(
    path: Path,
    is_heading: Callable[[str], bool],
    *,
    layer: str | None = None,
    preferred: str | None = None,
    geometry_type: str | None = None,
    encoding: str | None = None,
) -> SourceTable:
    """The raw rows of the file at `path`.

    `is_heading` tells known column headings, to find the row of headings below titles. `layer` names a sheet or map
    layer; without it the one called `preferred` is read where there is one. `geometry_type` ("Point", "LineString")
    chooses among the layers of OSM files. Raises UnreadableFile.
    """
    format = detect_format(path)
    if format == "CSV":
        if layer is not None:
            raise UnreadableFile(_("A table of delimited text has no layers."))
        with _collection_paused():
            return read_delimited(path, is_heading, encoding=encoding)
    if format in ("XLS", "XLSX"):
        with _collection_paused():
            return read_workbook(path, is_heading, layer=layer, preferred=preferred, format=format)
    if format == "Parquet":
        return read_parquet(path)
    # GDAL's bindings bring pandas along: 100 MB that a process which reads no map file does not need.
    from registry.importing import vector  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="import-") as name:
        folder = Path(name)
        if format == "Shapefile":
            return _read_shapefile(path, folder, layer, preferred, encoding)
        copy = folder / f"source{SUFFIXES[format]}"
        shutil.copyfile(path, copy)
        if format == "GeoPackage":
            vector.check_geopackage(copy)
        table = vector.read_vector(copy, format, layer=layer, preferred=preferred, geometry_type=geometry_type)
        # A layer without a name of its own is called after the file, so after our copy of it.
        table.layer = None if table.layer == copy.stem else table.layer
        return table


def detect_format(path: Path) -> str:
    """One of FORMATS. Raises UnreadableFile for anything else, saying what to do where that is known."""
    if not path.is_file():
        raise UnreadableFile(_("There is no file %(path)s.") % {"path": path})
    check_bytes(path)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise UnreadableFile(_("The file is empty."))
    if head.startswith(b"PK"):
        return _archive_format(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "XLS"
    if head.startswith(b"SQLite format 3\0"):
        return "GeoPackage"
    if head.startswith(b"fgb\x03"):
        return "FlatGeobuf"
    if head.startswith(b"PAR1"):
        return "Parquet"
    if head.startswith(b"\0\0\x27\x0a"):
        raise UnreadableFile(_("A Shapefile has several parts: send a zip of its .shp, .shx, .dbf and .prj."))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and head.decode("utf-16", "ignore").lstrip().startswith("<"):
        raise _unknown_format()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return "GeoJSON"
    if text.startswith(b"<"):
        return _xml_format(path, text)
    if not _is_text(head):
        raise _unknown_format()
    return "CSV"


@contextmanager
def _collection_paused() -> Iterator[None]:
    """A list a row, a hundred thousand times over, makes the cycle collector visit them all again and again: without
    it a table is read in less than half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _is_text(head: bytes) -> bool:
    """Whether it has none of the characters that no table has. In UTF-16 a byte of another may look like one: 编 is
    16 7F."""
    encoding = detect_encoding(head)
    text = head.decode(encoding, "ignore") if encoding.startswith("utf-16") else head.decode("latin-1")
    return CONTROL.search(text) is None


def _archive_format(path: Path) -> str:
    names = {member.filename.lower() for member in check_archive(path)}
    if "xl/workbook.xml" in names:
        return "XLSX"
    if "xl/workbook.bin" in names:
        raise UnreadableFile(_("A binary workbook (XLSB) is not read: save it as XLSX."))
    if any(name.endswith(".shp") for name in names):
        return "Shapefile"
    raise UnreadableFile(_("The archive holds neither a Shapefile nor a workbook: unpack it and send its files."))


def _xml_format(path: Path, text: bytes) -> str:
    format = {"kml": "KML", "osm": "OSM XML"}.get(markup.root_of(text))
    with path.open("rb") as file:
        looked_through = markup.pieces(iter(lambda: file.read(MIB), b""))
        if format == "OSM XML":
            markup.check_ways(looked_through)
        for _piece in looked_through:
            continue
    if format is None:
        raise _unknown_format()
    return format


def _unknown_format() -> UnreadableFile:
    return UnreadableFile(_("The file is none of: %(formats)s.") % {"formats": ", ".join(FORMATS)})


def _read_shapefile(
    path: Path, folder: Path, layer: str | None, preferred: str | None, encoding: str | None
) -> SourceTable:
    layers = unpack_shapefiles(path, folder)
    name = layer if layer is not None else preferred if preferred in layers else next(iter(layers))
    if name not in layers:
        raise UnreadableFile(
            _("There is no layer “%(layer)s”; there are: %(layers)s.") % {"layer": name, "layers": ", ".join(layers)}
        )
    shapefile = layers[name]
    from registry.importing import vector  # noqa: PLC0415 - as in read_source

    table = vector.read_vector(shapefile, "Shapefile", encoding=encoding or vector.dbf_encoding(shapefile))
    table.layer = name
    if layer is None and len(layers) > 1:
        others = ", ".join(other for other in layers if other != name)
        table.warnings.append(_("Layers not read: %(layers)s (choose one with --layer).") % {"layers": others})
    return table
