"""Which open demands without a match these assets would meet as they are now: only what they can touch is read.

Asset and demand meet by the box of the demand's reach (an index), then by exact distance and by the engine's own rules
on what the ledger leaves free now. A demand that may be split is asked over all assets near it, a route over its
network. As in matching, a protected asset is where its grid cell is.
"""

from collections import defaultdict
from dataclasses import replace
from typing import cast

import numpy as np
from django.utils import timezone

from registry.columns import FLOAT8, INT8, fetch_columns
from registry.kinds import KINDS, ROUTE_KINDS
from registry.models import AssetStatus, Organization
from sharing.matching.arrays import Floats, Ints
from sharing.matching.candidates import neighbourhood, neighbours
from sharing.matching.change import room
from sharing.matching.demands import chosen_demands
from sharing.matching.eligibility import RULES, Stage, judge
from sharing.matching.facts import Pairs, PointDemands
from sharing.matching.geodesy import geodesic_m
from sharing.matching.routes import routable
from sharing.models import LIVE, OPEN_LISTS, UNFINISHED_RUNS, Demand, MatchStatus


def met_by(asset_ids: list[int]) -> list[int]:
    """The ids of open demands without a match that these assets help to meet; ascending.

    While a list is being matched its demands count as unmet: whether they are, is known when the run is done.
    """
    touched = _touched(asset_ids)
    met: set[int] = set()
    for kind in np.unique(touched["kind"]).tolist():
        of_kind = touched["kind"] == kind
        name = _KINDS[kind]
        if name in ROUTE_KINDS:
            met |= _routes(name, np.unique(touched["demand"][of_kind]))
        else:
            met |= _points(name, {column: values[of_kind] for column, values in touched.items()})
    return sorted(met)


_KINDS = tuple(KINDS)


def _touched(asset_ids: list[int]) -> dict[str, Ints | Floats]:
    """Open demands with the changed assets in the box of their reach, that are open to their party at all."""
    found = fetch_columns(
        """
        SELECT demand.id, asset.id, array_position(%(kinds)s::text[], asset.kind::text)::bigint - 1,
            coalesce(ST_X(demand.location), 'NaN'), coalesce(ST_Y(demand.location), 'NaN'),
            ST_X(ST_Centroid(asset.masked_geometry)), ST_Y(ST_Centroid(asset.masked_geometry)),
            coalesce(demand.radius_m, 'NaN')
        FROM registry_asset AS asset
        JOIN sharing_demand AS demand ON demand.kind = asset.kind AND asset.masked_geometry && sharing_reach(
            demand.location, demand.radius_m, demand.origin, demand.destination, demand.max_detour
        )
        JOIN sharing_demandlist AS list ON list.id = demand.list_id
        JOIN registry_organization AS party ON party.id = list.party_id
        WHERE asset.id = ANY (%(assets)s) AND asset.owner_id <> list.party_id AND asset.status <> %(out)s
            AND party.sector = ANY (asset.open_to_sectors) AND list.status = ANY (%(open)s)
            AND (upper(demand.period) > %(today)s) IS NOT FALSE
            AND NOT EXISTS (
                SELECT FROM sharing_match AS match WHERE match.demand_id = demand.id AND (
                    match.status = ANY (%(live)s)
                    OR match.status = %(proposed)s AND NOT EXISTS (
                        SELECT FROM sharing_matchrun WHERE list_id = list.id AND status = ANY (%(unfinished)s)
                    )
                )
            )
        """,
        {
            "kinds": list(_KINDS),
            "assets": asset_ids,
            "out": AssetStatus.OUT_OF_SERVICE.value,
            "today": timezone.localdate(),
            "open": [status.value for status in OPEN_LISTS],
            "live": [status.value for status in LIVE],
            "proposed": MatchStatus.PROPOSED.value,
            "unfinished": [status.value for status in UNFINISHED_RUNS],
        },
        dict.fromkeys(("demand", "asset", "kind"), INT8)
        | dict.fromkeys(("lon", "lat", "asset_lon", "asset_lat", "radius_m"), FLOAT8),
    )
    return cast(dict[str, Ints | Floats], found)


def _points(kind: str, touched: dict[str, Ints | Floats]) -> set[int]:
    distance_m = geodesic_m(
        np.column_stack((touched["lon"], touched["lat"])),
        np.column_stack((touched["asset_lon"], touched["asset_lat"])),
    )
    near = distance_m <= touched["radius_m"]
    ids = cast(Ints, touched["demand"][near])
    demands = chosen_demands(np.unique(ids).tolist(), kind)
    if not len(demands):
        return set()
    order = np.argsort(demands.id)
    row = order[np.searchsorted(demands.id[order], ids)]
    pairs = neighbours(demands, kind, "", row, cast(Ints, touched["asset"][near]), distance_m[near]).pairs
    # Which sectors an asset is open to has been asked of each party already.
    pairs = replace(pairs, assets=replace(pairs.assets, shared=np.ones(len(pairs.assets), dtype=np.bool_)))
    served = _served(pairs, kind)
    helped = np.zeros(len(demands), dtype=np.bool_)
    helped[pairs.demand[judge(pairs, RULES[kind]).passes(Stage.FREE)]] = True
    helped[served] = False
    return set(demands.id[served].tolist()) | _together(kind, demands.take(helped & demands.splittable))


def _served(pairs: Pairs, kind: str) -> Ints:
    """Rows of demands to which the assets together give all they ask."""
    units = room(pairs.demands, pairs.demand, pairs.free, pairs.freedom.headroom)
    units[~judge(pairs, RULES[kind]).passes(Stage.FREE)] = 0
    total = np.bincount(pairs.demand, units, len(pairs.demands))
    return np.flatnonzero(total >= pairs.demands.quantity)


def _together(kind: str, demands: PointDemands) -> set[int]:
    """Those of the demands, which may be split, that all assets near them meet together."""
    met: set[int] = set()
    parties = _parties(demands.id.tolist())
    for party, ids in parties.items():
        own = demands.take(np.isin(demands.id, ids))
        met |= set(own.id[_served(neighbourhood(own, kind=kind, party=party).pairs, kind)].tolist())
    return met


def _routes(kind: str, ids: Ints) -> set[int]:
    met: set[int] = set()
    for party, own in _parties(ids.tolist()).items():
        met |= set(routable(list(Demand.objects.filter(pk__in=own).order_by("pk")), kind, party))
    return met


def _parties(demand_ids: list[int]) -> dict[Organization, list[int]]:
    rows = Demand.objects.filter(pk__in=demand_ids).select_related("list__party").order_by("pk")
    parties: defaultdict[Organization, list[int]] = defaultdict(list)
    for demand in rows.only("pk", "list__party"):
        parties[demand.list.party].append(demand.pk)
    return parties
