"""Which trenches to dig, and who joins which: every route in a straight trench of its own or for a stretch in
another's, at the least cost. An uncapacitated facility location, solved neighbourhood by neighbourhood (HiGHS).

The least cost of this model, with a proven bound; not of all shapes a trench might have: a branching (Steiner) trench
that no demand's own line follows is not tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sharing.matching.arrays import Floats, Ints, group_starts
from sharing.matching.cobuild import programme
from sharing.matching.cobuild.builds import Build, Chosen, TrenchAsks
from sharing.matching.cobuild.corridors import Joins, alone_costs, joins
from sharing.matching.cobuild.costs import TrenchTerms
from sharing.matching.cobuild.trench_shares import NEVER, TrenchGame
from sharing.matching.geodesy import geodesic_m
from sharing.matching.terrain import Ground, by_class

LARGE = 5_000
"""Pairs of a neighbourhood from which on a solution within GAP of its bound is accepted."""

GAP = 0.001
ROUNDING = 0.01
"""Slack taken off a bound that the solver states as a float, before it is rounded up to a whole cent."""


def choose_trenches(asks: TrenchAsks, terms: TrenchTerms) -> Chosen:
    """The trenches that are worth while among all routes. Deterministic, whatever the order of rows but for ids."""
    alone = alone_costs(asks, terms)
    chosen = Chosen(demands=len(asks), separate=int(alone.sum()), value=int(alone.sum()), bound=int(alone.sum()))
    near = joins(asks, terms)
    for routes, pairs in _parts(len(asks), near):
        placed = _place(routes, pairs, near, alone, asks.apart, GAP if pairs.size > LARGE else 0.0)
        value, apart = placed.cost, int(alone[routes].sum())
        chosen.neighbourhoods += 1
        chosen.value += value - apart
        chosen.bound += placed.bound - apart
        for trench in np.unique(placed.trench).tolist():
            demands = routes[placed.trench == trench]
            if np.unique(asks.party[demands]).size > 1:
                build = _build(asks, demands, trench, near, alone, terms.ground, (value - placed.bound) / value)
                # Short of the least cost some would do better otherwise, and nobody is asked to pay more than alone.
                if int(build.shares.cents.sum()) == build.cost:
                    chosen.builds.append(build)
    return chosen


def _parts(count: int, near: Joins) -> list[tuple[Ints, Ints]]:
    """(routes, pairs) that hang together, of more than one route."""
    joined = coo_array((np.ones(len(near), dtype=np.int8), (near.route, near.trench)), shape=(count, count))
    label = connected_components(joined, directed=False)[1].astype(np.int64)
    routes, pairs = np.argsort(label, kind="stable"), np.argsort(label[near.route], kind="stable")
    found = []
    for some in np.split(routes, group_starts(label[routes])[1:]):
        if some.size > 1:
            one = label[some[0]]
            first, last = np.searchsorted(label[near.route][pairs], (one, one + 1))
            found.append((some, np.sort(pairs[first:last])))
    return found


@dataclass(frozen=True, slots=True)
class _Placed:
    """trench: of each route of the part, the route whose trench it lies in (its own where it digs)."""

    trench: Ints
    cost: int
    bound: int


def _place(routes: Ints, pairs: Ints, near: Joins, alone: Ints, apart: Ints, gap: float) -> _Placed:
    """Columns: whether each route digs its own trench; then whether the route of each pair joins that of the other."""
    route, trench = np.searchsorted(routes, near.route[pairs]), np.searchsorted(routes, near.trench[pairs])
    count, pair = routes.size, np.arange(pairs.size)
    cost = np.concatenate((alone[routes], near.cost[pairs])).astype(np.float64)
    rows = programme.Rows()
    own, ones = np.arange(count), np.ones(pairs.size)
    rows.add(
        np.concatenate((own, route)), np.arange(count + pairs.size), np.ones(count + pairs.size),
        np.ones(count), np.ones(count),
    )  # fmt: skip
    rows.add(
        np.concatenate((pair, pair)), np.concatenate((count + pair, trench)), np.concatenate((ones, -ones)),
        np.full(pairs.size, -np.inf), np.zeros(pairs.size),
    )  # fmt: skip
    _keep_apart(rows, routes, route, trench, apart)
    found = programme.solve(cost, rows, whole=np.ones(cost.size, dtype=np.bool_), upper=np.ones(cost.size), gap=gap)
    lies_in, total = routes.copy(), int(alone[routes].sum())
    if found.x is not None:
        used = found.x[count:] > 0.5
        lies_in[route[used]] = routes[trench[used]]
        total = round(float(cost @ np.rint(found.x)))
    return _Placed(lies_in, total, min(int(np.ceil(found.bound - ROUNDING)), total))


def _keep_apart(rows: programme.Rows, routes: Ints, route: Ints, trench: Ints, apart: Ints) -> None:
    """Two routes that must be disjoint lie in no trench together."""
    column = {(int(k), int(t)): routes.size + n for n, (k, t) in enumerate(zip(route, trench, strict=True))}
    for one, other in apart.tolist():
        places = np.searchsorted(routes, (one, other))
        if (places >= routes.size).any() or (routes[np.minimum(places, routes.size - 1)] != (one, other)).any():
            continue
        a, b = places.tolist()
        clashes = [[column[pair]] for pair in ((a, b), (b, a)) if pair in column]
        trenches = {t for k, t in column if k == a} & {t for k, t in column if k == b}
        clashes += [[column[a, t], column[b, t]] for t in sorted(trenches)]
        for columns in clashes:
            most = np.array([len(columns) - 1.0])
            rows.add(
                np.zeros(len(columns), dtype=np.int64),
                np.array(columns),
                np.ones(len(columns)),
                np.array([-np.inf]),
                most,
            )


def _build(
    asks: TrenchAsks, demands: Ints, trench: int, near: Joins, alone: Ints, ground: Ground | None, gap: float
) -> Build:
    parties, party = np.unique(asks.party[demands], return_inverse=True)
    among = np.flatnonzero(np.isin(near.route, demands) & np.isin(near.trench, demands))
    place = np.searchsorted(demands, np.stack((near.trench[among], near.route[among])))
    join = np.full((demands.size, demands.size), NEVER)
    join[place[0], place[1]] = near.cost[among]
    game = TrenchGame.of(party, alone[demands], join)
    shares = game.shares()
    own = among[(near.trench[among] == trench)]
    lines: list[Floats] = [np.array([asks.origin[trench], asks.destination[trench]])]
    for row in own.tolist():
        ends = asks.origin[near.route[row]], asks.destination[near.route[row]]
        spurs = np.array([[ends[0], near.on[row]], [near.off[row], ends[1]]])
        lines += [spur for spur in spurs if (spur[0] != spur[1]).any()]
    cost = int(alone[trench] + near.cost[own].sum())
    return Build(demands, tuple(lines), cost, parties, game.alone, shares, gap, _terrain(lines, ground))


def _terrain(lines: Sequence[Floats], ground: Ground | None) -> dict[str, float]:
    if ground is None:
        return {}
    start, end = np.stack(lines).swapaxes(0, 1)
    return by_class(ground.metres(start, end, geodesic_m(start, end)).sum(axis=0))
