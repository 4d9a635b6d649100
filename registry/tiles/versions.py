"""The entity tag of a tile, from what it stands on and without making it: the last changes that were folded into its
surroundings, those that wait, and what the viewer may know."""

import hashlib
from typing import Any, NamedTuple

from django.contrib.gis.db.models.functions import AsWKT

from registry.models.asset import any_place_meets
from registry.tiles import asking, clusters
from registry.tiles.address import Selection, Tile
from registry.tiles.folding import VERSIONED
from registry.tiles.viewer import Viewer

FORM = 3
"""Raised whenever the same assets would make other tiles: layers, attributes, limits."""


# Whether one of these organizations has protected assets of its own.
PROTECTS = "EXISTS (SELECT FROM registry_tileversion WHERE z = 0 AND tile = 0 AND owner_id = ANY (%s))"


class Standing(NamedTuple):
    """The tag; how many assets the pyramid counts there, None where it does not count the selected ones apart; and
    whether the tile can show the exact place of a protected asset, the viewer's own or another's."""

    tag: str
    assets: int | None
    may_be_exact: bool


def standing(tile: Tile, selection: Selection, viewer: Viewer) -> Standing:
    """Read it before the tile: what changes in between is then told by the next tag, and never missed."""
    changes, count, protects = _changes(tile, selection, viewer)
    parts = (FORM, tile, selection, viewer.digest, changes, _told(tile, viewer))
    return Standing(
        f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"', count, protects or viewer.user.sees_protected
    )


def _changes(tile: Tile, selection: Selection, viewer: Viewer) -> tuple[Any, int | None, bool]:
    """What stands for the changes; and, asked in the same trip, how many assets there are, and whether the viewer has
    protected ones of their own."""
    zoom = min(tile.zoom, VERSIONED)
    condition, entitled = viewer.sql()
    counting, counted = clusters.counting(tile, selection, viewer) if selection.is_counted else ("NULL", [])
    *changes, count, protects = asking.row(
        f"""
        SELECT (SELECT min(id) FROM registry_tilechange), (SELECT max(id) FROM registry_tilechange), (
            SELECT md5(string_agg(concat_ws(',', owner_id, region_id, version), ';' ORDER BY owner_id, region_id))
            FROM registry_tileversion WHERE z = %s AND tile = %s AND (owner_id = 0 OR {condition})
        ), {counting}, {PROTECTS}
        """,
        [zoom, tile.number >> 2 * (tile.zoom - zoom), *entitled, *counted, viewer.organizations],
    )
    return changes, None if count is None else int(count), protects


def _told(tile: Tile, viewer: Viewer) -> Any:
    """What shows of the assets in the tile that consents told of: no version stands for just these."""
    if not viewer.is_told:
        return ()
    assets = viewer.told().filter(any_place_meets(tile.area)).order_by("id")
    return list(
        assets.values_list(
            "id", "protection", "kind", "owner__code", "owner__sector", "free_today", "capacity",
            AsWKT("geometry"),
        )
    )  # fmt: skip
