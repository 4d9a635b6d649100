"""Step five, for the demands that are not met: the nearest miss, and the smallest single changes that would meet them.

Both are found among the assets in a wider circle, on what the run itself leaves free. Assets of the highest
protection level stay out: nothing may be learnt about them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from registry.kinds import LOADS
from sharing.matching.arrays import Flags, Floats, Ints, group_starts
from sharing.matching.change import Change, room
from sharing.matching.changes import smallest_changes
from sharing.matching.eligibility import Rule, Stage, Verdicts, judge
from sharing.matching.explanation import Json, number
from sharing.matching.facts import LOAD_SCALE, Pairs
from sharing.matching.ledger import Holdings
from sharing.matching.unmet_reason import UnmetReason


@dataclass(frozen=True, slots=True)
class Miss:
    """Why one demand is not met."""

    reason: str
    nearest: Json
    changes: Sequence[Json]  # the smallest first

    def changes_as_saved(self) -> tuple[Json, Sequence[Json]]:
        """The smallest, and the others."""
        return (self.changes[0], self.changes[1:]) if self.changes else ({}, ())


def explain(pairs: Pairs, rules: tuple[Rule, ...], holdings: Holdings, contested: Flags) -> list[Miss]:
    """A miss for each demand of `pairs`, which hold what is free after the run.

    `contested`: demands for which an asset passed every rule before the run gave it to others.
    """
    pairs = pairs.without_core()
    return _explained(pairs, rules, contested, smallest_changes(pairs, rules, holdings))


def nearest(pairs: Pairs, rules: tuple[Rule, ...], contested: Flags) -> list[Miss]:
    """The same without the changes."""
    return _explained(pairs.without_core(), rules, contested, {})


def _explained(
    pairs: Pairs, rules: tuple[Rule, ...], contested: Flags, changes: dict[int, list[Change]]
) -> list[Miss]:
    verdicts = judge(pairs, rules)
    relative = _relative(verdicts)
    closest = _nearest(pairs, verdicts, relative)
    misses = []
    together = _together(pairs, verdicts)
    for demand in range(len(pairs.demands)):
        ones = changes.get(demand, [])
        row = ones[0].row if ones else int(closest[demand])
        miss = together.get(demand) or (_miss(pairs, verdicts, relative, row) if row >= 0 else {})
        reason = UnmetReason.CONTESTED.value if contested[demand] else miss.get("code", UnmetReason.NONE_NEAR.value)
        misses.append(Miss(reason, miss, [one.as_json(pairs) for one in ones]))
    return misses


def _together(pairs: Pairs, verdicts: Verdicts) -> dict[int, Json]:
    """The miss of each demand that may be split and that all assets it may use cannot meet together: in units where
    too few are free, else in the load that stands in the way of most, as much of it as goes with the units they take.
    """
    usable = pairs.take(verdicts.passes(Stage.FREE))
    demands, unit_of = pairs.demands, {rule.code: rule.unit for rule in verdicts.rules}
    free, headroom = usable.free, usable.freedom.headroom
    share = demands.leg_loads[usable.demand]
    carried = np.where(share > 0, np.minimum(free[:, None], headroom // np.maximum(share, 1)), free[:, None])

    def together(units: Ints) -> Ints:
        return np.bincount(usable.demand, units, len(demands)).astype(np.int64)

    units, taken = together(free), together(room(demands, usable.demand, free, headroom))
    by_load = np.stack([together(column) for column in carried.T], axis=1)
    misses = {}
    for demand in np.flatnonzero(demands.splittable & (taken > 0) & (taken < demands.quantity)).tolist():
        quantity, load = int(demands.quantity[demand]), int(np.argmin(by_load[demand]))
        code, asked, offered = "units", float(quantity), float(units[demand])
        if offered >= quantity:
            code, asked = LOADS[load], demands.loads[demand, load] / LOAD_SCALE
            offered = asked * int(taken[demand]) / quantity
        misses[demand] = {
            "code": code, "asset": None, "owner": None, "asked": number(asked), "offered": number(offered),
            "shortfall": number(asked - offered), "unit": unit_of[code],
        }  # fmt: skip
    return misses


def _nearest(pairs: Pairs, verdicts: Verdicts, relative: Floats) -> Ints:
    """For each demand the pair that misses by least: fewest rules, then the least relative shortfall; -1 if none."""
    nearest = np.full(len(pairs.demands), -1, dtype=np.int64)
    fails = verdicts.fails
    size = relative.sum(axis=0)
    rows = np.flatnonzero(fails.any(axis=0))
    order = rows[np.lexsort((rows, size[rows], fails.sum(axis=0)[rows], pairs.demand[rows]))]
    first = order[group_starts(pairs.demand[order])]
    nearest[pairs.demand[first]] = first
    return nearest


def _relative(verdicts: Verdicts) -> Floats:
    """Shortfalls as shares of what is asked, at most 1: unknown counts as wholly missing."""
    asked = np.maximum(np.abs(np.nan_to_num(verdicts.asked)), 1e-9)
    return np.minimum(np.where(verdicts.fails, verdicts.shortfall, 0.0) / asked, 1.0)


def _miss(pairs: Pairs, verdicts: Verdicts, relative: Floats, row: int) -> Json:
    """The rule that a pair misses, by most where it misses several; empty where it misses none."""
    fails = verdicts.shortfall[:, row] > 0
    if not fails.any():
        return {}
    i = int(np.argmax(np.where(fails, relative[:, row], -1.0)))
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
