"""Map files, read by GDAL through pyogrio: GeoJSON, GeoPackage, FlatGeobuf, KML, Shapefile and OSM XML."""

import json
import re
import sqlite3
import warnings
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from registry.importing import closed_gdal
from registry.importing.closed_gdal import pyogrio
from registry.importing.encodings import detect_encoding
from registry.importing.limits import check_size
from registry.importing.table import INEXACT_FROM, Cells, SourceTable, UnreadableFile, whole_numbers
from registry.places import MOST_CORNERS

DRIVERS = {
    "GeoJSON": {"GeoJSON"},
    "GeoPackage": {"GPKG"},
    "FlatGeobuf": {"FlatGeobuf"},
    "KML": {"KML", "LIBKML"},
    "Shapefile": {"ESRI Shapefile"},
    "OSM XML": {"OSM"},
}
OSM_LAYERS = {
    "Point": ("points", "multipolygons"),
    "LineString": ("lines", "multilinestrings"),
}
# Editors give new objects negative ids, which GDAL's own index does not take.
OSM_OPTIONS = {"TAGS_FORMAT": "JSON", "USE_CUSTOM_INDEXING": "NO"}
# For each of which GDAL goes through the whole file.
MOST_FOLDERS = 200
# Columns that GDAL gives every KML file; where they hold nothing they hide a column of the file's own.
KML_TIMES = ("timestamp", "begin", "end")
VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\s", re.IGNORECASE)
INDEXED = re.compile(r"\sUSING\s+\W?(RTREE|FTS[45])\W", re.IGNORECASE)
DBF_SAMPLE_BYTES = 1 << 22
GDAL_ERRORS = tuple(
    getattr(pyogrio.errors, f"{what}Error") for what in ("DataSource", "DataLayer", "Feature", "Field", "Geometry")
)


def read_vector(
    path: Path,
    format: str,
    *,
    layer: str | None = None,
    preferred: str | None = None,
    geometry_type: str | None = None,
    encoding: str | None = None,
) -> SourceTable:
    """The features of a map file at `path`, whose content was found to be of `format`.

    Without `layer` the one called `preferred` is read, or else the first with features; of KML every folder; of OSM
    the layers that can hold `geometry_type` ("Point" or "LineString"). Layers left out are named in the warnings.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with closed_gdal.only(DRIVERS[format]):
                layers = _layers(path)
                chosen = _chosen_layers(path, format, layers, layer, preferred, geometry_type)
                _check_layers(path, format, chosen)
                tables = [_read_layer(path, name, format, encoding) for name in chosen]
                left_out = _left_out(path, format, layers, chosen)
        except GDAL_ERRORS as error:
            # What GDAL says names our copy of the file.
            said = str(error).replace(f"{path.parent}/", "")
            if closed_gdal.LARGE_FEATURE in said:
                raise UnreadableFile(
                    _("A feature is too large: a place has at most %(most)s corners.") % {"most": f"{MOST_CORNERS:,}"}
                ) from error
            raise UnreadableFile(_("The map file cannot be read: %(error)s.") % {"error": said}) from error
    tables = [table for table in tables if len(table)] or tables[:1]
    table = tables[0] if len(tables) == 1 else concatenate(tables)
    table.warnings += sorted({str(warning.message) for warning in caught})
    if left_out and layer is None:
        table.warnings.append(
            _("Layers not read: %(layers)s (choose one with --layer).") % {"layers": ", ".join(left_out)}
        )
    return table


def check_geopackage(path: Path) -> None:
    """A GeoPackage is a SQLite database, which can run what others wrote: virtual tables make GDAL open other files,
    views may have no end, and computed columns any size. Of virtual tables only R-trees and full text indexes are let
    through. Raises UnreadableFile."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            statements = database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
            virtual = [sql for _type, _name, sql in statements if VIRTUAL.match(sql)]
            if not all(INDEXED.search(sql) for sql in virtual):
                raise UnreadableFile(_("The GeoPackage holds a virtual table, which may lead to other files."))
            if any(type == "view" for type, _name, _sql in statements):
                raise UnreadableFile(_("The GeoPackage holds a view: save what it shows as a table."))
            for type, name, sql in statements:
                # The columns of a virtual table would be asked of it.
                if type == "table" and sql not in virtual and _has_computed_columns(database, name):
                    raise UnreadableFile(_("The GeoPackage holds a computed column: save it as an ordinary one."))
    except sqlite3.Error as error:
        raise UnreadableFile(_("The GeoPackage is damaged.")) from error


def _has_computed_columns(database: sqlite3.Connection, table: str) -> bool:
    columns = database.execute("SELECT hidden FROM pragma_table_xinfo(?)", [table]).fetchall()
    return any(hidden for (hidden,) in columns)


def dbf_encoding(path: Path) -> str | None:
    """The encoding of a Shapefile's attributes where no .cpg states it, judged from the bytes of the .dbf: the
    language byte of its header says little (0 or "ANSI") in files from Chinese and French systems alike."""
    if path.with_suffix(".cpg").exists() or not path.with_suffix(".dbf").exists():
        return None
    with path.with_suffix(".dbf").open("rb") as file:
        data = file.read(DBF_SAMPLE_BYTES)
    header_size = int.from_bytes(data[8:10], "little")
    names = b" ".join(data[at : at + 11].split(b"\0")[0] for at in range(32, header_size - 1, 32))
    text = data[header_size:].replace(b"\0", b" ")
    encoding = detect_encoding(names + b" " + text)
    return None if encoding.startswith("utf-16") else encoding


def concatenate(tables: Sequence[SourceTable]) -> SourceTable:
    """One table of the rows of all; a column that a table lacks is None there. Raises UnreadableFile."""
    headings = list(dict.fromkeys(heading for table in tables for heading in table.headings))
    rows = sum(map(len, tables))
    check_size(rows, len(headings), rows * len(headings))
    columns = []
    for heading in headings:
        parts = [
            table.columns[table.headings.index(heading)].astype(object)
            if heading in table.headings
            else np.full(len(table), None, dtype=object)
            for table in tables
        ]
        columns.append(np.concatenate(parts))
    first = tables[0]
    first_numbers = np.cumsum([0, *(len(table) for table in tables[:-1])])
    return SourceTable(
        format=first.format,
        headings=headings,
        columns=columns,
        row_numbers=np.concatenate([t.row_numbers + n for t, n in zip(tables, first_numbers, strict=True)]),
        encoding=first.encoding,
        crs=first.crs,
        layer=", ".join(table.layer or "" for table in tables),
        geometry=np.concatenate([t.geometry for t in tables if t.geometry is not None]),
        warnings=[warning for table in tables for warning in table.warnings],
    )


def _layers(path: Path) -> list[str]:
    layers = [str(name) for name, _type in pyogrio.list_layers(path)]
    if not layers:
        raise UnreadableFile(_("The map file has no layer."))
    return layers


def _left_out(path: Path, format: str, layers: Sequence[str], chosen: Sequence[str]) -> list[str]:
    names = [name for name in layers if name not in chosen]
    return [name for name in names if _feature_count(path, format, name)] if format == "OSM XML" else names


def _chosen_layers(
    path: Path,
    format: str,
    layers: list[str],
    layer: str | None,
    preferred: str | None,
    geometry_type: str | None,
) -> list[str]:
    if layer is not None:
        if layer not in layers:
            raise UnreadableFile(
                _("There is no layer “%(layer)s”; there are: %(layers)s.")
                % {"layer": layer, "layers": ", ".join(layers)}
            )
        return [layer]
    if format == "OSM XML":
        return list(OSM_LAYERS[geometry_type or "Point"])
    if format == "KML":
        if len(layers) > MOST_FOLDERS:
            raise UnreadableFile(
                _("The file has %(count)d folders, of which at most %(most)d are read: put the places into fewer.")
                % {"count": len(layers), "most": MOST_FOLDERS}
            )
        return layers
    if preferred in layers:
        return [str(preferred)]
    return [next((name for name in layers if _feature_count(path, format, name)), layers[0])]


def _check_layers(path: Path, format: str, layers: Sequence[str]) -> None:
    """Counts the features and fields of all before anything of them is kept. Raises UnreadableFile."""
    told = [_told_of(path, format, layer) for layer in layers]
    rows = sum(int(each["features"]) for each in told)
    columns = len({str(field) for each in told for field in each["fields"]})
    check_size(rows, columns, rows * columns)


def _feature_count(path: Path, format: str, layer: str) -> int:
    return int(_told_of(path, format, layer)["features"])


def _told_of(path: Path, format: str, layer: str) -> dict[str, Any]:
    """What GDAL knows of a layer by counting."""
    told: dict[str, Any] = pyogrio.read_info(path, layer=layer, force_feature_count=True, **_options(format))
    return told


def _options(format: str) -> dict[str, str]:
    return OSM_OPTIONS if format == "OSM XML" else {}


def _read_layer(path: Path, layer: str, format: str, encoding: str | None) -> SourceTable:
    meta, fids, wkb, fields = pyogrio.raw.read(
        path,
        layer=layer,
        encoding=encoding,
        force_2d=True,
        return_fids=True,
        datetime_as_string=True,
        **_options(format),
    )
    headings = [str(heading) for heading in meta["fields"]]
    columns = [_cells(column) for column in fields]
    _read_exactly(path, layer, format, meta, columns)
    count = len(fids)
    if format == "OSM XML" and "other_tags" in headings:
        _expand_tags(headings, columns)
        headings.insert(0, "@id")
        columns.insert(0, _osm_ids(layer, dict(zip(headings[1:], columns, strict=True))))
    for name in KML_TIMES if format == "KML" else ():
        if name in headings and not any(columns[headings.index(name)]):
            del columns[headings.index(name)]
            headings.remove(name)
    if format == "GeoJSON" and "id" not in headings and not np.array_equal(fids, np.arange(count)):
        headings.append("id")
        columns.append(fids)
    geometry = None if wkb is None else shapely.from_wkb(wkb, on_invalid="ignore")
    return SourceTable(
        format=format,
        headings=headings,
        columns=columns,
        row_numbers=np.arange(1, count + 1, dtype=np.int64),
        encoding=encoding or meta["encoding"],
        crs=meta["crs"],
        layer=layer,
        geometry=geometry,
    )


def _read_exactly(path: Path, layer: str, format: str, meta: Any, columns: list[Cells]) -> None:
    """Whole numbers beside empty cells come as floating point: those that it cannot hold are read once more."""
    for number, (name, declared) in enumerate(zip(meta["fields"], meta["dtypes"], strict=True)):
        column = columns[number]
        if declared == "int64" and column.dtype.kind == "f" and (np.abs(column) >= INEXACT_FROM).any():
            _meta, table = pyogrio.raw.read_arrow(
                path, layer=layer, columns=[name], read_geometry=False, **_options(format)
            )
            columns[number] = whole_numbers(table.column(name))


def _cells(column: Cells) -> Cells:
    if column.dtype.kind in "if":
        return column
    texts = [cell if cell is None or isinstance(cell, str) else str(cell) for cell in column.tolist()]
    return np.array(texts, dtype=object)


def _osm_ids(layer: str, columns: dict[str, Cells]) -> Cells:
    """`node/1`, `way/2`, `relation/3`, as OSM's own tools write them; None for objects that never were in OSM, which
    an editor numbered below zero for the time being."""
    if layer == "multipolygons":
        parts = [("way", columns["osm_way_id"]), ("relation", columns["osm_id"])]
    else:
        parts = [({"points": "node", "lines": "way"}.get(layer, "relation"), columns["osm_id"])]
    ids = np.full(len(parts[0][1]), None, dtype=object)
    for kind, numbers in parts:
        for n, number in enumerate(numbers):
            if number and int(number) > 0:
                ids[n] = f"{kind}/{number}"
    return ids


def _expand_tags(headings: list[str], columns: list[Cells]) -> None:
    """OSM tags beyond GDAL's own columns come as one JSON text a feature: give each tag its column. Raises
    UnreadableFile."""
    at = headings.index("other_tags")
    tags = [json.loads(text) if text else {} for text in columns[at]]
    del headings[at], columns[at]
    keys = {key for features in tags for key in features} - set(headings)
    check_size(len(tags), len(headings) + len(keys), len(tags) * (len(headings) + len(keys)))
    for key in sorted(keys):
        headings.append(key)
        columns.append(np.array([features.get(key) for features in tags], dtype=object))
