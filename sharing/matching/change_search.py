"""The least change of each column of a demand that is not met, from what the assets near it offer.

What is found here is still to be carried out (`changes`). All arithmetic is the engine's own: units and loads free
after the run, rule by rule.
"""

from dataclasses import replace
from datetime import date

import numpy as np

from sharing.matching.arrays import FOREVER, Flags, Floats, Ints, group_starts, join_sorted, running_total
from sharing.matching.change import Change, room
from sharing.matching.eligibility import Rule, Stage, judge
from sharing.matching.explanation import number
from sharing.matching.facts import LOAD_SCALE, Pairs
from sharing.matching.ledger import Holdings, freedom

LATEST_DAYS = 5 * 365
"""How much later a period may be moved; also how long one without end must at least stay when it is cut short."""

SPLIT_SIZE = 0.2
"""How large a change it is to accept several assets, beside relative changes of a number."""

SCALE = {"radius_m": 1.0, "budget_per_year": 100.0, "min_feeds": 1.0, "min_security_class": 1.0}
"""Steps a unit in which a column is changed; a thousand for all others."""


class ChangeSearch:
    """The least change of each column, before it is carried out."""

    def __init__(self, pairs: Pairs, rules: tuple[Rule, ...], holdings: Holdings) -> None:
        self.pairs, self.rules, self.holdings = pairs, rules, holdings
        self.verdicts = judge(pairs, rules)
        self.fails = self.verdicts.fails
        self.room = room(pairs.demands, pairs.demand, pairs.free, pairs.freedom.headroom)
        self.quantity = pairs.demands.quantity[pairs.demand]
        self.splittable = pairs.demands.splittable[pairs.demand]

    def all(self) -> list[Change]:
        """Of every column, for every demand that it can help."""
        return [
            *self.of_limits(), *self.of_loads(), *self.of_quantity(), *self.split(), *self.later(),
            *self.sooner_ended(),
        ]  # fmt: skip

    def _passes_but(self, *codes: str) -> Flags:
        """Pairs that pass every rule except those named."""
        others = [rule.code not in codes for rule in self.rules]
        return np.asarray(~self.fails[others].any(axis=0), dtype=np.bool_)

    # --- Limits: the assets that a wider limit lets in, nearest first, until they suffice ----------------------------

    def of_limits(self) -> list[Change]:
        columns = dict.fromkeys(rule.change for rule in self.rules if rule.stage < Stage.FREE and rule.change)
        return [change for column in columns for change in self._of_limit(column)]

    def _of_limit(self, column: str) -> list[Change]:
        own = [i for i, rule in enumerate(self.rules) if rule.change == column]
        passes = self._passes_but(*(self.rules[i].code for i in own)) & (self.room > 0)
        asked, needed = self.verdicts.asked[own[0]], self.verdicts.asked[own[0]].copy()
        for i in own:
            rounded = _rounded(column, self.verdicts.offered[i], up=self.rules[i].at_most)
            needed = np.where(self.fails[i], rounded, needed)
        rows = np.flatnonzero(passes & np.isfinite(needed) & (needed >= 0))
        size = np.abs(needed[rows] - asked[rows]) / np.maximum(np.abs(asked[rows]), 1e-9)
        size[~self.fails[own][:, rows].any(axis=0)] = 0.0
        one_sided = len(own) == 1
        places = self._enough(rows, size) if one_sided else self._enough_on_both_sides(rows, size, needed, own)
        unit = self.rules[own[0]].unit
        return [
            self._number(column, int(rows[i]), size[i], asked[rows[i]], needed[rows[i]], unit)
            for i in places.tolist()
            if size[i] > 0
        ]

    def _enough_on_both_sides(self, rows: Ints, size: Floats, needed: Floats, own: list[int]) -> Ints:
        """As `_enough`, where what lets one asset in may shut another out."""
        pairs, found = self.pairs, []
        order = np.lexsort((pairs.yearly_cost[rows], size, pairs.demand[rows]))
        for places in _by_group(pairs.demand[rows], order):
            for place in places.tolist():
                to = needed[rows[place]]
                lets = np.ones(places.size, dtype=np.bool_)
                for i in own:
                    offered = self.verdicts.offered[i][rows[places]]
                    lets &= offered <= to if self.rules[i].at_most else offered >= to
                if self.room[rows[places[lets]]].sum() >= self.quantity[rows[place]]:
                    found.append(place)
                    break
        return np.array(found, dtype=np.int64)

    def _enough(self, rows: Ints, size: Floats) -> Ints:
        """For each demand the place in `rows` where the units of all that need no larger a change first suffice."""
        demand = self.pairs.demand[rows]
        order = np.lexsort((rows, self.pairs.yearly_cost[rows], size, demand))
        total = running_total(demand[order], self.room[rows[order]])
        enough = order[total >= self.quantity[rows[order]]]
        return enough[group_starts(demand[enough])]

    def _number(self, column: str, row: int, size: float, asked: float, to: float, unit: str) -> Change:
        was, value = number(asked), number(to)
        return Change(
            float(size), int(row), int(self.pairs.demand[row]), column, was, value or 0, float(to - asked), unit
        )

    # --- Loads and quantity -------------------------------------------------------------------------------------

    def of_loads(self) -> list[Change]:
        """The largest load that one asset, or several together where it may be split, still carry."""
        found = []
        for rule in self.rules:
            if rule.stage != Stage.FREE or rule.change in ("period", "quantity"):
                continue
            load = self._load_of(rule)
            rows = np.flatnonzero(self._passes_but(rule.code) & (self.pairs.freedom.headroom[:, load] > 0))
            whole = rows[~self.splittable[rows] & (self.pairs.free[rows] >= self.quantity[rows])]
            for row, to in self._heaviest(whole, load) + self._heaviest_together(rows[self.splittable[rows]], load):
                asked = int(self.pairs.demands.loads[self.pairs.demand[row], load])
                if to < asked:
                    size = (asked - to) / asked
                    found.append(self._number(rule.change, row, size, asked / LOAD_SCALE, to / LOAD_SCALE, rule.unit))
        return found

    def _load_of(self, rule: Rule) -> int:
        """The place of a load's rule among the loads: they come in the same order, last of all rules."""
        loads = [one for one in self.rules if one.stage == Stage.FREE and one.change not in ("period", "quantity")]
        return loads.index(rule)

    def _heaviest(self, rows: Ints, load: int) -> list[tuple[int, int]]:
        headroom, demand = self.pairs.freedom.headroom[rows, load], self.pairs.demand[rows]
        order = rows[np.lexsort((rows, self.pairs.yearly_cost[rows], -headroom, demand))]
        first = order[group_starts(self.pairs.demand[order])]
        return [(row, int(self.pairs.freedom.headroom[row, load])) for row in first.tolist()]

    def _heaviest_together(self, rows: Ints, load: int) -> list[tuple[int, int]]:
        """By halving: a lighter unit never leaves room for fewer."""
        found = []
        for row in _by_group(self.pairs.demand, rows):
            demand = int(self.pairs.demand[row[0]])
            quantity = int(self.pairs.demands.quantity[demand])
            loads = self.pairs.demands.loads[demand].copy()
            low, high = 0, int(-(-loads[load] // quantity))
            while high - low > 1:
                loads[load] = (low + high) // 2 * quantity
                low, high = ((low + high) // 2, high) if self._room_with(row, quantity, loads) >= quantity else (
                    low, (low + high) // 2
                )  # fmt: skip
            if low:
                found.append((int(row[0]), low * quantity))
        return found

    def _room_with(self, rows: Ints, quantity: int, loads: Ints) -> int:
        share = -(-loads // quantity)
        headroom = self.pairs.freedom.headroom[rows]
        carried = np.where(share > 0, headroom // np.maximum(share, 1), quantity).min(axis=1)
        return int(np.clip(np.minimum(self.pairs.free[rows], carried), 0, quantity).sum())

    def of_quantity(self) -> list[Change]:
        """The largest smaller quantity: what is free, and what the budget pays for."""
        rule = next(rule for rule in self.rules if rule.code == "units")
        rows = np.flatnonzero(self._passes_but("units", "budget") & (self.pairs.free > 0) & (self.quantity > 1))
        price = self.pairs.assets.price[self.pairs.asset[rows]]
        budget = self.pairs.demands.budget[self.pairs.demand[rows]]
        paid = np.where(np.isnan(budget) | (price == 0), self.quantity[rows], budget // np.maximum(price, 1))
        most = np.minimum(np.minimum(self.pairs.free[rows], paid), self.quantity[rows] - 1).astype(np.int64)
        whole = np.flatnonzero(~self.splittable[rows] & (most > 0))
        order = whole[np.lexsort((whole, price[whole], -most[whole], self.pairs.demand[rows[whole]]))]
        chosen = [(int(rows[i]), int(most[i])) for i in order[group_starts(self.pairs.demand[rows[order]])].tolist()]
        changes = chosen + self._fewer_together(rows[self.splittable[rows]])
        return [
            self._number("quantity", row, 1 - to / self.quantity[row], float(self.quantity[row]), to, rule.unit)
            for row, to in changes
        ]

    def _fewer_together(self, rows: Ints) -> list[tuple[int, int]]:
        """Each quantity below the one asked: with fewer units each carries more, so that fewer may be harder."""
        found = []
        for row in _by_group(self.pairs.demand, rows):
            demand = int(self.pairs.demand[row[0]])
            budget, price = self.pairs.demands.budget[demand], self.pairs.assets.price[self.pairs.asset[row]]
            for quantity in range(int(self.pairs.demands.quantity[demand]) - 1, 0, -1):
                paid = row[~(price * quantity > budget)]
                if self._room_with(paid, quantity, self.pairs.demands.loads[demand]) >= quantity:
                    found.append((int(paid[0]), quantity))
                    break
        return found

    def split(self) -> list[Change]:
        """Several assets together."""
        pairs = self.pairs
        free_codes = [rule.code for rule in self.rules if rule.stage == Stage.FREE and rule.change != "period"]
        willing = replace(pairs.demands, splittable=np.ones_like(pairs.demands.splittable))
        units = room(willing, pairs.demand, pairs.free, pairs.freedom.headroom)
        rows = np.flatnonzero(self._passes_but(*free_codes) & ~self.splittable & (self.quantity > 1) & (units > 0))
        total = np.bincount(pairs.demand[rows], units[rows], len(pairs.demands))
        rows = rows[total[pairs.demand[rows]] >= self.quantity[rows]]
        order = rows[np.lexsort((rows, -units[rows], pairs.demand[rows]))]
        return [
            Change(SPLIT_SIZE, row, int(pairs.demand[row]), "splittable", False, True)
            for row in order[group_starts(pairs.demand[order])].tolist()
        ]

    # --- Dates --------------------------------------------------------------------------------------------------

    def later(self) -> list[Change]:
        """The first later start from which there is room through the whole period, as long as before."""
        demands, holdings = self.pairs.demands, self.holdings
        rows = self._lacking_time()
        asked, held = join_sorted(self.pairs.asset[rows], holdings.asset)
        row = np.concatenate((rows, rows[asked]))
        day = np.concatenate((self.pairs.assets.available_from[self.pairs.asset[rows]], holdings.end[held]))
        start = demands.start[self.pairs.demand[row]]
        useful = (day > start) & (day <= start + LATEST_DAYS)
        row, day = self._with_companions(row[useful], day[useful])
        demand = self.pairs.demand[row]
        end = np.where(demands.end[demand] >= FOREVER, FOREVER, demands.end[demand] + day - demands.start[demand])
        best = self._first(row, day, day, end)
        return [
            Change(
                (to - was) / 365.0, one, int(self.pairs.demand[one]), "period", _iso(was), _iso(to), to - was, "days"
            )
            for one, to in best
            for was in (int(demands.start[self.pairs.demand[one]]),)
        ]

    def sooner_ended(self) -> list[Change]:
        """The last earlier end up to which there is room from the start on; at least half the period stays."""
        demands, holdings = self.pairs.demands, self.holdings
        rows = self._lacking_time()
        asked, held = join_sorted(self.pairs.asset[rows], holdings.asset)
        row, day = rows[asked], holdings.start[held]
        demand = self.pairs.demand[row]
        start, end = demands.start[demand], demands.end[demand]
        least = np.where(end >= FOREVER, start + LATEST_DAYS, start + (end - start + 1) // 2)
        useful = (day >= least) & (day < end)
        row, day = self._with_companions(row[useful], day[useful])
        best = self._first(row, -day, demands.start[self.pairs.demand[row]], day)
        changes = []
        for one, key in best:
            end_day = int(demands.end[self.pairs.demand[one]])
            was = None if end_day >= FOREVER else end_day
            lost = (was if was is not None else int(demands.start[self.pairs.demand[one]]) + 2 * LATEST_DAYS) + key
            changes.append(
                Change(
                    max(lost, 1) / 365.0, one, int(self.pairs.demand[one]), "period_end",
                    None if was is None else _iso(was), _iso(-key), None if was is None else -key - was, "days",
                )
            )  # fmt: skip
        return changes

    def _lacking_time(self) -> Ints:
        """Pairs that at most lack freedom in the period."""
        before = [rule.stage < Stage.FREE for rule in self.rules]
        return np.flatnonzero(~self.fails[before].any(axis=0))

    def _with_companions(self, row: Ints, day: Ints) -> tuple[Ints, Ints]:
        """(pair, day) to try; where a demand may be split, all its pairs on each of its days."""
        alone = ~self.splittable[row]
        together = np.unique(np.column_stack((self.pairs.demand[row], day))[~alone], axis=0)
        rows = self._lacking_time()
        one, other = join_sorted(together[:, 0], self.pairs.demand[rows])
        return np.concatenate((row[alone], rows[other])), np.concatenate((day[alone], together[one, 1]))

    def _first(self, row: Ints, key: Ints, start: Ints, end: Ints) -> list[tuple[int, int]]:
        """(pair, key) for each demand: the least key with which the pairs tried have room for all of it."""
        pairs, demands = self.pairs, self.pairs.demands
        found = freedom(
            pairs.asset[row], start, end,
            capacity=pairs.assets.capacity, limits=pairs.assets.limits, holdings=self.holdings,
        )  # fmt: skip
        free = found.block if pairs.contiguous else found.units
        units = room(demands, pairs.demand[row], free, found.headroom)
        units[pairs.assets.available_from[pairs.asset[row]] > start] = 0
        order = np.lexsort((row, -units, key, pairs.demand[row]))
        row, key, units = row[order], key[order], units[order]
        demand = pairs.demand[row]
        fresh = np.flatnonzero(np.append(True, (demand[1:] != demand[:-1]) | (key[1:] != key[:-1])))[: row.size]
        if not fresh.size:
            return []
        enough = fresh[np.add.reduceat(units, fresh) >= demands.quantity[demand[fresh]]]
        return [(int(row[i]), int(key[i])) for i in enough[group_starts(demand[enough])].tolist()]


def _rounded(column: str, offered: Floats, *, up: bool) -> Floats:
    """What may be asked of an offer, in steps of the column, so that the offer still suffices."""
    scale = SCALE.get(column, 1000.0)
    nearest = np.rint(offered * scale) / scale
    short = nearest < offered if up else nearest > offered
    return np.asarray(np.where(short, np.rint(nearest * scale + (1 if up else -1)) / scale, nearest), dtype=np.float64)


def _by_group(key: Ints, rows: Ints) -> list[Ints]:
    """`rows`, sorted by their key, one array a key."""
    starts = group_starts(key[rows])
    return [group for group in np.split(rows, starts[1:]) if group.size]


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
