"""The cheapest path through a network under limits: label setting with dominance, compiled.

A label is a path from A to a node, with what it has used up. One label dominates another at the same node when every
way on from the second is open to the first and costs no more of anything (Desrochers and Soumis 1988). What a way on
costs depends on the last asset (a change of owner has a price, a joint a loss), so a label of another asset dominates
only with that much to spare. Keys are the cost so far plus a consistent lower bound of the rest, so the first finished
label is an optimum.

Limits: length; share of gaps (gap - share x (gap + span) <= 0, a balance that spans pay back); loss in dB. New build
is continuous between two assets, so a gap never follows a gap, and the gaps from A and to B have an asset between
them. Because of the last two a walk could gain by coming back to a node. Nodes in `critical` are remembered by each
label and entered once; the caller adds those that a found path repeats and searches again until it repeats none
(Boland, Dethridge and Dumitrescu 2006), so that what is found is a true optimum among paths that repeat no node.
"""

import heapq
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sharing.matching.arrays import Flags, Floats
from sharing.matching.compiled import compiled, inlined

Ids = NDArray[np.int32]

NODE, ASSET, BY_GAP, PARENT, VIA, OLDER, DEAD, NEXT_GAP = range(8)
COST, LENGTH, BALANCE, LOSS = range(4)

GAP: Final = -1
"""`via` of a step that is new build; spans are numbered from 0."""

SLACK: Final = 1e-7
"""Rounding allowed for when a sum is held against a limit (0.1 micrometre, or dB)."""


ROUND: Final = 1.0 - 1e-9
"""Keeps lower bounds below the sums they are compared with."""


class Graph(NamedTuple):
    """What every search on a network shares; see `Network` for the columns."""

    arc_first: Ids
    arc_head: Ids
    arc_span: Ids
    gap_first: Ids
    gap_head: Ids
    gap_pair: Ids
    span_asset: Ids
    span_price: Floats
    span_length: Floats
    span_loss: Floats
    asset_owner: Ids
    gap_length: Floats  # the gaps of a node are listed shortest first
    gap_weight: Floats  # length times how much dearer than on plain ground, no less than 1, it is to dig there
    node_place: Floats  # ECEF, m
    least_rate: float  # lowest price of a unit per metre of any span


class Ask(NamedTuple):
    """One demand. Entries and exits are nodes with their distances in metres from A and from B."""

    usable: Flags  # by asset
    entry: Ids
    entry_length: Floats
    exit: Ids
    exit_length: Floats
    place_a: Floats
    place_b: Floats
    quantity: float
    gap_cost: float  # per metre of weight
    gap_rate: float  # further cost per metre of length
    gap_loss: float  # dB per metre
    max_gap: float
    crossing_cost: float
    joint_cost: float
    joint_loss: float
    snap: float
    max_length: float
    max_share: float
    max_loss: float


class Rest(NamedTuple):
    """Lower bounds of what is left from each node to B; empty where straight distance must do.

    `cost` is of cost and of each sum that a limit is on, times its multiplier; `credit` is what the limits themselves
    weigh so. With multipliers 0 it is cost alone (Lagrange; Handler and Zang 1980).
    """

    cost: Floats
    length: Floats
    loss: Floats
    per_length: float
    per_balance: float
    per_loss: float
    credit: float


class Mode(NamedTuple):
    """Which limits labels are held against, and the nodes that each remembers (bit of each, or -1)."""

    use_length: bool
    use_gap: bool
    use_loss: bool
    critical: Ids
    words: int
    max_labels: int
    most: float  # only what costs less is looked for


class Labels(NamedTuple):
    ints: Ids
    sums: Floats
    seen: NDArray[np.uint64]


class Found(NamedTuple):
    """Nodes of the path and the step that leads to each; its sums without what the owner of nothing would add.

    labels: how many were made, -1 when they ran out.
    """

    nodes: Ids
    vias: Ids
    sums: Floats
    exists: bool
    labels: int


@compiled
def _wider(labels: Labels) -> Labels:
    size = labels.ints.shape[0]
    ints = np.empty((2 * size, labels.ints.shape[1]), np.int32)
    sums = np.empty((2 * size, labels.sums.shape[1]), np.float64)
    seen = np.zeros((2 * size, labels.seen.shape[1]), np.uint64)
    ints[:size], sums[:size], seen[:size] = labels.ints, labels.sums, labels.seen
    return Labels(ints, sums, seen)


@inlined
def _straight(here: Floats, there: Floats) -> float:
    return float(np.sqrt((here[0] - there[0]) ** 2 + (here[1] - there[1]) ** 2 + (here[2] - there[2]) ** 2))


@inlined
def _dominates(labels: Labels, a: int, b: int, graph: Graph, ask: Ask, mode: Mode) -> bool:
    """Whether label a makes label b of the same node superfluous."""
    ints, sums = labels.ints, labels.sums
    if ints[a, BY_GAP] > ints[b, BY_GAP]:
        return False
    asset_a, asset_b = ints[a, ASSET], ints[b, ASSET]
    joint = ints[a, BY_GAP] == 0 and (ints[b, BY_GAP] == 1 or asset_a != asset_b)
    spare = ask.joint_cost if joint else 0.0
    if asset_a >= 0 and (asset_b < 0 or graph.asset_owner[asset_a] != graph.asset_owner[asset_b]):
        spare += ask.crossing_cost
    if sums[a, COST] + spare > sums[b, COST]:
        return False
    if mode.use_length and sums[a, LENGTH] > sums[b, LENGTH]:
        return False
    if mode.use_gap and sums[a, BALANCE] > sums[b, BALANCE]:
        return False
    if mode.use_loss and sums[a, LOSS] + (ask.joint_loss if joint else 0.0) > sums[b, LOSS]:
        return False
    for word in range(mode.words):  # noqa: SIM110 - compiled code has no generators
        if labels.seen[a, word] & ~labels.seen[b, word]:
            return False
    return True


@inlined
def _keep(labels: Labels, new: int, newest: Ids, graph: Graph, ask: Ask, mode: Mode) -> bool:
    """List label `new` at its node unless another there dominates it; strike off those that it dominates."""
    ints = labels.ints
    node = ints[new, NODE]
    younger, other = -1, newest[node]
    while other >= 0:
        if _dominates(labels, other, new, graph, ask, mode):
            return False
        other = ints[other, OLDER]
    other = newest[node]
    while other >= 0:
        older = ints[other, OLDER]
        if _dominates(labels, new, other, graph, ask, mode):
            ints[other, DEAD] = 1
            if younger < 0:
                newest[node] = older
            else:
                ints[younger, OLDER] = older
        else:
            younger = other
        other = older
    ints[new, OLDER] = newest[node]
    newest[node] = new
    return True


@inlined
def _begin(labels: Labels, new: int, node: int, gap_m: float, ask: Ask) -> None:
    """Label `new`: the gap from A to a node."""
    ints, sums = labels.ints, labels.sums
    ints[new, NODE], ints[new, ASSET], ints[new, PARENT] = node, -1, -1
    ints[new, VIA], ints[new, BY_GAP] = GAP, 1
    joints = 1.0 if gap_m > ask.snap else 0.0
    sums[new, COST] = (ask.gap_cost + ask.gap_rate) * gap_m + ask.joint_cost * joints
    sums[new, LENGTH] = gap_m
    sums[new, BALANCE] = gap_m * (1.0 - ask.max_share)
    sums[new, LOSS] = ask.gap_loss * gap_m + ask.joint_loss * joints


@inlined
def _along_gap(labels: Labels, new: int, parent: int, at: int, graph: Graph, ask: Ask) -> None:
    """Label `new`: label `parent` and the gap listed at `at`, with the joints at both its ends."""
    ints, sums = labels.ints, labels.sums
    pair = graph.gap_pair[at]
    gap_m = graph.gap_length[pair]
    ints[new, NODE], ints[new, ASSET], ints[new, PARENT] = graph.gap_head[at], ints[parent, ASSET], parent
    ints[new, VIA], ints[new, BY_GAP] = GAP, 1
    cost = ask.gap_cost * graph.gap_weight[pair] + ask.gap_rate * gap_m
    sums[new, COST] = sums[parent, COST] + cost + 2.0 * ask.joint_cost
    sums[new, LENGTH] = sums[parent, LENGTH] + gap_m
    sums[new, BALANCE] = sums[parent, BALANCE] + gap_m * (1.0 - ask.max_share)
    sums[new, LOSS] = sums[parent, LOSS] + ask.gap_loss * gap_m + 2.0 * ask.joint_loss


@inlined
def _along_span(labels: Labels, new: int, parent: int, at: int, graph: Graph, ask: Ask) -> None:
    """Label `new`: label `parent` and the span listed at `at`."""
    ints, sums = labels.ints, labels.sums
    span = graph.arc_span[at]
    asset, last = graph.span_asset[span], ints[parent, ASSET]
    ints[new, NODE], ints[new, ASSET], ints[new, PARENT] = graph.arc_head[at], asset, parent
    ints[new, VIA], ints[new, BY_GAP] = span, 0
    cost, loss = ask.quantity * graph.span_price[span], graph.span_loss[span]
    if last >= 0 and graph.asset_owner[last] != graph.asset_owner[asset]:
        cost += ask.crossing_cost
    if ints[parent, BY_GAP] == 0 and last != asset:
        cost, loss = cost + ask.joint_cost, loss + ask.joint_loss
    sums[new, COST] = sums[parent, COST] + cost
    sums[new, LENGTH] = sums[parent, LENGTH] + graph.span_length[span]
    sums[new, BALANCE] = sums[parent, BALANCE] - ask.max_share * graph.span_length[span]
    sums[new, LOSS] = sums[parent, LOSS] + loss


@inlined
def _key(labels: Labels, new: int, graph: Graph, ask: Ask, rest: Rest, mode: Mode) -> float:
    """Least cost of any path that begins with label `new`; infinite when none can keep the limits."""
    node, sums = labels.ints[new, NODE], labels.sums
    # Straight distances are lower bounds for every label of the node, so they hold whatever the mode.
    to_b = _straight(graph.node_place[node], ask.place_b)
    if _straight(graph.node_place[node], ask.place_a) + to_b > ask.max_length + SLACK:
        return np.inf
    if mode.use_length:
        left = rest.length[node] if rest.length.size else to_b
        if sums[new, LENGTH] + left > ask.max_length + SLACK:
            return np.inf
    if mode.use_loss:
        left = rest.loss[node] if rest.loss.size else 0.0
        if sums[new, LOSS] + left > ask.max_loss + SLACK:
            return np.inf
    if mode.use_gap and sums[new, BALANCE] - ask.max_share * (ask.max_length - sums[new, LENGTH]) > SLACK:
        return np.inf
    if rest.cost.size == 0:
        return float(
            sums[new, COST] + min(ask.quantity * graph.least_rate, ask.gap_cost + ask.gap_rate) * to_b * ROUND
        )
    weighed = rest.per_length * sums[new, LENGTH] + rest.per_balance * sums[new, BALANCE]
    weighed += rest.per_loss * sums[new, LOSS] - rest.credit
    return float(sums[new, COST] + weighed + rest.cost[node] * ROUND)


@inlined
def _remember(labels: Labels, new: int, mode: Mode) -> bool:
    """Note the node of label `new` among those it has been to; False when it had been there."""
    parent, node = labels.ints[new, PARENT], labels.ints[new, NODE]
    for word in range(mode.words):
        labels.seen[new, word] = labels.seen[parent, word] if parent >= 0 else np.uint64(0)
    if mode.words and mode.critical[node] >= 0:
        word, bit = mode.critical[node] // 64, np.uint64(1) << np.uint64(mode.critical[node] % 64)
        if labels.seen[new, word] & bit:
            return False
        labels.seen[new, word] |= bit
    return True


@inlined
def _finish(labels: Labels, label: int, gap_m: float, ask: Ask, mode: Mode, total: Floats) -> bool:
    """Write to `total` the sums of the path that ends with the gap from this label to B; False beyond a limit."""
    sums, joints = labels.sums, 1.0 if gap_m > ask.snap else 0.0
    total[COST] = sums[label, COST] + (ask.gap_cost + ask.gap_rate) * gap_m + ask.joint_cost * joints
    total[LENGTH] = sums[label, LENGTH] + gap_m
    total[BALANCE] = sums[label, BALANCE] + gap_m * (1.0 - ask.max_share)
    total[LOSS] = sums[label, LOSS] + ask.gap_loss * gap_m + ask.joint_loss * joints
    if mode.use_length and total[LENGTH] > ask.max_length + SLACK:
        return False
    if mode.use_gap and total[BALANCE] > SLACK:
        return False
    return not (mode.use_loss and total[LOSS] > ask.max_loss + SLACK)


@compiled
def _trace(labels: Labels, last: int) -> tuple[Ids, Ids]:
    steps, label = 0, last
    while label >= 0:
        steps, label = steps + 1, labels.ints[label, PARENT]
    nodes, vias = np.empty(steps, np.int32), np.empty(steps, np.int32)
    label = last
    while label >= 0:
        steps -= 1
        nodes[steps], vias[steps] = labels.ints[label, NODE], labels.ints[label, VIA]
        label = labels.ints[label, PARENT]
    return nodes, vias


@compiled
def search(graph: Graph, ask: Ask, rest: Rest, mode: Mode) -> Found:
    """The cheapest path from A to B that keeps the limits of `mode`.

    Its first step is the gap from A, maybe of no length; the gap from its last node to B is left to the caller.
    """
    nodes = graph.arc_first.shape[0] - 1
    exit_of = np.full(nodes, np.inf)
    exit_of[ask.exit] = ask.exit_length
    newest = np.full(nodes, -1, np.int32)
    size = 1024
    labels = Labels(
        np.empty((size, 8), np.int32), np.empty((size, 4), np.float64), np.zeros((size, mode.words), np.uint64)
    )
    made, best, best_label = 0, mode.most, -1
    total, best_sums = np.zeros(4), np.zeros(4)
    queue = [(0.0, 0)]  # least cost; twice the label to settle, or that plus one for its next gap
    queue.pop()
    parent, gap_turn, reached = -1, False, 0.0
    while made >= 0:
        if parent < 0:
            first, last = 0, ask.entry.shape[0]
        elif gap_turn:
            first, last = labels.ints[parent, NEXT_GAP], labels.ints[parent, NEXT_GAP] + 1
            labels.ints[parent, NEXT_GAP] = last
        else:
            node = labels.ints[parent, NODE]
            first, last = graph.arc_first[node], graph.arc_first[node + 1]
        for at in range(first, last):
            if made == mode.max_labels:
                return Found(newest[:0], newest[:0], best_sums, False, -1)
            if made == size:
                labels, size = _wider(labels), 2 * size
            if parent < 0:
                _begin(labels, made, ask.entry[at], ask.entry_length[at], ask)
            elif gap_turn:
                _along_gap(labels, made, parent, at, graph, ask)
            else:
                if not ask.usable[graph.span_asset[graph.arc_span[at]]]:
                    continue
                _along_span(labels, made, parent, at, graph, ask)
            key = _key(labels, made, graph, ask, rest, mode)
            if key >= best or not _remember(labels, made, mode):
                continue
            labels.ints[made, DEAD], labels.ints[made, NEXT_GAP] = 0, graph.gap_first[labels.ints[made, NODE]]
            if _keep(labels, made, newest, graph, ask, mode):
                heapq.heappush(queue, (max(key, reached), 2 * made))
                made += 1
        # Gaps are dear and many: the next one of a label waits in the queue at the least it can cost.
        if parent >= 0 and not labels.ints[parent, BY_GAP] and not labels.ints[parent, DEAD]:
            at = labels.ints[parent, NEXT_GAP]
            if at < graph.gap_first[labels.ints[parent, NODE] + 1]:
                gap_m = graph.gap_length[graph.gap_pair[at]]
                key = _key(labels, parent, graph, ask, rest, mode)
                if rest.cost.size == 0:  # to B is at most so much nearer at the far end of the gap
                    metre = ask.gap_cost + ask.gap_rate
                    key += (metre - min(ask.quantity * graph.least_rate, metre)) * gap_m * ROUND
                if key < best and gap_m <= ask.max_gap:
                    heapq.heappush(queue, (max(key, reached), 2 * parent + 1))
        parent = -1
        while len(queue) > 0 and parent < 0:
            reached, code = heapq.heappop(queue)
            if reached >= best:
                break
            if not labels.ints[code // 2, DEAD]:
                parent, gap_turn = code // 2, code % 2 == 1
        if parent < 0:
            break
        if not gap_turn and not labels.ints[parent, BY_GAP]:
            gap_m = exit_of[labels.ints[parent, NODE]]
            if gap_m <= ask.max_gap and _finish(labels, parent, gap_m, ask, mode, total) and total[COST] < best:
                best, best_label = total[COST], parent
                best_sums[:] = total
    found_nodes, found_vias = _trace(labels, best_label)
    return Found(found_nodes, found_vias, best_sums, best_label >= 0, made)


@compiled
def remaining(graph: Graph, ask: Ask, within: Floats, most: float) -> Floats:
    """Least weight from every node to B by usable spans and gaps, no limit but that of each gap kept: a lower bound.

    Nodes whose `within` is infinite are left out (empty: none is), and so is what lies farther than `most`; their
    weight is infinite.
    """
    nodes = graph.arc_first.shape[0] - 1
    weight = np.full(nodes, np.inf)
    open_to = np.ones(nodes, np.bool_)
    if within.size:
        open_to[:] = within < np.inf
    next_gap = graph.gap_first[:nodes].copy()
    queue = [(0.0, 0)]  # weight; twice the node to settle, or that plus one for its next gap
    queue.pop()
    for i in range(ask.exit.shape[0]):
        node = ask.exit[i]
        if ask.exit_length[i] <= ask.max_gap and open_to[node]:
            weight[node] = (ask.gap_cost + ask.gap_rate) * ask.exit_length[i]
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
            pair, head = graph.gap_pair[at], graph.gap_head[at]
            there = weight[node] + ask.gap_cost * graph.gap_weight[pair] + ask.gap_rate * graph.gap_length[pair]
            if there < weight[head] and open_to[head]:
                weight[head] = there
                heapq.heappush(queue, (there, 2 * head))
        else:
            for at in range(graph.arc_first[node], graph.arc_first[node + 1]):
                span, head = graph.arc_span[at], graph.arc_head[at]
                there = here + ask.quantity * graph.span_price[span]
                if there < weight[head] and open_to[head] and ask.usable[graph.span_asset[span]]:
                    weight[head] = there
                    heapq.heappush(queue, (there, 2 * head))
        at = next_gap[node]
        if at < graph.gap_first[node + 1]:
            gap_m = graph.gap_length[graph.gap_pair[at]]
            if gap_m <= ask.max_gap:
                heapq.heappush(queue, (weight[node] + (ask.gap_cost + ask.gap_rate) * gap_m, 2 * node + 1))
    weight[weight > most] = np.inf
    return weight
