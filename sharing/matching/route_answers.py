"""Routes as answers that are ready to save; and what is missed, where there is none."""

import json

from registry.kinds import LOADS
from sharing.matching import route_scoring
from sharing.matching.eligibility import Stage
from sharing.matching.explanation import Json, number
from sharing.matching.facts import AssetFacts
from sharing.matching.lines import straight_m
from sharing.matching.no_route_reason import NoRouteReason
from sharing.matching.refusal import NoRoute
from sharing.matching.route_changes import cents
from sharing.matching.routing import Leg, Route
from sharing.matching.saving import LegAnswer, MatchAnswer, OutcomeAnswer
from sharing.matching.unmet_reason import UnmetReason
from sharing.models import Demand

UNITS = {
    NoRouteReason.NO_FREE_UNITS: "units",
    NoRouteReason.DETOUR: "m",
    NoRouteReason.GAP_SHARE: "",
    NoRouteReason.ATTENUATION: "dB",
    NoRouteReason.NO_PATH: "m",
}


def route_match(assets: AssetFacts, demand: Demand, rank: int, route: Route) -> MatchAnswer:
    """A route as a match; of one over a core asset nothing tells where it runs."""
    hidden = any(assets.core[line] for line in route.assets)
    parts = route_scoring.parts(route, straight_m(demand))
    return MatchAnswer(
        demand=demand.pk,
        rank=rank,
        score=0.0 if hidden else float(sum(part["score"] * part["weight"] for part in parts)),
        score_parts="[]" if hidden else json.dumps(parts),
        cost_cents=cents(route),
        legs=[_leg(assets, demand, leg) for leg in route.legs],
        length_m=None if hidden else number(route.length_m),
    )


def _leg(assets: AssetFacts, demand: Demand, leg: Leg) -> LegAnswer:
    core = leg.asset is not None and bool(assets.core[leg.asset])
    return LegAnswer(
        asset=None if leg.asset is None else int(assets.id[leg.asset]),
        quantity=demand.quantity,
        cost_cents=round(leg.cost_per_year * 100),
        loads=[0.0] * len(LOADS),
        place=None if core else [(float(lon), float(lat)) for lon, lat in leg.lonlat],
        length_m=None if core else number(leg.length_m),
        terrain={name: number(metres) for name, metres in leg.terrain.items()},
    )


def nothing_near(demand: Demand) -> OutcomeAnswer:
    funnel = {stage.name.lower(): 0 for stage in Stage}
    return OutcomeAnswer(demand.pk, False, UnmetReason.NONE_NEAR.value, funnel, {}, {})


def budget_miss(demand: Demand, route: Route) -> Json:
    """The cheapest route there is costs too much."""
    budget, cost = float(demand.budget_per_year or 0), cents(route) / 100
    return {
        "code": "budget", "asset": None, "owner": None, "asked": budget, "offered": cost,
        "shortfall": number(cost - budget), "unit": "a year",
    }  # fmt: skip


def limit_miss(why: NoRoute) -> Json:
    """The limit that is missed, with its numbers."""
    shortfall = why.shortfalls[0]
    miss = {
        "code": shortfall.reason.value,
        "asset": None,
        "owner": None,
        "asked": number(shortfall.limit),
        "offered": number(shortfall.needed),
        "shortfall": number(abs(shortfall.needed - shortfall.limit)),
        "unit": UNITS[shortfall.reason],
    }
    if shortfall.reason is NoRouteReason.NO_FREE_UNITS:
        miss["asked"], miss["offered"] = miss["offered"], miss["asked"]
    return miss
