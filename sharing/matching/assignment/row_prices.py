"""Bounds from prices on rows (Lagrangean relaxation), for parts too large for a solver.

Whoever pays a price for what it takes of a row needs no limit: each demand then takes what is cheapest for it, all by
themselves. Whatever the prices, that is a bound of what is possible within the limits (Held and Karp, 1971; for such
assignments Fisher, Jaikumar and Van Wassenhove, 1986). Good prices come from demands that spread over their options by
the Boltzmann distribution while the heat falls, each row's price following what is asked of it: the matrix scaling of
Sinkhorn (1967), as Cuturi (2013) takes it to transport.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Floats, Ints
from sharing.matching.assignment.web import Web
from sharing.matching.compiled import compiled

FARTHEST = 30.0
"""Heats above the cheapest beyond which nobody is: exp(-30) of it."""

PACE = 0.8
"""Share of the way to balance that a row's price goes at once: rows move each other's demands."""

FEWEST = 0.25
"""Units that a full row counts as having, so that its price stays finite."""

Cooling = Sequence[tuple[float, int]]
"""Heat, and the rounds at this heat."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What demands weigh. beside: by rank, what it costs a demand not to be served; -inf leaves a rank out.

    weight: of an option's value beside the prices, 0 where only the number served counts.
    """

    weight: float
    beside: Floats


def settle(web: Web, price: Floats, aim: Aim, cooling: Cooling, must: Ints | None = None) -> Floats:
    """Prices by row, from `price` on, near to the best for the aim.

    Where `must` says how many of each rank are served, what is beside follows, so that as many are.
    """
    limit = np.maximum(web.limit, FEWEST)
    taken, bend, alone = np.empty_like(price), np.empty_like(price), np.empty(web.need.size)
    beside = aim.beside.copy()
    for heat, rounds in cooling:
        for _ in range(rounds):
            taken[:], bend[:] = 1e-9, 0.0
            spread(web, price, aim.weight, beside[web.rank], heat, taken, bend, alone)
            pace = PACE * np.minimum(taken / np.maximum(bend, 1e-9), 1.0)
            price = np.maximum(price + heat * pace * np.log(taken / limit), 0.0)
            if must is not None:
                beside = _followed(beside, must, web, alone)
    return price


def _followed(beside: Floats, must: Ints, web: Web, alone: Floats) -> Floats:
    """What is beside, half way to where as many of each rank stay out as may."""
    beside = beside.copy()
    for rank, count in enumerate(must.tolist()):
        cost = alone[web.able & (web.rank == rank)]
        if count < cost.size:
            beside[rank] = (beside[rank] + np.partition(cost, count)[count]) / 2
    return beside


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound from below of the sum of weight * value where `must` demands of each rank are served, less one for each
    of rank `wished` that is: of the number served of a rank with weight 0, of what so many cost without a wish.
    """

    weight: float
    must: Ints
    wished: int | None = None

    def at(self, web: Web, price: Floats) -> float:
        """What these prices prove."""
        least = np.empty(web.need.size)
        cheapest(web, price, self.weight, least)
        total = -float(price @ web.limit)
        for rank, count in enumerate(self.must.tolist()):
            cost = least[web.able & (web.rank == rank)]
            if rank == self.wished:
                total += float(np.minimum(cost - 1.0, 0.0).sum())
            elif count == cost.size:
                total += float(cost.sum())
            elif count:
                total += float(np.partition(cost, count - 1)[:count].sum())
        return total


@compiled
def _priced(web: Web, price: Floats, weight: float, option: int) -> float:
    cost = weight * web.value[option]
    for entry in range(web.entry_from[option], web.entry_from[option + 1]):
        cost += price[web.row[entry]] * web.size[entry]
    return float(cost)


@compiled
def cheapest(web: Web, price: Floats, weight: float, least: Floats) -> None:
    """Sets by demand the least of weight * value + prices for serving it whole; inf where it cannot be served."""
    for demand in range(web.need.size):
        least[demand] = np.inf
        first, after = web.option_from[demand], web.option_from[demand + 1]
        if web.need[demand] == 1:
            for option in range(first, after):
                if weight * web.value[option] >= least[demand]:
                    break  # options come by value, and no price is below 0
                least[demand] = min(least[demand], _priced(web, price, weight, option))
            continue
        missing, total, last = web.need[demand], 0.0, -1.0
        while missing > 0:
            following, amount = np.inf, 0
            for option in range(first, after):
                cost = _priced(web, price, weight, option)
                if last < cost < following:
                    following, amount = cost, 0
                if cost == following:
                    amount += web.most[option]
            if amount == 0:
                break
            total += min(missing, amount) * following
            missing -= amount
            last = following
        if missing <= 0:
            least[demand] = total


@compiled
def spread(
    web: Web, price: Floats, weight: float, beside: Floats, heat: float, taken: Floats, bend: Floats, alone: Floats
) -> None:
    """Adds to `taken` what the demands take of each row when they spread over their options at this heat, and to
    `bend` how soon that changes with its price. Sets `alone`: what being served costs each."""
    costs = np.empty(np.max(web.option_from[1:] - web.option_from[:-1]))
    for demand in range(web.need.size):
        first, after, need = web.option_from[demand], web.option_from[demand + 1], web.need[demand]
        alone[demand] = np.inf
        if first == after or beside[demand] == -np.inf:
            continue
        least = np.inf
        for option in range(first, after):
            if need * weight * web.value[option] > least + FARTHEST * heat:
                after = option
                break
            costs[option - first] = need * _priced(web, price, weight, option)
            least = min(least, costs[option - first])
        total = 0.0
        for i in range(after - first):
            far = (costs[i] - least) / heat
            costs[i] = np.exp(-far) if far < FARTHEST else 0.0
            total += costs[i]
        alone[demand] = least - heat * np.log(total)
        total *= 1.0 + np.exp(min((alone[demand] - beside[demand]) / heat, FARTHEST))
        for option in range(first, after):
            share = costs[option - first] / total
            if share > 0.0:
                for entry in range(web.entry_from[option], web.entry_from[option + 1]):
                    amount = share * need * web.size[entry]
                    taken[web.row[entry]] += amount
                    bend[web.row[entry]] += amount * (1.0 - share) * web.size[entry]
