"""CSV of any table, for coordinates in a system that PostgreSQL does not know: in WGS 84 lists stream it at once."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import shapely

from registry.exports.table import GEOMETRY, Table
from registry.importing.coordinates import WGS84
from registry.importing.markers import SHEET_ONLY_MARKED


def write_csv(tables: Sequence[Table], path: Path) -> None:
    """One table, places as `wkt` that states its system, no cell of which is a formula."""
    [table] = tables
    with path.open("wb") as file:
        file.writelines(csv_pieces(table))


def csv_pieces(table: Table) -> Iterator[bytes]:
    """The table as CSV, piece by piece."""
    headings = ["wkt" if name == GEOMETRY else name for name in table.schema.names]
    yield (",".join(headings) + "\n").encode()
    for batch in table.batches():
        columns = [_texts(column, table) for column in batch.columns]
        text = io.BytesIO()
        pa.csv.write_csv(pa.record_batch(columns, names=headings), text, pa.csv.WriteOptions(include_header=False))
        yield text.getvalue()


def _texts(column: Any, table: Table) -> Any:
    if pa.types.is_binary(column.type):
        srid = f"SRID={table.crs[5:]};" if table.stated_crs and table.crs != WGS84 else ""
        places = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
        texts = shapely.to_wkt(places, rounding_precision=-1).tolist()
        return pa.array([None if text is None else srid + text for text in texts], pa.string())
    if pa.types.is_string(column.type):
        return pc.replace_substring_regex(column, SHEET_ONLY_MARKED, r"'\1")
    return column
