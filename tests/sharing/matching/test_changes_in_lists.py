"""Whole lists matched again with one change each: the demand that it is told of is then met, and none is lost."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from sharing.matching import engine
from sharing.models import Demand, DemandList, Outcome
from tests import factories
from tests.sharing.matching.test_engine import east

pytestmark = pytest.mark.django_db


def crowded_list(seed: int) -> DemandList:
    """Twelve demands in need of more than six towers have."""
    rng = np.random.default_rng(seed)
    demand_list = factories.demand_list(factories.organization())
    owner = factories.organization(sector="municipal")
    for number in range(6):
        tower = factories.asset(
            owner, at=east(200 * number), capacity=int(rng.integers(1, 4)), weight_kg=Decimal(100),
            price_per_unit_year=Decimal(int(rng.integers(500, 1500))),
            details={"height_m": float(rng.integers(15, 40))},
        )  # fmt: skip
        if rng.random() < 0.5:
            end = factories.period().lower + timedelta(days=int(rng.integers(10, 300)))
            factories.allocate(tower, end=end, weight_kg=Decimal(int(rng.integers(0, 60))))
    for number in range(12):
        factories.demand(
            demand_list, at=east(100 * number), radius_m=float(rng.integers(100, 400)),
            quantity=int(rng.integers(1, 4)), splittable=bool(rng.random() < 0.3), priority=int(rng.integers(1, 5)),
            weight_kg=Decimal(int(rng.integers(0, 70))), mounting_height_m=float(rng.integers(10, 40)),
            budget_per_year=Decimal(int(rng.integers(800, 4000))) if rng.random() < 0.5 else None,
        )  # fmt: skip
    return demand_list


def apply(demand: Demand, change: dict[str, Any]) -> None:
    """As a person would."""
    to, period = change["to"], demand.period
    if change["field"] == "period":
        moved = date.fromisoformat(to) - period.lower
        demand.period = DateRange(period.lower + moved, period.upper + moved)
    elif change["field"] == "period_end":
        demand.period = DateRange(period.lower, date.fromisoformat(to))
    else:
        setattr(demand, change["field"], to)
    demand.save()


@pytest.mark.parametrize("seed", range(4))
def test_the_list_matched_again_with_any_one_of_the_changes_meets_that_demand_too(seed: int) -> None:
    demand_list = crowded_list(seed)
    run = engine.run(factories.match_run(demand_list, "queued").pk)
    assert run.gap == 0
    unmet = list(Outcome.objects.filter(run=run, met=False).select_related("demand"))
    changes = [(one.demand, change) for one in unmet for change in (one.change, *one.other_changes) if change]
    assert len(changes) >= 4
    for demand, change in changes:
        with transaction.atomic():
            apply(demand, change)
            met = {one.demand for one in engine.outcomes(engine.answer(demand_list, {})) if one.met}
            assert demand.pk in met, change
            assert len(met) >= run.figures["matched"]
            transaction.set_rollback(True)
        demand.refresh_from_db()
