"""What is compiled on first use, used once on the smallest instances, so that no list waits for it: a minute's work on
a machine that has not compiled it yet, seconds on one that has."""

import numpy as np

from sharing.matching.apart import Disjoint
from sharing.matching.assignment import large
from sharing.matching.assignment.model import build
from sharing.matching.assignment.problem import Problem
from sharing.matching.best_path import ALL_LIMITS
from sharing.matching.disjoint import disjoint_pair
from sharing.matching.ledger import Holdings
from sharing.matching.line_arrays import Lines
from sharing.matching.network import build_network
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Offer, RouteDemand, RouteSearch, find_route


def warm_up() -> None:
    _routes()
    _assignment()


def _routes() -> None:
    """From A to B by a dear line, since of two cheaper ones the first is too long and the second loses too much."""
    a, b, aside = (114.30, 30.60), (114.31, 30.60), (114.305, 30.63)
    lines = Lines(
        asset=np.arange(3), key=np.array(["1", "2", "3"]), owner=np.arange(3), price_per_year=np.array([9, 1.0, 2]),
        loss_db=np.array([0.1, 0.1, 20.0]), length_m=np.full(3, np.nan), exact=np.ones(3, dtype=np.bool_),
        lonlat=np.array([a, b, a, aside, b, a, b]), first=np.array([0, 2, 5, 7]),
    )  # fmt: skip
    terms = RouteTerms(gap_cost_per_m=1.0, max_gap_m=300.0, max_gap_share=0.5, joint_loss_db=0.1)
    demand, offer = RouteDemand(a, b, 1, 2.0, max_loss_db=9.0), Offer(np.ones(3, dtype=np.bool_), np.ones(3, np.int64))
    network = build_network(lines, max_gap_m=terms.max_gap_m)
    search = RouteSearch(network, demand, terms)
    find_route(network, demand, terms, offer)
    network.landmarks.guide(search.ask(offer.eligible, ALL_LIMITS), worth_it=0)
    find_route(network, demand, terms, offer)
    disjoint_pair(search, offer, Disjoint.BY_NODE)


def _assignment() -> None:
    """Three demands for two assets, as a part too large for a solver is answered."""
    demand, asset = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])
    model = build(
        Problem(
            priority=np.array([1, 1, 2]), quantity=np.ones(3, np.int64), start=np.zeros(3, np.int64),
            end=np.ones(3, np.int64), splittable=np.zeros(3, np.bool_), loads=np.zeros((3, 1), np.int64),
            capacity=np.ones(2, np.int64), contiguous=np.zeros(2, np.bool_), limits=np.full((2, 1), 9),
            holdings=Holdings.none(1), demand=demand, asset=asset, unit_cost=np.array([100, 200, 200, 200]),
            regret=np.zeros(4, np.int64), free=np.ones(4, np.int64),
        ),
        [],
    )  # fmt: skip
    large.solve(model, model.cost.astype(np.float64))
