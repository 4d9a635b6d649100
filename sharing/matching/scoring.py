"""Step three: how good each pair is, in parts that stay visible.

Cost decides the assignment; the score decides between equal costs and is shown with each match. Every part is
between 0 and 1, the higher the better, and carries the number it was made from, with its unit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from sharing.matching.arrays import FOREVER, Floats, Ints
from sharing.matching.facts import Pairs

DAYS_WELL_BEYOND = 5 * 365
"""Free so long after the period is as good as free for ever: leases in the field run 5 to 10 years."""

REGRET = 1000
"""Steps between the best score and the worst, for the assignment's whole numbers."""


@dataclass(frozen=True)
class Part:
    """value: the number that is shown; score: what it is worth, 0 to 1."""

    code: str
    text: str | Promise
    unit: str  # untranslated, as it is saved
    weight: float
    value: Callable[[Pairs], Floats]
    score: Callable[[Pairs], Floats]


@dataclass(frozen=True, slots=True)
class Scores:
    """Parts of every pair, (parts, pairs), and the weighted whole."""

    value: Floats
    part: Floats
    whole: Floats

    @property
    def regret(self) -> Ints:
        """How far from the best a pair is, in whole steps."""
        return np.rint((1.0 - self.whole) * REGRET).astype(np.int64)


def score(pairs: Pairs) -> Scores:
    """Score every pair."""
    part = np.array([part.score(pairs) for part in PARTS], dtype=np.float64)
    weight = np.array([part.weight for part in PARTS])
    return Scores(np.array([part.value(pairs) for part in PARTS], dtype=np.float64), part, weight @ part)


def _closeness(pairs: Pairs) -> Floats:
    return np.clip(1.0 - pairs.distance_m / pairs.demands.radius_m[pairs.demand], 0.0, 1.0)


def _cheapness(pairs: Pairs) -> Floats:
    """The share of the budget left; without a budget, the cheapest price near the demand over this one."""
    cost = pairs.yearly_cost.astype(np.float64)
    cheapest = np.full(len(pairs.demands), np.inf)
    np.minimum.at(cheapest, pairs.demand, cost)
    relative = np.divide(cheapest[pairs.demand], cost, out=np.ones_like(cost), where=cost > 0)
    budget = pairs.demands.budget[pairs.demand]
    saved = 1.0 - np.divide(cost, budget, out=np.zeros_like(cost), where=budget > 0)
    return np.where(np.isnan(budget), relative, np.clip(saved, 0.0, 1.0))


def _units_left(pairs: Pairs) -> Floats:
    used = np.minimum(pairs.demands.quantity[pairs.demand], pairs.free)
    return (pairs.freedom.units - used).astype(np.float64)


def _days_beyond(pairs: Pairs) -> Floats:
    """Days that the units stay free after the period, up to what counts as well beyond."""
    end = pairs.demands.end[pairs.demand]
    days = np.where(end >= FOREVER, DAYS_WELL_BEYOND, pairs.free_until - end)
    return np.clip(days, 0, DAYS_WELL_BEYOND).astype(np.float64)


def _policy(pairs: Pairs) -> Floats:
    """What MIIT 2024 No. 165 is for: sharing across sectors, and space reserved in planned facilities."""
    assets = pairs.assets
    return (assets.cross_sector | assets.planned)[pairs.asset].astype(np.float64)


PARTS: tuple[Part, ...] = (
    Part(
        "price", _("yearly price"), gettext_noop("a year"), 0.35,
        lambda pairs: pairs.yearly_cost / 100.0, _cheapness,
    ),
    Part("distance", _("distance"), "m", 0.30, lambda pairs: pairs.distance_m, _closeness),
    Part(
        "headroom", _("units left"), gettext_noop("units"), 0.15,
        _units_left, lambda pairs: np.clip(_units_left(pairs) / pairs.assets.capacity[pairs.asset], 0.0, 1.0),
    ),
    Part(
        "stays_free", _("stays free afterwards"), gettext_noop("days"), 0.10,
        _days_beyond, lambda pairs: _days_beyond(pairs) / DAYS_WELL_BEYOND,
    ),
    Part("policy", _("shared across sectors"), "", 0.10, _policy, _policy),
)  # fmt: skip
"""Weights add up to 1."""
