"""GeoParquet 1.1. GDAL's driver is not in pyogrio's wheels, since it needs the Arrow libraries; pyarrow has them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pyproj

from registry.exports.table import GEOMETRY, Table
from registry.importing.coordinates import WGS84

ROWS_OF_A_GROUP = 50_000


def write_parquet(tables: Sequence[Table], path: Path) -> None:
    """One table; its places, if it has any, as the GeoParquet column `geometry`."""
    [table] = tables
    schema = table.schema.with_metadata({"geo": json.dumps(_geo(table))}) if table.shape else table.schema
    with pa.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[Any] = []
        for batch in table.batches():
            waiting.append(batch)
            if sum(map(len, waiting)) >= ROWS_OF_A_GROUP:
                writer.write_table(pa.Table.from_batches(waiting).cast(schema))
                waiting = []
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting).cast(schema))


def _geo(table: Table) -> dict[str, Any]:
    """The metadata of GeoParquet: no system stated is longitude and latitude of WGS 84, null is none that is known."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [] if table.shape in (None, "Unknown") else [table.shape],
    }
    if table.crs != WGS84:
        stated = table.stated_crs
        column["crs"] = pyproj.CRS.from_user_input(stated).to_json_dict() if stated else None
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
