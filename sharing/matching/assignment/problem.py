"""What the assignment is asked: demands, assets with what is held on them, and who could use which."""

from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Flags, Ints
from sharing.matching.assignment.proof import Reached
from sharing.matching.facts import Pairs
from sharing.matching.ledger import Holdings


@dataclass(frozen=True, slots=True)
class Problem:
    """One list of point demands against the assets that could serve them.

    Rows are in a canonical order (demands by list and line, assets by owner and code, options by demand and
    asset), since ties are broken by that order alone. Money is in cents a year, days are ordinal numbers,
    loads are integers in thousandths.
    """

    # by demand
    priority: Ints  # 1 is served first, 9 last
    quantity: Ints  # units
    start: Ints
    end: Ints
    splittable: Flags  # may be served from several assets
    loads: Ints  # (demands, loads), for its whole quantity
    # by asset
    capacity: Ints
    contiguous: Flags  # whether one leg's units must follow one another
    limits: Ints  # (assets, loads)
    holdings: Holdings
    # by option: one eligible pair of demand and asset
    demand: Ints
    asset: Ints
    unit_cost: Ints  # cents a year for one unit
    regret: Ints  # between equal costs the lower sum wins: how far the score of one unit is from the best, 0..1000
    free: Ints  # most units of the asset that this demand alone could have

    @classmethod
    def of(cls, options: Pairs, regret: Ints, holdings: Holdings) -> "Problem":
        """The eligible pairs of a list, at the assets' prices."""
        demands, assets = options.demands, options.assets
        return cls(
            priority=demands.priority,
            quantity=demands.quantity,
            start=demands.start,
            end=demands.end,
            splittable=demands.splittable,
            loads=demands.loads,
            capacity=assets.capacity,
            contiguous=np.full(len(assets), options.contiguous),
            limits=assets.limits,
            holdings=holdings,
            demand=options.demand,
            asset=options.asset,
            unit_cost=assets.price[options.asset],
            regret=regret,
            free=options.free,
        )


PRIORITIES = 10
"""Length of a count by priority: priorities are 1 to 9, and index 0 stays empty."""


def by_priority(priority: Ints) -> Ints:
    """How many there are of each priority."""
    return np.bincount(priority, minlength=PRIORITIES).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets what. A leg is an option of the problem that is used.

    The bounds are proven, in this order: no assignment that can be held serves more demands of a priority than
    `served_bound` says, if it serves as many of every higher one; none serves as many for less than `cost_bound`.
    """

    option: Ints  # the legs, in the order of options
    units: Ints  # units of each leg
    numbers: list[list[tuple[int, int]]]  # unit numbers of each leg as half-open ranges
    reached: Reached
    exact: bool  # whether every part was solved to proven optimality

    @property
    def served(self) -> Ints:
        """Demands served, by priority (0 to 9)."""
        return self.reached.served

    @property
    def served_bound(self) -> Ints:
        return self.reached.proven.served_bound

    @property
    def cost(self) -> int:
        """Cents a year."""
        return self.reached.cost

    @property
    def cost_bound(self) -> int:
        return self.reached.cost_bound

    @property
    def components(self) -> int:
        """How many independent parts had to be solved."""
        return self.reached.proven.parts

    @property
    def rounds(self) -> int:
        """Solutions tried until the unit numbers could be laid out."""
        return len(self.reached.rounds)
