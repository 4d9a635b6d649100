"""Route demands that may contend for the units of lines, and the routes that are known for each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sharing.matching.arrays import Flags, Floats
from sharing.matching.network import Network
from sharing.matching.routing import Route, RouteSearch
from sharing.matching.search_graph import GAP, SLACK, Ids

ENTRY, SPAN, BUILD, EXIT = range(4)
"""Sorts of steps: the gap from A, a span, a gap between two nodes, the gap to B."""

Step = tuple[int, int, int]
"""From a node (-1: from A), by a step of some sort: which span or gap, or at which node the network is entered or
left."""

Bans = frozenset[Step]
"""Steps that a route may not take."""


@dataclass(frozen=True, eq=False, slots=True)
class Contender:
    """One route demand. number: its place in the order of serving. start, end: its period as ordinal days, half-open.

    usable: by row of the search's network, what it might use if nothing were taken by the others.
    """

    number: int
    priority: int
    units: int
    start: int
    end: int
    budget_cents: float
    search: RouteSearch
    usable: Flags

    @property
    def network(self) -> Network:
        return self.search.network

    def affords(self, cost: float) -> bool:
        """A cost a year, rounded to cents as it will be told."""
        return round(100.0 * cost) <= self.budget_cents


@dataclass(frozen=True, eq=False)
class Column:
    """One way of one contender through its network. spans: GAP where new build. lines: what it holds, each once."""

    contender: Contender
    nodes: Ids
    spans: Ids
    cost: float
    lines: frozenset[int]

    @classmethod
    def of(cls, contender: Contender, nodes: Ids, spans: Ids, cost: float) -> "Column":
        network = contender.network
        rows = np.unique(network.span_asset[spans[spans != GAP]])
        return cls(contender, nodes, spans, cost, frozenset(network.lines.asset[rows].tolist()))

    @classmethod
    def along(cls, contender: Contender, route: Route) -> "Column":
        return cls.of(contender, route.nodes, route.spans, route.cost_per_year)

    @property
    def number(self) -> int:
        return self.contender.number

    @cached_property
    def route(self) -> Route:
        return self.contender.search.along(self.nodes, self.spans)

    @cached_property
    def key(self) -> tuple[int, bytes, bytes]:
        """The same for the same way through the network, and in the same order in any run."""
        return self.number, self.nodes.tobytes(), self.spans.tobytes()

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        nodes, spans = self.nodes.tolist(), self.spans.tolist()
        inner = [
            (here, SPAN, span) if span != GAP else (here, BUILD, self.contender.network.gap_between(here, there))
            for here, span, there in zip(nodes[:-1], spans, nodes[1:], strict=True)
        ]
        return ((-1, ENTRY, nodes[0]), *inner, (nodes[-1], EXIT, nodes[-1]))


def steps_from(contender: Contender, node: int) -> list[Step]:
    """Every step that leads on from a node (-1: from A)."""
    network, search = contender.network, contender.search
    if node < 0:
        return [(-1, ENTRY, int(entry)) for entry in search.entry]
    spans = network.arcs.item[network.arcs.first[node] : network.arcs.first[node + 1]]
    gaps = network.gaps.item[network.gaps.first[node] : network.gaps.first[node + 1]]
    found = [(node, SPAN, int(span)) for span in spans] + [(node, BUILD, int(gap)) for gap in gaps]
    return [*found, (node, EXIT, node)] if node in search.exit else found


def either_way(network: Network, step: Step) -> Bans:
    """A span or gap from both its ends; of the gaps from A and to B the one way there is."""
    _, sort, item = step
    if sort == SPAN:
        return frozenset({(int(network.span_start[item]), SPAN, item), (int(network.span_end[item]), SPAN, item)})
    if sort == BUILD:
        return frozenset((int(node), BUILD, item) for node in network.gap_ends[item])
    return frozenset({step})


def ceiling(contender: Contender) -> float:
    """No route that the contender may take costs more a year."""
    search, network = contender.search, contender.network
    longest = min(search.max_length_m, network.longest_m)
    ends = (np.linalg.norm(network.node_ecef - end, axis=1) for end in search.ends)
    inside = sum(ends) <= longest + SLACK
    own = contender.usable[network.span_asset] & inside[network.span_start] & inside[network.span_end]
    price, span_m = network.span_price[own], network.span_length_m[own]
    gap_m, extra = network.gap_length_m, network.gap_extra
    per_m = contender.units * _dearest(price, span_m) + search.gap_cost + _dearest(extra, gap_m)
    once = contender.units * float(price[span_m <= 0].sum())
    once += float(search.entry_extra.max(initial=0.0) + search.exit_extra.max(initial=0.0))
    changes = search.terms.crossing_cost * int(inside.sum())
    return min(per_m * longest + once + changes, contender.budget_cents / 100.0 + 0.005)


def _dearest(cost: Floats, length_m: Floats) -> float:
    """Of what costs something a metre."""
    real = length_m > 0
    return float((cost[real] / length_m[real]).max(initial=0.0))
