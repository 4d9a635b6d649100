"""The arrays that the steps of matching hand on: demands of one kind, assets near them, and pairs of both.

Every value has a number: days are ordinals (date.toordinal), money is cents a year, loads are thousandths of their
unit (registry.kinds.LOADS), classes and counts are floats where they may be unknown or not asked (NaN).
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.ledger import Freedom, Holdings

LOAD_SCALE = 1000
"""Loads have three decimals in the database; whole thousandths add up exactly."""


@dataclass(frozen=True, slots=True)
class PointDemands:
    """Point demands for one kind, in the order of their lines."""

    id: Ints
    lon: Floats
    lat: Floats
    radius_m: Floats
    quantity: Ints
    splittable: Flags
    start: Ints
    end: Ints
    priority: Ints
    budget: Floats  # cents a year for all units; NaN: no limit
    loads: Ints  # (demands, loads), for all units
    limits: dict[str, Floats]  # technical limits by the names of Demand; NaN: not asked

    def __len__(self) -> int:
        return int(self.id.size)

    def take(self, rows: Ints | Flags) -> "PointDemands":
        kept = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "limits"}
        return PointDemands(**kept, limits={name: values[rows] for name, values in self.limits.items()})

    @property
    def least_leg(self) -> Ints:
        """Units the smallest leg has: one of a demand that may be split, else all."""
        return np.where(self.splittable, 1, self.quantity)

    @property
    def leg_loads(self) -> Ints:
        """Loads of the smallest leg, rounded up."""
        share = -(-self.loads // self.quantity[:, None])
        return np.where(self.splittable[:, None], share, self.loads)


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """Assets of one kind that are near a demand, in the order of owner and code. Places are the masked ones."""

    id: Ints
    owner: Ints
    lon: Floats
    lat: Floats
    capacity: Ints
    price: Ints  # cents for one unit and year
    available_from: Ints  # day; 0 when it already is
    shared: Flags  # with the sector of the demanding party
    in_service: Flags  # or planned: not out of service
    planned: Flags
    core: Flags  # of the highest protection level
    cross_sector: Flags  # owned by another sector than the demanding party's
    limits: Ints  # (assets, loads); UNLIMITED where there is no limit
    details: dict[str, Floats]  # by the names of the kind's columns; NaN: not known

    def __len__(self) -> int:
        return int(self.id.size)

    def take(self, rows: Ints | Flags) -> "AssetFacts":
        kept = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "details"}
        return AssetFacts(**kept, details={name: values[rows] for name, values in self.details.items()})


@dataclass(frozen=True, slots=True)
class Pairs:
    """Demands with the assets near them. Rows by demand, then asset."""

    demands: PointDemands
    assets: AssetFacts
    contiguous: bool  # whether the kind's units must follow one another
    demand: Ints
    asset: Ints
    distance_m: Floats
    refused: Flags  # the owner or the regulator has refused this very pair before
    freedom: Freedom  # over the demand's period
    free_until: Ints  # first day after the period when the units may be wanted by others

    def __len__(self) -> int:
        return int(self.demand.size)

    @property
    def free(self) -> Ints:
        """Units one leg could have."""
        return self.freedom.block if self.contiguous else self.freedom.units

    @property
    def yearly_cost(self) -> Ints:
        """Cents a year for all units of the demand."""
        return self.assets.price[self.asset] * self.demands.quantity[self.demand]

    def take(self, rows: Ints | Flags) -> "Pairs":
        freedom = Freedom(self.freedom.units[rows], self.freedom.block[rows], self.freedom.headroom[rows])
        return replace(
            self,
            demand=self.demand[rows],
            asset=self.asset[rows],
            distance_m=self.distance_m[rows],
            refused=self.refused[rows],
            freedom=freedom,
            free_until=self.free_until[rows],
        )

    def without_core(self) -> "Pairs":
        """Without the assets of the highest protection level, of which nothing may be learnt."""
        return self.take(~self.assets.core[self.asset])


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What step one finds: pairs with their facts, and the ledger's rows they were computed from."""

    pairs: Pairs
    holdings: Holdings
