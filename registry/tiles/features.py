"""The layer `assets`: each asset by itself, at the place that the viewer may know."""

from functools import lru_cache
from typing import Any

from django.db.models import BinaryField, Case, F, FloatField, Func, QuerySet, Value, When
from django.db.models.functions import Cast

from registry.models import Asset, User
from registry.tiles import asking, grid
from registry.tiles.address import Selection, Tile
from registry.tiles.slots import KINDS, SECTORS

BUFFER = 64
"""Lines go on for so many units beyond the tile's edge, so that their strokes join."""
# A line shorter than the tile's units would vanish, as one between masks in one cell, so a point stands for it.
LAYER = """
    WITH found AS ({rows} LIMIT %s), placed AS (
        SELECT *, ST_Transform(as_place, 3857) AS place FROM found
    ), features AS (
        SELECT id, kind, as_sector AS sector, as_owner AS owner, as_exact AS exact,
            (floor(100 * as_free + 0.5) / 100)::real AS free_share, coalesce(
                ST_AsMVTGeom(place, bounds, {extent}, {buffer}, true),
                CASE WHEN greatest(ST_XMax(place) - ST_XMin(place), ST_YMax(place) - ST_YMin(place)) < 2 * unit
                    THEN ST_AsMVTGeom(ST_Centroid(ST_Envelope(place)), bounds, {extent}, {buffer}, true) END
            ) AS geom
        FROM placed, (SELECT ST_MakeEnvelope(%s, %s, %s, %s, 3857) AS bounds, %s::float8 AS unit) AS tile
        ORDER BY id
    )
    SELECT count(*) > %s, ST_AsMVT(features, 'assets', {extent}, 'geom', 'id'),
        (SELECT array_agg(id) FROM found WHERE as_exact AND as_protection <> 'open')
    FROM features
"""


def layer(tile: Tile, selection: Selection, user: User, most: int) -> tuple[bytes | None, list[int]]:
    """The assets as a Mapbox vector tile, None where more than `most` lie in the tile; and the ids of the protected
    ones that it shows at their exact places."""
    rows, parameters = in_tile(tile, selection, user)
    statement = LAYER.format(rows=rows, extent=grid.EXTENT, buffer=BUFFER)
    too_many, made, exact = asking.row(statement, [*parameters, most + 1, *tile.metres, tile.unit_m, most])
    return None if too_many else bytes(made), exact or []


def in_tile(tile: Tile, selection: Selection, user: User) -> tuple[str, list[Any]]:
    """SQL, and its parameters, of the selected assets whose place, as far as the viewer may know it, has a box that
    meets the tile: id, kind, free_today, as_sector, as_owner, as_free, as_exact, as_place."""
    statement, parameters = _visible(user.entitlement, selection, user)
    return IN_TILE.format(known=statement), [*parameters, *3 * tile.area.extent]


# As AssetQuerySet.meeting, for the indexes; then the place that may be known. In two steps, OFFSET being the
# fence between them: PostgreSQL would take the second condition to leave one row, and plan for no more.
BOX = "ST_MakeEnvelope(%s, %s, %s, %s, 4326)"
IN_TILE = f"""
    SELECT * FROM (
        SELECT * FROM ({{known}}) AS known
        WHERE as_masked && {BOX} OR (as_protection <> 'open' AND as_sought AND as_geometry && {BOX}) OFFSET 0
    ) AS near WHERE as_place && {BOX}
"""


@lru_cache(maxsize=1_000)
def _visible(entitlement: tuple[Any, ...], selection: Selection, user: User) -> tuple[str, tuple[Any, ...]]:
    """The selected assets that a person of this entitlement may know of, as SQL. Composing it takes longer than
    answering it, so it is kept."""
    assets: QuerySet[Any] = Asset.objects.visible_to(user).with_place_for(user)
    if selection.kinds != KINDS:
        assets = assets.filter(kind__in=selection.kinds)
    if selection.sectors != SECTORS:
        assets = assets.filter(owner__sector__in=selection.sectors)
    if selection.owner:
        assets = assets.filter(owner__code=selection.owner)
    rows = assets.order_by().values(
        "id", "kind", "free_today",
        as_sector=F("owner__sector"),
        as_owner=F("owner__code"),
        as_free=Cast(F("free_today"), FloatField()) / F("capacity"),
        as_exact=F("place_is_exact"),
        as_protection=F("protection"),
        as_sought=Value(True) if user.sees_protected else _is_own(user),
        as_place=_raw("place"),
        as_masked=_raw("masked_geometry"),
        as_geometry=_raw("geometry"),
    )  # fmt: skip
    return rows.query.sql_with_params()


def _is_own(user: User) -> Case:
    return Case(When(owner__in=list(user.roles), then=True), default=False)


def _raw(column: str) -> Func:
    """As it is: selected as a geometry it would become bytes."""
    return Func(F(column), template="%(expressions)s", output_field=BinaryField())
