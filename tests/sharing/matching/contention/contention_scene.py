"""Small networks on which several demands contend, and an oracle that tries every choice of all their paths."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from sharing.matching.apart import Disjoint
from sharing.matching.assignment.packing import Busy, Request, pack, smallest_conflict
from sharing.matching.contention.contenders import Contender
from sharing.matching.network import Network, build_network
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Route, RouteDemand, RouteSearch
from sharing.matching.search_graph import GAP
from tests.sharing.matching.route_scene import SPOTS, Line, Place, lines_of, metres

DAY = 1_000


@dataclass(frozen=True)
class Shelf:
    """Units of lines by number, and what is held of them."""

    capacity: Mapping[int, int]
    busy: Mapping[int, Sequence[Busy]]

    def free_units(self, line: int, start: int, end: int) -> frozenset[int]:
        held = self.busy.get(line, ())
        return frozenset(
            unit
            for unit in range(1, self.capacity[line] + 1)
            if not any(one.lower <= unit < one.upper and one.start < end and start < one.end for one in held)
        )

    def conflict(self, line: int, requests: Sequence[Request]) -> tuple[list[int], bool] | None:
        held = self.busy.get(line, ())
        packing = pack(self.capacity[line], held, requests, contiguous=False)
        if packing.ranges is not None:
            return None
        return smallest_conflict(self.capacity[line], held, requests, contiguous=False), packing.proven


@dataclass(frozen=True)
class Wish:
    demand: RouteDemand
    priority: int = 1
    start: int = DAY
    end: int = DAY + 100
    budget: float = np.inf


@dataclass(frozen=True)
class Scene:
    assets: tuple[Line, ...]
    wishes: tuple[Wish, ...]
    terms: RouteTerms
    busy: tuple[tuple[int, Busy], ...] = ()
    apart: Disjoint | None = None  # of the first two wishes, if they must be disjoint

    def network(self, order: list[int] | None = None) -> Network:
        """Lines are cut wherever another ends on them."""
        return build_network(lines_of(list(self.assets), order), max_gap_m=self.terms.max_gap_m)

    @property
    def shelf(self) -> Shelf:
        held: dict[int, list[Busy]] = {}
        for line, busy in self.busy:
            held.setdefault(100 + line, []).append(busy)
        return Shelf({100 + row: line.free for row, line in enumerate(self.assets)}, held)

    def contenders(self, network: Network) -> list[Contender]:
        shelf = self.shelf
        return [
            Contender(
                number=number, priority=wish.priority, units=wish.demand.quantity, start=wish.start, end=wish.end,
                budget_cents=100.0 * wish.budget, search=RouteSearch(network, wish.demand, self.terms),
                usable=np.array(
                    [len(shelf.free_units(int(line), wish.start, wish.end)) >= wish.demand.quantity
                     for line in network.lines.asset],
                    dtype=np.bool_,
                ),
            )
            for number, wish in enumerate(self.wishes)
        ]  # fmt: skip


def every_route(contender: Contender) -> Iterator[Route]:
    """Every route that repeats no node, puts no two gaps end to end, and keeps the limits and the budget."""
    network, search = contender.network, contender.search
    exits = set(search.exit.tolist())
    arcs, gaps = network.arcs, network.gaps

    def onward(nodes: list[int], spans: list[int]) -> Iterator[tuple[list[int], list[int]]]:
        here, by_gap = nodes[-1], not spans or spans[-1] == GAP
        if not by_gap and here in exits:
            yield nodes, spans
        for at in range(arcs.first[here], arcs.first[here + 1]):
            if contender.usable[network.span_asset[arcs.item[at]]] and arcs.head[at] not in nodes:
                yield from onward([*nodes, int(arcs.head[at])], [*spans, int(arcs.item[at])])
        if not by_gap:
            for at in range(gaps.first[here], gaps.first[here + 1]):
                short = network.gap_length_m[gaps.item[at]] <= search.terms.max_gap_m
                if short and gaps.head[at] not in nodes:
                    yield from onward([*nodes, int(gaps.head[at])], [*spans, GAP])

    for entry in search.entry.tolist():
        for nodes, spans in onward([entry], []):
            route = search.along(np.array(nodes, dtype=np.int32), np.array(spans, dtype=np.int32))
            if _keeps_limits(search, route) and contender.affords(route.cost_per_year):
                yield route


def _keeps_limits(search: RouteSearch, route: Route) -> bool:
    return (
        route.length_m <= search.max_length_m + 1e-7
        and route.gap_m <= search.terms.max_gap_share * route.length_m + 1e-7
        and route.loss_db <= search.demand.max_loss_db + 1e-7
    )


Choice = dict[int, Route]
"""By contender that is served."""


def options(contender: Contender, *, whole: bool) -> list[Route]:
    """Every route; where only lines matter (not `whole`), of those over the same lines the cheapest alone."""
    routes = sorted(every_route(contender), key=lambda route: route.cost_per_year)
    if whole:
        return routes
    return list({frozenset(route.assets): route for route in reversed(routes)}.values())


def disjoint(one: Route, other: Route, contenders: Sequence[Contender], by: Disjoint) -> bool:
    """No line in common, nor a gap between the same places; by node no access point either, but for ends that both
    have."""
    ends = [{end.demand.origin, end.demand.destination} for end in (contenders[0].search, contenders[1].search)]
    common = ends[0] & ends[1]
    network = contenders[0].network

    def gaps(route: Route, contender: Contender) -> set[frozenset[Place]]:
        places = [tuple(network.node_lonlat[node].tolist()) for node in route.nodes]
        pairs = zip(places[:-1], places[1:], route.spans.tolist(), strict=True)
        demand = contender.search.demand
        found = {frozenset({start, end}) for start, end, span in pairs if span == GAP}
        entries = {frozenset({demand.origin, places[0]}), frozenset({demand.destination, places[-1]})}
        return found | {gap for gap in entries if len(gap) == 2 and metres(*sorted(gap)) > 1.0 and gap & common}

    def nodes(route: Route) -> set[int]:
        away = (node for node in route.nodes.tolist())
        places = network.node_lonlat
        return {node for node in away if all(metres(end, tuple(places[node].tolist())) > 1.0 for end in common)}

    if set(one.assets) & set(other.assets) or gaps(one, contenders[0]) & gaps(other, contenders[1]):
        return False
    return by is not Disjoint.BY_NODE or not nodes(one) & nodes(other)


def holds(contenders: Sequence[Contender], shelf: Shelf, choice: Choice, apart: Disjoint | None = None) -> bool:
    """Whether all units can be numbered, and the first two are disjoint."""
    lines = {line for route in choice.values() for line in route.assets}
    by_number = {contender.number: contender for contender in contenders}
    both = apart is not None and {0, 1} <= choice.keys()
    if apart is not None and both and not disjoint(choice[0], choice[1], [by_number[0], by_number[1]], apart):
        return False
    return all(
        shelf.conflict(
            line,
            [request(by_number[number]) for number, route in sorted(choice.items()) if line in route.assets],
        )
        is None
        for line in lines
    )


def request(contender: Contender) -> Request:
    return Request(contender.units, contender.start, contender.end)


def merit(contenders: Sequence[Contender], choice: Choice) -> tuple[tuple[int, ...], float]:
    """The less the better: served by priority, then cost."""
    served = tuple(
        -sum(one.number in choice for one in contenders if one.priority == priority) for priority in range(1, 10)
    )
    return served, sum(route.cost_per_year for route in choice.values())


def best_choice(
    contenders: Sequence[Contender], shelf: Shelf, apart: Disjoint | None = None
) -> tuple[tuple[int, ...], float]:
    """The merit of the best of all choices, tried one by one."""

    def choices(left: Sequence[Contender], chosen: Choice) -> Iterator[Choice]:
        if not left:
            yield chosen
            return
        yield from choices(left[1:], chosen)
        for option in options_of[left[0].number]:
            more = {**chosen, left[0].number: option}
            if holds(contenders, shelf, more, apart):
                yield from choices(left[1:], more)

    options_of = {
        contender.number: options(contender, whole=apart is not None and contender.number < 2)
        for contender in contenders
    }
    return min(merit(contenders, choice) for choice in choices(contenders, {}))


PERIODS = [(DAY, DAY + 100), (DAY, DAY + 100), (DAY + 50, DAY + 150), (DAY + 100, DAY + 200), (DAY, DAY + 200)]


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Two to four demands among few places, on lines of one to three units, with other ways about."""
    spots = draw(st.lists(st.sampled_from(SPOTS), min_size=3, max_size=5, unique=True))
    places = st.lists(st.sampled_from(spots), min_size=2, max_size=4, unique=True).map(tuple)
    line = st.builds(
        Line, places=places, owner=st.integers(1, 2), price=st.sampled_from([0.0, 10.0, 50.0, 51.0, 200.0, 400.0]),
        loss_db=st.sampled_from([0.0, 0.5, 1.0]), free=st.integers(1, 3),
    )  # fmt: skip
    assets = draw(st.lists(line, min_size=2, max_size=6))
    terms = RouteTerms(
        gap_cost_per_m=draw(st.sampled_from([0.5, 3.0, 20.0])),
        max_gap_m=draw(st.sampled_from([1.0, 1.0, 120.0])),
        max_gap_share=draw(st.sampled_from([0.0, 0.3, 1.0])),
        crossing_cost=draw(st.sampled_from([0.0, 30.0])),
        joint_loss_db=draw(st.sampled_from([0.0, 0.3])),
    )

    def wish() -> Wish:
        origin, destination = draw(st.lists(st.sampled_from(spots), min_size=2, max_size=2, unique=True))
        demand = RouteDemand(
            origin, destination, draw(st.integers(1, 2)), draw(st.sampled_from([1.5, 3.0, 10.0])),
            max_loss_db=draw(st.sampled_from([1.5, 3.0, float("inf"), float("inf")])),
        )  # fmt: skip
        budget = draw(st.sampled_from([60.0, 260.0, np.inf, np.inf]))
        return Wish(demand, draw(st.integers(1, 3)), *draw(st.sampled_from(PERIODS)), budget)

    wishes = [wish() for _ in range(draw(st.integers(2, 3)))]
    if draw(st.booleans()):  # all from the same place to the same place
        wishes = [replace(one, demand=replace(wishes[0].demand, quantity=one.demand.quantity)) for one in wishes]
    busy = draw(
        st.lists(
            st.builds(
                lambda line, unit, period: (line, Busy(unit, unit + 1, *period)),
                st.integers(0, len(assets) - 1), st.integers(1, 3), st.sampled_from(PERIODS),
            ),
            max_size=2,
        )
    )  # fmt: skip
    apart = draw(st.sampled_from([None, None, Disjoint.BY_SPAN, Disjoint.BY_NODE]))
    return Scene(tuple(assets), tuple(wishes), terms, tuple(busy), apart)
