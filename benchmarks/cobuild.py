"""How well and how fast unmet demands are grouped: 10,000 point demands and 10,000 routes of five parties, in twenty
towns and the country between, as dense as the unmet tenth of a province's yearly demands.

The reference of time and cost is a greedy choice: again and again the build that saves most.
"""

import time
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from django.contrib.gis.geos import Point
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from benchmarks.figures import figure
from registry.kinds import Kind
from registry.models import Organization, Region, Sector
from sharing.matching.arrays import Floats, Ints
from sharing.matching.cobuild.builds import Chosen, SiteAsks, TrenchAsks
from sharing.matching.cobuild.corridors import alone_costs, joins
from sharing.matching.cobuild.costs import CENTS, SITES, TRENCHES
from sharing.matching.cobuild.site_choice import choose_sites
from sharing.matching.cobuild.sites import candidates, neighbours
from sharing.matching.cobuild.trench_choice import choose_trenches
from sharing.models import Demand, DemandList, ListStatus, MatchRun, Outcome, RunStatus
from sharing.workflow.regrouping import regroup

DEMANDS = 10_000
PARTIES = 5
TOWNS = 20
FIRST_DAY = date(2027, 1, 1).toordinal()
TEN_YEARS = 3653
CORNER = np.array([112.0, 29.5])
DEGREES = 3.0


def cobuild() -> list[dict[str, Any]]:
    """Seconds, gap and cost of both choices."""
    rng = np.random.default_rng(165)
    sites = _sites(rng)
    trenches = _trenches(rng)
    tower, duct = SITES[Kind.TOWER], TRENCHES[Kind.DUCT]
    choose_sites(sites.take(np.arange(100)), tower)
    figures = []
    for name, choose, greedy in (
        ("sites", lambda: choose_sites(sites, tower), lambda: _greedy_sites(sites)),
        ("trenches", lambda: choose_trenches(trenches, duct), lambda: _greedy_trenches(trenches)),
    ):
        # One thread, and nothing is waited for: of the processor, whatever else the machine does.
        started = time.process_time()
        chosen = choose()
        between = time.process_time()
        cost = greedy()
        seconds = between - started, time.process_time() - between
        figures += _figures(f"co-build {name}, {DEMANDS:,} unmet", chosen, seconds, cost)
    return figures + _saved(sites)


def _saved(asks: SiteAsks) -> list[dict[str, Any]]:
    """The whole verb: read from PostgreSQL, grouped, saved, its parties told; and once more, when nothing changes."""
    region = Region.objects.create(code="420100", name="Wuhan", prefix="4201")
    parties = Organization.objects.bulk_create(
        Organization(code=f"party-{n}", name=f"Party {n}", sector=Sector.TELECOM, region=region)
        for n in range(PARTIES)
    )
    lists = DemandList.objects.bulk_create(
        DemandList(party=party, title="2027", status=ListStatus.MATCHED, submitted_at=timezone.now())
        for party in parties
    )
    runs = MatchRun.objects.bulk_create(MatchRun(list=one, status=RunStatus.DONE) for one in lists)
    heights = asks.height_cost / (SITES[Kind.TOWER].per_height_m * CENTS)
    demands = Demand.objects.bulk_create(
        Demand(
            list=lists[asks.party[n]],
            line=n + 1,
            kind=Kind.TOWER,
            quantity=int(asks.units[n]),
            period=DateRange(date.fromordinal(int(asks.start[n])), date.fromordinal(int(asks.end[n]))),
            location=Point(*asks.lonlat[n], srid=4326),
            radius_m=float(asks.radius_m[n]),
            mounting_height_m=float(heights[n]),
        )
        for n in range(len(asks))
    )
    Outcome.objects.bulk_create(
        Outcome(run=runs[asks.party[n]], demand=demand, met=False, reason="none_near")
        for n, demand in enumerate(demands)
    )
    name = f"co-build regrouping, {DEMANDS:,} unmet, saved"
    return [
        figure(title, _seconds_of_regrouping(), "s", None, None, None)
        for title in (name, f"{name}: nothing has changed")
    ]


def _seconds_of_regrouping() -> float:
    started = time.perf_counter()
    regroup()
    return time.perf_counter() - started


def _figures(name: str, chosen: Chosen, seconds: tuple[float, float], greedy: int) -> list[dict[str, Any]]:
    """seconds: of the choice, and of the greedy one."""
    return [
        figure(f"{name}: processor", seconds[0], "s", None, seconds[1], None),
        figure(f"{name}: gap to the bound", 100 * chosen.gap, "%", None, None, None),
        figure(f"{name}: cost a year, beside greedy", chosen.value / CENTS, "", None, greedy / CENTS, None),
        figure(f"{name}: cost beside everyone alone", chosen.value / chosen.separate, "", None, None, None),
        figure(f"{name}: groups", float(len(chosen.builds)), "", None, None, None),
    ]


def _places(rng: np.random.Generator) -> Floats:
    """Seven of ten in towns, the others anywhere."""
    town = CORNER + rng.uniform(0, DEGREES, (TOWNS, 2))
    places = town[rng.integers(0, TOWNS, DEMANDS)] + rng.normal(0, 0.05, (DEMANDS, 2))
    rural = rng.random(DEMANDS) < 0.3
    places[rural] = CORNER + rng.uniform(0, DEGREES, (int(rural.sum()), 2))
    return places.round(6)


def _common(rng: np.random.Generator) -> dict[str, Ints]:
    start = FIRST_DAY + rng.integers(0, 500, DEMANDS)
    return {
        "id": np.arange(DEMANDS),
        "party": rng.integers(0, PARTIES, DEMANDS),
        "start": start,
        "end": start + TEN_YEARS,
        "units": rng.integers(1, 4, DEMANDS),
    }


def _sites(rng: np.random.Generator) -> SiteAsks:
    common, terms = _common(rng), SITES[Kind.TOWER]
    height = rng.choice([15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0], DEMANDS)
    return SiteAsks(
        **common,
        lonlat=_places(rng),
        radius_m=rng.uniform(200, 600, DEMANDS).round(),
        height_cost=np.rint(height * terms.per_height_m * CENTS).astype(np.int64),
        own_cost=np.rint(common["units"] * terms.per_unit * CENTS).astype(np.int64),
    )


def _trenches(rng: np.random.Generator) -> TrenchAsks:
    """300 m to 3 km long, along streets that run east or north, give or take six degrees."""
    origin = _places(rng)
    angle = rng.choice([0.0, np.pi / 2], DEMANDS) + rng.normal(0, 0.1, DEMANDS)
    length = rng.uniform(300, 3000, DEMANDS)
    destination = origin + np.column_stack((np.cos(angle), np.sin(angle))) * (length / 100_000)[:, None]
    return TrenchAsks(**_common(rng), origin=origin, destination=destination, longest_m=2 * length)


def _greedy_sites(asks: SiteAsks) -> int:
    """The site that saves most for those still alone, again and again; of equals the first."""
    sites = candidates(asks, neighbours(asks))
    fixed = round(SITES[Kind.TOWER].fixed * CENTS)
    starts = np.searchsorted(sites.site, np.arange(len(sites) + 1))
    held = [sites.demand[first:last] for first, last in pairwise(starts)]
    alone = np.ones(len(asks), dtype=np.bool_)
    saving = np.array([_saving(asks, rows, fixed) for rows in held])
    total = int((fixed + asks.height_cost + asks.own_cost).sum())
    of_demand: list[list[int]] = [[] for _ in range(len(asks))]
    for site, rows in enumerate(held):
        for row in rows.tolist():
            of_demand[row].append(site)
    while saving.size and saving.max() > 0:
        best = int(saving.argmax())
        taken = held[best][alone[held[best]]]
        total -= int(saving[best])
        alone[taken] = False
        for site in {site for row in taken.tolist() for site in of_demand[row]}:
            saving[site] = _saving(asks, held[site][alone[held[site]]], fixed)
    return total


def _saving(asks: SiteAsks, rows: Ints, fixed: int) -> int:
    if rows.size < 2:
        return 0
    height = asks.height_cost[rows]
    return fixed * (rows.size - 1) + int(height.sum() - height.max())


def _greedy_trenches(asks: TrenchAsks) -> int:
    """The trench that saves most for the routes still alone, again and again."""
    near, alone_cost = joins(asks, TRENCHES[Kind.DUCT]), alone_costs(asks, TRENCHES[Kind.DUCT])
    gain = alone_cost[near.route] - near.cost
    alone = np.ones(len(asks), dtype=np.bool_)
    saving = np.bincount(near.trench, gain, len(asks))
    order = np.argsort(near.trench, kind="stable")
    starts = np.searchsorted(near.trench[order], np.arange(len(asks) + 1))
    by_route: list[list[int]] = [[] for _ in range(len(asks))]
    for pair, route in enumerate(near.route.tolist()):
        by_route[route].append(pair)
    total = int(alone_cost.sum())
    while saving.max(initial=0) > 0:
        best = int(saving.argmax())
        pairs = order[starts[best] : starts[best + 1]]
        pairs = pairs[alone[near.route[pairs]]]
        total -= int(saving[best])
        for route in (*near.route[pairs].tolist(), best):
            alone[route] = False
            saving[route] = 0
            for pair in by_route[route]:
                if alone[near.trench[pair]]:
                    saving[near.trench[pair]] -= gain[pair]
    return total
