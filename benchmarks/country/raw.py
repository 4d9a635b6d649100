"""The plain work that matching stands on, without the engine: what its figures are set beside."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from scipy.spatial import cKDTree

from registry.capacity import COLUMNS, Claim
from registry.columns import write_rows
from registry.kinds import LOADS
from registry.models import Organization, Purpose
from sharing.matching.arrays import FOREVER, Floats, Ints
from sharing.matching.facts import Neighbourhood, PointDemands
from sharing.matching.geodesy import ecef
from sharing.matching.places import boxes
from sharing.models import MatchRun

PairSet = tuple[Ints, Ints]
"""Row of the demand, and id of the asset."""


@dataclass(frozen=True, slots=True)
class Fetched:
    id: Ints
    xyz: Floats


def copied(query: str, parameters: Sequence[object], kinds: str) -> list[np.ndarray]:
    """The columns of a query, by COPY in binary; `kinds`: i for bigint, f for double precision."""
    layout = [("fields", ">i2")]
    for number, kind in enumerate(kinds):
        layout += [(f"bytes_{number}", ">i4"), (f"column_{number}", f">{kind}8")]
    composed = connection.ops.compose_sql(query, parameters)
    with connection.cursor() as cursor, cursor.copy(f"COPY ({composed}) TO STDOUT (FORMAT binary)") as copy:
        data = b"".join(copy)
    rows = np.frombuffer(data[19:-2], dtype=layout)
    return [rows[f"column_{number}"].astype(f"{kind}8") for number, kind in enumerate(kinds)]


def box_join(demands: PointDemands, party: Organization) -> PairSet:
    """COPY of a box join on the index of places, and the chord between Earth-centred places."""
    row, box = boxes(demands.lon, demands.lat, demands.radius_m)
    demand, asset, lon, lat = copied(
        """
        SELECT asked.demand, asset.id, ST_X(asset.masked_geometry), ST_Y(asset.masked_geometry)
        FROM unnest(%s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])
            AS asked (demand, west, south, east, north)
        JOIN registry_asset AS asset ON asset.masked_geometry && ST_MakeEnvelope(west, south, east, north, 4326)
        WHERE asset.kind = 'tower' AND asset.owner_id <> %s
        """,
        [row.tolist(), *(column.tolist() for column in box.T), party.pk],
        "iiff",
    )
    asked = ecef(np.column_stack((demands.lon, demands.lat)))[demand]
    near = np.linalg.norm(asked - ecef(np.column_stack((lon, lat))), axis=1) <= demands.radius_m[demand]
    return demand[near], asset[near]


def places(party: Organization) -> Fetched:
    """Every tower of others."""
    ids, lon, lat = copied(
        """
        SELECT id, ST_X(masked_geometry), ST_Y(masked_geometry) FROM registry_asset
        WHERE kind = 'tower' AND owner_id <> %s
        """,
        [party.pk],
        "iff",
    )
    return Fetched(ids, ecef(np.column_stack((lon, lat))))


def in_tree(tree: cKDTree, fetched: Fetched, demands: PointDemands) -> PairSet:
    """Pairs by the chord, from scipy's tree."""
    found = tree.query_ball_point(ecef(np.column_stack((demands.lon, demands.lat))), demands.radius_m)
    demand = np.repeat(np.arange(len(found)), np.fromiter(map(len, found), dtype=np.int64, count=len(found)))
    return demand, fetched.id[np.concatenate([np.asarray(one, dtype=np.int64) for one in found])]


def free_units(hood: Neighbourhood) -> Ints:
    """Of every pair: capacity less range_agg of what overlaps the period, by one query."""
    pairs = hood.pairs
    start, end = (
        [_day(day) for day in column[pairs.demand].tolist()] for column in (pairs.demands.start, pairs.demands.end)
    )
    _, free = copied(
        """
        SELECT n, (asset.capacity - registry_units_taken(asset.id, daterange(begins, ends)))::bigint
        FROM unnest(%s::bigint[], %s::date[], %s::date[]) WITH ORDINALITY AS asked (asset, begins, ends, n)
        JOIN registry_asset AS asset ON asset.id = asked.asset ORDER BY n
        """,
        [pairs.assets.id[pairs.asset].tolist(), start, end],
        "ii",
    )
    return free


def _day(day: int) -> date | None:
    return None if day >= FOREVER else date.fromordinal(day)


def stages(demands: PointDemands, hood: Neighbourhood) -> list[Callable[[], object]]:
    """Fetching the assets and their lines of the ledger, and a minimum-cost flow of one unit a demand."""
    ids = hood.pairs.assets.id.tolist()
    return [
        lambda: copied(
            """
            SELECT id, owner_id, capacity::bigint, (price_per_unit_year * 100)::bigint,
                (coalesce(weight_kg, 0) * 1000)::bigint, ST_X(masked_geometry), ST_Y(masked_geometry), height_m,
                earthing_ohm, backup_h
            FROM registry_asset JOIN registry_tower ON asset_id = id WHERE id = ANY (%s)
            """,
            [ids],
            "iiiiifffff",
        ),
        lambda: copied(
            """
            SELECT asset_id, lower(units)::bigint, upper(units)::bigint, (lower(period) - DATE '2000-01-01')::bigint,
                coalesce(upper(period) - DATE '2000-01-01', 0)::bigint
            FROM registry_allocation WHERE asset_id = ANY (%s)
            """,
            [ids],
            "iiiii",
        ),
        lambda: _flow(hood),
    ]


def _flow(hood: Neighbourhood) -> int:
    pairs = hood.pairs
    rows = np.flatnonzero(pairs.free > 0)
    demands, assets = len(pairs.demands), len(pairs.assets)
    sink, everyone, every = demands + assets, np.arange(demands), np.arange(assets)
    room = np.zeros(assets, dtype=np.int64)
    np.maximum.at(room, pairs.asset[rows], pairs.free[rows])
    network = SimpleMinCostFlow()
    network.add_arcs_with_capacity_and_unit_cost(
        np.concatenate((pairs.demand[rows], demands + every, everyone)),
        np.concatenate((demands + pairs.asset[rows], np.full(assets + demands, sink))),
        np.concatenate((np.ones_like(rows), room, np.ones_like(everyone))),
        np.concatenate(
            (pairs.assets.price[pairs.asset[rows]], np.zeros(assets, dtype=np.int64), np.full(demands, 10**7))
        ),
    )
    network.set_nodes_supplies(np.append(everyone, sink), np.append(np.ones(demands, dtype=np.int64), -demands))
    if network.solve() != network.OPTIMAL:
        raise ArithmeticError("the flow has no optimum")
    return int(network.optimal_cost())


def copy_back(run: MatchRun) -> Callable[[], None]:
    """Takes a run's rows out of the database; what it returns writes the very same ones."""
    tables = {
        "sharing_match": f"run_id = {run.pk}",
        "sharing_matchleg": f"match_id IN (SELECT id FROM sharing_match WHERE run_id = {run.pk})",
        "sharing_outcome": f"run_id = {run.pk}",
    }
    kept: dict[str, bytes] = {}
    with connection.cursor() as cursor:
        for table, condition in tables.items():
            rows = io.BytesIO()
            with cursor.copy(f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT") as copy:
                rows.writelines(copy)
            kept[table] = rows.getvalue()
        for table in reversed(tables):
            cursor.execute(f"DELETE FROM {table} WHERE {tables[table]}")

    def write() -> None:
        with connection.cursor() as cursor:
            for table, rows in kept.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)

    return write


def claims(count: int) -> list[Claim]:
    """One unit of so many towers that have one free for good, for five years."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, owner_id FROM registry_asset AS asset WHERE kind = 'tower' AND capacity > used_today + 1
            ORDER BY id LIMIT %s
            """,
            [count],
        )
        return [Claim(asset, 1, date(2040, 1, 1), date(2045, 1, 1), owner) for asset, owner in cursor.fetchall()]


def copy_claims(asked: Sequence[Claim]) -> None:
    """The rows of the ledger that the claims become, by COPY and nothing else; each takes the asset's last unit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, capacity FROM registry_asset WHERE id = ANY (%s)", [[one.asset_id for one in asked]]
        )
        last = dict(cursor.fetchall())
    write_rows("registry_allocation", COLUMNS, (
        (
            one.asset_id, f"[{last[one.asset_id]},{last[one.asset_id] + 1})", f"[{one.start},{one.end})",
            *(0 for _ in LOADS), one.holder_id, Purpose.GRANTED.value, None, None, date(2026, 1, 1),
        ) for one in asked
    ))  # fmt: skip
