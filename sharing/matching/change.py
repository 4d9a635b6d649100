"""One changed column of a demand: what asking again with it would be answered with a match."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from registry.kinds import LOADS
from sharing.matching.arrays import FOREVER, Ints
from sharing.matching.explanation import Json, number
from sharing.matching.facts import LOAD_SCALE, Pairs, PointDemands


@dataclass(frozen=True, slots=True)
class Change:
    """One changed column of a demand, as found on the pair `row`.

    size: relative to what was asked (a year for dates), to compare unlike ones. cents, legs: of the match that comes
    of it.
    """

    size: float
    row: int
    demand: int
    field: str
    was: float | str | bool | None
    to: float | str | bool
    by: float | None = None
    unit: str = ""
    cents: int = 0
    legs: tuple[int, ...] = ()

    def as_json(self, pairs: Pairs) -> Json:
        change: Json = {"field": self.field, "from": self.was, "to": self.to}
        if self.by is not None:
            change |= {"by": number(self.by), "unit": self.unit}
        if len(self.legs) > 1:
            change["legs"] = list(self.legs)
        asset = int(pairs.assets.id[pairs.asset[self.row]])
        return {**change, "cost_per_year": number(self.cents / 100), "asset": asset if len(self.legs) == 1 else None}


def room(demands: PointDemands, demand: Ints, free: Ints, headroom: Ints) -> Ints:
    """Units that one asset can give to a demand, row by row: any number where it may be split, else all or none."""
    quantity = demands.quantity[demand]
    loads = demands.loads[demand]
    share = -(-loads // quantity[:, None])
    carried = np.where(share > 0, headroom // np.maximum(share, 1), quantity[:, None]).min(axis=1)
    split = np.clip(np.minimum(free, carried), 0, quantity)
    whole = (free >= quantity) & ((loads == 0) | (headroom >= loads)).all(axis=1)
    return np.where(demands.splittable[demand], split, np.where(whole, quantity, 0)).astype(np.int64)


def changed(demands: PointDemands, changes: list[Change]) -> PointDemands:
    """A row for each change: its demand with the one column changed."""
    rows = demands.take(np.array([change.demand for change in changes], dtype=np.int64))
    for i, change in enumerate(changes):
        to = change.to
        if change.field == "period":
            start = date.fromisoformat(str(to)).toordinal()
            if rows.end[i] < FOREVER:
                rows.end[i] += start - rows.start[i]
            rows.start[i] = start
        elif change.field == "period_end":
            rows.end[i] = date.fromisoformat(str(to)).toordinal()
        elif change.field == "budget_per_year":
            rows.budget[i] = round(float(to) * 100)
        elif change.field in LOADS:
            rows.loads[i, LOADS.index(change.field)] = round(float(to) * LOAD_SCALE)
        elif change.field in ("radius_m", "quantity", "splittable"):
            getattr(rows, change.field)[i] = to
        else:
            rows.limits[change.field][i] = to
    return rows
