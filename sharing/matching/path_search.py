"""The cheapest path through a network under limits: label setting with dominance, compiled.

A label is a path from A to a node, with what it has used up. One label dominates another at the same node when every
way on from the second is open to the first and costs no more of anything (Desrochers and Soumis 1988). What a way on
costs depends on the last asset (a change of owner has a price, a joint a loss), so a label of another asset dominates
only with that much to spare. Keys are the cost so far plus a consistent lower bound of the rest, so the first finished
label is an optimum.

Tolls are paid once for each asset that a path uses. A label knows the last one; a path can come back only to an asset
of three spans or more, since it repeats no node, so that only such assets are remembered, and what a label would still
have to pay for that another has paid already is what it must have to spare.

Limits: length; share of gaps (gap - share x (gap + span) <= 0, a balance that spans pay back); loss in dB; what is
spent, which is the cost without tolls. New build is continuous between two assets, so a gap never follows a gap, and
the gaps from A and to B have an asset between them. Because of the last two a walk could gain by coming back to a
node. Nodes in `critical` are remembered by each label and entered once; the caller adds those that a found path
repeats and searches again until it repeats none (Boland, Dethridge and Dumitrescu 2006), so that what is found is a
true optimum among paths that repeat no node.
"""

import heapq

import numpy as np

from sharing.matching.arrays import Floats
from sharing.matching.compiled import compiled, inlined
from sharing.matching.search_bounds import guided_rest, rest_by_gap, straight
from sharing.matching.search_graph import (
    BALANCE,
    COST,
    GAP,
    KEY,
    LENGTH,
    LOSS,
    ROUND,
    SLACK,
    TOLL,
    Ask,
    Bits,
    Found,
    Graph,
    Guide,
    Ids,
    Mode,
    Rest,
    Scratch,
)

NODE, ASSET, BY_GAP, PARENT, VIA, OLDER, DEAD, NEXT_GAP = range(8)


@inlined
def _dominates(
    ints: Ids,
    sums: Floats,
    seen: Bits,
    asset_owner: Ids,
    a: int,
    b: int,
    crossing_cost: float,
    joint_cost: float,
    joint_loss: float,
    use_length: bool,
    use_gap: bool,
    use_loss: bool,
    use_spend: bool,
    paid: Bits,
    toll: Floats,
    toll_bit: Ids,
    remembered: Ids,
) -> bool:
    """Whether label a makes label b of the same node superfluous."""
    if ints[a, BY_GAP] > ints[b, BY_GAP] or sums[a, COST] > sums[b, COST]:
        return False
    if use_length and sums[a, LENGTH] > sums[b, LENGTH]:
        return False
    if use_gap and sums[a, BALANCE] > sums[b, BALANCE]:
        return False
    asset_a, asset_b = ints[a, ASSET], ints[b, ASSET]
    joint = ints[a, BY_GAP] == 0 and (ints[b, BY_GAP] == 1 or asset_a != asset_b)
    spare = joint_cost if joint else 0.0
    if asset_a >= 0 and asset_a != asset_b and (asset_b < 0 or asset_owner[asset_a] != asset_owner[asset_b]):
        spare += crossing_cost
    if use_spend and sums[a, COST] - sums[a, TOLL] + spare > sums[b, COST] - sums[b, TOLL]:
        return False
    if toll.size > 0:
        if asset_b >= 0 and asset_a != asset_b and toll_bit[asset_b] < 0:
            spare += toll[asset_b]
        for word in range(paid.shape[1]):
            ahead = paid[b, word] & ~paid[a, word]
            bit = 64 * word
            while ahead:
                if ahead & np.uint64(1):
                    spare += toll[remembered[bit]]
                ahead >>= np.uint64(1)
                bit += 1
    if sums[a, COST] + spare > sums[b, COST]:
        return False
    if use_loss and sums[a, LOSS] + (joint_loss if joint else 0.0) > sums[b, LOSS]:
        return False
    for word in range(seen.shape[1]):  # noqa: SIM110 - compiled code has no generators
        if seen[a, word] & ~seen[b, word]:
            return False
    return True


@compiled
def _trace(ints: Ids, last: int) -> tuple[Ids, Ids]:
    steps, label = 0, last
    while label >= 0:
        steps, label = steps + 1, ints[label, PARENT]
    nodes, vias = np.empty(steps, np.int32), np.empty(steps, np.int32)
    label = last
    while label >= 0:
        steps -= 1
        nodes[steps], vias[steps] = ints[label, NODE], ints[label, VIA]
        label = ints[label, PARENT]
    return nodes, vias


@compiled
def _deepest(ints: Ids, made: int) -> int:
    """The label of most steps."""
    steps = np.zeros(made, np.int32)
    for label in range(made):
        if ints[label, PARENT] >= 0:
            steps[label] = steps[ints[label, PARENT]] + 1
    return int(np.argmax(steps))


@compiled
def search(graph: Graph, ask: Ask, rest: Rest, mode: Mode, guide: Guide, scratch: Scratch) -> Found:
    """The cheapest path from A to B that keeps the limits of `mode`.

    Its first step is the gap from A, maybe of no length; the gap from its last node to B is left to the caller.
    One long function on local names: what is looked up in a tuple inside the loop is counted and released each time,
    which takes several times as long as all the rest.
    """
    arc_first, arc_head, arc_span = graph.arc_first, graph.arc_head, graph.arc_span
    gap_first, gap_head, gap_pair = graph.gap_first, graph.gap_head, graph.gap_pair
    span_asset, span_price, span_length, span_loss = (
        graph.span_asset,
        graph.span_price,
        graph.span_length,
        graph.span_loss,
    )
    asset_owner, gap_length, gap_extra = graph.asset_owner, graph.gap_length, graph.gap_extra
    node_place, place_a, place_b = graph.node_place, ask.place_a, ask.place_b
    usable, entry, entry_length, entry_extra = ask.usable, ask.entry, ask.entry_length, ask.entry_extra
    quantity, gap_cost, gap_rate, gap_loss = ask.quantity, ask.gap_cost, ask.gap_rate, ask.gap_loss
    crossing_cost, joint_cost, joint_loss, snap = ask.crossing_cost, ask.joint_cost, ask.joint_loss, ask.snap
    max_gap, max_length, max_share, max_loss = ask.max_gap, ask.max_length, ask.max_share, ask.max_loss
    toll, toll_bit, remembered, max_spend = ask.tolls.toll, ask.tolls.bit, ask.tolls.remembered, ask.max_spend
    tolled, paid_words = toll.size > 0, (remembered.size + 63) // 64
    rest_cost, rest_length, rest_loss = rest.cost, rest.length, rest.loss
    per_length, per_balance, per_loss, credit = rest.per_length, rest.per_balance, rest.per_loss, rest.credit
    use_length, use_gap, use_loss, use_spend = mode.use_length, mode.use_gap, mode.use_loss, mode.use_spend
    critical, words = mode.critical, mode.words
    by_rest, gap_metre = rest_cost.size > 0, gap_cost + gap_rate
    least_rate = min(quantity * graph.least_rate, gap_metre) * ROUND

    state_first, state_owner, table = guide.state_first, guide.state_owner, guide.table
    near, far, lower, upper = guide.near, guide.far, guide.lower, guide.upper
    guided = guide.state_first.size > 0
    known, gap_due = scratch.known, scratch.gap_due
    relaxed = not (use_length or use_gap or use_loss or use_spend or words > 0 or paid_words > 0)
    change_cost = crossing_cost + joint_cost

    newest, at_exit, straight_to_b = scratch.newest, scratch.at_exit, scratch.to_b
    exit_length, exit_extra = ask.exit_length, ask.exit_extra
    for row in range(ask.exit.shape[0]):
        at_exit[ask.exit[row]] = row + 1
    size = 1024
    ints, sums, seen = np.empty((size, 8), np.int32), np.empty((size, 6)), np.zeros((size, words), np.uint64)
    paid = np.zeros((size, paid_words), np.uint64)
    made, best, best_label = 0, mode.most, -1
    best_sums = np.zeros(5)
    queue = [(0.0, 0)]  # least cost; twice the label to settle, or that plus one for its next gaps
    queue.pop()
    parent, gap_turn, reached = -1, False, 0.0
    while True:
        # What `parent` leads to: from A by gap (parent -1), from a label along spans, or along its next gaps.
        if parent < 0:
            first, last = 0, entry.shape[0]
        elif gap_turn:
            first, last = ints[parent, NEXT_GAP], gap_first[ints[parent, NODE] + 1]
        else:
            first, last = arc_first[ints[parent, NODE]], arc_first[ints[parent, NODE] + 1]
        for at in range(first, last):
            if made == size:
                if made >= mode.max_labels:
                    some_nodes, some_vias = _trace(ints, _deepest(ints, made))
                    return Found(some_nodes, some_vias, best_sums, False, -1)
                more_ints, more_sums = np.empty((2 * size, 8), np.int32), np.empty((2 * size, 6))
                more_seen, more_paid = (
                    np.zeros((2 * size, words), np.uint64),
                    np.zeros((2 * size, paid_words), np.uint64),
                )
                more_ints[:size], more_sums[:size], more_seen[:size], more_paid[:size] = ints, sums, seen, paid
                ints, sums, seen, paid, size = more_ints, more_sums, more_seen, more_paid, 2 * size
            if parent < 0:
                node, via, asset, by_gap, span_m = entry[at], GAP, -1, 1, 0.0
                gap_m = entry_length[at]
                joints = 1.0 if gap_m > snap else 0.0
                cost = gap_metre * gap_m + entry_extra[at] + joint_cost * joints
                length, balance, loss, tolls = 0.0, 0.0, gap_loss * gap_m + joint_loss * joints, 0.0
            elif gap_turn:
                pair = gap_pair[at]
                gap_m = gap_length[pair]
                if gap_m > max_gap:
                    ints[parent, NEXT_GAP] = last
                    break
                # Gaps are dear and many: those that can only come later in the queue wait there.
                if not guided:
                    due = sums[parent, KEY]
                    if not by_rest:
                        due += (gap_metre - least_rate) * gap_m * ROUND
                    if due >= best:
                        ints[parent, NEXT_GAP] = last
                        break
                    if due > reached and len(queue) > 0 and due > queue[0][0]:
                        ints[parent, NEXT_GAP] = at
                        heapq.heappush(queue, (due, 2 * parent + 1))
                        break
                node, via, asset, by_gap, span_m = gap_head[at], GAP, ints[parent, ASSET], 1, 0.0
                cost = sums[parent, COST] + gap_metre * gap_m + gap_extra[pair] + 2.0 * joint_cost
                length, balance = sums[parent, LENGTH], sums[parent, BALANCE]
                loss, tolls = sums[parent, LOSS] + gap_loss * gap_m + 2.0 * joint_loss, sums[parent, TOLL]
            else:
                via = arc_span[at]
                asset = span_asset[via]
                if not usable[asset]:
                    continue
                node, by_gap, gap_m, span_m = arc_head[at], 0, 0.0, span_length[via]
                cost = sums[parent, COST] + quantity * span_price[via]
                length, balance = sums[parent, LENGTH], sums[parent, BALANCE]
                loss, tolls = sums[parent, LOSS] + span_loss[via], sums[parent, TOLL]
                before = ints[parent, ASSET]
                if before >= 0 and asset_owner[before] != asset_owner[asset]:
                    cost += crossing_cost
                if ints[parent, BY_GAP] == 0 and before != asset:
                    cost, loss = cost + joint_cost, loss + joint_loss
                if tolled and before != asset and toll[asset] > 0.0:
                    number = toll_bit[asset]
                    if number < 0 or not (paid[parent, number // 64] >> np.uint64(number % 64)) & np.uint64(1):
                        cost, tolls = cost + toll[asset], tolls + toll[asset]
            length += gap_m + span_m
            balance += gap_m - max_share * (gap_m + span_m)

            # What the node's newest label makes superfluous is most of what there is: see to it first.
            other = newest[node] - 1
            if relaxed and other >= 0 and ints[other, BY_GAP] <= by_gap:
                spare = change_cost if not tolled or asset < 0 else change_cost + toll[asset]
                if sums[other, COST] + spare <= cost:
                    continue

            # The least that a path through this label can cost, and whether any can keep the limits.
            to_b = straight_to_b[node]
            if to_b == 0.0:
                x, y, z = node_place[node, 0], node_place[node, 1], node_place[node, 2]
                to_b = straight(x, y, z, place_b)
                if straight(x, y, z, place_a) + to_b > max_length + SLACK:
                    to_b = np.inf
                straight_to_b[node] = to_b
            if to_b == np.inf:
                continue
            if by_rest:
                key = cost + per_length * length + per_balance * balance + per_loss * loss - credit
                key += rest_cost[node] * ROUND
            elif guided:
                owner = asset_owner[asset] if asset >= 0 else -1
                rest_of = guided_rest(node, owner, crossing_cost, known, state_first, state_owner, table, lower, upper)
                key = cost + max(least_rate * to_b, ROUND * rest_of)
            else:
                key = cost + least_rate * to_b
            if key >= best:
                continue
            if use_length and length + (rest_length[node] if rest_length.size else to_b) > max_length + SLACK:
                continue
            if use_loss and loss + (rest_loss[node] if rest_loss.size else 0.0) > max_loss + SLACK:
                continue
            if use_spend and cost - tolls + least_rate * to_b > max_spend + SLACK:
                continue
            if use_gap and balance - max_share * (max_length - length) > SLACK:
                continue

            ints[made, NODE], ints[made, ASSET], ints[made, BY_GAP] = node, asset, by_gap
            sums[made, COST], sums[made, LENGTH], sums[made, BALANCE], sums[made, LOSS] = cost, length, balance, loss
            sums[made, TOLL] = tolls
            for word in range(paid_words):
                paid[made, word] = paid[parent, word] if parent >= 0 else np.uint64(0)
            if paid_words > 0 and asset >= 0 and toll_bit[asset] >= 0:
                paid[made, toll_bit[asset] // 64] |= np.uint64(1) << np.uint64(toll_bit[asset] % 64)
            if words > 0:
                for word in range(words):
                    seen[made, word] = seen[parent, word] if parent >= 0 else np.uint64(0)
                if critical[node] >= 0:
                    word, bit = critical[node] // 64, np.uint64(1) << np.uint64(critical[node] % 64)
                    if seen[made, word] & bit:
                        continue
                    seen[made, word] |= bit
            other, superfluous = newest[node] - 1, False
            while other >= 0 and not superfluous:
                superfluous = _dominates(
                    ints, sums, seen, asset_owner, other, made, crossing_cost, joint_cost, joint_loss, use_length,
                    use_gap, use_loss, use_spend, paid, toll, toll_bit, remembered,
                )  # fmt: skip
                other = ints[other, OLDER]
            if superfluous:
                continue
            other, younger = newest[node] - 1, -1
            while other >= 0:
                older = ints[other, OLDER]
                if _dominates(
                    ints, sums, seen, asset_owner, made, other, crossing_cost, joint_cost, joint_loss, use_length,
                    use_gap, use_loss, use_spend, paid, toll, toll_bit, remembered,
                ):  # fmt: skip
                    ints[other, DEAD] = 1
                    if younger < 0:
                        newest[node] = older + 1
                    else:
                        ints[younger, OLDER] = older
                else:
                    younger = other
                other = older
            ints[made, PARENT], ints[made, VIA], ints[made, DEAD] = parent, via, 0
            ints[made, NEXT_GAP], ints[made, OLDER] = gap_first[node], newest[node] - 1
            newest[node] = made + 1
            sums[made, KEY] = max(key, reached)
            heapq.heappush(queue, (sums[made, KEY], 2 * made))
            made += 1
        if parent >= 0 and not gap_turn and ints[parent, BY_GAP] == 0:
            at, node = ints[parent, NEXT_GAP], ints[parent, NODE]
            if at < gap_first[node + 1]:
                due = sums[parent, KEY]
                if guided:
                    due = sums[parent, COST] + ROUND * rest_by_gap(
                        node, asset_owner[ints[parent, ASSET]], gap_due, state_first, state_owner, near, far, lower,
                        upper,
                    )  # fmt: skip
                elif not by_rest:
                    due += (gap_metre - least_rate) * gap_length[gap_pair[at]] * ROUND
                if due < best:
                    heapq.heappush(queue, (max(due, reached), 2 * parent + 1))

        # The next label to settle, or to go on with its gaps.
        parent = -1
        while len(queue) > 0 and parent < 0:
            reached, code = heapq.heappop(queue)
            if reached >= best:
                break
            if ints[code // 2, DEAD] == 0:
                parent, gap_turn = code // 2, code % 2 == 1
        if parent < 0:
            break
        row = at_exit[ints[parent, NODE]] - 1
        if gap_turn or ints[parent, BY_GAP] == 1 or row < 0 or exit_length[row] > max_gap:
            continue
        gap_m = exit_length[row]
        joints = 1.0 if gap_m > snap else 0.0
        cost = sums[parent, COST] + gap_metre * gap_m + exit_extra[row] + joint_cost * joints
        length, loss = sums[parent, LENGTH] + gap_m, sums[parent, LOSS] + gap_loss * gap_m + joint_loss * joints
        balance = sums[parent, BALANCE] + gap_m * (1.0 - max_share)
        fits = not (use_length and length > max_length + SLACK) and not (use_gap and balance > SLACK)
        fits = fits and not (use_loss and loss > max_loss + SLACK)
        fits = fits and not (use_spend and cost - sums[parent, TOLL] > max_spend + SLACK)
        if fits and cost < best:
            best, best_label = cost, parent
            best_sums[TOLL] = sums[parent, TOLL]
            best_sums[COST], best_sums[LENGTH], best_sums[BALANCE], best_sums[LOSS] = cost, length, balance, loss
    found_nodes, found_vias = _trace(ints, best_label)
    return Found(found_nodes, found_vias, best_sums, best_label >= 0, made)
