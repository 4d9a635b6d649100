"""Lower bounds of what is left of a path, from distances to a few landmarks (Goldberg and Harrelson 2005), compiled.

A **state** is a node together with an owner who has a span there. Between states lead the spans, at their price for a
quantity, the gaps at theirs, and changes of owner at theirs: all of it the same both ways, so by the triangle
inequality two states are no nearer to each other than the difference of their distances to any landmark. Bars,
limits and the quantity beyond the one counted with only make ways longer, so the bounds hold for every demand.
"""

import heapq
from typing import Final, NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sharing.matching.arrays import Floats, Ints
from sharing.matching.compiled import compiled
from sharing.matching.search_graph import Ask, Graph, Guide, Ids

LANDMARKS: Final = 32
WORTH_IT: Final = 24
"""Searches on one network with the same terms, after which landmarks for them are made."""


class States(NamedTuple):
    """States of node v are first[v] to first[v + 1]; `owner` as in Graph.asset_owner."""

    first: Ids
    owner: Ids


class Tables(NamedTuple):
    """See Guide; each of states by landmarks."""

    table: Floats
    near: Floats
    far: Floats


class Landmarks:
    """What is known of one network: distances for each set of terms that is asked for often enough."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.states = _states(graph)
        self.asked: dict[tuple[float, ...], int] = {}
        self.tables: dict[tuple[float, ...], Tables] = {}

    def guide(self, ask: Ask, *, worth_it: int = WORTH_IT) -> Guide:
        """Bounds for one demand; none yet when its terms were asked for less than `worth_it` times."""
        quantity = 2.0 ** np.floor(np.log2(ask.quantity))
        terms = (float(quantity), ask.gap_cost, ask.crossing_cost, ask.max_gap)
        self.asked[terms] = self.asked.get(terms, 0) + 1
        if terms not in self.tables:
            if self.asked[terms] <= worth_it:
                return NO_GUIDE
            table = self._table(ask._replace(quantity=terms[0]))
            self.tables[terms] = Tables(table, *_by_gap(self.graph, ask, self.states, table))
        tables = self.tables[terms]
        if not tables.table.size:
            return NO_GUIDE
        lower, upper = _to_b(self.states, tables.table, ask)
        return Guide(self.states.first, self.states.owner, *tables, lower, upper)

    def _table(self, ask: Ask) -> Floats:
        """Distances from the landmarks, shape (states, landmarks)."""
        inside = _largest_part(self.graph)
        node = np.repeat(np.arange(inside.size), np.diff(self.states.first))
        candidates = np.flatnonzero(inside[node])
        chosen = candidates[_outermost(self.graph.node_place[node[candidates]])]
        columns = [_distances(self.graph, ask, self.states, int(state)) for state in chosen]
        return np.ascontiguousarray(np.column_stack(columns)) if columns else np.empty((0, 0))


NOTHING: Final = np.empty((0, 0))
NO_GUIDE: Final = Guide(
    np.empty(0, np.int32), np.empty(0, np.int32), NOTHING, NOTHING, NOTHING, np.empty(0), np.empty(0)
)


def _outermost(place: Floats) -> Ints:
    """The place farthest from the middle in each of as many directions as there are landmarks.

    Whatever lies between a landmark and B is bounded best, so they stand about the network, not in it.
    """
    if not len(place):
        return np.empty(0, dtype=np.int64)
    away = place - place.mean(axis=0)
    _, axes = np.linalg.eigh(away.T @ away)
    plane = away @ axes[:, 1:]
    direction = np.arctan2(plane[:, 1], plane[:, 0]) / (2 * np.pi) + 0.5
    sector = np.minimum((direction * LANDMARKS).astype(np.int64), LANDMARKS - 1)
    order = np.lexsort((-(plane**2).sum(axis=1), sector))
    return order[np.unique(sector[order], return_index=True)[1]]


def _states(graph: Graph) -> States:
    node_count = graph.arc_first.size - 1
    tail = np.repeat(np.arange(node_count), np.diff(graph.arc_first))
    owner = graph.asset_owner[graph.span_asset[graph.arc_span]]
    pairs = np.unique(np.column_stack((tail, owner)), axis=0).reshape(-1, 2)
    first = np.concatenate(([0], np.cumsum(np.bincount(pairs[:, 0], minlength=node_count))))
    return States(first.astype(np.int32), pairs[:, 1].astype(np.int32))


def _largest_part(graph: Graph) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which nodes are in the largest part of the network that hangs together."""
    node_count = graph.arc_first.size - 1
    tail = np.repeat(np.arange(node_count), np.diff(graph.arc_first))
    gap_tail = np.repeat(np.arange(node_count), np.diff(graph.gap_first))
    row, column = np.concatenate((tail, gap_tail)), np.concatenate((graph.arc_head, graph.gap_head))
    joined = coo_array((np.ones(row.size, dtype=np.int8), (row, column)), shape=(node_count, node_count))
    part = connected_components(joined, directed=False)[1]
    return np.asarray(part == np.argmax(np.bincount(part)))


def _to_b(states: States, table: Floats, ask: Ask) -> tuple[Floats, Floats]:
    """Of each landmark: the least and the greatest distance that B can have, over the states B is reached from."""
    count = np.diff(states.first)[ask.exit]
    if not count.sum():
        return np.full(table.shape[1], -np.inf), np.full(table.shape[1], np.inf)
    exits = np.concatenate([np.arange(states.first[node], states.first[node + 1]) for node in ask.exit])
    build = np.repeat((ask.gap_cost + ask.gap_rate) * ask.exit_length + ask.exit_extra, count)[:, None]
    return (table[exits] + build).min(axis=0), (table[exits] - build).max(axis=0)


@compiled
def _by_gap(graph: Graph, ask: Ask, states: States, table: Floats) -> tuple[Floats, Floats]:
    """Over the gaps from each state: the least that gap and way to a landmark cost, and the greatest that is left of
    the way when the gap is taken off it."""
    gap_first, gap_head, gap_pair = graph.gap_first, graph.gap_head, graph.gap_pair
    gap_length, gap_extra = graph.gap_length, graph.gap_extra
    first, owner = states.first, states.owner
    near, far = np.full(table.shape, np.inf), np.full(table.shape, -np.inf)
    if not table.size:
        return near, far
    for node in range(first.shape[0] - 1):
        for state in range(first[node], first[node + 1]):
            for at in range(gap_first[node], gap_first[node + 1]):
                pair = gap_pair[at]
                if gap_length[pair] > ask.max_gap:
                    break
                build = ask.gap_cost * gap_length[pair] + gap_extra[pair]
                for other in range(first[gap_head[at]], first[gap_head[at] + 1]):
                    cost = build if owner[other] == owner[state] else build + ask.crossing_cost
                    for landmark in range(table.shape[1]):
                        near[state, landmark] = min(near[state, landmark], table[other, landmark] + cost)
                        far[state, landmark] = max(far[state, landmark], table[other, landmark] - cost)
    return near, far


@compiled
def _distances(graph: Graph, ask: Ask, states: States, source: int) -> Floats:
    """Least cost from one state to every other: Dijkstra, with the next gap of each state waiting in the queue."""
    arc_first, arc_head, arc_span = graph.arc_first, graph.arc_head, graph.arc_span
    gap_first, gap_head, gap_pair = graph.gap_first, graph.gap_head, graph.gap_pair
    span_asset, span_price, asset_owner = graph.span_asset, graph.span_price, graph.asset_owner
    gap_length, gap_extra, max_gap = graph.gap_length, graph.gap_extra, ask.max_gap
    quantity, gap_cost, crossing_cost = ask.quantity, ask.gap_cost, ask.crossing_cost
    first, owner = states.first, states.owner
    node_of = np.empty(owner.shape[0], np.int32)
    for node in range(first.shape[0] - 1):
        node_of[first[node] : first[node + 1]] = node
    weight = np.full(owner.shape[0], np.inf)
    next_gap = gap_first[node_of]
    weight[source] = 0.0
    queue = [(0.0, 2 * source)]
    while len(queue) > 0:
        here, code = heapq.heappop(queue)
        state = code // 2
        node = node_of[state]
        if code % 2 == 0:
            if here > weight[state]:
                continue
            for other in range(first[node], first[node + 1]):
                if here + crossing_cost < weight[other]:
                    weight[other] = here + crossing_cost
                    heapq.heappush(queue, (weight[other], 2 * other))
            for at in range(arc_first[node], arc_first[node + 1]):
                if asset_owner[span_asset[arc_span[at]]] != owner[state]:
                    continue
                there = here + quantity * span_price[arc_span[at]]
                head = first[arc_head[at]]
                while owner[head] != owner[state]:
                    head += 1
                if there < weight[head]:
                    weight[head] = there
                    heapq.heappush(queue, (there, 2 * head))
        at = next_gap[state]
        while at < gap_first[node + 1]:
            pair = gap_pair[at]
            if gap_length[pair] > max_gap:
                break
            due = weight[state] + gap_cost * gap_length[pair]  # no dearer than the gap itself
            there = due + gap_extra[pair]
            nearer = False
            for head in range(first[gap_head[at]], first[gap_head[at] + 1]):
                nearer |= (there if owner[head] == owner[state] else there + crossing_cost) < weight[head]
            if nearer and len(queue) > 0 and due > queue[0][0]:
                heapq.heappush(queue, (due, 2 * state + 1))
                break
            for head in range(first[gap_head[at]], first[gap_head[at] + 1]):
                whole = there if owner[head] == owner[state] else there + crossing_cost
                if whole < weight[head]:
                    weight[head] = whole
                    heapq.heappush(queue, (whole, 2 * head))
            at += 1
        next_gap[state] = at
    return weight
