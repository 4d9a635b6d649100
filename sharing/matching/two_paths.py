"""Two paths at once that share no arc, at the least cost together (Suurballe 1974, as a flow), compiled."""

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sharing.matching.arrays import Floats, Ints
from sharing.matching.compiled import compiled


class Digraph(NamedTuple):
    """Arcs in pairs: arc 2i from tail to head at `cost`, and 2i + 1 back against it. room: how often each may be used.

    Arcs that leave vertex v are out[first[v] : first[v + 1]].
    """

    tail: Ints
    head: Ints
    cost: Floats
    room: NDArray[np.int8]
    first: Ints
    out: Ints


def digraph(tail: Ints, head: Ints, cost: Floats, room: Ints, vertices: int) -> Digraph:
    """From one-way arcs."""
    both_tail = np.column_stack((tail, head)).ravel()
    both_head = np.column_stack((head, tail)).ravel()
    both_cost = np.column_stack((cost, -cost)).ravel()
    both_room = np.column_stack((room, np.zeros_like(room))).ravel().astype(np.int8)
    out = np.argsort(both_tail, kind="stable")
    first = np.concatenate(([0], np.cumsum(np.bincount(both_tail, minlength=vertices)))).astype(np.int64)
    return Digraph(both_tail, both_head, both_cost, both_room, first, out)


@compiled
def cheapest_flow(graph: Digraph, source: int, sink: int, units: int) -> tuple[NDArray[np.int8], int, Floats]:
    """How often each arc is used by the cheapest flow of `units`, how many units there is way for, and a potential of
    each vertex: no arc with room left is cheaper than it rises along it.

    Dijkstra on costs reduced by the distances of the round before, so that arcs back against the flow are never
    negative.
    """
    vertices = graph.first.shape[0] - 1
    room = graph.room.copy()
    potential = np.zeros(vertices)
    sent = 0
    while sent < units:
        distance = np.full(vertices, np.inf)
        came_by = np.full(vertices, -1, np.int64)
        distance[source] = 0.0
        queue = [(0.0, source)]
        while len(queue) > 0:
            here, vertex = heapq.heappop(queue)
            if here > distance[vertex]:
                continue
            if vertex == sink:
                break
            for at in range(graph.first[vertex], graph.first[vertex + 1]):
                arc = graph.out[at]
                if room[arc] == 0:
                    continue
                head = graph.head[arc]
                there = here + max(0.0, graph.cost[arc] + potential[vertex] - potential[head])
                if there < distance[head]:
                    distance[head] = there
                    came_by[head] = arc
                    heapq.heappush(queue, (there, head))
        if distance[sink] == np.inf:
            break
        # Vertices beyond the sink keep their reduced costs from falling below 0 with its distance.
        for vertex in range(vertices):
            potential[vertex] += min(distance[vertex], distance[sink])
        vertex = sink
        while vertex != source:
            arc = came_by[vertex]
            room[arc] -= 1
            room[arc ^ 1] += 1
            vertex = graph.tail[arc]
        sent += 1
    used = np.zeros(room.shape[0], np.int8)
    for arc in range(0, room.shape[0], 2):
        used[arc] = graph.room[arc] - room[arc]
    return used, sent, potential


@compiled
def least_detour(graph: Digraph, used: NDArray[np.int8], potential: Floats) -> Floats:
    """What each arc adds to the cost of the flow at least, where two paths go along it: how much dearer it is than its
    potentials differ, and the cheapest way from its head back to a vertex of the flow (reduced costs; two paths that
    leave the flow come back to it, at their end at the latest). 0 of what the flow uses."""
    vertices, arcs = graph.first.shape[0] - 1, used.shape[0]
    rest = np.full(vertices, np.inf)
    into = np.zeros(vertices + 1, np.int64)
    for arc in range(0, arcs, 2):
        into[graph.head[arc] + 1] += 1
    for vertex in range(vertices):
        into[vertex + 1] += into[vertex]
    place, coming = into[:-1].copy(), np.empty(arcs // 2, np.int64)
    for arc in range(0, arcs, 2):
        coming[place[graph.head[arc]]] = arc
        place[graph.head[arc]] += 1
    queue = [(0.0, 0)]
    queue.pop()
    for arc in range(0, arcs, 2):
        if used[arc] > 0:
            for vertex in (graph.tail[arc], graph.head[arc]):
                if rest[vertex] > 0.0:
                    rest[vertex] = 0.0
                    heapq.heappush(queue, (0.0, vertex))
    while len(queue) > 0:
        here, vertex = heapq.heappop(queue)
        if here > rest[vertex]:
            continue
        for at in range(into[vertex], into[vertex + 1]):
            arc = coming[at]
            tail = graph.tail[arc]
            there = here + max(0.0, graph.cost[arc] + potential[tail] - potential[vertex])
            if there < rest[tail]:
                rest[tail] = there
                heapq.heappush(queue, (there, tail))
    added = np.zeros(arcs // 2)
    for arc in range(0, arcs, 2):
        if used[arc] == 0:
            reduced = max(0.0, graph.cost[arc] + potential[graph.tail[arc]] - potential[graph.head[arc]])
            added[arc // 2] = reduced + rest[graph.head[arc]]
    return added
