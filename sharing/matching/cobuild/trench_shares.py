"""How the parties of one trench share its cost.

The game: some of the parties have the trench dug that suits them best, which is that of any route, and join it with
each route for which that costs less than a trench of its own; or each party builds for itself. Where the trench is
that of a party not among them, that party's routes come along, at their cost. So what the parties can do together
costs some of them no less, and none adds less than nothing; and coming last alone is always open to a party, so none
adds more than it would pay alone.
"""

from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Ints
from sharing.matching.cobuild.shares import EXACT_PLAYERS, Shares, in_cents, members, sampled, shapley

NEVER = 2**50
"""In cents: the cost of what is not possible."""


@dataclass(frozen=True, slots=True)
class TrenchGame:
    """alone: by party. trench: by trench and party, what the party's routes cost in addition when it is there; of the
    party whose trench it is, all that its routes cost with it (holder)."""

    alone: Ints
    trench: Ints
    holder: Ints

    @classmethod
    def of(cls, party: Ints, alone: Ints, join: Ints) -> "TrenchGame":
        """party: of each route, from 0; alone: of each route; join[t, k]: cost of route k in the trench of t, NEVER
        where it cannot be."""
        count = int(party.max()) + 1
        routes = party.size
        best = np.minimum(join, alone)
        best[np.arange(routes), np.arange(routes)] = alone
        by_party = np.zeros((routes, count), dtype=np.int64)
        for route in range(routes):
            by_party[:, party[route]] += best[:, route]
        separate = np.bincount(party, alone, count).astype(np.int64)
        own = np.full(count, NEVER)
        np.minimum.at(own, party, by_party[np.arange(routes), party])
        own = np.minimum(own, separate)
        rest = np.minimum(by_party, own)
        rest[np.arange(routes), party] = by_party[np.arange(routes), party]
        return cls(own, rest, party)

    def costs(self) -> Ints:
        """Of every subset of the parties."""
        inside = members(self.alone.size).astype(np.int64)
        best = inside @ self.alone
        for trench, holder in zip(self.trench, self.holder.tolist(), strict=True):
            best = np.minimum(best, inside @ trench + (1 - inside[:, holder]) * trench[holder])
        return np.asarray(best)

    def running(self, orders: Ints) -> Ints:
        """Of every beginning of each order."""
        best = np.cumsum(self.alone[orders], axis=1)
        for trench, holder in zip(self.trench, self.holder.tolist(), strict=True):
            missing = np.cumsum(orders == holder, axis=1) == 0
            best = np.minimum(best, np.cumsum(trench[orders], axis=1) + missing * trench[holder])
        return np.asarray(best)

    def shares(self) -> Shares:
        if self.alone.size <= EXACT_PLAYERS:
            return in_cents(shapley(self.costs()))
        estimated, error = sampled(self.alone.size, self.running)
        return in_cents(estimated, error=error)
