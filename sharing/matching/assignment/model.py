"""The assignment as an integer programme: variables, what each demand needs, and the rows that couple them.

Of option p, v[p] units of a splittable demand are used, or (v[p] in {0, 1}) the demand is served whole.

    sum of v over the options of d  =  need[d] * served[d]         for each demand d
    sum of coefficient * v          <= limit                       for each row

There is a row for each asset and each maximal set of demands whose periods overlap on it: in an interval graph
those cliques begin at a start of a period, so units never exceed capacity on any day when they hold (Gupta,
Lee and Leung, 1979). Summed loads have rows of the same form.
"""

from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import UNLIMITED, Flags, Ints, group_starts, join_sorted
from sharing.matching.assignment.problem import Problem


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows of "at most": entry e says that row[e] holds coefficient[e] times option[e]."""

    row: Ints
    option: Ints
    coefficient: Ints
    limit: Ints  # by row

    @property
    def count(self) -> int:
        return int(self.limit.size)

    @classmethod
    def stacked(cls, parts: "list[Rows]") -> "Rows":
        first = np.cumsum([0] + [part.count for part in parts])
        return cls(
            np.concatenate([part.row + begin for part, begin in zip(parts, first[:-1], strict=True)]),
            np.concatenate([part.option for part in parts]),
            np.concatenate([part.coefficient for part in parts]),
            np.concatenate([part.limit for part in parts]),
        )

    def keep(self, rows: Flags) -> "Rows":
        """Only these rows, numbered anew."""
        entries = rows[self.row]
        number = np.cumsum(rows) - 1
        return Rows(number[self.row[entries]], self.option[entries], self.coefficient[entries], self.limit[rows])


@dataclass(frozen=True, slots=True)
class Model:
    """Variables and rows; options sorted by demand."""

    priority: Ints  # by demand
    need: Ints  # by demand: 1 where it is served whole by one option
    demand: Ints  # by option
    cost: Ints  # by option, for one of v
    regret: Ints  # by option, for one of v
    most: Ints  # by option: upper bound of v
    rows: Rows


def build(problem: Problem, cuts: list[Rows]) -> Model:
    """The model of a problem; `cuts` are further rows over the same options."""
    split = problem.splittable & (problem.quantity > 1)
    need = np.where(split, problem.quantity, 1)
    split_option = split[problem.demand]
    quantity = problem.quantity[problem.demand]
    most = np.where(split_option, np.minimum(quantity, problem.free), 1)
    units = np.where(split_option, 1, quantity)
    parts = [_capacity_rows(problem, units, most, problem.capacity, problem.holdings.upper - problem.holdings.lower)]
    for load in range(problem.limits.shape[1]):
        asked = problem.loads[problem.demand, load]
        share = np.where(split_option, -(-asked // quantity), asked)
        parts.append(_capacity_rows(problem, share, most, problem.limits[:, load], problem.holdings.loads[:, load]))
    return Model(
        priority=problem.priority,
        need=need,
        demand=problem.demand,
        cost=problem.unit_cost * units,
        regret=problem.regret * units,
        most=most,
        rows=Rows.stacked(parts + cuts),
    )


def _capacity_rows(problem: Problem, amount: Ints, most: Ints, limit: Ints, held: Ints) -> Rows:
    """Rows that keep the sum of `amount` within `limit` less what is `held`, on every day, where that can bind."""
    start, end = problem.start[problem.demand], problem.end[problem.demand]
    taken = np.bincount(problem.holdings.asset, held, limit.size).astype(np.int64)
    wanted = np.bincount(problem.asset, amount * most, limit.size).astype(np.int64)
    tight = (wanted > limit - taken) & (limit < UNLIMITED)
    options = np.flatnonzero(tight[problem.asset] & (amount > 0))
    options = options[np.argsort(problem.asset[options], kind="stable")]
    asset = problem.asset[options]
    row_asset, day = _event_days(problem, asset, start[options], end[options], tight)
    row, found = join_sorted(row_asset, asset)
    active = (start[options[found]] <= day[row]) & (day[row] < end[options[found]])
    row, option = row[active], options[found[active]]
    room = np.maximum(limit[row_asset] - _held_on(problem, row_asset, day, held), 0)
    rows = Rows(row, option, amount[option], room)
    rows = rows.keep(np.bincount(row, amount[option] * most[option], room.size) > room)
    return _maximal(rows)


def _event_days(problem: Problem, asset: Ints, start: Ints, end: Ints, tight: Flags) -> tuple[Ints, Ints]:
    """Days on which, on each tight asset, more may be wanted or less be left: starts of demands and of holdings."""
    held = problem.holdings
    first = np.full(tight.size, np.iinfo(np.int64).max)
    last = np.full(tight.size, np.iinfo(np.int64).min)
    np.minimum.at(first, asset, start)
    np.maximum.at(last, asset, end)
    within = tight[held.asset] & (held.start > first[held.asset]) & (held.start < last[held.asset])
    assets = np.concatenate((asset, held.asset[within]))
    days = np.concatenate((start, held.start[within]))
    order = np.lexsort((days, assets))
    assets, days = assets[order], days[order]
    fresh = np.ones(assets.size, dtype=np.bool_)
    fresh[1:] = (assets[1:] != assets[:-1]) | (days[1:] != days[:-1])
    return assets[fresh], days[fresh]


def _held_on(problem: Problem, asset: Ints, day: Ints, held: Ints) -> Ints:
    """How much is held of each asset on each day."""
    row, holding = join_sorted(asset, problem.holdings.asset)
    covers = (problem.holdings.start[holding] <= day[row]) & (day[row] < problem.holdings.end[holding])
    return np.bincount(row[covers], held[holding[covers]], asset.size).astype(np.int64)


def _maximal(rows: Rows) -> Rows:
    """Without the rows that a neighbour on the same asset implies. Rows are in the order of asset and day."""
    for toward in (1, -1):
        if rows.count < 2:
            return rows
        heads = group_starts(rows.row)
        width = int(rows.option.max()) + 1
        entries = rows.row * width + rows.option
        inside = np.minimum.reduceat(np.isin(entries + toward * width, entries, assume_unique=True), heads)
        keep = np.ones(rows.count, dtype=np.bool_)
        if toward == 1:
            keep[:-1] = ~(inside[:-1] & (rows.limit[1:] <= rows.limit[:-1]))
        else:
            keep[1:] = ~(inside[1:] & (rows.limit[:-1] <= rows.limit[1:]))
        rows = rows.keep(keep)
    return rows
