"""GeoJSON (RFC 7946) of any table in WGS 84, streamed: GDAL writes a file, and states the system of others."""

from collections.abc import Iterator
from typing import Any

import shapely

from registry.exports.flat import to_json
from registry.exports.table import GEOMETRY, Table


def feature_pieces(table: Table) -> Iterator[bytes]:
    """The table as a FeatureCollection, piece by piece; without places where it has none."""
    yield b'{"type":"FeatureCollection","features":['
    between = b"\n"
    for batch in table.batches():
        names = [name for name in batch.schema.names if name != GEOMETRY]
        rows = batch.select(names).to_pylist()
        for row, place in zip(rows, _places(batch), strict=True):
            properties = to_json(row)
            yield b'%s{"type":"Feature","id":%s,"geometry":%s,"properties":%s}' % (
                between, to_json(row.get("id")), place, properties
            )  # fmt: skip
            between = b",\n"
    yield b"\n]}\n"


def _places(batch: Any) -> list[bytes]:
    if GEOMETRY not in batch.schema.names:
        return [b"null"] * batch.num_rows
    places = shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False))
    return [b"null" if text is None else text.encode() for text in shapely.to_geojson(places)]
