"""The layer `clusters`: a point for each cell that has assets, at the middle of where they are."""

from functools import lru_cache
from typing import Any

from django.db.models import F, FloatField, Func

from registry.models import Protection
from registry.models.asset import any_place_meets
from registry.models.tile_cell import DEEPEST
from registry.tiles import asking, grid
from registry.tiles.address import Selection, Tile
from registry.tiles.folding import CELL_ZOOM
from registry.tiles.slots import KINDS, SECTORS, SLOTS, slot, slots
from registry.tiles.viewer import Viewer

# Numbers of a cell -> its feature. x and y count in 1/2^30 of the world from the tile's corner; so many of these are
# one of the tile's own units. Zeros are left out of a feature. No cluster tells an exact place that
# would have to be recorded (Sight): to those to whom it could, one that stands alone is drawn mid-cell.
LAYER = """
    WITH cells AS (
        SELECT cell, sum(total)::float8 AS weight, sum(x::float8) AS x, sum(y::float8) AS y, {sums}
        FROM ({rows}) AS part GROUP BY cell
    ), features AS (
        SELECT ST_MakePoint(floor(({x} - %s) / %s), floor(({y} - %s) / %s)) AS geom, {numbers}
        FROM cells WHERE count > 0 AND weight > 0 ORDER BY cell
    )
    SELECT ST_AsMVT(features, 'clusters', {extent}, 'geom') FROM features
"""
CELLS = "SELECT cell, total, x, y, assets, free FROM {table} WHERE z = %s AND cell BETWEEN %s AND %s AND {condition}"
TOLD = f"""
    SELECT cell, weight AS total, weight * x AS x, weight * y AS y,
        (SELECT array_agg(weight * (i = slot)::int ORDER BY i) FROM generate_series(1, {SLOTS}) i) AS assets,
        (SELECT array_agg(weight * free * (i = slot)::int ORDER BY i) FROM generate_series(1, {SLOTS}) i) AS free
    FROM unnest(%s::bigint[], %s::integer[], %s::integer[], %s::integer[], %s::bigint[], %s::bigint[])
        AS told (cell, weight, slot, free, x, y)
"""


def layer(tile: Tile, selection: Selection, viewer: Viewer) -> bytes:
    """The clusters as a Mapbox vector tile. Beyond the pyramid its deepest cells stand in."""
    numbers = _numbers(selection)
    rows, parameters = _rows(tile, viewer)
    side = 1 << grid.PLACE_BITS - CELL_ZOOM + DEEPEST - min(tile.zoom, DEEPEST)
    place = "{axis} / weight"
    if viewer.user.sees_protected:
        place = f"CASE WHEN weight = 1 THEN (floor({{axis}} / {side}) + 0.5) * {side} ELSE {{axis}} / weight END"
    statement = LAYER.format(
        rows=rows,
        x=place.format(axis="x"),
        y=place.format(axis="y"),
        sums=", ".join(f"sum({sql})::integer AS {name}" for name, sql in numbers.items()),
        numbers=", ".join(f"nullif({name}, 0) AS {name}" for name in numbers),
        extent=grid.EXTENT,
    )
    unit = float(1 << (grid.DEEPEST_TILE - tile.zoom))
    west, north = (place << (grid.PLACE_BITS - tile.zoom) for place in (tile.column, tile.row))
    [made] = asking.row(statement, [*parameters, west, unit, north, unit])
    return bytes(made or b"")


def counting(tile: Tile, selection: Selection, viewer: Viewer) -> tuple[str, list[Any]]:
    """SQL, and its parameters, of how many assets the clusters of the tile count."""
    rows, parameters = _rows(tile, viewer)
    return f"(SELECT coalesce(sum({_numbers(selection)['count']}), 0) FROM ({rows}) AS part)", parameters


def _rows(tile: Tile, viewer: Viewer) -> tuple[str, list[Any]]:
    """The cells as everyone may know them, and by how much they differ for the viewer."""
    zoom = min(tile.zoom, DEEPEST)
    coarser = 2 * (DEEPEST - zoom)
    size = 2 * (CELL_ZOOM - tile.zoom) - coarser
    first, last = tile.number << size, ((tile.number + 1) << size) - 1
    condition, entitled = viewer.sql()
    rows = [
        CELLS.format(table="registry_tilecell", condition="TRUE"),
        CELLS.format(table="registry_protectedtilecell", condition=condition),
    ]
    parameters = [zoom, first, last, zoom, first, last, *entitled]
    if viewer.is_told:
        rows.append(TOLD)
        parameters += _told(tile, viewer, coarser, first, last)
    return " UNION ALL ".join(rows), parameters


@lru_cache
def _numbers(selection: Selection) -> dict[str, str]:
    """The numbers of a cell: name -> SQL of the columns total, assets and free."""
    chosen = slots(selection.kinds, selection.sectors)
    kinds = {f"kind_{kind}": slots([kind], selection.sectors) for kind in KINDS if kind in selection.kinds}
    sectors = {f"sector_{name}": slots(selection.kinds, [name]) for name in SECTORS if name in selection.sectors}
    return {
        "count": "total" if selection.is_whole else _sum("assets", chosen),
        "with_free_units": _sum("free", chosen),
        **{name: _sum("assets", some) for name, some in (kinds | sectors).items()},
    }


def _sum(array: str, some: list[int]) -> str:
    return " + ".join(f"{array}[{i}]" for i in some)


def _told(tile: Tile, viewer: Viewer, coarser: int, first: int, last: int) -> list[Any]:
    """What the viewer was told of by consents, as columns: one more where it is, one less where its mask is."""
    columns: list[list[Any]] = [[], [], [], [], [], []]
    assets = viewer.told().filter(any_place_meets(tile.area))
    for kind, sector, free, protection, *centre in assets.values_list(
        "kind", "owner__sector", "free_today", "protection", *middle("geometry"), *middle("masked_geometry")
    ):
        for weight, (lon, lat) in ((1, centre[:2]), (-1, centre[2:])):
            if (weight < 0 and protection == Protection.CORE) or abs(lat) > grid.NORTHMOST:
                continue
            x, y = grid.place(lon, lat)
            deeper = grid.PLACE_BITS - CELL_ZOOM
            cell = grid.number_of_tile(x >> deeper, y >> deeper) >> coarser
            if first <= cell <= last:
                row = (cell, weight, slot(kind, sector), int(free > 0), x, y)
                for column, value in zip(columns, row, strict=True):
                    column.append(value)
    return list(columns)


def middle(column: str) -> tuple[Any, Any]:
    """Longitude and latitude of the middle of a place's box, which stands for it in the pyramid."""
    west, south, east, north = (
        Func(F(column), function=f"ST_{side}", output_field=FloatField()) for side in ("XMin", "YMin", "XMax", "YMax")
    )
    return (west + east) / 2, (south + north) / 2
