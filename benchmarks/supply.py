"""How soon it is known whom a new asset would serve, among many open demands, beside every demand judged in turn."""

import time
from typing import Any

import numpy as np
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.figures import figure
from registry.kinds import Kind
from registry.models import Asset, Organization, Region, Sector, Tower
from registry.models.region import GB_T_2260
from sharing.matching import supply
from sharing.matching.candidates import neighbours
from sharing.matching.demands import chosen_demands
from sharing.matching.eligibility import RULES, Stage, judge
from sharing.matching.geodesy import geodesic_m
from sharing.models import Demand, DemandList, ListStatus
from tests import factories

DEMANDS = 20_000
PARTIES = 20
ASSETS = 30
LIMIT_MS = 50.0


def supplying() -> list[dict[str, Any]]:
    """Milliseconds for one new asset against 20,000 open demands; both ways must name the same demands."""
    rng = np.random.default_rng(165)
    with transaction.atomic():
        region, _ = Region.objects.get_or_create(
            scheme=GB_T_2260, code="420100", defaults={"name": "武汉市", "prefix": "4201"}
        )
        owner = Organization.objects.create(code="owner", name="owner", sector=Sector.MUNICIPAL, region=region)
        _demands(region, rng)
        assets = [_asset(owner, region, rng) for _ in range(ASSETS)]
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        supply.met_by([assets[0].pk])
        ours, theirs, met = [], [], 0
        for asset in assets:
            started = time.perf_counter()
            found = supply.met_by([asset.pk])
            ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            expected = _one_by_one(asset)
            theirs.append(time.perf_counter() - started)
            if found != expected:
                raise RuntimeError(f"{asset}: {found} beside {expected}")
            met += len(found)
        transaction.set_rollback(True)
    value, reference = (1000 * float(np.median(seconds)) for seconds in (ours, theirs))
    worst = 1000 * max(ours)
    return [
        figure(f"a new asset against {DEMANDS:,} open demands", value, "ms", LIMIT_MS, reference, value <= LIMIT_MS),
        figure(f"the same, slowest of {ASSETS}, {met} met in all", worst, "ms", None, None, None),
    ]


def _places(rng: np.random.Generator, count: int) -> np.ndarray:
    """Clustered as people live: around twenty centres of a province."""
    centres = np.column_stack((rng.uniform(112.0, 116.0, 20), rng.uniform(29.5, 32.5, 20)))
    return centres[rng.integers(0, 20, count)] + rng.normal(0, 0.08, (count, 2))


def _demands(region: Region, rng: np.random.Generator) -> None:
    sectors = list(Sector.values)
    lists = []
    for number in range(PARTIES):
        party = Organization.objects.create(
            code=f"p{number}", name=f"p{number}", sector=sectors[number % len(sectors)], region=region
        )
        lists.append(
            DemandList.objects.create(party=party, title="l", status=ListStatus.MATCHED, submitted_at=timezone.now())
        )
    period = factories.period()
    Demand.objects.bulk_create(
        [
            Demand(
                list=lists[i % PARTIES], line=i // PARTIES + 1, kind=Kind.TOWER, quantity=1 + i % 3, period=period,
                location=Point(*place, srid=4326), radius_m=float(radius), mounting_height_m=float(height),
            )
            for i, (place, radius, height) in enumerate(
                zip(_places(rng, DEMANDS), rng.uniform(200, 3000, DEMANDS), rng.uniform(10, 45, DEMANDS), strict=True)
            )
        ],
        batch_size=2000,
    )  # fmt: skip


def _asset(owner: Organization, region: Region, rng: np.random.Generator) -> Asset:
    place = Demand.objects.all()[int(rng.integers(0, DEMANDS))].location
    asset = Asset.objects.create(
        owner=owner, code=f"new-{rng.integers(2**40)}", kind=Kind.TOWER, region=region, geometry=place, capacity=4
    )
    Tower.objects.create(asset=asset, height_m=35.0)
    return asset


def _one_by_one(asset: Asset) -> list[int]:
    """Every open demand read, its distance measured, and the engine's rules applied."""
    met: set[int] = set()
    for sector in Sector.values:
        ids = list(Demand.objects.filter(list__party__sector=sector).values_list("pk", flat=True))
        demands = chosen_demands(ids, Kind.TOWER.value)
        place = np.tile([[asset.geometry.x, asset.geometry.y]], (len(demands), 1))
        distance_m = geodesic_m(np.column_stack((demands.lon, demands.lat)), place)
        every = np.arange(len(demands), dtype=np.int64)
        pairs = neighbours(demands, Kind.TOWER.value, sector, every, np.full(len(demands), asset.pk), distance_m).pairs
        met |= set(demands.id[pairs.demand[judge(pairs, RULES[Kind.TOWER]).passes(Stage.FREE)]].tolist())
    return sorted(met)
