"""What the two solvers are asked and bring back: unmet demands as arrays, and builds that several of them share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.cobuild.shares import Shares


@dataclass(frozen=True, slots=True)
class SiteAsks:
    """Unmet demands for one point kind, in the order of their ids. Days are ordinals, costs cents a year.

    height_cost: of a site that high; own_cost: of its units and loads, which add up whoever is beside them.
    """

    id: Ints
    party: Ints
    lonlat: Floats
    radius_m: Floats
    start: Ints
    end: Ints
    units: Ints
    height_cost: Ints
    own_cost: Ints

    def __len__(self) -> int:
        return int(self.id.size)

    def take(self, rows: Ints | Flags) -> "SiteAsks":
        return SiteAsks(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})


@dataclass(frozen=True, slots=True)
class TrenchAsks:
    """Unmet demands for one route kind, in the order of their ids. longest_m: what detour and attenuation allow.

    apart: pairs of rows that must not lie in one trench, shape (pairs, 2).
    """

    id: Ints
    party: Ints
    origin: Floats
    destination: Floats
    longest_m: Floats
    start: Ints
    end: Ints
    units: Ints
    apart: Ints = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))

    def __len__(self) -> int:
        return int(self.id.size)


@dataclass(frozen=True, slots=True)
class Build:
    """One tower, room or trench for demands of several parties. demands: rows of the asks; money in cents a year.

    lines: one point, or the stretches of a trench, each shape (n, 2) degrees. terrain: metres dug by class, where any
    terrain is known.
    parties, alone: by party, its id and what its demands would cost without the others.
    gap: of the neighbourhood it was chosen in.
    """

    demands: Ints
    lines: tuple[Floats, ...]
    cost: int
    parties: Ints
    alone: Ints
    shares: Shares
    gap: float
    terrain: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Chosen:
    """All builds that are worth while, and how good they are: value, the cost a year of meeting every demand by new
    build, shared or not; bound, which no choice goes below; separate, what it would be if nobody shared."""

    builds: list[Build] = field(default_factory=list)
    demands: int = 0
    value: int = 0
    bound: int = 0
    separate: int = 0
    neighbourhoods: int = 0

    @property
    def gap(self) -> float:
        return (self.value - self.bound) / self.value if self.value else 0.0
