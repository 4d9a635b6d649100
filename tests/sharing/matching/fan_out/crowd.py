"""Lists whose demands compete for few assets in a row, and what a run says of them: so that runs can be compared."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from registry.kinds import Kind
from registry.models import Asset, Protection
from sharing.matching import engine
from sharing.matching.fan_out.carrying import carry_out
from sharing.models import DemandList, Match, MatchPart, MatchRun, Outcome, RunStatus
from tests import factories
from tests.sharing.matching.test_engine import east

SPACING_M = 300


def crowd(
    rng: np.random.Generator, *, towers: int, rooms: int = 0, demands: int, shuffled: bool = False
) -> DemandList:
    """Assets about SPACING_M from each other along a street, let for a time here and there, and demands between."""
    demand_list = factories.demand_list(factories.organization())
    owners = [factories.organization(sector=sector) for sector in ("municipal", "power")]
    street_m = SPACING_M * (towers + rooms)
    for number in range(towers + rooms):
        _asset(rng, owners[number % 2], Kind.TOWER if number < towers else Kind.EQUIPMENT_ROOM, street_m)
    lines = rng.permutation(demands) + 1 if shuffled else range(1, demands + 1)
    for line in lines:
        _demand(rng, demand_list, int(line), rooms > 0, street_m)
    return demand_list


def _asset(rng: np.random.Generator, owner: Any, kind: Kind, street_m: float) -> Asset:
    room = kind == Kind.EQUIPMENT_ROOM
    made = factories.asset(
        owner, kind, at=east(float(rng.uniform(0, street_m))), capacity=int(rng.integers(1, 5)) * (3 if room else 1),
        weight_kg=None if room else Decimal(100), price_per_unit_year=Decimal(int(rng.integers(5, 15)) * 100),
        protection=Protection.CORE if rng.random() < 0.05 else Protection.OPEN,
        details={"backup_h": 8} if room else {"height_m": float(rng.integers(15, 40))},
    )  # fmt: skip
    if rng.random() < 0.5:
        begin = factories.period().lower + timedelta(days=int(rng.integers(-400, 200)))
        factories.allocate(
            made, start=begin, end=begin + timedelta(days=int(rng.integers(10, 300))),
            **({} if room else {"weight_kg": Decimal(int(rng.integers(0, 60)))}),
        )  # fmt: skip
    return made


def _demand(rng: np.random.Generator, of: DemandList, line: int, rooms: bool, street_m: float) -> None:
    room = rooms and rng.random() < 0.3
    factories.demand(
        of, Kind.EQUIPMENT_ROOM if room else Kind.TOWER, line=line, at=east(float(rng.uniform(0, street_m))),
        radius_m=float(rng.integers(100, 500)), quantity=int(rng.integers(1, 4)),
        splittable=bool(rng.random() < 0.3), priority=int(rng.integers(1, 4)),
        period=factories.period(int(rng.integers(1, 60)), int(rng.integers(100, 400))),
        weight_kg=Decimal(0 if room else int(rng.integers(0, 70))),
        mounting_height_m=None if room else float(rng.integers(10, 40)),
        budget_per_year=Decimal(int(rng.integers(800, 4000))) if rng.random() < 0.5 else None,
    )  # fmt: skip


def in_one(demand_list: DemandList) -> MatchRun:
    return engine.run(factories.match_run(demand_list, RunStatus.QUEUED).pk)


def laid_out(demand_list: DemandList) -> MatchRun:
    """A run of which all parts wait."""
    told: list[MatchRun] = []
    run = engine.run(factories.match_run(demand_list, RunStatus.QUEUED).pk, fan_out=told.append)
    assert (told, run.status) == ([run], RunStatus.RUNNING)
    return run


def in_parts(demand_list: DemandList, rng: np.random.Generator) -> MatchRun:
    """The parts in any order, the border last."""
    run = laid_out(demand_list)
    border, *others = run.parts.order_by("number").values_list("pk", flat=True)
    for part in [*rng.permutation(others).tolist(), border]:
        carry_out(part)
    run.refresh_from_db()
    assert run.status == RunStatus.DONE
    assert not MatchPart.objects.exists()
    return run


def told(run: MatchRun) -> dict[str, Any]:
    """All that a run says, but when and how it was worked out."""
    matches = Match.objects.filter(run=run).prefetch_related("legs").order_by("demand", "rank")
    return {
        "run": (run.value, run.bound, run.gap, run.progress),
        "figures": {name: run.figures[name] for name in run.figures if name not in ("seconds", "parts", "border")},
        "matches": [
            (
                match.demand_id, match.rank, match.status, match.score, match.score_parts, match.cost_per_year,
                match.distance_m, [_leg(leg) for leg in match.legs.all()],
            )
            for match in matches
        ],
        "outcomes": list(
            Outcome.objects.filter(run=run)
            .order_by("demand")
            .values_list("demand", "met", "reason", "funnel", "nearest_miss", "change", "other_changes")
        ),
    }  # fmt: skip


def _leg(leg: Any) -> tuple[Any, ...]:
    place = leg.geometry and leg.geometry.wkt
    loads = (leg.weight_kg, leg.wind_area_m2, leg.power_kw)
    return leg.position, leg.asset_id, leg.quantity, place, leg.cost_per_year, leg.terrain, *loads
