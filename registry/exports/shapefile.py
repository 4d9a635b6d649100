"""A zip of Shapefiles, one a table, within the limits of the format: headings of ten characters, cells of 254 bytes,
one type of geometry."""

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext as _

from registry.exports.geodata import write_layer
from registry.exports.table import GEOMETRY, ExportRefused, Table
from registry.importing.short_headings import shortened

MOST_BYTES = 254
# Shapefiles are mostly blanks: what the fastest level leaves of them is a tenth.
LEVEL = 1


def write_shapefiles(tables: Sequence[Table], path: Path) -> None:
    """Raises ExportRefused for a text that is too long, naming it."""
    with (
        tempfile.TemporaryDirectory(prefix="export-", dir=path.parent) as folder,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive,
    ):
        for table in tables:
            write_layer(_limited(table), Path(folder) / f"{table.name}.shp", "ESRI Shapefile", encoding="UTF-8")
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)
                part.unlink()


def _limited(table: Table) -> Table:
    names = [
        name if name == GEOMETRY else short
        for name, short in zip(table.schema.names, shortened(table.schema.names), strict=True)
    ]
    schema = pa.schema([field.with_name(name) for field, name in zip(table.schema, names, strict=True)])

    def batches() -> Iterator[Any]:
        for batch in table.batches():
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                if pa.types.is_string(column.type):
                    _check_length(name, column, batch)
            yield pa.record_batch(batch.columns, schema=schema)

    return replace(table, schema=schema, batches=batches, shape=table.shape if table.shape != "Unknown" else "Point")


def _check_length(name: str, column: Any, batch: Any) -> None:
    sizes = pc.binary_length(column)
    longest = pc.max(sizes).as_py() or 0
    if longest > MOST_BYTES:
        row = pc.index(sizes, longest).as_py()
        code = batch.column("code")[row].as_py() if "code" in batch.schema.names else row + 1
        raise ExportRefused(
            _(
                "%(column)s of %(code)s has %(bytes)d bytes, and a cell of a Shapefile holds %(most)d: take"
                " GeoPackage, or leave the column out with fields."
            )
            % {"column": name, "code": code, "bytes": longest, "most": MOST_BYTES}
        )
