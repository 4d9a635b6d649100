"""Step two for routes: which lines one demand may use, one rule per check over all lines at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from registry.kinds import Kind
from registry.models import FiberType
from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.eligibility import Stage
from sharing.matching.facts import AssetFacts
from sharing.models import Demand

NOT_ASKED = float("nan")


@dataclass(frozen=True, slots=True)
class Ask:
    """One demand, with what depends on its period: units of each line free through it, and lines refused before."""

    demand: Demand
    start: int
    free: Ints
    refused: Flags


@dataclass(frozen=True)
class LineRule:
    """As eligibility.Rule, for one demand and all lines."""

    code: str
    stage: Stage
    text: str | Promise
    unit: str
    asked: Callable[[Ask], float]
    offered: Callable[[Ask, AssetFacts], Floats]
    at_most: bool = False

    def passes(self, ask: Ask, assets: AssetFacts) -> Flags:
        asked = self.asked(ask)
        if np.isnan(asked):
            return np.ones(len(assets), dtype=np.bool_)
        offered = self.offered(ask, assets)
        return np.asarray(offered <= asked if self.at_most else offered >= asked, dtype=np.bool_)


def passed(ask: Ask, assets: AssetFacts, kind: str, stage: Stage) -> Flags:
    """Lines that pass every rule up to and including a stage."""
    passes = np.ones(len(assets), dtype=np.bool_)
    for rule in LINE_RULES[kind]:
        if rule.stage <= stage:
            passes &= rule.passes(ask, assets)
    return passes


def fitting_cable_mm(assets: AssetFacts) -> Floats:
    """The largest cable a bore takes: inner diameter times the root of its fill limit (one cable, area by area)."""
    return np.asarray(assets.details["inner_diameter_mm"] * np.sqrt(assets.details["fill_limit"]), dtype=np.float64)


def _right_type(ask: Ask, assets: AssetFacts) -> Floats:
    wanted = FiberType.values.index(ask.demand.fiber_type)
    return np.asarray(assets.details["fiber_type"] == wanted, dtype=np.float64)


_COMMON: tuple[LineRule, ...] = (
    LineRule(
        "in_service", Stage.OPEN, _("in service"), "",
        lambda ask: 1.0, lambda ask, assets: assets.in_service.astype(np.float64),
    ),
    LineRule(
        "sector", Stage.OPEN, _("shared with the party's sector"), "",
        lambda ask: 1.0, lambda ask, assets: assets.shared.astype(np.float64),
    ),
    LineRule(
        "refused_before", Stage.OPEN, _("not refused for this demand before"), "",
        lambda ask: 1.0, lambda ask, assets: (~ask.refused).astype(np.float64),
    ),
    LineRule(
        "available_from", Stage.FREE, _("available from"), gettext_noop("day"),
        lambda ask: float(ask.start), lambda ask, assets: assets.available_from.astype(np.float64), at_most=True,
    ),
    LineRule(
        "units", Stage.FREE, _("units free through the whole period"), gettext_noop("units"),
        lambda ask: float(ask.demand.quantity), lambda ask, assets: ask.free.astype(np.float64),
    ),
)  # fmt: skip

LINE_RULES: dict[str, tuple[LineRule, ...]] = {
    Kind.DUCT.value: (
        *_COMMON,
        LineRule(
            "blocked", Stage.FIT, _("not blocked"), "",
            lambda ask: 1.0, lambda ask, assets: 1.0 - assets.details["blocked"],
        ),
        LineRule(
            "hazardous_co_use", Stage.FIT, _("not beside gas, oil or high voltage"), "",
            lambda ask: NOT_ASKED if ask.demand.accepts_hazardous_co_use else 1.0,
            lambda ask, assets: 1.0 - assets.details["hazardous_co_use"],
        ),
        LineRule(
            "cable_diameter", Stage.FIT, _("largest cable that fits"), "mm",
            lambda ask: ask.demand.cable_outer_diameter_mm or NOT_ASKED, lambda ask, assets: fitting_cable_mm(assets),
        ),
    ),
    Kind.FIBER.value: (
        *_COMMON,
        LineRule(
            "fiber_type", Stage.FIT, _("fiber type"), "",
            lambda ask: 1.0 if ask.demand.fiber_type else NOT_ASKED, _right_type,
        ),
    ),
}  # fmt: skip
"""Every rule of each kind of line."""
