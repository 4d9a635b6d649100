"""Parquet and GeoParquet, read by pyarrow, as pyogrio's wheels have no driver for them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pyproj
import shapely
from django.utils.translation import gettext as _
from pyproj.exceptions import CRSError

from registry.importing.archive import MAX_UNPACKED_BYTES
from registry.importing.table import Cells, SourceTable, UnreadableFile


def read_parquet(path: Path) -> SourceTable:
    """The table; its geometry and coordinate system as the GeoParquet metadata state them. Raises UnreadableFile."""
    try:
        with pa.parquet.ParquetFile(path) as file:
            groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
            if sum(group.total_byte_size for group in groups) > MAX_UNPACKED_BYTES:
                raise UnreadableFile(_("The file is too large when unpacked."))
            table = file.read()
    except pa.ArrowException as error:
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
    wkb = np.array(table.column(place).to_pylist(), dtype=object)
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
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        numbers: Cells = column.to_numpy()
        return numbers
    texts = [None if value is None else str(value) for value in column.to_pylist()]
    return np.array([*texts, None], dtype=object)[:-1]
