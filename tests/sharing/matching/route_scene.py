"""Small networks for route tests, and an oracle that tries every path of them with plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
import shapely
from hypothesis import strategies as st
from pyproj import Geod

from registry.models import TerrainClass
from sharing.matching.line_arrays import Lines
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Offer, RouteDemand
from sharing.matching.terrain import CLASSES, Ground, Terrain

Place = tuple[float, float]
Steps = tuple["Step", ...]
GEOD = Geod(ellps="WGS84")
SLACK = 1e-7


@cache
def metres(start: Place, end: Place) -> float:
    return float(GEOD.inv(*start, *end)[2])


@dataclass(frozen=True)
class Line:
    """One asset: places from end to end, owner, price of a unit, loss over it, units free."""

    places: tuple[Place, ...]
    owner: int = 1
    price: float = 100.0
    loss_db: float = 0.0
    free: int = 4
    eligible: bool = True

    @property
    def length_m(self) -> float:
        return sum(metres(*pair) for pair in pairwise(self.places))


def lines_of(assets: list[Line], order: list[int] | None = None) -> Lines:
    """The assets numbered from 100, as rows in some order."""
    rows = list(range(len(assets))) if order is None else order
    chosen = [assets[row] for row in rows]
    count = [len(line.places) for line in chosen]
    return Lines(
        asset=np.array([100 + row for row in rows], dtype=np.int64),
        key=np.array([f"{row:06d}" for row in rows], dtype=np.str_),
        owner=np.array([line.owner for line in chosen], dtype=np.int64),
        price_per_year=np.array([line.price for line in chosen]),
        loss_db=np.array([line.loss_db for line in chosen]),
        length_m=np.full(len(chosen), np.nan),
        exact=np.ones(len(chosen), dtype=np.bool_),
        lonlat=np.array([place for line in chosen for place in line.places], dtype=np.float64).reshape(-1, 2),
        first=np.concatenate(([0], np.cumsum(count))).astype(np.int64),
    )


def offer_of(assets: list[Line]) -> Offer:
    return Offer(
        np.array([line.eligible for line in assets], dtype=np.bool_),
        np.array([line.free for line in assets], dtype=np.int64),
    )


@dataclass(frozen=True)
class Step:
    """From one place to another along an asset, or by a gap when `line` is None; `build` is what the gap costs."""

    start: Place
    end: Place
    line: int | None
    length_m: float
    build: float = 0.0


@dataclass(frozen=True)
class Areas:
    """Areas of terrain by class, and what a metre of new build costs there."""

    areas: tuple[tuple[str, shapely.Polygon], ...]
    prices: tuple[tuple[str, float], ...]

    def of(self, terms: RouteTerms) -> tuple[RouteTerms, Ground]:
        """The terms with these prices, and the ground as the network takes it."""
        shapes = np.array([area for _, area in self.areas], dtype=object)
        kinds = np.array([CLASSES.index(name) for name, _ in self.areas], dtype=np.int64)
        prices = dict(self.prices)
        ground = Ground.of(Terrain(shapes, kinds), terms.gap_cost_per_m, prices)
        return replace(terms, terrain_cost_per_m=prices), ground


def gap(start: Place, end: Place, terms: RouteTerms, areas: Areas | None) -> Step:
    return Step(start, end, None, metres(start, end), _build(start, end, terms.gap_cost_per_m, areas))


@cache
def _build(start: Place, end: Place, ordinary: float, areas: Areas | None) -> float:
    """What a gap costs: from the dearest class down, what of its line lies in the class and in none dearer."""
    left, price, whole_m = shapely.LineString([start, end]), 0.0, metres(start, end)
    shapes = () if areas is None or start == end else areas.areas
    prices = {} if areas is None else dict(areas.prices)
    for name in sorted({name for name, _ in shapes}, key=lambda name: -prices.get(name, ordinary)):
        union = shapely.union_all([area for other, area in shapes if other == name])
        price += GEOD.geometry_length(left.intersection(union)) * prices.get(name, ordinary)
        left = left.difference(union)
    return price + (GEOD.geometry_length(left) if shapes else whole_m) * ordinary


@dataclass(frozen=True)
class Path:
    steps: tuple[Step, ...]
    cost: float
    plain_cost: float
    length_m: float
    gap_m: float
    loss_db: float


def paths(assets: list[Line], demand: RouteDemand, terms: RouteTerms, areas: Areas | None = None) -> Iterator[Path]:
    """Every path from A to B that repeats no place and puts no two gaps end to end, whatever its length or loss."""
    usable = [row for row, line in enumerate(assets) if line.eligible and line.free >= demand.quantity]
    places = sorted({place for line in assets for place in (line.places[0], line.places[-1])})

    def onward(
        here: Place, been: frozenset[Place], by_gap: bool, steps: tuple[Step, ...]
    ) -> Iterator[tuple[Step, ...]]:
        if not by_gap and metres(here, demand.destination) <= terms.max_gap_m:
            yield (*steps, gap(here, demand.destination, terms, areas))
        for row in usable:
            line = assets[row]
            for start, end in ((line.places[0], line.places[-1]), (line.places[-1], line.places[0])):
                if start == here and end not in been:
                    step = Step(start, end, row, line.length_m)
                    yield from onward(end, been | {end}, False, (*steps, step))
        if not by_gap:
            for end in places:
                if end not in been and metres(here, end) <= terms.max_gap_m:
                    yield from onward(end, been | {end}, True, (*steps, gap(here, end, terms, areas)))

    for place in places:
        if metres(demand.origin, place) <= terms.max_gap_m:
            entry = gap(demand.origin, place, terms, areas)
            for steps in onward(place, frozenset([place]), True, (entry,)):
                yield _summed(assets, demand, terms, steps)


def _summed(assets: list[Line], demand: RouteDemand, terms: RouteTerms, steps: tuple[Step, ...]) -> Path:
    # A gap of no length, where A or B is an access point, is not a leg.
    legs = [step for step in steps if step.line is not None or step.length_m > 1.0]
    owners = [assets[step.line].owner for step in legs if step.line is not None]
    crossings = sum(one != other for one, other in pairwise(owners))
    gap_m = sum(step.length_m for step in steps if step.line is None)
    lease = sum(assets[step.line].price for step in legs if step.line is not None) * demand.quantity
    build = sum(step.build for step in steps)
    loss = sum(assets[step.line].loss_db for step in legs if step.line is not None)
    return Path(
        steps=steps,
        cost=lease + build + crossings * terms.crossing_cost,
        plain_cost=lease + build,
        length_m=sum(step.length_m for step in steps),
        gap_m=gap_m,
        loss_db=loss
        + gap_m / 1000 * terms.gap_loss_db_per_km
        + (len(legs) - 1) * terms.joint_loss_db
        + terms.connection_loss_db,
    )


def keeps_limits(path: Path, demand: RouteDemand, terms: RouteTerms) -> bool:
    longest_m = np.inf if demand.max_detour == np.inf else demand.max_detour * demand.distance_m
    return (
        path.length_m <= longest_m + SLACK
        and path.gap_m <= terms.max_gap_share * path.length_m + SLACK
        and path.loss_db <= demand.max_loss_db + SLACK
    )


SPOTS: list[Place] = [
    (114.30 + 0.001 * east + 0.0001 * ((7 * east + 3 * north) % 5), 30.59 + 0.0009 * north + 0.0001 * (east % 3))
    for east in range(4)
    for north in range(3)
]
"""Twelve places in Wuhan, about 100 m apart, not quite on a grid."""


@st.composite
def scenes(draw: st.DrawFn, most_lines: int = 8) -> tuple[list[Line], RouteDemand, RouteTerms]:
    """Few lines among few places: parallel ones, loops and duplicates too, with every limit loose or tight."""
    spots = draw(st.lists(st.sampled_from(SPOTS), min_size=2, max_size=6, unique=True))
    line = st.builds(
        Line,
        places=st.tuples(st.sampled_from(spots), st.sampled_from(spots)),
        owner=st.integers(1, 3),
        price=st.sampled_from(PRICES),
        loss_db=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
        free=st.integers(0, 3),
        eligible=st.sampled_from([True, True, True, False]),
    )
    assets = draw(st.lists(line, min_size=1, max_size=most_lines))
    anywhere = st.sampled_from(spots) | st.tuples(st.floats(114.2995, 114.3045), st.floats(30.5895, 30.5925))
    demand = RouteDemand(
        origin=draw(anywhere),
        destination=draw(anywhere),
        quantity=draw(st.integers(1, 3)),
        max_detour=draw(st.sampled_from([1.0, 1.2, 1.5, 2.0, 3.0, 10.0])),
        max_loss_db=draw(st.sampled_from([0.0, 1.0, 2.5, 6.0, float("inf")])),
    )
    return assets, demand, draw(_terms(max_gap_m=[1.0, 90.0, 120.0, 160.0, 250.0]))


@st.composite
def crowded_scenes(draw: st.DrawFn) -> tuple[list[Line], RouteDemand, RouteTerms]:
    """Many lines among few places, and limits that most paths keep, so that there often are two beside each other."""
    spots = draw(st.lists(st.sampled_from(SPOTS), min_size=3, max_size=5, unique=True))
    line = st.builds(
        Line,
        places=st.lists(st.sampled_from(spots), min_size=2, max_size=2, unique=True).map(tuple),
        owner=st.integers(1, 3),
        price=st.sampled_from(PRICES),
        loss_db=st.sampled_from([0.0, 0.5, 1.0]),
    )
    assets = draw(st.lists(line, min_size=4, max_size=8))
    demand = RouteDemand(
        origin=spots[0],
        destination=spots[1],
        quantity=1,
        max_detour=draw(st.sampled_from([1.5, 2.0, 3.0])),
        max_loss_db=draw(st.sampled_from([2.0, 3.0, float("inf")])),
    )
    return assets, demand, draw(_terms(max_gap_m=[1.0, 120.0, 160.0]))


PRICES = [0.0, 10.0, 50.0, 51.0, 200.0, 400.0]


def _terms(max_gap_m: list[float]) -> st.SearchStrategy[RouteTerms]:
    return st.builds(
        RouteTerms,
        gap_cost_per_m=st.sampled_from([0.0, 0.5, 3.0, 20.0]),
        max_gap_m=st.sampled_from(max_gap_m),
        max_gap_share=st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0]),
        crossing_cost=st.sampled_from([0.0, 30.0, 500.0]),
        joint_loss_db=st.sampled_from([0.0, 0.3]),
        gap_loss_db_per_km=st.sampled_from([0.0, 2.0]),
        connection_loss_db=st.sampled_from([0.0, 0.5]),
    )


@st.composite
def grounds(draw: st.DrawFn) -> Areas:
    """A few areas, over one another too, among the spots; classes cheaper and dearer than ordinary ground, or free."""
    lon, lat = st.floats(114.2995, 114.3045), st.floats(30.5895, 30.5925)

    @st.composite
    def area(draw: st.DrawFn) -> tuple[str, shapely.Polygon]:
        corners = draw(lon), draw(lat), draw(lon), draw(lat)
        return draw(st.sampled_from(TerrainClass.values)), shapely.box(*corners)

    areas = draw(st.lists(area().filter(lambda one: one[1].is_valid and one[1].area > 1e-9), min_size=1, max_size=5))
    prices = draw(st.dictionaries(st.sampled_from(TerrainClass.values), st.sampled_from([0.0, 0.4, 2.0, 25.0, 90.0])))
    return Areas(tuple(areas), tuple(sorted(prices.items())))


def grounded(terms: RouteTerms, areas: Areas | None) -> tuple[RouteTerms, Ground | None]:
    """The terms and the ground of a network, with areas or without."""
    return (terms, None) if areas is None else areas.of(terms)
