"""Areas whose outline crosses itself so often that no repair ends: of n corners all edges may cross, n² / 2 times."""

import numpy as np
import shapely
from django.utils.translation import gettext as _

from registry.importing.table import Cells

MOST_CROSSINGS = 20_000
SAMPLED_EDGES = 200


def refuse_tangles(geometry: Cells) -> list[int]:
    """Takes the areas that are beyond repair out of the column; returns where they stood."""
    areas = np.flatnonzero(shapely.get_dimensions(geometry) == 2)
    invalid = areas[~shapely.is_valid(geometry[areas])]
    found = [int(n) for n in invalid if _crossings(geometry[n]) > MOST_CROSSINGS]
    geometry[found] = None
    return found


def tangled() -> str:
    return _("The area crosses itself too often to be repaired: draw its outline anew.")


def _crossings(area: shapely.Geometry) -> float:
    """About how many, by a sample of the edges. Each meets itself and its two neighbours anyway."""
    corners, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(area)), return_index=True)
    edges = shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1)[ring[1:] == ring[:-1]])
    sampled = edges[:: max(1, len(edges) // SAMPLED_EDGES)]
    met = shapely.STRtree(edges).query(sampled, predicate="intersects").shape[1] - 3 * len(sampled)
    return float(met) * len(edges) / len(sampled) / 2
