"""How fast tiles are made of a million assets in cities, beside ST_AsMVT of the bare table in the same run. Times are
those of whole requests, signed in by session, on the processor."""

import gc
import random
import statistics
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, override_settings

from benchmarks.catalog import IN_CITIES, caller, fill
from benchmarks.figures import figure
from benchmarks.processor import busy_ms
from registry.models.tile_cell import DEEPEST
from registry.tiles import folding, grid
from registry.tiles.address import Tile

ROWS = 1_000_000
SAMPLE = 400
WORST = 4
"""Tiles of each zoom that hold most."""
BARE = 60
ROUNDS = 5
"""Each tile is timed so often, and the least counts: what else the machine does is not the tile's."""
LIMIT_MS, LIMIT_KB = 10.0, 100.0
NOTED_ROWS, NOTED_LIMIT_US = 100_000, 2.0


def tiles(rows: int = ROWS) -> list[dict[str, Any]]:
    """Milliseconds and kilobytes of tiles, of a random sample and of the fullest of each zoom; milliseconds of a 304;
    and what keeping the pyramid costs an imported row."""
    fill(rows, IN_CITIES, with_details=False)
    started = busy_ms()
    folding.fold_all()
    rate = 1000 * rows / (busy_ms() - started)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    client = caller()
    # As config.wsgi does in the server.
    gc.collect()
    gc.freeze()
    sample = _sample()
    worst = [tile for zoom in range(grid.DEEPEST_TILE + 1) for tile in fullest(zoom)]
    with override_settings(API_CALLS_PER_MINUTE=10**9, ALLOWED_HOSTS=["testserver"]):
        cache.clear()
        for tile in worst:
            client.get(_address(tile))
        usual = [_measured(client, tile) for tile in sample]
        full = [_measured(client, tile) for tile in worst]
        known = [_known_ms(client, tile) for tile in worst]
        frame = _frame_ms(client)
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")  # whose time would not be counted
    bare = [_bare(tile) for tile in sample[:BARE]]
    figures = []
    for name, percentile in (("p50", 50), ("p95", 95), ("max", 100)):
        ms, kb = (
            [float(np.percentile(values, percentile)) for values in zip(*made, strict=True)] for made in (usual, bare)
        )
        for value, reference, unit, limit in zip(ms, kb, ("ms", "kB"), (LIMIT_MS, LIMIT_KB), strict=True):
            figures.append(figure(f"tile, random, {name}, {unit}", value, unit, limit, reference, value <= limit))
    for unit, limit, values in zip(("ms", "kB"), (LIMIT_MS, LIMIT_KB), zip(*full, strict=True), strict=True):
        most = max(values)
        figures.append(figure(f"tile, fullest of every zoom, max, {unit}", most, unit, limit, None, most <= limit))
    known_ms = float(np.percentile(known, 95))
    figures.append(figure("tile that the viewer has (304), p95", known_ms, "ms", None, frame, None))
    figures.append(figure("assets folded into the pyramid", rate, "rows/s", None, None, None))
    return [*figures, _noting()]


def _sample() -> list[Tile]:
    """Tiles of all zooms, each around some asset."""
    dice = random.Random(2060)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_XMin(geometry), ST_YMin(geometry) FROM registry_asset TABLESAMPLE SYSTEM (2) REPEATABLE (1)"
        )
        places = dice.choices(cursor.fetchall(), k=SAMPLE)
    return [_around(lon, lat, dice.randint(0, grid.DEEPEST_TILE)) for lon, lat in places]


def _around(lon: float, lat: float, zoom: int) -> Tile:
    x, y = grid.place(lon, lat)
    return Tile(zoom, x >> (grid.PLACE_BITS - zoom), y >> (grid.PLACE_BITS - zoom))


def fullest(zoom: int, count: int = WORST) -> list[Tile]:
    """The tiles of a zoom that hold most."""
    level = min(zoom, DEEPEST)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cell >> %s FROM registry_tilecell WHERE z = %s GROUP BY 1 ORDER BY sum(total) DESC LIMIT %s",
            [2 * (level + grid.CELL_BITS - zoom), level, count],
        )
        numbers = [number for (number,) in cursor.fetchall()]
    places = (grid.column_and_row(np.array([number])) for number in numbers)
    return [Tile(zoom, int(column[0]), int(row[0])) for column, row in places]


def _address(tile: Tile) -> str:
    return f"/ogc/tiles/WebMercatorQuad/{tile.zoom}/{tile.row}/{tile.column}"


def _measured(client: Client, tile: Tile) -> tuple[float, float]:
    """Milliseconds and kilobytes."""
    times, size = [], 0
    for _round in range(ROUNDS):
        started = busy_ms()
        response = client.get(_address(tile))
        times.append(busy_ms() - started)
        if response.status_code not in (200, 204):
            raise RuntimeError(response.content)
        size = len(response.content)
    return min(times), size / 1000


def _known_ms(client: Client, tile: Tile) -> float:
    tag = client.get(_address(tile))["ETag"]
    times = []
    for _round in range(ROUNDS):
        started = busy_ms()
        response = client.get(_address(tile), headers={"If-None-Match": tag})
        times.append(busy_ms() - started)
        if response.status_code != 304:
            raise RuntimeError(response.content)
    return min(times)


def _frame_ms(client: Client) -> float:
    """The least call that there is: who am I."""
    times = []
    for _round in range(4 * ROUNDS):
        started = busy_ms()
        client.get("/api/v1/me/")
        times.append(busy_ms() - started)
    return statistics.median(times)


def _bare(tile: Tile) -> tuple[float, float]:
    """The same tile as every row of the table by its place: no masks, nobody's view, no clusters."""
    west, south, east, north = tile.area.extent
    times, size = [], 0
    for _round in range(2):
        started = busy_ms()
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT ST_AsMVT(drawn, 'assets', 4096, 'geom', 'id') FROM (
                    SELECT id, kind, owner_id, ST_AsMVTGeom(
                        ST_Transform(geometry, 3857), ST_MakeEnvelope(%s, %s, %s, %s, 3857), 4096, 64, true
                    ) AS geom
                    FROM registry_asset WHERE masked_geometry && ST_MakeEnvelope(%s, %s, %s, %s, 4326)
                ) AS drawn
                """,
                [*tile.metres, west, south, east, north],
            )
            size = len(cursor.fetchone()[0])
        times.append(busy_ms() - started)
    return min(times), size / 1000


def _noting() -> dict[str, Any]:
    """Microseconds that an inserted row pays for being noted, in a table like that of assets but for its indexes."""
    times: dict[bool, list[float]] = {True: [], False: []}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE TABLE bench_assets (LIKE registry_asset INCLUDING GENERATED);
            CREATE TABLE bench_rows AS SELECT * FROM registry_asset LIMIT {NOTED_ROWS};
            CREATE TRIGGER noted AFTER INSERT ON bench_assets REFERENCING NEW TABLE AS new_assets
                FOR EACH STATEMENT EXECUTE FUNCTION registry_tiles_inserted()
            """
        )
        cursor.execute(
            """
            SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
            WHERE attrelid = 'registry_asset'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            """
        )
        columns = cursor.fetchone()[0]
        for _round in range(2 * ROUNDS):
            for noted in times:
                cursor.execute(f"ALTER TABLE bench_assets {'ENABLE' if noted else 'DISABLE'} TRIGGER noted")
                cursor.execute("TRUNCATE bench_assets")
                started = busy_ms()
                cursor.execute(f"INSERT INTO bench_assets ({columns}) SELECT {columns} FROM bench_rows")
                times[noted].append(busy_ms() - started)
        transaction.set_rollback(True)
    plain, with_note = (1000 * min(times[noted]) / NOTED_ROWS for noted in (False, True))
    cost = with_note - plain
    return figure("noting an imported row for the tiles", cost, "µs", NOTED_LIMIT_US, plain, cost <= NOTED_LIMIT_US)
