"""Step one: every asset near enough to each demand, with the facts the next steps need, as arrays.

Three set-based reads, whatever the length of the list: pairs by a box join on the index of the masked places,
facts of the assets in them, and these assets' rows of the ledger. Distances are geodesic and exact (Karney,
2013); a box only ever finds too much. Nothing here sees the exact place of a protected asset.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import cast

import numpy as np

from registry.columns import BOOL, FLOAT8, INT8, fetch_columns
from registry.kinds import KINDS, LOADS
from registry.models import AssetStatus, FiberType, Organization, Protection
from sharing.matching.arrays import FOREVER, UNLIMITED, Flags, Floats, Ints
from sharing.matching.demands import FIRST_DAY
from sharing.matching.explanation import Json
from sharing.matching.facts import LOAD_SCALE, AssetFacts, Neighbourhood, Pairs, PointDemands
from sharing.matching.ledger import Freedom, Holdings, free_until, freedom
from sharing.matching.places import Places, boxes
from sharing.matching.prices import repriced
from sharing.matching.snapshot import places_from, places_of
from sharing.models import ConsentStatus, MatchStatus
from sharing.models.demand import MOST_RADIUS_M


def _plain(*columns: str) -> dict[str, str]:
    return {column: f"detail.{column}::float8" for column in columns}


DETAILS: dict[str, tuple[str, dict[str, str]]] = {
    "tower": (
        "registry_tower",
        _plain("height_m", "free_height_min_m", "free_height_max_m", "backup_h", "earthing_ohm"),
    ),
    "equipment_room": (
        "registry_equipmentroom",
        _plain("floor_load_kn_m2", "feeds", "backup_h", "security_class"),
    ),
    "duct": (
        "registry_duct",
        _plain("inner_diameter_mm", "fill_limit")
        | {flag: f"detail.{flag}::int::float8" for flag in ("hazardous_co_use", "blocked")},
    ),
    "fiber": (
        "registry_fiber",
        _plain(
            "cable_length_m", "route_length_m", "attenuation_1310_db_km", "attenuation_1550_db_km", "splices",
            "splice_loss_db", "connectors", "connector_loss_db",
        )
        | {"fiber_type": f"array_position(ARRAY{FiberType.values}::text[], detail.fiber_type::text) - 1::float8"},
    ),
}  # fmt: skip
"""Table of each kind's details, and its columns as numbers; a fiber type is its place among FiberType.values."""

AT_ONCE_FROM = 25_000
"""Demands from which on all places are read, and held in memory, rather than those in each box."""


def neighbourhood(
    demands: PointDemands, *, kind: str, party: Organization, reach: float = 1.0, prices: Sequence[Json] = (),
    lines: int | None = None, core: bool = True,
) -> Neighbourhood:  # fmt: skip
    """Assets of others within `reach` times each demand's radius, in or out of its sector's terms.

    The party's own assets are no candidates. prices: other than the registry's (sharing.matching.prices). lines: as
    `near` has it. core: whether assets of the highest protection level count.
    """
    demand, asset_id, distance_m = near(demands, kind, party, reach, lines)
    found = neighbours(demands, kind, party.sector, demand, asset_id, distance_m, prices)
    return found if core else replace(found, pairs=found.pairs.without_core())


def neighbours(
    demands: PointDemands, kind: str, sector: str, demand: Ints, asset_id: Ints, distance_m: Floats,
    prices: Sequence[Json] = (),
) -> Neighbourhood:  # fmt: skip
    """The pairs of a demand and an asset so far from it, with their facts; `sector`: of the demanding parties."""
    assets = repriced(facts_of(np.unique(asset_id), kind, sector), prices)
    order = np.argsort(assets.id)
    asset = order[np.searchsorted(assets.id[order], asset_id)]
    rows = np.lexsort((asset, demand))
    demand, asset, distance_m = demand[rows], asset[rows], distance_m[rows]
    holdings = _of_use(holdings_of(assets, int(demands.start.min())), demands.start[demand], asset, len(assets))
    pairs = Pairs(
        demands=demands,
        assets=assets,
        contiguous=KINDS[kind].contiguous,
        demand=demand,
        asset=asset,
        distance_m=distance_m,
        refused=_refused(demands, assets, demand, asset),
        freedom=Freedom(demand, demand, demand),
        free_until=demand,
    )
    return Neighbourhood(with_freedom(pairs, holdings), holdings)


def with_freedom(pairs: Pairs, holdings: Holdings) -> Pairs:
    """The pairs with what `holdings` leave free over each demand's period."""
    demands, assets = pairs.demands, pairs.assets
    found = freedom(
        pairs.asset,
        demands.start[pairs.demand],
        demands.end[pairs.demand],
        capacity=assets.capacity,
        limits=assets.limits,
        holdings=holdings,
    )
    free = found.block if pairs.contiguous else found.units
    until = free_until(pairs.asset, demands.end[pairs.demand], demands.least_leg[pairs.demand], free, holdings)
    return Pairs(
        demands, assets, pairs.contiguous, pairs.demand, pairs.asset, pairs.distance_m, pairs.refused, found, until
    )


def near(
    demands: PointDemands, kind: str, party: Organization, reach: float, lines: int | None = None
) -> tuple[Ints, Ints, Floats]:
    """(demand row, asset id, metres) of every pair within reach, which is no farther than a line may look. lines: how
    many demands the whole list has of which these are a part."""
    at_once = (len(demands) if lines is None else lines) >= AT_ONCE_FROM
    lonlat = np.column_stack((demands.lon, demands.lat))
    radius_m = np.maximum(demands.radius_m, np.minimum(demands.radius_m * reach, MOST_RADIUS_M))
    found = []
    for places in places_of(kind) if at_once else [_in_boxes(lonlat, radius_m, kind)]:
        demand, place, distance_m = places.near(lonlat, radius_m)
        others = places.owner[place] != party.pk
        found.append((demand[others], places.id[place[others]], distance_m[others]))
    demand, asset, distance_m = (np.concatenate(column) for column in zip(*found, strict=True))
    return demand, asset, distance_m


def _in_boxes(lonlat: Floats, radius_m: Floats, kind: str) -> Places:
    """The places in the box of any circle, by the index on them."""
    _, box = boxes(lonlat[:, 0], lonlat[:, 1], radius_m)
    return places_from(
        """
        SELECT DISTINCT ON (id) id, owner_id, ST_X(masked_geometry), ST_Y(masked_geometry)
        FROM unnest(%s::float8[], %s::float8[], %s::float8[], %s::float8[]) AS asked (west, south, east, north)
        JOIN registry_asset ON masked_geometry && ST_MakeEnvelope(west, south, east, north, 4326)
        WHERE kind = %s
        """,
        [*box.T, kind],
    )


def facts_of(ids: Ints, kind: str, sector: str) -> AssetFacts:
    """What is known of these assets of one kind, as a party of `sector` may use them; by owner and code."""
    table, details = DETAILS[kind]
    limits = ", ".join(f"coalesce((asset.{load} * {LOAD_SCALE})::bigint, {UNLIMITED})" for load in LOADS)
    columns = dict.fromkeys(("id", "owner", "capacity", "price", "available_from", *LOADS), INT8)
    columns |= dict.fromkeys(("shared", "in_service", "planned", "core", "cross_sector"), BOOL)
    columns |= dict.fromkeys(("lon", "lat", *details), FLOAT8)
    found = fetch_columns(
        f"""
        SELECT asset.id, asset.owner_id, asset.capacity::bigint, (asset.price_per_unit_year * 100)::bigint,
            coalesce(asset.available_from - ({FIRST_DAY}), 0)::bigint, {limits},
            %(sector)s = ANY (asset.open_to_sectors), asset.status <> %(out)s, asset.status = %(planned)s,
            asset.protection = %(core)s, owner.sector <> %(sector)s,
            ST_X(ST_Centroid(asset.masked_geometry)), ST_Y(ST_Centroid(asset.masked_geometry)),
            {", ".join(f"coalesce({column}, 'NaN')" for column in details.values())}
        FROM registry_asset AS asset
        JOIN registry_organization AS owner ON owner.id = asset.owner_id
        LEFT JOIN {table} AS detail ON detail.asset_id = asset.id
        WHERE asset.id = ANY (%(ids)s::bigint[])
        ORDER BY owner.code COLLATE "C", asset.code COLLATE "C"
        """,
        {
            "ids": ids,
            "sector": sector,
            "out": AssetStatus.OUT_OF_SERVICE.value,
            "planned": AssetStatus.PLANNED.value,
            "core": Protection.CORE.value,
        },
        columns,
    )
    plain = [name for name in columns if name not in LOADS and name not in details]
    return AssetFacts(
        **{name: found[name] for name in plain},  # type: ignore[arg-type]
        limits=cast(Ints, np.column_stack([found[load] for load in LOADS])),
        details={name: cast(Floats, found[name]) for name in details},
    )


def holdings_of(assets: AssetFacts, first_day: int) -> Holdings:
    """The ledger's rows of these assets that reach beyond `first_day`."""
    loads = ", ".join(f"({load} * {LOAD_SCALE})::bigint" for load in LOADS)
    found = fetch_columns(
        f"""
        SELECT asset_id, lower(units)::bigint, upper(units)::bigint, (lower(period) - ({FIRST_DAY}))::bigint,
            (CASE WHEN upper_inf(period) OR NOT isfinite(upper(period)) THEN {FOREVER}
                ELSE upper(period) - ({FIRST_DAY}) END)::bigint, {loads}
        FROM registry_allocation
        WHERE asset_id = ANY (%s::bigint[]) AND (upper_inf(period) OR upper(period) > %s)
        """,
        [assets.id, date.fromordinal(first_day)],
        dict.fromkeys(("asset", "lower", "upper", "start", "end", *LOADS), INT8),
    )
    order = np.argsort(assets.id)
    return Holdings.sorted(
        asset=order[np.searchsorted(assets.id[order], cast(Ints, found["asset"]))],
        lower=cast(Ints, found["lower"]),
        upper=cast(Ints, found["upper"]),
        start=cast(Ints, found["start"]),
        end=cast(Ints, found["end"]),
        loads=cast(Ints, np.column_stack([found[load] for load in LOADS])),
    )


def _of_use(holdings: Holdings, start: Ints, asset: Ints, assets: int) -> Holdings:
    """Without what ends before any demand near the asset begins: so that units are numbered alike whatever else the
    list asks for elsewhere. start, asset: by pair."""
    first = np.full(assets, FOREVER, dtype=np.int64)
    np.minimum.at(first, asset, start)
    return holdings.take(holdings.end > first[holdings.asset])


def _refused(demands: PointDemands, assets: AssetFacts, demand: Ints, asset: Ints) -> Flags:
    """Which pairs an owner refused or a regulator rejected in an earlier match."""
    past = refused_assets(demands.id)
    if not past:
        return np.zeros(demand.size, dtype=np.bool_)
    ids = zip(demands.id[demand].tolist(), assets.id[asset].tolist(), strict=True)
    return np.array([one in past.get(demand_id, ()) for demand_id, one in ids], dtype=np.bool_)


def refused_assets(demand_ids: list[int] | Ints) -> dict[int, set[int]]:
    """By demand, the assets that an owner refused or a regulator rejected for it in an earlier match. An owner who
    agreed, or was not heard as another refused, has refused nothing."""
    found = fetch_columns(
        """
        SELECT DISTINCT past.demand_id, leg.asset_id FROM sharing_match AS past
        JOIN sharing_matchleg AS leg ON leg.match_id = past.id
        JOIN registry_asset AS asset ON asset.id = leg.asset_id
        WHERE past.demand_id = ANY (%(demands)s::bigint[]) AND (
            past.status = %(rejected)s OR past.status = %(refused)s AND NOT EXISTS (
                SELECT FROM sharing_consent AS consent
                WHERE consent.match_id = past.id AND consent.owner_id = asset.owner_id AND consent.status <> %(no)s
            )
        )
        """,
        {
            "demands": demand_ids,
            "rejected": MatchStatus.REJECTED.value,
            "refused": MatchStatus.REFUSED.value,
            "no": ConsentStatus.REFUSED.value,
        },
        {"demand": INT8, "asset": INT8},
    )
    refused: dict[int, set[int]] = {}
    for demand, asset in zip(found["demand"].tolist(), found["asset"].tolist(), strict=True):
        refused.setdefault(demand, set()).add(asset)
    return refused
