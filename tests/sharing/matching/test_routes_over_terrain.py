"""Route demands through whole runs where terrain is known: what gaps cost, and what is told of them."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from registry.models import Organization
from sharing import words
from sharing.matching import engine
from sharing.matching.comparing import Difference
from sharing.matching.route_terms import TERMS
from sharing.matching.what_if import WhatIf, try_out
from sharing.models import DemandList, Match, MatchLeg, MatchRun, RunStatus
from tests import factories

pytestmark = pytest.mark.django_db

A, B, NEAR_B, C = (114.30, 30.60), (114.31, 30.60), (114.312, 30.60), (114.32, 30.60)
RIVER = (114.3105, 30.5, 114.311, 30.7)
"""A quarter of the gap from B to near B, 191.9 m."""


@pytest.fixture
def city() -> Organization:
    return factories.organization("city", sector="municipal")


@pytest.fixture
def demand_list(city: Organization) -> DemandList:
    """A list with one demand, from A to C over two ducts of the city, with a gap between them."""
    demand_list = factories.demand_list(factories.organization("asker"))
    for at, to in ((A, B), (NEAR_B, C)):
        factories.asset(city, "duct", at=at, to=to, details={"inner_diameter_mm": 100.0})
    factories.demand(demand_list, "duct", at=A, to=C)
    return demand_list


def run(demand_list: DemandList, **parameters: Any) -> MatchRun:
    return engine.run(factories.match_run(demand_list, status=RunStatus.QUEUED, parameters=parameters).pk)


def gap_of(match_run: MatchRun) -> MatchLeg:
    return MatchLeg.objects.get(match__run=match_run, match__rank=1, asset=None)


def test_a_gap_costs_what_each_class_it_goes_through_costs(demand_list: DemandList, city: Organization) -> None:
    assert gap_of(run(demand_list)).terrain == {}
    factories.terrain_area(city, "water", RIVER)
    factories.terrain_area(city, "rock", (113.0, 30.0, 113.1, 30.1))
    done = run(demand_list)
    gap, match = gap_of(done), Match.objects.get(run=done, rank=1)
    length_m = gap.length_m or 0.0
    assert gap.terrain == pytest.approx({"ordinary": length_m * 0.75, "water": length_m * 0.25}, abs=0.001)
    price = 0.75 * 25.0 + 0.25 * TERMS["duct"].terrain_cost_per_m["water"]
    assert float(gap.cost_per_year) == pytest.approx(length_m * price, abs=0.05)
    assert match.cost_per_year == gap.cost_per_year + Decimal(2000)
    assert words.terrain(gap.terrain) == "ordinary ground 143.85 m, water crossing 47.95 m"


def test_a_run_may_set_the_price_of_a_class_and_a_trial_may_too(demand_list: DemandList, city: Organization) -> None:
    factories.terrain_area(city, "water", RIVER)
    cheap = {"duct": {"terrain_cost_per_m": {"water": 5.0}}}
    gap = gap_of(run(demand_list, route_terms=cheap))
    length_m = gap.length_m or 0.0
    assert float(gap.cost_per_year) == pytest.approx(length_m * (0.75 * 25.0 + 0.25 * 5.0), abs=0.05)
    [line] = try_out(demand_list, WhatIf(route_terms=cheap)).differences
    assert line.difference is Difference.OTHER_COST
    cheaper = length_m * 0.25 * (TERMS["duct"].terrain_cost_per_m["water"] - 5.0)
    assert line.cents_more == pytest.approx(-100 * cheaper, abs=5)


def test_terrain_is_of_gaps_alone(demand_list: DemandList) -> None:
    leg = MatchLeg.objects.filter(match__run=run(demand_list), asset__isnull=False).first()
    assert leg is not None
    with pytest.raises(IntegrityError, match="leg_terrain_is_of_a_gap"), transaction.atomic():
        MatchLeg.objects.filter(pk=leg.pk).update(terrain={"rock": 5.0})
