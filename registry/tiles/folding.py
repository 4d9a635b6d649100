"""What changed on the map, folded into the pyramid: the cells where assets were or are get counted anew.

A count of what is there, and not a sum of differences: whatever was noted twice, out of order or by statements that
crossed, the pyramid ends up as the assets are. One at a time, whoever begins first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from registry.models import ProtectedTileCell, TileCell
from registry.models.tile_cell import DEEPEST
from registry.tiles import grid
from registry.tiles.grid import CELL_BITS, Floats, Ints
from registry.tiles.slots import SLOTS, sql_slot

LOCK = 0x711E5
AT_ONCE = 2_000
"""Changes (statements, of any number of assets) that one transaction folds in."""
CELLS_AT_ONCE = 20_000
VERSIONED = 10
"""The deepest zoom whose tiles have versions."""
CELL_ZOOM = DEEPEST + CELL_BITS
TABLES = (TileCell._meta.db_table, ProtectedTileCell._meta.db_table)

# Statistics of a table that was just filled can tell the planner that it is empty; each of these joins is by index.
BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
AS_BEFORE = (
    "SET LOCAL enable_seqscan TO DEFAULT; SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT"
)


@dataclass(frozen=True)
class Boxes:
    """Where assets are or were, in degrees; a point has the same west as east. `whose`: a row of owner and region
    where it is the exact place of a protected asset, of zeros where everyone may know it."""

    west: Floats
    south: Floats
    east: Floats
    north: Floats
    whose: Ints

    def cells(self) -> Ints:
        """The cells that the middles of the boxes lie in, each once."""
        lat = (self.south + self.north) / 2
        return np.unique(cells_at((self.west + self.east) / 2, lat)[grid.on_the_map(lat)])

    def tiles(self) -> Ints:
        """A row for each tile that a box touches, with whose it is: tile, owner, region."""
        of, tiles = grid.tiles_that_meet(self.west, self.south, self.east, self.north, VERSIONED)
        return np.unique(np.concatenate([tiles[:, None], self.whose[of]], axis=1), axis=0)


def cells_at(lon: Floats, lat: Floats) -> Ints:
    x, y = grid.places(lon, lat)
    return grid.number(x >> (grid.PLACE_BITS - CELL_ZOOM), y >> (grid.PLACE_BITS - CELL_ZOOM))


def fold_all() -> int:
    """Folds in all that waits, transaction by transaction; returns how many changes."""
    folded = 0
    while count := fold():
        folded += count
    return folded


def fold() -> int:
    """Folds in the changes that wait longest; returns how many, 0 also where another does so just now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [LOCK])
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(
            """
            DELETE FROM registry_tilechange WHERE id IN (SELECT id FROM registry_tilechange ORDER BY id LIMIT %s)
            RETURNING id, assets, west, south, east, north, owners, regions
            """,
            [AT_ONCE],
        )
        changes = cursor.fetchall()
        if not changes:
            return 0
        # From here on a statement sees what the noted changes did, as it sees that they are noted.
        boxes = _boxes(cursor, changes)
        cells = boxes.cells()
        cursor.execute(BY_INDEX)
        for start in range(0, len(cells), CELLS_AT_ONCE):
            _count(cursor, cells[start : start + CELLS_AT_ONCE])
        _sum_up(cursor, cells)
        cursor.execute(AS_BEFORE)
        _set_versions(cursor, boxes.tiles(), max(change[0] for change in changes))
        return len(changes)


def _boxes(cursor: Any, changes: list[Any]) -> Boxes:
    """Where the changed assets were, as noted, and where they are."""
    ids = sorted({pk for change in changes for pk in change[1]})
    cursor.execute(
        """
        SELECT ST_XMin(place), ST_YMin(place), ST_XMax(place), ST_YMax(place), owner, region FROM (
            SELECT masked_geometry AS place, 0 AS owner, 0 AS region FROM registry_asset
                WHERE id = ANY (%(ids)s) AND protection <> 'core'
            UNION ALL SELECT geometry, owner_id, region_id FROM registry_asset
                WHERE id = ANY (%(ids)s) AND protection <> 'open'
        ) AS placed
        """,
        {"ids": ids},
    )
    now = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 6)
    noted = [
        np.array([value for change in changes for value in change[side]], dtype=np.float64) for side in range(2, 8)
    ]
    west, south, east, north, owner, region = np.concatenate([now, np.stack(noted, axis=1)]).T
    return Boxes(west, south, east, north, np.stack([owner, region], axis=1).astype(np.int64))


def _count(cursor: Any, cells: Ints) -> None:
    """Replaces the deepest cells by what lies in them now."""
    masked = _placed(cursor, cells, "masked_geometry", "asset.protection <> 'core'")
    exact = _placed(cursor, cells, "geometry", "asset.protection <> 'open'")
    restricted = masked[masked[:, 5] == 1]
    protected = np.concatenate([exact, restricted])
    _write(cursor, TABLES[0], cells, masked[:, :1], masked, np.ones(len(masked), dtype=np.int64))
    weight = np.repeat([1, -1], [len(exact), len(restricted)])
    _write(cursor, TABLES[1], cells, protected[:, [0, 6, 7]], protected, weight)


def _placed(cursor: Any, cells: Ints, column: str, condition: str) -> Ints:
    """A row for each asset whose place lies in one of the cells: cell, x, y, slot, whether it has a free unit, whether
    it is restricted, owner, region."""
    cursor.execute(
        f"""
        SELECT near.cell, (ST_XMin(asset.{column}) + ST_XMax(asset.{column})) / 2,
            (ST_YMin(asset.{column}) + ST_YMax(asset.{column})) / 2, {sql_slot("asset.kind", "owner.sector")},
            (asset.free_today > 0)::integer, (asset.protection = 'restricted')::integer,
            asset.owner_id, asset.region_id
        FROM unnest(%s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])
            AS near (cell, west, south, east, north)
        JOIN registry_asset AS asset
            ON asset.{column} && ST_MakeEnvelope(near.west, near.south, near.east, near.north, 4326) AND {condition}
        JOIN registry_organization AS owner ON owner.id = asset.owner_id
        """,
        [cells.tolist(), *(side.tolist() for side in _around(cells))],
    )
    rows = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 8)
    lon, lat = rows[:, 1], rows[:, 2]
    found: Ints = rows.astype(np.int64)
    found[:, 1], found[:, 2] = grid.places(lon, lat)
    inside: NDArray[np.bool_] = (cells_at(lon, lat) == found[:, 0]) & grid.on_the_map(lat)
    return found[inside]


def _around(cells: Ints) -> tuple[Floats, ...]:
    west, south, east, north = grid.box(*grid.column_and_row(cells), CELL_ZOOM)
    return west - grid.HAIR, south - grid.HAIR, east + grid.HAIR, north + grid.HAIR


def _write(cursor: Any, table: str, cells: Ints, keys: Ints, rows: Ints, weight: Ints) -> None:
    """The rows' sums by key in place of what the table had for the cells."""
    cursor.execute(f"DELETE FROM {table} WHERE z = %s AND cell = ANY (%s)", [DEEPEST, cells.tolist()])
    unique, of = np.unique(keys, axis=0, return_inverse=True)
    of = of.ravel()
    assets, free = np.zeros((2, len(unique), SLOTS), dtype=np.int64)
    np.add.at(assets, (of, rows[:, 3] - 1), weight)
    np.add.at(free, (of, rows[:, 3] - 1), weight * rows[:, 4])
    x, y = np.zeros((2, len(unique)), dtype=np.int64)
    np.add.at(x, of, weight * rows[:, 1])
    np.add.at(y, of, weight * rows[:, 2])
    kept = (assets != 0).any(axis=1) | (free != 0).any(axis=1) | (x != 0) | (y != 0)
    columns = (*unique[kept].T, assets[kept].sum(axis=1), x[kept], y[kept])
    names = ", ".join(("cell", "owner_id", "region_id")[: keys.shape[1]])
    with cursor.copy(f"COPY {table} ({names}, total, x, y, assets, free, z) FROM STDIN") as copy:
        lines = zip(
            *(map(str, column.tolist()) for column in columns), _texts(assets[kept]), _texts(free[kept]), strict=True
        )
        copy.write("".join("\t".join((*line, f"{DEEPEST}\n")) for line in lines))


def _texts(rows: Ints) -> Iterator[str]:
    """Arrays as PostgreSQL reads them."""
    return (f"{{{','.join(map(str, row))}}}" for row in rows.tolist())


def _sum_up(cursor: Any, cells: Ints) -> None:
    """Each zoom's cells above those that were counted, from the four below."""
    assets, free = (
        "ARRAY[" + ", ".join(f"sum({name}[{slot}])" for slot in range(1, SLOTS + 1)) + "]::integer[]"
        for name in ("assets", "free")
    )
    for zoom in range(DEEPEST - 1, -1, -1):
        cells = np.unique(cells >> 2)
        for table, keys in zip(TABLES, ("", "owner_id, region_id, "), strict=True):
            cursor.execute(f"DELETE FROM {table} WHERE z = %s AND cell = ANY (%s)", [zoom, cells.tolist()])
            cursor.execute(
                f"""
                INSERT INTO {table} (z, cell, {keys}total, assets, free, x, y)
                SELECT %(zoom)s, above.cell, below.* FROM unnest(%(cells)s::bigint[]) AS above (cell)
                CROSS JOIN LATERAL (
                    SELECT {keys}sum(total) AS total, {assets} AS assets, {free} AS free, sum(x) AS x, sum(y) AS y
                    FROM {table} WHERE z = %(zoom)s + 1 AND cell BETWEEN 4 * above.cell AND 4 * above.cell + 3
                    {keys and "GROUP BY " + keys.removesuffix(", ")} HAVING count(*) > 0
                ) AS below
                WHERE x <> 0 OR y <> 0 OR 0 <> ANY (assets) OR 0 <> ANY (free)
                """,
                {"zoom": zoom, "cells": cells.tolist()},
            )


def _set_versions(cursor: Any, tiles: Ints, version: int) -> None:
    for zoom in range(VERSIONED, -1, -1):
        cursor.execute(
            """
            INSERT INTO registry_tileversion (z, tile, owner_id, region_id, version)
            SELECT %s, changed.*, %s FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS changed
            ON CONFLICT (z, tile, owner_id, region_id) DO UPDATE SET version = excluded.version
            """,
            [zoom, version, *tiles.T.tolist()],
        )
        tiles[:, 0] >>= 2
        tiles = np.unique(tiles, axis=0)
