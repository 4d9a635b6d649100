"""Step five, for the demands that are not met: the nearest miss, and the smallest single change that would meet them.

Both are found among the assets in a wider circle, on what the run itself leaves free. A change counts only where
it alone makes every rule pass, so that asking again with it would be answered with a match. Assets of the highest
protection level stay out: nothing may be learnt about them.
"""

from dataclasses import dataclass
from datetime import date
from math import ceil, floor

import numpy as np

from sharing.matching.arrays import FOREVER, Flags, Floats, Ints, group_starts, join_sorted
from sharing.matching.eligibility import Rule, Stage, Verdicts, judge
from sharing.matching.explanation import Json, number
from sharing.matching.facts import Pairs
from sharing.matching.ledger import Holdings, freedom

REACH = 3.0
"""How many times the radius the search for misses goes."""

LATEST_DAYS = 5 * 365
"""How much later a period may be moved."""

SPLIT_SIZE = 0.2
"""How large a change it is to accept several assets, beside relative changes of a number."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Why one demand is not met."""

    reason: str
    nearest: Json
    change: Json


def explain(pairs: Pairs, rules: tuple[Rule, ...], holdings: Holdings, contested: Flags) -> list[Miss]:
    """A miss for each demand of `pairs`, which hold what is free after the run.

    `contested`: demands for which an asset passed every rule before the run gave it to others.
    """
    pairs = pairs.take(~pairs.assets.core[pairs.asset])
    verdicts = judge(pairs, rules)
    changes = _Changes(pairs, verdicts, holdings)
    nearest = _nearest(pairs, verdicts)
    misses = []
    together = _together(pairs, verdicts)
    for demand in range(len(pairs.demands)):
        change = changes.smallest(demand)
        row = change.row if change else int(nearest[demand])
        miss = together.get(demand) or (_miss(pairs, verdicts, row) if row >= 0 else {})
        reason = "contested" if contested[demand] else str(miss.get("code", "none_near"))
        misses.append(Miss(reason, miss, change.as_json(pairs) if change else {}))
    return misses


@dataclass(frozen=True, slots=True)
class Change:
    """One changed column of a demand. size: relative to what was asked, to compare unlike ones."""

    size: float
    row: int
    field: str
    was: float | str | bool
    to: float | str | bool

    def as_json(self, pairs: Pairs) -> Json:
        asset = int(pairs.assets.id[pairs.asset[self.row]])
        change: Json = {"field": self.field, "from": self.was, "to": self.to, "asset": asset}
        if isinstance(self.was, (int, float)) and isinstance(self.to, (int, float)) and self.field != "splittable":
            change["by"] = number(self.to - self.was)
        return change


class _Changes:
    """All single changes that would meet a demand, by demand."""

    def __init__(self, pairs: Pairs, verdicts: Verdicts, holdings: Holdings) -> None:
        self.pairs, self.verdicts, self.holdings = pairs, verdicts, holdings
        self.found: dict[int, list[Change]] = {}
        self._numbers()
        self._later()
        self._split()
        self._fewer_together()

    def smallest(self, demand: int) -> Change | None:
        return min(self.found.get(demand, []), key=lambda change: (change.size, change.row), default=None)

    def _add(self, change: Change) -> None:
        self.found.setdefault(int(self.pairs.demand[change.row]), []).append(change)

    def _numbers(self) -> None:
        """Pairs that fail one rule only, whose column can give way."""
        fails = self.verdicts.fails
        single = fails.sum(axis=0) == 1
        for i, rule in enumerate(self.verdicts.rules):
            if rule.change and rule.change != "period":
                rows = np.flatnonzero(single & fails[i] & np.isfinite(self.verdicts.shortfall[i]))
                for row in rows.tolist():
                    self._give_way(rule, row, self.verdicts.asked[i, row], self.verdicts.offered[i, row])

    def _give_way(self, rule: Rule, row: int, asked: float, offered: float) -> None:
        if rule.code == "radius":
            offered = float(ceil(offered))
        elif rule.stage == Stage.FREE:
            demand = self.pairs.demand[row]
            if self.pairs.demands.splittable[demand] or floor(offered * 1000) < 1:
                return
        self._add(
            Change(
                abs(asked - offered) / max(abs(asked), 1e-9),
                row,
                rule.change,
                number(asked) or 0,
                number(offered) or 0,
            )
        )

    def _later(self) -> None:
        """Pairs that only lack freedom in the period: the first later start at which it is there."""
        pairs, demands = self.pairs, self.pairs.demands
        passes = ~self.verdicts.fails[[rule.stage < Stage.FREE for rule in self.verdicts.rules]].any(axis=0)
        rows = np.flatnonzero(passes & self.verdicts.fails.any(axis=0))
        row, start = self._starts(rows)
        demand = pairs.demand[row]
        length = demands.end[demand] - demands.start[demand]
        end = np.where(demands.end[demand] >= FOREVER, FOREVER, start + length)
        found = freedom(
            pairs.asset[row], start, end,
            capacity=pairs.assets.capacity, limits=pairs.assets.limits, holdings=self.holdings,
        )  # fmt: skip
        loads = demands.leg_loads[demand]
        room = ((loads == 0) | (found.headroom >= loads)).all(axis=1)
        enough = (found.block if pairs.contiguous else found.units) >= demands.least_leg[demand]
        whole = room & enough & ~demands.splittable[demand]
        row, start = row[whole], start[whole]
        for first in group_starts(row).tolist():
            was = int(demands.start[pairs.demand[row[first]]])
            self._add(
                Change(
                    (int(start[first]) - was) / 365.0, int(row[first]), "period",
                    date.fromordinal(was).isoformat(), date.fromordinal(int(start[first])).isoformat(),
                )
            )  # fmt: skip

    def _starts(self, rows: Ints) -> tuple[Ints, Ints]:
        """(pair, day) where freedom may begin: when the asset becomes available, or a holding on it ends."""
        pairs, holdings = self.pairs, self.holdings
        asset = pairs.asset[rows]
        asked, held = join_sorted(asset, holdings.asset)
        row = np.concatenate((rows, rows[asked]))
        day = np.concatenate((pairs.assets.available_from[asset], holdings.end[held]))
        start = pairs.demands.start[pairs.demand[row]]
        open_day = pairs.assets.available_from[pairs.asset[row]]
        useful = (day > start) & (day <= start + LATEST_DAYS) & (day >= open_day)
        row, day = row[useful], day[useful]
        order = np.lexsort((day, row))
        return row[order], day[order]

    def _split(self) -> None:
        """Demands that several assets together would meet, if they might be split."""
        pairs, demands = self.pairs, self.pairs.demands
        others = [rule.code != "units" for rule in self.verdicts.rules]
        fits = ~self.verdicts.fails[others].any(axis=0) & (pairs.free > 0)
        room = np.bincount(pairs.demand[fits], pairs.free[fits], len(demands))
        willing = ~demands.splittable & (demands.quantity > 1) & (room >= demands.quantity)
        rows = np.flatnonzero(fits & willing[pairs.demand])
        order = rows[np.lexsort((rows, -pairs.free[rows], pairs.demand[rows]))]
        for first in group_starts(pairs.demand[order]).tolist():
            self._add(Change(SPLIT_SIZE, int(order[first]), "splittable", False, True))

    def _fewer_together(self) -> None:
        """Demands that may be split already, and find fewer units in all than they ask."""
        for demand, miss in _together(self.pairs, self.verdicts).items():
            asked, offered = miss["asked"], miss["offered"]
            row = int(np.flatnonzero((self.pairs.demand == demand) & ~self.verdicts.fails.any(axis=0))[0])
            self._add(Change((asked - offered) / asked, row, "quantity", asked, offered))


def _together(pairs: Pairs, verdicts: Verdicts) -> dict[int, Json]:
    """The miss of each demand that may be split and that all assets it may use cannot meet together."""
    fits = ~verdicts.fails.any(axis=0)
    demands = pairs.demands
    room = np.bincount(pairs.demand[fits], pairs.free[fits], len(demands)).astype(np.int64)
    short = np.flatnonzero(demands.splittable & (room > 0) & (room < demands.quantity))
    return {
        demand: {
            "code": "units",
            "asset": None,
            "owner": None,
            "asked": int(demands.quantity[demand]),
            "offered": int(room[demand]),
            "shortfall": int(demands.quantity[demand] - room[demand]),
            "unit": "units",
        }
        for demand in short.tolist()
    }


def _nearest(pairs: Pairs, verdicts: Verdicts) -> Ints:
    """For each demand the pair that misses by least: fewest rules, then the least relative shortfall; -1 if none."""
    nearest = np.full(len(pairs.demands), -1, dtype=np.int64)
    fails = verdicts.fails
    size = _relative(verdicts).sum(axis=0)
    rows = np.flatnonzero(fails.any(axis=0))
    order = rows[np.lexsort((rows, size[rows], fails.sum(axis=0)[rows], pairs.demand[rows]))]
    first = order[group_starts(pairs.demand[order])]
    nearest[pairs.demand[first]] = first
    return nearest


def _relative(verdicts: Verdicts) -> Floats:
    """Shortfalls as shares of what is asked, at most 1: unknown counts as wholly missing."""
    asked = np.maximum(np.abs(np.nan_to_num(verdicts.asked)), 1e-9)
    return np.minimum(np.where(verdicts.fails, verdicts.shortfall, 0.0) / asked, 1.0)


def _miss(pairs: Pairs, verdicts: Verdicts, row: int) -> Json:
    """The rule that a pair misses, by most where it misses several; empty where it misses none."""
    relative = _relative(verdicts)[:, row]
    if not verdicts.fails[:, row].any():
        return {}
    i = int(np.argmax(np.where(verdicts.fails[:, row], relative, -1.0)))
    rule = verdicts.rules[i]
    asset = int(pairs.asset[row])
    return {
        "code": rule.code,
        "asset": int(pairs.assets.id[asset]),
        "owner": int(pairs.assets.owner[asset]),
        "asked": number(verdicts.asked[i, row]),
        "offered": number(verdicts.offered[i, row]),
        "shortfall": number(verdicts.shortfall[i, row]),
        "unit": rule.unit,
    }
