"""What new build costs a year, in the registry's currency: its price over 20 years, as `routes.TERMS` has it for
gaps."""

from dataclasses import dataclass

from registry.kinds import Kind
from sharing.matching.arrays import Floats
from sharing.matching.route_terms import TERMS
from sharing.matching.terrain import Ground

CENTS = 100


@dataclass(frozen=True, slots=True)
class SiteTerms:
    """A new tower or room. fixed: land, foundation or walls, and the power connection, whatever it carries.

    per_load: for one kg, m² and kW (registry.kinds.LOADS). max_units: what one site can hold at a time.
    """

    fixed: float
    per_height_m: float
    per_unit: float
    per_load: tuple[float, float, float]
    max_units: int


@dataclass(frozen=True, slots=True)
class TrenchTerms:
    """A new trench. per_m: digging, whatever lies in it; per_unit_m: a bore or core in it.

    corridor_m: how far an end of a route may lie from a trench it joins. ground: what digging costs where, unless it
    costs the same everywhere.
    """

    per_m: float
    per_unit_m: float
    corridor_m: float
    ground: Ground | None = None

    def digging(self, start: Floats, end: Floats, length_m: Floats) -> Floats:
        """What straight stretches cost a year, by rows of places (degrees) and lengths in metres."""
        return length_m * self.per_m if self.ground is None else self.ground.cost(start, end, length_m)


SITES: dict[str, SiteTerms] = {
    Kind.TOWER.value: SiteTerms(
        fixed=6000.0, per_height_m=150.0, per_unit=400.0, per_load=(0.0, 200.0, 300.0), max_units=18
    ),
    Kind.EQUIPMENT_ROOM.value: SiteTerms(
        fixed=20000.0, per_height_m=0.0, per_unit=150.0, per_load=(0.0, 0.0, 400.0), max_units=840
    ),
}
TRENCHES: dict[str, TrenchTerms] = {
    Kind.DUCT.value: TrenchTerms(TERMS[Kind.DUCT].gap_cost_per_m, 1.5, TERMS[Kind.DUCT].max_gap_m),
    Kind.FIBER.value: TrenchTerms(TERMS[Kind.FIBER].gap_cost_per_m, 0.02, TERMS[Kind.FIBER].max_gap_m),
}

LEAST_HEIGHT_M = 15.0
"""Of a new tower for a demand that asks for no height."""

WITHIN_DAYS = 366
"""Demands can share a new build when their first days lie no farther apart: it is built for the earliest."""
