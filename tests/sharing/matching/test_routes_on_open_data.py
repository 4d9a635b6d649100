"""Routes on real lines: Wuhan's metro as ducts, Asia's power lines as fibers, beside another library's paths."""

import csv
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rustworkx
import shapely
from django.conf import settings

from sharing.matching.apart import Disjoint
from sharing.matching.arrays import Floats
from sharing.matching.best_path import ALL_LIMITS
from sharing.matching.disjoint import disjoint_pair
from sharing.matching.line_arrays import Lines
from sharing.matching.network import Network, build_network
from sharing.matching.no_route_reason import NoRouteReason
from sharing.matching.refusal import explain
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Offer, RouteDemand, RouteSearch, alternatives, find_route, shared
from tests.sharing.matching.route_scene import Areas, Line, Place, gap, lines_of, metres

DATA = Path(settings.BASE_DIR) / "sharing" / "demo" / "data"


def metro_lines() -> Lines:
    """Ways of the metro at 20 a bore and metre; owners by the length of the name, which is as good as any."""
    found = json.loads((DATA / "metro_cn_osm" / "cn-wuhanMetro.geojson").read_text(encoding="utf-8"))["features"]
    assets = []
    for feature in found:
        places = tuple((float(lon), float(lat)) for lon, lat in feature["geometry"]["coordinates"])
        owner = len(feature["properties"].get("name") or "")
        assets.append(Line(places, owner=owner, price=20 * sum(metres(*pair) for pair in pairwise(places))))
    return lines_of(assets)


def power_lines() -> Lines:
    """Every line as a cable of 0.21 dB/km, at 1 a core and metre."""
    assets = []
    with (DATA / "power_asia_osm" / "highvoltage_links.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="#", quotechar="'"):
            line = shapely.from_wkt(row["wkt_srid_4326"].split(";")[1])
            length_m = float(row["length_m"])
            places = tuple((float(lon), float(lat)) for lon, lat in line.coords)
            assets.append(Line(places, price=length_m, loss_db=0.21 * length_m / 1000))
    return lines_of(assets)


def everything(network: Network) -> Offer:
    count = len(network.lines)
    return Offer(np.ones(count, dtype=np.bool_), np.full(count, 4, dtype=np.int64))


class Reference:
    """The same network as a graph of rustworkx, which knows nothing of limits or of two gaps in a row."""

    def __init__(self, network: Network, terms: RouteTerms, areas: Areas | None = None) -> None:
        self.network, self.terms, self.areas = network, terms, areas
        self.graph = rustworkx.PyGraph(multigraph=True)
        self.graph.add_nodes_from(range(len(network.node_lonlat) + 2))
        spans = zip(network.span_start, network.span_end, network.span_price, strict=True)
        self.graph.add_edges_from([(int(start), int(end), (False, float(price))) for start, end, price in spans])
        tail = np.repeat(np.arange(len(network.node_lonlat)), np.diff(network.gaps.first))
        self.graph.add_edges_from(
            [
                (int(start), int(end), (True, self.build(network.node_lonlat[[start, end]])))
                for start, end in zip(tail, network.gaps.head, strict=True)
                if start < end
            ]
        )

    def build(self, ends: Floats) -> float:
        """What a gap costs."""
        return gap(tuple(ends[0].tolist()), tuple(ends[1].tolist()), self.terms, self.areas).build

    def cost(self, demand: RouteDemand) -> tuple[float, bool]:
        """Of the cheapest path, infinite without one; and whether it has gaps end to end."""
        graph, a = self.graph.copy(), len(self.network.node_lonlat)
        near = self.network.nodes_near(np.array([demand.origin, demand.destination]), self.terms.max_gap_m)
        places = demand.origin, demand.destination
        for terminal, place, (nodes, away_m) in zip((a, a + 1), places, near, strict=True):
            for node in nodes[away_m > self.network.snap_m]:
                ends = np.array([place, self.network.node_lonlat[node]])
                graph.add_edge(terminal, int(node), (True, self.build(ends)))
            for node in nodes[away_m <= self.network.snap_m]:  # there already: nothing is to be built
                graph.add_edge(terminal, int(node), (True, 0.0))
        paths = rustworkx.dijkstra_shortest_paths(graph, a, a + 1, weight_fn=lambda edge: edge[1])
        if a + 1 not in paths:
            return float("inf"), False
        steps = [min(graph.get_all_edge_data(*pair), key=lambda edge: edge[1]) for pair in pairwise(paths[a + 1])]
        return sum(cost for _, cost in steps), any(one[0] and other[0] for one, other in pairwise(steps))


@pytest.fixture(scope="module")
def metro() -> Network:
    return build_network(metro_lines(), max_gap_m=800.0)


@pytest.fixture(scope="module")
def power() -> Network:
    return build_network(power_lines(), max_gap_m=5000.0, tee=False)


def far_apart(network: Network, count: int) -> list[tuple[Place, Place]]:
    """Access points in the south of Asia, where most lines hang together."""
    inside = (network.node_lonlat > (68, 8)).all(axis=1) & (network.node_lonlat < (95.5, 34.2)).all(axis=1)
    chosen = np.random.default_rng(8).choice(np.flatnonzero(inside), size=(count, 2))
    return [(tuple(network.node_lonlat[a]), tuple(network.node_lonlat[b])) for a, b in chosen]


def compare(
    network: Network,
    terms: RouteTerms,
    places: list[tuple[Place, Place]],
    max_detour: float,
    areas: Areas | None = None,
) -> int:
    """Every route beside the reference; how many there were."""
    reference, found = Reference(network, terms, areas), 0
    for origin, destination in places:
        demand = RouteDemand(origin, destination, 1, max_detour)
        expected, gaps_meet = reference.cost(demand)
        route = find_route(network, demand, terms, everything(network))
        if route is None:
            assert expected == float("inf") or gaps_meet
        elif gaps_meet:
            assert route.cost_per_year >= expected - 1e-6
        else:
            assert route.cost_per_year == pytest.approx(expected, rel=1e-9)
            found += 1
    return found


def near_the_metro(metro: Network) -> list[tuple[Place, Place]]:
    """Forty pairs of places some hundred metres from an access point."""
    rng = np.random.default_rng(7)
    nodes = rng.integers(0, len(metro.node_lonlat), size=(40, 2))
    offset = rng.normal(0, 0.002, size=(40, 2, 2))
    return [
        (tuple(metro.node_lonlat[a] + shift[0]), tuple(metro.node_lonlat[b] + shift[1]))
        for (a, b), shift in zip(nodes, offset, strict=True)
    ]


def test_routes_along_the_metro_cost_what_another_librarys_shortest_paths_cost(metro: Network) -> None:
    assert compare(metro, RouteTerms(90.0, 800.0, 1.0), near_the_metro(metro), 1000.0) >= 10


def test_routes_over_rivers_and_rock_cost_what_another_librarys_shortest_paths_cost(metro: Network) -> None:
    """Bands of terrain across the whole city, a third of each over the next, then some ordinary ground."""
    bands = [(name, 113.9 + 0.01 * n) for n in range(80) if (name := ("rock", "open_ground", "water", "")[n % 4])]
    areas = Areas(
        tuple((name, shapely.box(west, 30.3, west + 0.0133, 30.9)) for name, west in bands),
        (("open_ground", 30.0), ("rock", 250.0), ("water", 900.0)),
    )
    terms, ground = areas.of(RouteTerms(90.0, 800.0, 1.0))
    network = build_network(metro_lines(), max_gap_m=800.0, ground=ground)
    assert compare(network, terms, near_the_metro(network), 1000.0, areas) >= 10
    demands = [RouteDemand(*places, 1, 1000.0) for places in near_the_metro(network)]
    routes = [find_route(network, demand, terms, everything(network)) for demand in demands]
    crossed = {name for route in routes if route for leg in route.legs for name in leg.terrain}
    assert crossed == {"ordinary", "rock", "open_ground", "water"}


def test_routes_along_power_lines_cost_what_another_librarys_shortest_paths_cost(power: Network) -> None:
    assert compare(power, RouteTerms(8.0, 5000.0, 1.0), far_apart(power, 40), 1000.0) >= 20


WEST, EAST = (114.1592, 30.6170), (114.3340, 30.6724)
"""Near both ends of metro line 1 in 2016."""


def test_a_route_through_wuhan_is_a_line_without_breaks(metro: Network) -> None:
    route = find_route(metro, RouteDemand(WEST, EAST, 1, 2.0), RouteTerms(90.0, 800.0, 0.3), everything(metro))
    assert route is not None
    line = [place for leg in route.legs for place in leg.lonlat.tolist()]
    assert tuple(line[0]) == WEST
    assert tuple(line[-1]) == EAST
    for leg, following in pairwise(route.legs):
        assert metres(tuple(leg.lonlat[-1]), tuple(following.lonlat[0])) <= 1.0
    along = sum(metres(tuple(one), tuple(other)) for one, other in pairwise(line))
    assert route.length_m == pytest.approx(along, abs=5.0)
    assert route.length_m <= 2.0 * metres(WEST, EAST)
    assert route.gap_share <= 0.3


def test_an_attenuation_budget_turns_a_route_down_or_aside(power: Network) -> None:
    terms = RouteTerms(8.0, 5000.0, 1.0, joint_loss_db=0.1, gap_loss_db_per_km=0.35, connection_loss_db=1.0)
    for origin, destination in far_apart(power, 40):
        demand = RouteDemand(origin, destination, 1, 3.0)
        route = find_route(power, demand, terms, everything(power))
        if route is None or len(route.legs) < 5:
            continue
        search = RouteSearch(power, demand, terms)
        least = search.least_loss(np.ones(len(power.lines), dtype=np.bool_), ALL_LIMITS)
        assert least is not None
        assert least.loss_db <= route.loss_db + 1e-9
        strict = RouteDemand(demand.origin, demand.destination, 1, 3.0, max_loss_db=least.loss_db - 0.01)
        assert find_route(power, strict, terms, everything(power)) is None
        why = explain(RouteSearch(power, strict, terms), everything(power))
        assert why.reason is NoRouteReason.ATTENUATION
        assert why.shortfalls[0].needed == pytest.approx(least.loss_db)
        return
    pytest.fail("no long route")


def test_a_disjoint_pair_on_power_lines_shares_no_access_point_and_no_cable(power: Network) -> None:
    terms = RouteTerms(8.0, 5000.0, 1.0)
    pairs = 0
    for origin, destination in far_apart(power, 25):
        demand = RouteDemand(origin, destination, 1, 3.0)
        search = RouteSearch(power, demand, terms)
        pair = disjoint_pair(search, everything(power), Disjoint.BY_NODE)
        if pair is None:
            continue
        pairs += 1
        common = set(pair.first.nodes.tolist()) & set(pair.second.nodes.tolist())
        assert {tuple(power.node_lonlat[node]) for node in common} <= {origin, destination}
        assert not set(pair.first.assets) & set(pair.second.assets)
        alone = find_route(power, demand, terms, everything(power))
        assert alone is not None
        assert alone.cost_per_year <= pair.first.cost_per_year + 1e-6
        by_span = disjoint_pair(search, everything(power), Disjoint.BY_SPAN)
        assert by_span is not None
        assert by_span.plain_cost <= pair.plain_cost + 1e-6
    assert pairs >= 3


def test_alternatives_are_truly_different_and_never_cheaper_than_the_first(power: Network) -> None:
    terms, several = RouteTerms(8.0, 5000.0, 0.5), 0
    for origin, destination in far_apart(power, 15):
        demand = RouteDemand(origin, destination, 1, 2.0)
        found = alternatives(power, demand, terms, everything(power), count=3)
        assert found[:1] == [route for route in [find_route(power, demand, terms, everything(power))] if route]
        several += len(found) > 1
        for i, route in enumerate(found):
            assert route.cost_per_year >= found[0].cost_per_year
            assert route.gap_share <= 0.5
            assert route.length_m <= 2.0 * demand.distance_m
            assert all(shared(power, route, other) <= 0.5 for other in found[:i])
    assert several >= 5
