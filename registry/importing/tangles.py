"""Areas whose outline crosses itself so often that no repair ends: of n corners all edges may cross, n² / 2 times."""

import numpy as np
import shapely

from registry.importing.table import Cells
from registry.places import FEW_CORNERS, is_tangled, sides_of

MOST_CROSSINGS = 20_000
SAMPLED_EDGES = 200


def refuse_tangles(geometry: Cells) -> list[int]:
    """Takes the areas that are beyond repair out of the column; returns where they stood."""
    areas = np.flatnonzero(shapely.get_dimensions(geometry) == 2)
    long = areas[shapely.get_num_coordinates(geometry[areas]) > FEW_CORNERS]
    found = [int(n) for n in long if is_tangled(geometry[n])]
    geometry[found] = None
    invalid = areas[~shapely.is_valid(geometry[areas])]
    crossed = [int(n) for n in invalid if geometry[n] is not None and _crossings(geometry[n]) > MOST_CROSSINGS]
    geometry[crossed] = None
    return [*found, *crossed]


def _crossings(area: shapely.Geometry) -> float:
    """About how many, by a sample of the edges. Each meets itself and its two neighbours anyway."""
    edges = shapely.linestrings(sides_of(area)[0])
    sampled = edges[:: max(1, len(edges) // SAMPLED_EDGES)]
    met = shapely.STRtree(edges).query(sampled, predicate="intersects").shape[1] - 3 * len(sampled)
    return float(met) * len(edges) / len(sampled) / 2
