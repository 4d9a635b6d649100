"""The entity tag of a tile, from what it stands on and without making it: the last changes that were folded into its
surroundings, those that wait, and what the viewer may know."""

import hashlib
from typing import Any

from django.contrib.gis.db.models.functions import AsWKT

from registry.models.asset import any_place_meets
from registry.tiles import asking
from registry.tiles.address import Selection, Tile
from registry.tiles.folding import VERSIONED
from registry.tiles.viewer import PROTECTS, TOLD, Viewer

FORM = 2
"""Raised whenever the same assets would make other tiles: layers, attributes, limits."""


def tag(tile: Tile, selection: Selection, viewer: Viewer) -> str:
    """Read it before the tile: what changes in between is then told by the next tag, and never missed."""
    changes, is_told, protects = _changes(tile, viewer)
    viewer.learn(is_told, protects)
    parts = (FORM, tile, selection, viewer.digest, changes, _told(tile, viewer))
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def _changes(tile: Tile, viewer: Viewer) -> tuple[Any, bool, bool]:
    """What stands for the changes; and whether consents told the viewer of assets, and whether they have protected
    ones of their own, asked in the same trip."""
    zoom = min(tile.zoom, VERSIONED)
    condition, entitled = viewer.sql()
    *changes, is_told, protects = asking.row(
        f"""
        SELECT (SELECT min(id) FROM registry_tilechange), (SELECT max(id) FROM registry_tilechange), (
            SELECT md5(string_agg(concat_ws(',', owner_id, region_id, version), ';' ORDER BY owner_id, region_id))
            FROM registry_tileversion WHERE z = %s AND tile = %s AND (owner_id = 0 OR {condition})
        ), {TOLD}, {PROTECTS}
        """,
        [zoom, tile.number >> 2 * (tile.zoom - zoom), *entitled, viewer.organizations, viewer.organizations],
    )
    return changes, is_told, protects


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
