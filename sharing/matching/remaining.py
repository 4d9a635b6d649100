"""How much of a path is left from every node: Dijkstra from B, compiled."""

import heapq

import numpy as np

from sharing.matching.arrays import Floats
from sharing.matching.compiled import compiled
from sharing.matching.search_graph import Ask, Graph


@compiled
def remaining(graph: Graph, ask: Ask, within: Floats, most: float) -> Floats:
    """Least weight from every node to B by usable spans and gaps, no limit but that of each gap kept: a lower bound.

    Nodes whose `within` is infinite are left out (empty: none is), and so is what lies farther than `most`; their
    weight is infinite.
    """
    arc_first, arc_head, arc_span = graph.arc_first, graph.arc_head, graph.arc_span
    gap_first, gap_head, gap_pair = graph.gap_first, graph.gap_head, graph.gap_pair
    span_asset, span_price, usable = graph.span_asset, graph.span_price, ask.usable
    gap_length, gap_extra, max_gap = graph.gap_length, graph.gap_extra, ask.max_gap
    quantity, gap_cost, gap_rate = ask.quantity, ask.gap_cost, ask.gap_rate
    nodes = arc_first.shape[0] - 1
    weight = np.full(nodes, np.inf)
    open_to = np.ones(nodes, np.bool_)
    if within.size:
        open_to[:] = within < np.inf
    next_gap = gap_first[:nodes].copy()
    queue = [(0.0, 0)]  # weight; twice the node to settle, or that plus one for its next gap
    queue.pop()
    for i in range(ask.exit.shape[0]):
        node = ask.exit[i]
        if ask.exit_length[i] <= max_gap and open_to[node]:
            weight[node] = (gap_cost + gap_rate) * ask.exit_length[i] + ask.exit_extra[i]
            heapq.heappush(queue, (weight[node], 2 * node))
    while len(queue) > 0:
        here, code = heapq.heappop(queue)
        node, gap_turn = code // 2, code % 2 == 1
        if here > most:
            break
        if not gap_turn and here > weight[node]:
            continue
        if gap_turn:
            at = next_gap[node]
            next_gap[node] = at + 1
            pair, head = gap_pair[at], gap_head[at]
            there = weight[node] + (gap_cost + gap_rate) * gap_length[pair] + gap_extra[pair]
            if there < weight[head] and open_to[head]:
                weight[head] = there
                heapq.heappush(queue, (there, 2 * head))
        else:
            for at in range(arc_first[node], arc_first[node + 1]):
                span, head = arc_span[at], arc_head[at]
                there = here + quantity * span_price[span]
                if there < weight[head] and open_to[head] and usable[span_asset[span]]:
                    weight[head] = there
                    heapq.heappush(queue, (there, 2 * head))
        at = next_gap[node]
        if at < gap_first[node + 1]:
            gap_m = gap_length[gap_pair[at]]
            if gap_m <= max_gap:
                heapq.heappush(queue, (weight[node] + (gap_cost + gap_rate) * gap_m, 2 * node + 1))
    weight[weight > most] = np.inf
    return weight
