"""A tile in the form that suits what lies in it: few assets one by one, more as clusters. So every tile takes about as
long and is about as large, however dense the assets are."""

from registry.models import looking
from registry.tiles import clusters, features, gathering
from registry.tiles.address import Selection, Tile
from registry.tiles.viewer import Viewer

MOST_BYTES = 100_000
MOST_FEATURES = 500
FEW_FEATURES = 250
"""Above EACH_FROM so many are drawn one by one: there they would cover each other."""
PASSING = 1.6
"""Times as many at most, with lines that only pass: the count is of middles, and a tile that turned out too full would
be made twice."""
EACH_FROM = 14
OWNER_FROM = 12
"""The zoom from which on an owner can be selected: the pyramid does not count owners apart."""


def content(tile: Tile, selection: Selection, viewer: Viewer, assets: int | None) -> bytes:
    """The Mapbox vector tile, empty where there is nothing. It has one layer, `assets` or `clusters`.

    assets: how many lie there, as `versions.standing` tells.
    """
    if not selection.kinds or not viewer.user.takes_part:
        return b""
    most = MOST_FEATURES if tile.zoom >= EACH_FROM else FEW_FEATURES
    if assets is None or assets <= most:
        each, exact = features.layer(tile, selection, viewer.user, int(PASSING * most))
        if each is not None and len(each) <= MOST_BYTES:
            if viewer.user.sees_protected:
                looking.note(viewer.user, exact)
            return each
    if selection.owner:
        return gathering.layer(tile, selection, viewer.user)
    return clusters.layer(tile, selection, viewer)
