"""Any list of the API as a table. What its columns hold is known when all rows were seen, so they are read twice: out
of the database once, and then from a file of their own."""

import json
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pyarrow as pa
import shapely

from registry.exports.flat import flattened
from registry.exports.systems import moved
from registry.exports.table import GEOMETRY, Shape, Table
from registry.importing.markers import marked

ROWS_OF_A_BATCH = 5_000
# In which a Shapefile may hold them together.
SHAPES: dict[int, Shape] = {
    0: "Point",
    1: "LineString",
    2: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "LineString",
    6: "Polygon",
}
# Which other formats hold apart from the single ones.
MULTIPLE = frozenset({5, 6})


@contextmanager
def shown_tables(
    name: str, rows: Iterable[Mapping[str, Any]], *, fields: Sequence[str], place: str, crs: str, by_shape: bool
) -> Iterator[list[Table]]:
    """The rows, as the API shows them, as one table or, `by_shape`, as one for each type of geometry among them.

    fields: the columns where there are no rows to tell. place: the field of the geometry, empty where there is none.
    Texts stay texts; columns whose values are of several types become text.
    """
    with tempfile.TemporaryFile(prefix="export-") as kept:
        pickler = pickle.Pickler(kept)
        types: dict[str, Any] = {}
        shapes: dict[Shape | None, int] = {}
        for row in rows:
            flat = _flat(row, place)
            shape = _shape(flat.get(GEOMETRY), by_shape=by_shape)
            shapes[shape] = shapes.get(shape, 0) + 1
            for column, value in flat.items():
                types[column] = _wider(types.get(column), _type(value))
            pickler.dump((shape, flat))
            pickler.clear_memo()
        types = types or {field: pa.null() for field in fields if field != place}
        types.pop(GEOMETRY, None)
        columns = [pa.field(column, pa.string() if pa.types.is_null(t) else t) for column, t in types.items()]
        schema = pa.schema([*columns, *([pa.field(GEOMETRY, pa.binary())] if place else [])])
        found: list[Shape | None] = [shape for shape in shapes if shape is not None] or [None]

        def table(title: str, shape: Shape | None, only: Shape | None) -> Table:
            return Table(title, schema, lambda: moved(_batches(kept, schema, only), crs), shape, crs)

        if not place:
            yield [Table(name, schema, lambda: _batches(kept, schema, None))]
        elif by_shape and len(found) > 1:
            yield [table(f"{name}_{str(shape).lower()}", shape, shape) for shape in found]
        else:
            yield [table(name, (found[0] if len(found) == 1 else None) or "Unknown", None)]


def _shape(place: bytes | None, *, by_shape: bool) -> Shape | None:
    if place is None:
        return None
    type_id = int(shapely.get_type_id(shapely.from_wkb(place)))
    return "Unknown" if type_id in MULTIPLE and not by_shape else SHAPES.get(type_id)


def _flat(row: Mapping[str, Any], place: str) -> dict[str, Any]:
    geometry = row.get(place) if place else None
    flat = flattened({name: value for name, value in row.items() if name != place})
    flat = {name: marked(value) if isinstance(value, str) else value for name, value in flat.items()}
    if place:
        flat[GEOMETRY] = shapely.to_wkb(shapely.from_geojson(json.dumps(geometry))) if geometry else None
    return flat


def _batches(kept: Any, schema: Any, only: Shape | None) -> Iterator[Any]:
    kept.seek(0)
    unpickler = pickle.Unpickler(kept)
    waiting: list[dict[str, Any]] = []
    while True:
        try:
            shape, flat = unpickler.load()
        except EOFError:
            break
        if only is None or shape in (only, None):
            waiting.append(flat)
        if len(waiting) >= ROWS_OF_A_BATCH:
            yield _batch(waiting, schema)
            waiting = []
    if waiting:
        yield _batch(waiting, schema)


def _batch(rows: list[dict[str, Any]], schema: Any) -> Any:
    return pa.record_batch(
        [pa.array([_as(row.get(f.name), f.type) for row in rows], f.type) for f in schema], schema=schema
    )


def _type(value: Any) -> Any:
    match value:
        case None:
            return pa.null()
        case bool():
            return pa.bool_()
        case int():
            return pa.int64()
        case float() | Decimal():
            return pa.float64()
        case bytes():
            return pa.binary()
        case _:
            return pa.string()


def _wider(one: Any, other: Any) -> Any:
    """The type that holds both."""
    if one is None or pa.types.is_null(one) or one == other:
        return other
    if pa.types.is_null(other):
        return one
    numbers = (pa.int64(), pa.float64())
    return pa.float64() if one in numbers and other in numbers else pa.string()


def _as(value: Any, wanted: Any) -> Any:
    if value is None or isinstance(value, bytes):
        return value
    if pa.types.is_string(wanted):
        return value if isinstance(value, str) else json.dumps(value) if isinstance(value, bool) else str(value)
    return float(value) if pa.types.is_floating(wanted) else value
