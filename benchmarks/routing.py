"""How fast routes are found, beside rustworkx's Dijkstra on the same network in the same run.

The reference finds a cheapest path and nothing more: it knows no limit, no changes of owner, and lets two gaps follow
one another. Its weights are plain numbers, and it stops at its target.
"""

import time
from typing import Any

import numpy as np
import rustworkx

from benchmarks.contended import contended
from benchmarks.figures import figure
from registry.kinds import Kind
from sharing.matching.arrays import Floats, Ints
from sharing.matching.best_path import ALL_LIMITS
from sharing.matching.line_arrays import Lines
from sharing.matching.network import Network, build_network
from sharing.matching.route_terms import TERMS, RouteTerms
from sharing.matching.routing import Offer, RouteDemand, RouteSearch, find_route

BLOCK_DEGREES = 0.001
"""Between two crossings of a city: about 100 m."""

PAIRS = 30
ROUTES = 1000
DUCTS = TERMS[Kind.DUCT.value]


def routing() -> list[dict[str, Any]]:
    """City, intercity and a thousand routes of both, in milliseconds and seconds after loading; a list that
    contends."""
    rng = np.random.default_rng(165)
    city, country = _lines(_city(0, 0, 106), rng), _lines(_country(), rng)
    _warm_up(_lines(_city(0, 0, 4), rng))
    figures = []
    networks: list[Network] = []
    for name, lines, limit_ms, places in (
        ("city", city, 1.5, _inside),
        ("intercity", country, 15.0, _between_cities),
    ):
        started = time.perf_counter()
        network = _load(lines)
        loading = time.perf_counter() - started
        demands = places(network, rng, PAIRS)
        value, reference = _median_ms(network, demands)
        title = f"route, {name}, {len(lines):,} ducts, median of {PAIRS}"
        figures.append(figure(title, value, "ms", limit_ms, reference, value <= limit_ms))
        figures.append(figure(f"loading the network, {name}", loading, "s", None, None, None))
        networks.append(network)
    mixed = _inside(networks[0], rng, ROUTES // 2), _between_cities(networks[1], rng, ROUTES // 2)
    seconds = sum(_seconds(network, asked) for network, asked in zip(networks, mixed, strict=True))
    figures.append(figure(f"{ROUTES:,} mixed routes", seconds, "s", 7.0, None, seconds <= 7.0))
    return figures + contended(networks[0])


def _warm_up(lines: Lines) -> None:
    """Compiles what is compiled on first call, which loading includes."""
    network = _load(lines)
    _seconds(network, [RouteDemand(_place(network, 0), _place(network, -1), 1, 2.0)])


def _load(lines: Lines) -> Network:
    """The network, and its landmarks, which otherwise are made in the course of the first routes."""
    network = build_network(lines, max_gap_m=DUCTS.max_gap_m)
    search = RouteSearch(network, RouteDemand(_place(network, 0), _place(network, -1), 1, 2.0), DUCTS)
    network.landmarks.guide(search.ask(_everything(network).eligible, ALL_LIMITS), worth_it=0)
    return network


def _seconds(network: Network, demands: list[RouteDemand]) -> float:
    offer = _everything(network)
    started = time.perf_counter()
    for demand in demands:
        find_route(network, demand, DUCTS, offer)
    return time.perf_counter() - started


def _median_ms(network: Network, demands: list[RouteDemand]) -> tuple[float, float]:
    """Of ours and of the reference. Raises when ours is not dearer by what it has to observe, or not found."""
    offer, ours, theirs, costs = _everything(network), [], [], []
    for demand in demands:
        started = time.perf_counter()
        route = find_route(network, demand, DUCTS, offer)
        ours.append(time.perf_counter() - started)
        costs.append(-np.inf if route is None else route.cost_per_year)
    reference = Reference(network, DUCTS)
    for demand, cost in zip(demands, costs, strict=True):
        least, seconds = reference.search(demand)
        theirs.append(seconds)
        if cost < least - 1e-6:
            raise RuntimeError(f"{demand}: {cost} beside {least}")
    return 1000 * float(np.median(ours)), 1000 * float(np.median(theirs))


def _everything(network: Network) -> Offer:
    count = len(network.lines)
    return Offer(np.ones(count, dtype=np.bool_), np.full(count, 4, dtype=np.int64))


class Reference:
    """The network with its gaps as a graph of rustworkx; both ends are its nodes."""

    def __init__(self, network: Network, terms: RouteTerms) -> None:
        self.network = network
        self.graph = rustworkx.PyGraph(multigraph=True)
        self.graph.add_nodes_from(range(len(network.node_lonlat)))
        tail = np.repeat(np.arange(len(network.node_lonlat)), np.diff(network.gaps.first))
        once = tail < network.gaps.head
        cost = network.gap_length_m[network.gaps.item[once]] * terms.gap_cost_per_m
        for columns in (
            (network.span_start, network.span_end, network.span_price),
            (tail[once], network.gaps.head[once], cost),
        ):
            self.graph.add_edges_from(list(zip(*(column.tolist() for column in columns), strict=True)))

    def search(self, demand: RouteDemand) -> tuple[float, float]:
        """The least cost from end to end, and the seconds it took."""
        ends = np.array([demand.origin, demand.destination])
        start, end = (int(nodes[0]) for nodes, _ in self.network.nodes_near(ends, 1.0))
        started = time.perf_counter()
        found = rustworkx.dijkstra_shortest_path_lengths(self.graph, start, float, goal=end)
        return float(found[end]), time.perf_counter() - started


def _place(network: Network, node: int) -> tuple[float, float]:
    lon, lat = network.node_lonlat[node]
    return float(lon), float(lat)


def _demands(network: Network, starts: Ints, ends: Ints) -> list[RouteDemand]:
    pairs = zip(starts.tolist(), ends.tolist(), strict=True)
    return [RouteDemand(_place(network, a), _place(network, b), 1, 2.0) for a, b in pairs]


def _inside(network: Network, rng: np.random.Generator, count: int) -> list[RouteDemand]:
    return _demands(network, *rng.integers(0, len(network.node_lonlat), size=(2, count)))


def _between_cities(network: Network, rng: np.random.Generator, count: int) -> list[RouteDemand]:
    """From a place in one city to a place in another."""
    block = np.rint((network.node_lonlat - _WEST_SOUTH) / BLOCK_DEGREES)
    city = np.full(len(block), -1)
    for number, (east, north) in enumerate(_CITIES):
        city[((block >= (east, north)) & (block <= (east + _CITY_BLOCKS, north + _CITY_BLOCKS))).all(axis=1)] = number
    starts, ends = rng.choice(np.flatnonzero(city >= 0), size=(2, 20 * count))
    apart = np.flatnonzero(city[starts] != city[ends])[:count]
    return _demands(network, starts[apart], ends[apart])


_WEST_SOUTH = np.array([112.0, 29.0])
_CITY_BLOCKS = 100
_CITIES = [(400 + 1000 * (i % 3) + 60 * (i // 3), 300 + 1000 * (i // 3)) for i in range(8)]
_ROAD_BLOCKS = 20

Edges = tuple[Ints, Ints]
"""Both ends of each edge as (east, north) numbers of blocks."""


def _grid(size: int, step: int) -> Edges:
    at = np.stack(np.meshgrid(np.arange(size), np.arange(size), indexing="ij"), axis=-1) * step
    ends = ((at[:-1], at[1:]), (at[:, :-1], at[:, 1:]))
    return tuple(np.concatenate([pair[side].reshape(-1, 2) for pair in ends]) for side in (0, 1))  # type: ignore[return-value]


def _city(east: int, north: int, size: int) -> Edges:
    start, end = _grid(size, 1)
    corner = np.array([east, north])
    return start + corner, end + corner


def _country() -> Edges:
    """Eight cities of about 20,000 ducts, and roads every 2 km between and through them, each laid once."""
    every = [_city(east, north, _CITY_BLOCKS + 1) for east, north in _CITIES] + [_grid(150, _ROAD_BLOCKS)]
    start, end = (np.concatenate([edges[side] for edges in every]) for side in (0, 1))
    return start, end


def _lines(edges: Edges, rng: np.random.Generator) -> Lines:
    """Nine ducts in ten, with a bend; owners by quarter, each with its price of about 5 a bore and metre."""
    kept = rng.random(len(edges[0])) < 0.9
    start, end = (_shaken(edge[kept]) for edge in edges)
    bend = (start + end) / 2 + rng.normal(0, 0.05 * BLOCK_DEGREES, start.shape)
    quarter = (edges[0][kept] // 25) @ np.array([7, 3]) % 12
    blocks = np.abs(edges[0] - edges[1])[kept].sum(axis=1)
    rate = 5.0 * (0.9 + quarter / 60) * rng.uniform(0.95, 1.05, quarter.size)
    count = quarter.size
    return Lines(
        asset=np.arange(count, dtype=np.int64),
        key=np.array([f"{row:07d}" for row in range(count)], dtype=np.str_),
        owner=quarter.astype(np.int64),
        price_per_year=rate * 100.0 * blocks,
        loss_db=np.zeros(count),
        length_m=np.full(count, np.nan),
        exact=np.ones(count, dtype=np.bool_),
        lonlat=np.stack((start, bend, end), axis=1).reshape(-1, 2),
        first=np.arange(0, 3 * count + 1, 3, dtype=np.int64),
    )


def _shaken(block: Ints) -> Floats:
    """The place of a crossing, always the same for the same crossing, up to a fifth of a block off the grid."""
    east, north = block.T
    off = np.column_stack((np.sin(12.9898 * east + 78.233 * north), np.sin(39.425 * east + 11.135 * north)))
    return _WEST_SOUTH + BLOCK_DEGREES * (block + 0.2 * off)
