"""The layer `clusters`, for selections that the pyramid does not count apart: gathered from the assets in the tile."""

from registry.models import User
from registry.tiles import asking, grid
from registry.tiles.address import Selection, Tile
from registry.tiles.features import in_tile
from registry.tiles.slots import KINDS, SECTORS

LAYER = """
    WITH found AS ({rows}), metres AS (
        SELECT *, ST_Transform(ST_Centroid(ST_Envelope(as_place)), 3857) AS middle FROM found
    ), placed AS (
        SELECT *, (ST_X(middle) - %s) / %s AS x, (%s - ST_Y(middle)) / %s AS y FROM metres
    ), features AS (
        SELECT ST_MakePoint({x}, {y}) AS geom, count(*)::integer AS count, {numbers}
        FROM placed WHERE x >= 0 AND x < {extent} AND y >= 0 AND y < {extent}
        GROUP BY floor(x / {cell}), floor(y / {cell}) ORDER BY floor(x / {cell}), floor(y / {cell})
    )
    SELECT ST_AsMVT(features, 'clusters', {extent}, 'geom') FROM features
"""
NUMBERS = {
    "with_free_units": "free_today > 0",
    **{f"kind_{name}": f"kind = '{name}'" for name in KINDS},
    **{f"sector_{name}": f"as_sector = '{name}'" for name in SECTORS},
}


def layer(tile: Tile, selection: Selection, user: User) -> bytes:
    """As clusters.layer. Takes as long as there are assets to gather."""
    rows, parameters = in_tile(tile, selection, user)
    numbers = (f"nullif(count(*) FILTER (WHERE {which}), 0)::integer AS {name}" for name, which in NUMBERS.items())
    cell = grid.EXTENT >> grid.CELL_BITS
    # As clusters.LAYER has it.
    alone = f"CASE WHEN count(*) = 1 THEN (floor(avg({{axis}}) / {cell}) + 0.5) * {cell} ELSE floor(avg({{axis}})) END"
    place = alone if user.sees_protected else "floor(avg({axis}))"
    statement = LAYER.format(
        rows=rows,
        x=place.format(axis="x"),
        y=place.format(axis="y"),
        numbers=", ".join(numbers),
        extent=grid.EXTENT,
        cell=cell,
    )
    west, _south, _east, north = tile.metres
    [made] = asking.row(statement, [*parameters, west, tile.unit_m, north, tile.unit_m])
    return bytes(made or b"")
