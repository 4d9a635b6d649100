"""Two paths that share nothing and keep every limit, exactly: an integer program (HiGHS) with cuts against cycles, and
against arcs that clash with one another, which are too many to be told of before they are used."""

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from sharing.matching.arrays import Flags, Floats, Ints, join_sorted
from sharing.matching.clash import Clash

OUT_OF_TIME = 1
"""Status of scipy.optimize.milp."""

SECONDS = 20.0
"""After so long the best pair found so far is taken, with the bound that was reached."""


@dataclass(frozen=True, slots=True)
class Arcs:
    """Spans, then gaps (both usable either way), then gaps from A and gaps to B (one way).

    Rows of arcs; `start` and `end` are vertices: nodes numbered from 0, then A and B. leg: 1, or 0 where A or B is
    itself an access point and the gap to it is none. node: of the network, by vertex.
    """

    start: Ints
    end: Ints
    span: Ints  # GAP where new build
    asset: Ints
    cost: Floats
    length: Floats
    gap: Floats
    loss: Floats
    leg: Floats
    one_way: Flags
    node: Ints
    a: int
    b: int

    def only(self, rows: Ints) -> "Arcs":
        """These of the arcs, between the same vertices."""
        names = ("start", "end", "span", "asset", "cost", "length", "gap", "loss", "leg", "one_way")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    @property
    def terminals(self) -> Ints:
        """Nodes that are A or B themselves."""
        at = self.leg == 0
        return np.unique(
            np.concatenate((self.end[at & (self.start == self.a)], self.start[at & (self.end == self.b)]))
        )


@dataclass(frozen=True, slots=True)
class Solved:
    """Two paths as rows of arcs from A to B, None where none was found in time or there is none; no pair costs less
    than `bound`, which is infinite where there is none."""

    paths: tuple[Ints, Ints] | None
    bound: float


class _Rows:
    """Rows of a sparse constraint matrix, built up one by one: lower <= row <= upper."""

    def __init__(self) -> None:
        self.row: list[Ints] = []
        self.column: list[Ints] = []
        self.value: list[Floats] = []
        self.lower: list[Floats] = []
        self.upper: list[Floats] = []
        self.count = 0

    def add(self, row: Ints, column: Ints, value: Floats, lower: float, upper: float, count: int) -> None:
        """`count` rows numbered from 0, all with the same bounds."""
        self.row.append(row + self.count)
        self.column.append(column)
        self.value.append(np.broadcast_to(np.asarray(value, dtype=np.float64), column.shape))
        self.lower.append(np.full(count, lower))
        self.upper.append(np.full(count, upper))
        self.count += count

    def constraint(self, columns: int) -> LinearConstraint:
        matrix = coo_array(
            (np.concatenate(self.value), (np.concatenate(self.row), np.concatenate(self.column))),
            shape=(self.count, columns),
        )
        return LinearConstraint(matrix.tocsr(), np.concatenate(self.lower), np.concatenate(self.upper))


def solve_program(
    arcs: Arcs,
    *,
    single: Ints,
    max_length: float,
    max_share: float,
    max_loss: float,
    joint_loss: float,
    clash: Clash | None = None,
    most: float = np.inf,
) -> Solved:
    """The cheapest pair that costs at most `most` together. single: nodes that only one of the routes may pass.

    Columns: for each route each arc forth, then each arc back; then, where joints cost anything, for each route each
    (node, asset) at which the route may stay on the asset. max_loss: of legs and of a joint a leg.
    """
    ways = np.flatnonzero(~arcs.one_way)
    row_of = np.concatenate((np.arange(arcs.cost.size), ways))
    tail, head = np.concatenate((arcs.start, arcs.end[ways])), np.concatenate((arcs.end, arcs.start[ways]))
    moves = row_of.size
    stays = np.empty((0, 2), dtype=np.int64)
    if np.isfinite(max_loss) and joint_loss > 0:
        stays = _stays(arcs, head, row_of)
    columns = 2 * (moves + len(stays))
    rows = _Rows()
    for route in (0, 1):
        _one_path(rows, arcs, row_of, tail, head, route * moves)
        everyone = np.arange(moves) + route * moves
        nought = np.zeros(moves, dtype=np.int64)
        rows.add(nought, everyone, arcs.length[row_of], -np.inf, max_length, 1)
        rows.add(nought, everyone, (arcs.gap - max_share * arcs.length)[row_of], -np.inf, 1e-7, 1)
        if np.isfinite(max_loss):
            stay = np.arange(len(stays)) + 2 * moves + route * len(stays)
            _stay_rows(rows, arcs, stays, row_of, tail, head, route * moves, stay)
            loss = np.concatenate(((arcs.loss + joint_loss * arcs.leg)[row_of], np.full(stay.size, -joint_loss)))
            both = np.concatenate((everyone, stay))
            rows.add(np.zeros(both.size, dtype=np.int64), both, loss, -np.inf, max_loss, 1)
    _disjoint(rows, arcs, row_of, head, moves, single)
    cost = np.zeros(columns)
    cost[: 2 * moves] = np.tile(arcs.cost[row_of], 2)
    if np.isfinite(most):
        spent = np.flatnonzero(cost)
        rows.add(np.zeros_like(spent), spent, cost[spent], -np.inf, most, 1)
    bound, until = -np.inf, perf_counter() + SECONDS
    while perf_counter() < until:
        solved = milp(
            cost,
            integrality=np.ones(columns, dtype=np.int64),
            bounds=Bounds(0, 1),
            constraints=rows.constraint(columns),
            options={"time_limit": until - perf_counter(), "mip_rel_gap": 0.0},
        )
        if solved.mip_dual_bound is not None:
            bound = max(bound, float(solved.mip_dual_bound))
        if solved.x is None:
            return Solved(None, bound if solved.status == OUT_OF_TIME else np.inf)
        chosen = [np.flatnonzero(solved.x[route * moves : (route + 1) * moves] > 0.5) for route in (0, 1)]
        walked = [_walk(arcs, tail, head, moved) for moved in chosen]
        loose = [np.setdiff1d(moved, path) for moved, path in zip(chosen, walked, strict=True)]
        paths = row_of[walked[0]], row_of[walked[1]]
        clashing = np.empty(0, dtype=np.int64) if clash is None else clash.between(*paths)
        if not clashing.size and not any(cycle.size for cycle in loose):
            return Solved(paths, bound)
        for around in loose:
            for cycle in _cycles(tail, head, around):
                for route in (0, 1):
                    rows.add(np.zeros_like(cycle), cycle + route * moves, np.ones(1), -np.inf, cycle.size - 1, 1)
        if clash is not None and clashing.size:
            _part(rows, clash, clashing, row_of, head)
    return Solved(None, bound)


def _part(rows: _Rows, clash: Clash, clashing: Ints, row_of: Ints, head: Ints) -> None:
    """Where one route takes an arc, the other takes none that clashes with it: by vertex, as it comes to each once."""
    moves, order = row_of.size, np.argsort(row_of, kind="stable")
    at, other = clash.of(clashing)
    pair, place = join_sorted(other, row_of[order])
    other_move, at = order[place], at[pair]
    keys, key = np.unique(np.column_stack((at, head[other_move])), axis=0, return_inverse=True)
    own, place = join_sorted(clashing[keys[:, 0]], row_of[order])
    own_move, key = order[place], key.ravel()
    for route in (0, 1):
        column = np.concatenate((own_move + route * moves, other_move + (1 - route) * moves))
        rows.add(np.concatenate((own, key)), column, np.ones(1), -np.inf, 1.0, len(keys))


def _one_path(rows: _Rows, arcs: Arcs, row_of: Ints, tail: Ints, head: Ints, shift: int) -> None:
    """From A to B, through each node at most once, and never by two gaps one after the other."""
    moves, nodes = np.arange(row_of.size), arcs.a
    into, out = moves[head < nodes], moves[tail < nodes]
    where = np.concatenate((head[into], tail[out]))
    sign = np.concatenate((np.ones(into.size), -np.ones(out.size)))
    rows.add(where, np.concatenate((into, out)) + shift, sign, 0.0, 0.0, nodes)
    rows.add(head[into], into + shift, np.ones(into.size), -np.inf, 1.0, nodes)
    starts = moves[tail == arcs.a]
    rows.add(np.zeros_like(starts), starts + shift, np.ones(starts.size), 1.0, 1.0, 1)
    is_gap = arcs.span[row_of] < 0
    into, out = into[is_gap[into]], out[is_gap[out]]
    where = np.concatenate((head[into], tail[out]))
    rows.add(where, np.concatenate((into, out)) + shift, np.ones(where.size), -np.inf, 1.0, nodes)


def _disjoint(rows: _Rows, arcs: Arcs, row_of: Ints, head: Ints, moves: int, single: Ints) -> None:
    """No arc that is a leg is used twice, and no node of `single`."""
    real = np.flatnonzero(arcs.leg[row_of] > 0)
    both = np.concatenate((real, real + moves))
    rows.add(np.tile(row_of[real], 2), both, np.ones(both.size), -np.inf, 1.0, arcs.cost.size)
    if single.size:
        into = np.flatnonzero(np.isin(head, single))
        both = np.concatenate((into, into + moves))
        rows.add(np.tile(head[into], 2), both, np.ones(both.size), -np.inf, 1.0, arcs.a)


def _stays(arcs: Arcs, head: Ints, row_of: Ints) -> Ints:
    """Pairs of node and asset where an asset both comes and goes on: no joint there."""
    asset = arcs.asset[row_of]
    own = asset >= 0
    pairs, count = np.unique(np.column_stack((head[own], asset[own])), axis=0, return_counts=True)
    return pairs[count > 1]


def _stay_rows(
    rows: _Rows, arcs: Arcs, stays: Ints, row_of: Ints, tail: Ints, head: Ints, shift: int, stay: Ints
) -> None:
    """A route stays on an asset at a node only if it comes by the asset and leaves by it."""
    if not len(stays):
        return
    asset, width = arcs.asset[row_of], int(arcs.asset.max()) + 1
    codes = stays[:, 0] * width + stays[:, 1]
    for end in (head, tail):
        code = np.where((asset >= 0) & (end < arcs.a), end * width + asset, -1)
        place = np.searchsorted(codes, code)
        moves = np.flatnonzero(codes[np.minimum(place, codes.size - 1)] == code)
        row = np.concatenate((place[moves], np.arange(stay.size)))
        column = np.concatenate((moves + shift, stay))
        value = np.concatenate((-np.ones(moves.size), np.ones(stay.size)))
        rows.add(row, column, value, -np.inf, 0.0, stay.size)


def _walk(arcs: Arcs, tail: Ints, head: Ints, moved: Ints) -> Ints:
    """The moves that lead from A to B, in order."""
    next_move = dict(zip(tail[moved].tolist(), moved.tolist(), strict=True))
    here, path = arcs.a, []
    while here != arcs.b:
        path.append(next_move[here])
        here = int(head[path[-1]])
    return np.array(path, dtype=np.int64)


def _cycles(tail: Ints, head: Ints, moved: Ints) -> list[Ints]:
    next_move = dict(zip(tail[moved].tolist(), moved.tolist(), strict=True))
    cycles = []
    while next_move:
        start = min(next_move)
        here, cycle = start, []
        while here in next_move:
            cycle.append(next_move.pop(here))
            here = int(head[cycle[-1]])
        cycles.append(np.array(cycle, dtype=np.int64))
    return cycles
