"""What lines would find before they are posted: the first three stages of the funnel and what is free, by the rules of
the run itself. A number of queries that does not depend on how many lines are asked about; nothing is saved.

As in matching, a restricted asset counts where its grid cell is; core ones, of which a match says no more than that an
owner is asked, do not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from registry.kinds import KINDS, LOADS, POINT_KINDS
from registry.models import Organization
from sharing.matching.arrays import FOREVER, Flags, Floats
from sharing.matching.candidates import neighbourhood, refused_assets
from sharing.matching.demands import LIMITS
from sharing.matching.eligibility import RULES, Stage, judge
from sharing.matching.facts import LOAD_SCALE, PointDemands
from sharing.matching.geodesy import geodesic_m
from sharing.matching.ledger import freedom
from sharing.matching.line_eligibility import Ask, passed
from sharing.matching.lines import LineFacts, days, drawn_m, line_facts, zone
from sharing.models import Demand

MOST_REACH_M = 20_000.0
"""Lines that reach farther are left to the run: their neighbourhood is too large to look through while one types."""


@dataclass(frozen=True, slots=True)
class Near:
    """Assets of the kind within reach of a line; of these those open to its party, technically fit, and free in its
    period."""

    near: int
    open: int
    fit: int
    free: int


STAGES = (Stage.NEAR, Stage.OPEN, Stage.FIT, Stage.FREE)


def supply_near(lines: Sequence[Demand], party: Organization) -> list[Near | None]:
    """For each line, saved or not, of the party; None for one that reaches too far. Lines have their place, period and
    quantity."""
    found: list[Near | None] = [None] * len(lines)
    for kind in KINDS:
        rows = [row for row, line in enumerate(lines) if line.kind == kind and reach_m(line) <= MOST_REACH_M]
        if not rows:
            continue
        of_kind = [lines[row] for row in rows]
        counted = _points(of_kind, kind, party) if kind in POINT_KINDS else _routes(of_kind, kind, party)
        for row, near in zip(rows, counted, strict=True):
            found[row] = near
    return found


def reach_m(line: Demand) -> float:
    """How far from its middle a line looks, in metres."""
    return zone(line)[2] if line.is_route else float(line.radius_m or 0)


def _points(lines: Sequence[Demand], kind: str, party: Organization) -> list[Near]:
    demands = _as_arrays(lines, kind)
    pairs = neighbourhood(demands, kind=kind, party=party, core=False).pairs
    verdicts = judge(pairs, RULES[kind])
    counts = [np.bincount(pairs.demand[verdicts.passes(stage)], minlength=len(lines)).tolist() for stage in STAGES]
    return [Near(*row) for row in zip(*counts, strict=True)]


def _routes(lines: Sequence[Demand], kind: str, party: Organization) -> list[Near]:
    facts, holdings = line_facts(lines, kind, party, core=False)
    if not len(facts.assets):
        return [Near(0, 0, 0, 0) for _line in lines]
    length_m = drawn_m(facts)
    refused = refused_assets([line.pk for line in lines if line.pk])
    every = np.arange(len(facts.assets))
    found = []
    for line in lines:
        start, end = days(line)
        free = freedom(
            every, np.full(every.size, start), np.full(every.size, end),
            capacity=facts.assets.capacity, limits=facts.assets.limits, holdings=holdings,
        ).units  # fmt: skip
        ask = Ask(line, start, free, np.isin(facts.assets.id, list(refused.get(line.pk or 0, ()))))
        near = _within(line, facts, length_m)
        counts = (int((near & passed(ask, facts.assets, kind, stage)).sum()) for stage in STAGES)
        found.append(Near(*counts))
    return found


def _within(line: Demand, facts: LineFacts, length_m: Floats) -> Flags:
    """As the run sees it: those that could be part of a route within the greatest detour."""
    lon, lat, radius_m = zone(line)
    middle = np.array([place[len(place) // 2] for place in facts.lonlat])
    centre = np.ascontiguousarray(np.broadcast_to(np.array([[lon, lat]]), middle.shape))
    return np.asarray(geodesic_m(centre, middle) <= radius_m + length_m, dtype=np.bool_)


def _as_arrays(lines: Sequence[Demand], kind: str) -> PointDemands:
    """Point demands as the engine reads them from the database."""
    places = [line.location for line in lines]
    return PointDemands(
        id=np.array([line.pk or 0 for line in lines], dtype=np.int64),
        lon=np.array([place.x for place in places if place], dtype=np.float64),
        lat=np.array([place.y for place in places if place], dtype=np.float64),
        radius_m=np.array([line.radius_m for line in lines], dtype=np.float64),
        quantity=np.array([line.quantity for line in lines], dtype=np.int64),
        splittable=np.array([line.splittable for line in lines], dtype=np.bool_),
        start=np.array([line.period.lower.toordinal() for line in lines], dtype=np.int64),
        end=np.array(
            [line.period.upper.toordinal() if line.period.upper else FOREVER for line in lines], dtype=np.int64
        ),
        priority=np.array([line.priority for line in lines], dtype=np.int64),
        budget=np.array(
            [np.nan if line.budget_per_year is None else float(line.budget_per_year) * 100 for line in lines]
        ),
        loads=np.array(
            [[round(getattr(line, load) * LOAD_SCALE) for load in LOADS] for line in lines], dtype=np.int64
        ),
        limits={
            name: np.array([_number(getattr(line, name)) for line in lines], dtype=np.float64) for name in LIMITS[kind]
        },
    )


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
