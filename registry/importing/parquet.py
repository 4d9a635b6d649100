"""Parquet and GeoParquet, read by pyarrow, as pyogrio's wheels have no driver for them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet
import pyproj
import shapely
from django.utils.translation import gettext as _
from pyproj.exceptions import CRSError

from registry.importing.archive import check_growth
from registry.importing.limits import MOST_CHARACTERS, check_size
from registry.importing.table import Cells, SourceTable, UnreadableFile, whole_numbers
from registry.places import MOST_CORNERS

MOST_BYTES_A_CORNER = 32  # of WKB with height and measure
MOST_CELL_BYTES = MOST_CORNERS * MOST_BYTES_A_CORNER


def read_parquet(path: Path) -> SourceTable:
    """The table; its geometry and coordinate system as the GeoParquet metadata state them. Raises UnreadableFile."""
    try:
        with pa.parquet.ParquetFile(path) as file:
            _check_size(path, file)
        # What a column repeats is kept once, as in the file: a text of a megabyte in a million rows is a megabyte.
        with pa.parquet.ParquetFile(path, read_dictionary=_texts(file.schema_arrow)) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(_("The Parquet file cannot be read: %(error)s.") % {"error": error}) from error
    geo = _metadata(table.schema)
    place = geo.get("primary_column", "")
    names = [name for name in table.schema.names if name != place]
    return SourceTable(
        format="Parquet",
        headings=names,
        columns=[_cells(table.column(name)) for name in names],
        row_numbers=np.arange(1, len(table) + 1, dtype=np.int64),
        crs=_crs(geo["columns"][place]) if place else None,
        geometry=_geometry(table, place) if place else None,
    )


def _check_size(path: Path, file: Any) -> None:
    metadata = file.metadata
    check_size(metadata.num_rows, metadata.num_columns, metadata.num_rows * metadata.num_columns)
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    check_growth(path, sum(group.total_byte_size for group in groups))
    for group in groups:
        for column in (group.column(n) for n in range(group.num_columns)):
            # On average: one place may have many corners, and that is looked at when it is read.
            if column.total_uncompressed_size > MOST_CELL_BYTES + column.num_values * MOST_CHARACTERS:
                raise UnreadableFile(_("A cell has more than %(most)s characters.") % {"most": f"{MOST_CHARACTERS:,}"})


def _texts(schema: Any) -> list[str]:
    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]


def _metadata(schema: Any) -> dict[str, Any]:
    stated = (schema.metadata or {}).get(b"geo")
    geo: dict[str, Any] = json.loads(stated) if stated else {}
    place = geo.get("primary_column")
    if place is None:
        return {}
    if place not in schema.names or geo.get("columns", {}).get(place, {}).get("encoding") != "WKB":
        raise UnreadableFile(_("The geometry of the Parquet file is not in WKB: write it as GeoParquet 1.0."))
    return geo


def _geometry(table: Any, place: str) -> Cells:
    column = table.column(place)
    longest = pa.compute.max(pa.compute.binary_length(column)).as_py() or 0
    if longest > MOST_CELL_BYTES:
        raise UnreadableFile(_("A place has more than %(most)s corners.") % {"most": f"{MOST_CORNERS:,}"})
    wkb = np.array(column.to_pylist(), dtype=object)
    places: Cells = shapely.force_2d(shapely.from_wkb(wkb, on_invalid="ignore"))
    return places


def _crs(column: dict[str, Any]) -> str | None:
    """A column that states none is in longitudes and latitudes of WGS 84; null is one that is not known."""
    if "crs" not in column:
        return "EPSG:4326"
    if column["crs"] is None:
        return None
    try:
        system = pyproj.CRS.from_json_dict(column["crs"])
    except (CRSError, TypeError) as error:
        raise UnreadableFile(_("The coordinate system of the Parquet file cannot be read.")) from error
    code = system.to_epsg()
    return f"EPSG:{code}" if code else str(system.to_wkt())


def _cells(column: Any) -> Cells:
    if pa.types.is_integer(column.type) and column.null_count:
        return whole_numbers(column)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        numbers: Cells = column.to_numpy()
        return numbers
    read = _of_dictionary if pa.types.is_dictionary(column.type) else _objects
    return np.concatenate([np.zeros(0, dtype=object), *map(read, column.chunks)])


def _of_dictionary(chunk: Any) -> Cells:
    """Each text once, however many rows have it."""
    words = [*_objects(chunk.dictionary), None]
    if max((len(word) for word in words if word is not None), default=0) > MOST_CHARACTERS:
        raise UnreadableFile(_("A cell has more than %(most)s characters.") % {"most": f"{MOST_CHARACTERS:,}"})
    indices = chunk.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
    cells: Cells = np.array(words, dtype=object)[indices]
    return cells


def _objects(array: Any) -> Cells:
    texts = [None if value is None else str(value) for value in array.to_pylist()]
    return np.array([*texts, None], dtype=object)[:-1]
