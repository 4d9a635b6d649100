"""Single changes of route demands against every path there is, tried in plain Python."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from django.contrib.gis.geos import Point
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sharing.matching.network import build_network
from sharing.matching.route_changes import LOOSEST_DETOUR, RouteChanges
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Offer, RouteDemand, RouteSearch
from sharing.models import Demand
from tests import factories
from tests.sharing.matching.route_scene import SLACK, Line, Path, keeps_limits, lines_of, offer_of, paths, scenes


@dataclass
class SceneRouter:
    """What the engine offers a demand of a scene."""

    assets: list[Line]
    terms: RouteTerms
    kind: str = "duct"

    def __post_init__(self) -> None:
        self.network = build_network(lines_of(self.assets), max_gap_m=self.terms.max_gap_m)

    def search_for(self, demand: Demand, terms: RouteTerms) -> RouteSearch:
        loss = demand.max_attenuation_db
        asked = RouteDemand(
            origin=demand.origin.coords, destination=demand.destination.coords, quantity=demand.quantity,
            max_detour=demand.max_detour, max_loss_db=np.inf if loss is None else loss,
        )  # fmt: skip
        return RouteSearch(self.network, asked, terms)

    def offer_for(self, demand: Demand, less: np.ndarray | None = None) -> Offer:
        offer = offer_of(self.assets)
        taken = np.zeros(len(self.assets), dtype=np.int64)
        if less is not None:
            taken = np.bincount(less - 100, minlength=len(self.assets))
        rows = self.network.lines.asset - 100
        return Offer(offer.eligible[rows], (offer.free - taken)[rows])

    def days_of_change(self, demand: Demand) -> list[int]:
        return []

    def fitting_mm(self) -> np.ndarray:
        return np.empty(0)


def demand_of(asked: RouteDemand, budget: float | None) -> Demand:
    return Demand(
        kind="duct", quantity=asked.quantity, max_detour=asked.max_detour, period=factories.period(),
        origin=Point(*asked.origin), destination=Point(*asked.destination),
        max_attenuation_db=None if math.isinf(asked.max_loss_db) else asked.max_loss_db,
        budget_per_year=None if budget is None else Decimal(str(budget)), accepts_hazardous_co_use=True,
    )  # fmt: skip


def affordable(path: Path, budget: float | None) -> bool:
    return budget is None or round(path.cost * 100) <= budget * 100


@settings(max_examples=120, deadline=None)
@given(scenes(most_lines=6), st.sampled_from([None, None, 60.0, 500.0, 2500.0]))
def test_the_change_of_each_limit_meets_the_demand_and_no_smaller_one_does(
    scene: tuple[list[Line], RouteDemand, RouteTerms], budget: float | None
) -> None:
    assets, asked, terms = scene
    assume(asked.distance_m > 20)

    def best(demand: RouteDemand, terms: RouteTerms, value: Callable[[Path], float], within: float | None) -> float:
        """The least `value` of the paths within all limits and the budget; infinite where there is none."""
        kept = (path for path in paths(assets, demand, terms) if keeps_limits(path, demand, terms))
        return min((value(path) for path in kept if affordable(path, within)), default=np.inf)

    def met(demand: RouteDemand) -> bool:
        return best(demand, terms, lambda path: path.cost, budget) < np.inf

    assume(not met(asked))
    changes = {
        change["field"]: change for change in RouteChanges(SceneRouter(assets, terms), demand_of(asked, budget)).all()
    }
    straight = asked.distance_m
    loose = replace(asked, max_detour=LOOSEST_DETOUR)
    expected = {
        "budget_per_year": best(asked, terms, lambda path: path.cost, None) if budget is not None else np.inf,
        "max_detour": best(loose, terms, lambda path: path.length_m / straight, budget),
        "max_attenuation_db": np.inf,
        "max_gap_share": best(
            asked, replace(terms, max_gap_share=1.0), lambda path: path.gap_m / max(path.length_m, 1e-9), budget
        ),
    }  # fmt: skip
    if not math.isinf(asked.max_loss_db):
        expected["max_attenuation_db"] = best(
            replace(asked, max_loss_db=np.inf), terms, lambda path: path.loss_db, budget
        )
    step = {"budget_per_year": 0.011}
    for column, least in expected.items():
        assert (column in changes) == (least < np.inf), (column, least, changes)
        if column in changes:
            assert -10 * SLACK - 0.005 * (column in step) <= changes[column]["to"] - least <= step.get(column, 0.0011)
    fewer = [q for q in range(asked.quantity - 1, 0, -1) if met(replace(asked, quantity=q))]
    assert ("quantity" in changes) == bool(fewer)
    if fewer:
        assert changes["quantity"]["to"] == fewer[0]
    if "halves" in changes:
        assert sum(changes["halves"]["to"]) == asked.quantity
        assert all(best(replace(asked, quantity=q), terms, lambda path: path.cost, budget) < np.inf
                   for q in changes["halves"]["to"])  # fmt: skip
