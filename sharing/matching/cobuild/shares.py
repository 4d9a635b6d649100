"""Each party's fair share of a common cost: the Shapley value (Shapley, 1953), the average of what a party adds to the
cost over all orders in which the parties might have come.

It sums to the cost. Where a party never adds more than building alone would cost it (every cost here is so), its share
is never more than that either. Costs are whole cents, and shares exact fractions of them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from sharing.matching.arrays import Flags, Ints

EXACT_PLAYERS = 12
"""Up to so many parties every subset is looked at."""

SAMPLES = 4_000
"""Orders drawn for more parties; even, as each is taken with its reverse."""


@dataclass(frozen=True, slots=True)
class Shares:
    """By player, in cents. error: the largest standard error of a share before rounding; 0 where they are exact."""

    cents: Ints
    error: float

    @property
    def exact(self) -> bool:
        return self.error == 0.0


def members(players: int) -> Flags:
    """Which players are in each subset, shape (2 ** players, players); subset s holds player i where bit i is set."""
    subsets = np.arange(1 << players, dtype=np.int64)
    return np.asarray((subsets[:, None] >> np.arange(players)) & 1, dtype=np.bool_)


def shapley(costs: Ints) -> list[Fraction]:
    """The shares of a game given by the cost of every subset, as `members` numbers them."""
    players = int(costs.size).bit_length() - 1
    inside = members(players)
    size = inside.sum(axis=1)
    weights = [math.factorial(k) * math.factorial(players - k - 1) for k in range(players)]
    shares = []
    for player in range(players):
        without = np.flatnonzero(~inside[:, player])
        added = costs[without | (1 << player)] - costs[without]
        by_size = [int(added[size[without] == k].sum()) for k in range(players)]
        total = sum(weight * amount for weight, amount in zip(weights, by_size, strict=True))
        shares.append(Fraction(total, math.factorial(players)))
    return shares


def airport(needs: Sequence[int]) -> list[Fraction]:
    """The Shapley value where a subset costs as much as its neediest player, in closed form for any number of players:
    each part of the cost is borne equally by all who need it (Littlechild and Owen, 1973)."""
    order = sorted(range(len(needs)), key=lambda player: needs[player])
    shares = [Fraction(0)] * len(needs)
    borne, before = Fraction(0), 0
    for place, player in enumerate(order):
        borne += Fraction(needs[player] - before, len(needs) - place)
        before = needs[player]
        shares[player] = borne
    return shares


def orders(players: int) -> Ints:
    """Orders of players, each followed by its reverse, always the same for the same number."""
    drawn = np.random.default_rng(players).permuted(np.tile(np.arange(players), (SAMPLES // 2, 1)), axis=1)
    return np.stack((drawn, drawn[:, ::-1]), axis=1).reshape(-1, players)


def sampled(players: int, running: Callable[[Ints], Ints]) -> tuple[list[Fraction], float]:
    """Shares estimated from `orders`, with their largest standard error.

    running(orders): the cost of each beginning of each order, of the same shape.
    """
    drawn = orders(players)
    costs = running(drawn)
    added = np.diff(costs, axis=1, prepend=0)
    by_player = np.empty_like(added)
    np.put_along_axis(by_player, drawn, added, axis=1)
    pairs = (by_player[0::2] + by_player[1::2]) / 2
    error = float((pairs.std(axis=0, ddof=1) / math.sqrt(len(pairs))).max())
    return [Fraction(int(total), len(drawn)) for total in by_player.sum(axis=0)], error


def in_cents(shares: Sequence[Fraction], *, error: float = 0.0) -> Shares:
    """Whole cents that sum to the same: rounded down, and what is left to the largest remainders (Hamilton's method),
    so that no share of at most a whole number of cents comes to more than that."""
    down = [math.floor(share) for share in shares]
    left = sum(shares) - sum(down)
    by_remainder = sorted(range(len(shares)), key=lambda i: (down[i] - shares[i], i))
    for player in by_remainder[: int(left)]:
        down[player] += 1
    return Shares(np.array(down, dtype=np.int64), error)
