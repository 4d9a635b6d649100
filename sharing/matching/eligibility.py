"""Step two: who may use what, one vectorised rule per check.

A rule compares what a demand asks with what an asset offers, pair by pair, and knows by how much it falls short.
What is not asked passes; what is asked and not known of the asset does not. Rules are read in the order of the
stages of the funnel: near, open to the party, technically fit, free in the period.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from registry.kinds import LOADS, Kind
from sharing.matching.arrays import UNLIMITED, Flags, Floats
from sharing.matching.facts import LOAD_SCALE, Pairs


class Stage(IntEnum):
    """Stages of the funnel, in its order; each stands for those that passed the ones before."""

    NEAR = 0
    OPEN = 1
    FIT = 2
    FREE = 3
    LEFT = 4


Values = Callable[[Pairs], Floats]


@dataclass(frozen=True)
class Rule:
    """One check. `code` is stable; `text` says what is compared, `unit` in what.

    change: the column of Demand that would have to give way, empty where the party can change nothing.
    at_most: whether the offer must not exceed what is asked, instead of reaching it.
    """

    code: str
    stage: Stage
    text: str | Promise
    unit: str  # untranslated, as it is saved
    asked: Values
    offered: Values
    change: str = ""
    at_most: bool = False


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Every rule on every pair: arrays are (rules, pairs). A shortfall is > 0 where a pair fails, inf if unknown."""

    rules: tuple[Rule, ...]
    asked: Floats
    offered: Floats
    shortfall: Floats

    @property
    def fails(self) -> Flags:
        return self.shortfall > 0

    def passes(self, stage: Stage) -> Flags:
        """Pairs that pass every rule up to and including a stage."""
        upto = [i for i, rule in enumerate(self.rules) if rule.stage <= stage]
        return np.asarray(~self.fails[upto].any(axis=0), dtype=np.bool_)


def judge(pairs: Pairs, rules: tuple[Rule, ...]) -> Verdicts:
    """Apply every rule to every pair."""
    asked = np.array([rule.asked(pairs) for rule in rules], dtype=np.float64)
    offered = np.array([rule.offered(pairs) for rule in rules], dtype=np.float64)
    sign = np.array([-1.0 if rule.at_most else 1.0 for rule in rules])[:, None]
    shortfall = np.maximum(sign * (asked - offered), 0.0)
    shortfall[np.isnan(offered)] = np.inf
    shortfall[np.isnan(asked)] = 0.0
    return Verdicts(rules, asked, offered, shortfall)


def _of_demand(name: str) -> Values:
    return lambda pairs: pairs.demands.limits[name][pairs.demand]


def _of_asset(name: str) -> Values:
    return lambda pairs: pairs.assets.details[name][pairs.asset]


def _one(pairs: Pairs) -> Floats:
    return np.ones(len(pairs))


def _highest_mount(pairs: Pairs) -> Floats:
    """The top of the free range; of an asset whose range is not known, its own top."""
    details = pairs.assets.details
    top = details["free_height_max_m"]
    return np.where(np.isnan(top), details["height_m"], top)[pairs.asset]


def _lowest_mount(pairs: Pairs) -> Floats:
    lowest = pairs.assets.details["free_height_min_m"]
    return np.where(np.isnan(lowest), 0.0, lowest)[pairs.asset]


def _load_rule(index: int, load: str) -> Rule:
    text, unit = _LOADS[load]
    return Rule(
        code=load,
        stage=Stage.FREE,
        text=text,
        unit=unit,
        asked=lambda pairs: _asked_load(pairs, index),
        offered=lambda pairs: pairs.freedom.headroom[:, index] / LOAD_SCALE,
        change=load,
    )


def _asked_load(pairs: Pairs, index: int) -> Floats:
    """NaN where there is no load to ask for, or no limit to keep."""
    load = pairs.demands.leg_loads[pairs.demand, index]
    unlimited = pairs.freedom.headroom[:, index] >= UNLIMITED
    return np.where((load == 0) | unlimited, np.nan, load / LOAD_SCALE)


_LOADS: dict[str, tuple[str | Promise, str]] = {
    "weight_kg": (_("weight still to be carried"), "kg"),
    "wind_area_m2": (_("wind area still to be carried"), "m²"),
    "power_kw": (_("power still to be had"), "kW"),
}

_COMMON_BEFORE: tuple[Rule, ...] = (
    Rule(
        "radius", Stage.NEAR, _("distance"), "m",
        asked=lambda pairs: pairs.demands.radius_m[pairs.demand],
        offered=lambda pairs: pairs.distance_m,
        change="radius_m", at_most=True,
    ),
    Rule(
        "in_service", Stage.OPEN, _("in service"), "",
        asked=_one,
        offered=lambda pairs: pairs.assets.in_service[pairs.asset].astype(np.float64),
    ),
    Rule(
        "sector", Stage.OPEN, _("shared with the party's sector"), "",
        asked=_one,
        offered=lambda pairs: pairs.assets.shared[pairs.asset].astype(np.float64),
    ),
    Rule(
        "refused_before", Stage.OPEN, _("not refused for this demand before"), "",
        asked=_one,
        offered=lambda pairs: (~pairs.refused).astype(np.float64),
    ),
    Rule(
        "budget", Stage.FIT, _("yearly price"), gettext_noop("a year"),
        asked=lambda pairs: pairs.demands.budget[pairs.demand] / 100.0,
        offered=lambda pairs: pairs.yearly_cost / 100.0,
        change="budget_per_year", at_most=True,
    ),
)  # fmt: skip

_COMMON_AFTER: tuple[Rule, ...] = (
    Rule(
        "available_from", Stage.FREE, _("available from"), gettext_noop("day"),
        asked=lambda pairs: pairs.demands.start[pairs.demand].astype(np.float64),
        offered=lambda pairs: pairs.assets.available_from[pairs.asset].astype(np.float64),
        change="period", at_most=True,
    ),
    Rule(
        "units", Stage.FREE, _("units free through the whole period"), gettext_noop("units"),
        asked=lambda pairs: pairs.demands.least_leg[pairs.demand].astype(np.float64),
        offered=lambda pairs: pairs.free.astype(np.float64),
        change="quantity",
    ),
    *(_load_rule(index, load) for index, load in enumerate(LOADS)),
)  # fmt: skip

_TOWER: tuple[Rule, ...] = (
    Rule(
        "mounting_height", Stage.FIT, _("mounting height"), "m",
        asked=_of_demand("mounting_height_m"), offered=_highest_mount, change="mounting_height_m",
    ),
    Rule(
        "lowest_mount", Stage.FIT, _("lowest free mounting height"), "m",
        asked=_of_demand("mounting_height_m"), offered=_lowest_mount, change="mounting_height_m", at_most=True,
    ),
    Rule(
        "earthing", Stage.FIT, _("earthing resistance"), "Ω",
        asked=_of_demand("max_earthing_ohm"), offered=_of_asset("earthing_ohm"),
        change="max_earthing_ohm", at_most=True,
    ),
    Rule(
        "backup", Stage.FIT, _("power backup"), "h",
        asked=_of_demand("min_backup_h"), offered=_of_asset("backup_h"), change="min_backup_h",
    ),
)  # fmt: skip

_EQUIPMENT_ROOM: tuple[Rule, ...] = (
    Rule(
        "floor_load", Stage.FIT, _("floor load"), "kN/m²",
        asked=_of_demand("min_floor_load_kn_m2"), offered=_of_asset("floor_load_kn_m2"),
        change="min_floor_load_kn_m2",
    ),
    Rule(
        "feeds", Stage.FIT, _("independent feeds"), "",
        asked=_of_demand("min_feeds"), offered=_of_asset("feeds"), change="min_feeds",
    ),
    Rule(
        "backup", Stage.FIT, _("power backup"), "h",
        asked=_of_demand("min_backup_h"), offered=_of_asset("backup_h"), change="min_backup_h",
    ),
    Rule(
        "security_class", Stage.FIT, _("security class"), "",
        asked=_of_demand("min_security_class"), offered=_of_asset("security_class"), change="min_security_class",
    ),
)  # fmt: skip

RULES: dict[str, tuple[Rule, ...]] = {
    Kind.TOWER.value: (*_COMMON_BEFORE, *_TOWER, *_COMMON_AFTER),
    Kind.EQUIPMENT_ROOM.value: (*_COMMON_BEFORE, *_EQUIPMENT_ROOM, *_COMMON_AFTER),
}
"""Every rule of each kind, in the order of the funnel."""
