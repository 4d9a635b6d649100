"""What ground new build goes through, by class of terrain and in metres: many gaps of routes, or stretches of trenches
that are built together, at once.

A gap is the straight line between its ends, as its leg is drawn. What of it lies in no area has the class of ordinary
ground; where areas lie over one another the dearest counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from registry.models import TerrainClass
from sharing.matching.arrays import Floats, Ints
from sharing.matching.geodesy import geodesic_m

ORDINARY: Final = "ordinary"
CLASSES: Final = (ORDINARY, *TerrainClass.values)
"""Classes by number; that of what lies in no area comes first."""


@dataclass(frozen=True)
class Terrain:
    """Polygons (WGS 84 degrees) and the number of each one's class; few vertices each make it fast."""

    areas: NDArray[np.object_]
    kind: Ints

    @cached_property
    def tree(self) -> STRtree:
        shapely.prepare(self.areas)
        return STRtree(self.areas)


@dataclass(frozen=True)
class Ground:
    """Terrain and what new build costs on it, a year and metre, by number of the class."""

    terrain: Terrain
    price: Floats

    @classmethod
    def of(cls, terrain: Terrain, ordinary: float, prices: Mapping[str, float]) -> "Ground":
        return cls(terrain, np.array([ordinary, *(prices.get(name, ordinary) for name in CLASSES[1:])]))

    @cached_property
    def cheapest(self) -> float:
        """Of the classes that there are: no metre of a gap costs less."""
        there = np.unique(np.append(self.terrain.kind, 0))
        return float(self.price[there].min())

    def cost(self, start: Floats, end: Floats, length_m: Floats) -> Floats:
        """What each gap costs a year."""
        return np.asarray(self.metres(start, end, length_m) @ self.price)

    def extra(self, start: Floats, end: Floats, length_m: Floats) -> Floats:
        """What each gap costs a year beyond its length at the cheapest price; 0 or more."""
        return np.asarray(np.maximum(self.cost(start, end, length_m) - self.cheapest * length_m, 0.0))

    def metres(self, start: Floats, end: Floats, length_m: Floats) -> Floats:
        """Geodesic metres by gap and class, shape (gaps, classes); rows of places and lengths in metres are gaps."""
        found = np.zeros((len(start), len(CLASSES)))
        found[:, 0] = length_m
        end = end - 360.0 * np.rint((end - start) / 360.0)  # the short way where longitudes begin anew
        pieces = self._pieces(start, end, np.flatnonzero((start != end).any(axis=1)))
        if pieces.gap.size:
            through, metres = self._by_class(pieces, start, end)
            whole_m = metres.sum(axis=1)
            long = whole_m > 0  # ends that rounding alone sets apart have no metre between them
            through, metres, whole_m = through[long], metres[long], whole_m[long]
            found[through] = metres * (length_m[through] / whole_m)[:, None]
        return found

    def _pieces(self, start: Floats, end: Floats, real: Ints) -> "_Pieces":
        """Where the gaps `real` run through areas."""
        lines = shapely.linestrings(np.stack((start[real], end[real]), axis=1))
        line, area = self.terrain.tree.query(lines)
        # Most gaps lie within one area or beside it, which is told faster than where they cross its edge.
        whole = shapely.covers(self.terrain.areas[area], lines[line])
        crossing = shapely.intersects(self.terrain.areas[area], lines[line]) & ~whole
        pieces = np.full(line.size, None, dtype=object)
        pieces[whole] = lines[line[whole]]
        pieces[crossing] = shapely.intersection(lines[line[crossing]], self.terrain.areas[area[crossing]])
        parts, of = shapely.get_parts(pieces, return_index=True)
        long = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
        parts, of = parts[long], of[long]
        gap = real[line[of]]
        along = end[gap] - start[gap]
        places = (shapely.get_coordinates(shapely.get_point(parts, vertex)) for vertex in (0, -1))
        at = [((place - start[gap]) * along).sum(axis=1) / (along**2).sum(axis=1) for place in places]
        first, last = np.clip(np.sort(at, axis=0), 0.0, 1.0)
        return _Pieces(gap, self.terrain.kind[area[of]], first, last)

    def _by_class(self, pieces: "_Pieces", start: Floats, end: Floats) -> tuple[Ints, Floats]:
        """The gaps that run through areas, and their metres by class, the dearest where several lie over one another.

        A sweep along all gaps at once: of each class it is counted how many areas of it begin and end.
        """
        through, own = np.unique(pieces.gap, return_inverse=True)
        nought = np.arange(through.size)
        whose = np.concatenate((own, own, nought, nought))
        at = np.concatenate((pieces.first, pieces.last, np.zeros(nought.size), np.ones(nought.size)))
        steps = np.zeros((whose.size, len(CLASSES)), dtype=np.int32)
        steps[np.arange(own.size), pieces.kind] = 1
        steps[np.arange(own.size) + own.size, pieces.kind] = -1
        order = np.lexsort((at, whose))
        whose, at, within = whose[order], at[order], np.cumsum(steps[order], axis=0) > 0
        dearest = np.argsort(-self.price[1:], kind="stable") + 1
        kind = np.where(within.any(axis=1), dearest[within[:, dearest].argmax(axis=1)], 0)
        stretch = np.flatnonzero((whose[1:] == whose[:-1]) & (at[1:] > at[:-1]))
        whose, kind, gap = whose[stretch], kind[stretch], through[whose[stretch]]
        along = end[gap] - start[gap]
        metres = geodesic_m(start[gap] + along * at[stretch, None], start[gap] + along * at[stretch + 1, None])
        found = np.zeros((through.size, len(CLASSES)))
        np.add.at(found, (whose, kind), metres)
        return through, found


def by_class(metres: Floats) -> dict[str, float]:
    """Of one row of `Ground.metres`, those of the classes that it goes through."""
    return {name: float(of_it) for name, of_it in zip(CLASSES, metres, strict=True) if of_it > 0}


class _Pieces(NamedTuple):
    """Stretches of gaps in areas: row of the gap, class, and shares of the gap's line where it begins and ends."""

    gap: Ints
    kind: Ints
    first: Floats
    last: Floats
