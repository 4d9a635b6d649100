"""The path of least weight that keeps the limits it is held to: an exact answer, by relaxing as long as that suffices.

First no limit is held: what is found then and keeps them is an optimum. Else the limits that it broke are held, and
those alone, until nothing is broken. While some are held, Lagrange multipliers on them (found by cutting planes,
Kelley 1960) give the lower bounds that keep label setting short; what they leave open, label setting closes.
"""

from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import linprog

from sharing.matching.arrays import Floats
from sharing.matching.landmarks import NO_GUIDE
from sharing.matching.network import Network
from sharing.matching.path_search import search
from sharing.matching.remaining import remaining
from sharing.matching.search_graph import (
    BALANCE,
    COST,
    LENGTH,
    LOSS,
    SLACK,
    TOLL,
    Ask,
    Found,
    Graph,
    Guide,
    Mode,
    Rest,
    blank,
    by_metre,
)

NOTHING: Final = np.empty(0)
FEW_LABELS: Final = 2**13
FEW_LABELS_A_NODE: Final = 16
MAX_LABELS: Final = 2**22
MAX_CUTS: Final = 12


class SearchTooLarge(Exception):
    """The labels of one search outgrew memory: too many ways to trade cost against the limits."""


class Limits(NamedTuple):
    """The limits a path is held to. spend: of the cost without tolls, which is less than the cost only where there
    are any."""

    length: bool
    gap_share: bool
    loss: bool
    spend: bool = False


ALL_LIMITS: Final = Limits(True, True, True)
NO_LIMITS: Final = Limits(False, False, False)
UNBOUNDED: Final = Rest(NOTHING, NOTHING, NOTHING, 0.0, 0.0, 0.0, 0.0)


def best_path(
    network: Network, graph: Graph, ask: Ask, limits: Limits, guide: Guide = NO_GUIDE, most: float = np.inf
) -> Found | None:
    """The path of least weight on `graph` within `limits` that repeats no node, or None; one that weighs less than
    `most`. guide: of that weight."""
    if not ask.entry.size or not ask.exit.size:
        return None
    critical: list[int] = []
    held = NO_LIMITS
    found = _without_repeats(graph, ask, UNBOUNDED, held, critical, most, guide)
    while found is not None:
        broken = Limits(*(limit and sinned for limit, sinned in zip(limits, _broken(found, ask), strict=True)))
        if not any(broken):
            break
        held = Limits(*(before or now for before, now in zip(held, broken, strict=True)))
        found = _held(network, graph, ask, held, critical, most)
    return found


def _broken(found: Found, ask: Ask) -> Limits:
    sums = found.sums
    return Limits(
        bool(sums[LENGTH] > ask.max_length + SLACK),
        bool(sums[BALANCE] > SLACK),
        bool(sums[LOSS] > ask.max_loss + SLACK),
        _overspent(float(sums[COST]), found, ask),
    )


def _overspent(cost: float, found: Found, ask: Ask) -> bool:
    return cost - float(found.sums[TOLL]) > ask.max_spend + SLACK


def _repeated(found: Found) -> list[int]:
    if len(set(found.nodes.tolist())) == found.nodes.size:
        return []
    node, times = np.unique(found.nodes, return_counts=True)
    return [int(number) for number in node[times > 1]]


def _without_repeats(
    graph: Graph, ask: Ask, rest: Rest, held: Limits, critical: list[int], most: float, guide: Guide = NO_GUIDE
) -> Found | None:
    """Search, and search again with each node remembered that the path found repeats; `critical` grows.

    Going to and fro on spans that cost nothing makes labels without end, each compared with all at its node: so early
    on, when there are many or many a node, the nodes that the longest of them repeats are remembered too.
    """
    nodes = graph.arc_first.size - 1
    max_labels = min(FEW_LABELS, FEW_LABELS_A_NODE * nodes) if any(held) else MAX_LABELS
    while True:
        bit = np.empty(0, np.int32)
        if critical:
            bit = np.full(nodes, -1, np.int32)
            bit[critical] = np.arange(len(critical), dtype=np.int32)
        mode = Mode(*held, critical=bit, words=(len(critical) + 63) // 64, max_labels=max_labels, most=most)
        found = search(graph, ask, rest, mode, guide, blank(graph, guide))
        repeated = _repeated(found)
        if found.labels >= 0 and not repeated:
            return found if found.exists else None
        if not repeated:
            max_labels *= 4
            if max_labels > MAX_LABELS:
                raise SearchTooLarge
        critical += repeated


def _held(network: Network, graph: Graph, ask: Ask, held: Limits, critical: list[int], most: float) -> Found | None:
    """The path of least weight within the limits `held`, if it weighs less than `most`."""
    length = loss = NOTHING
    if held.length:
        length = remaining(network.by_length, by_metre(ask, 1.0), NOTHING, ask.max_length + SLACK)
        if (ask.entry_length + length[ask.entry]).min() > ask.max_length + SLACK:
            return None
    if held.loss:
        loss = remaining(network.by_loss, by_metre(ask, ask.gap_loss), length, ask.max_loss + SLACK)
        if (ask.entry_length * ask.gap_loss + loss[ask.entry]).min() > ask.max_loss + SLACK:
            return None
    multipliers, feasible = _multipliers(graph, ask, held, critical)
    weighted_graph, weighted_ask = _weighted(graph, ask, multipliers)
    if ask.tolls.toll.size:
        # Whoever comes to an asset of one span has not paid for it yet; of others that is not known.
        toll = np.where(network.spans_of_asset == 1, ask.tolls.toll, 0.0)[graph.span_asset]
        weighted_graph = weighted_graph._replace(span_price=weighted_graph.span_price + toll)
    rest = Rest(
        cost=remaining(weighted_graph, weighted_ask, length, np.inf),
        length=length,
        loss=loss,
        per_length=multipliers[0],
        per_balance=multipliers[1],
        per_loss=multipliers[2],
        credit=float(multipliers[0] * ask.max_length + (multipliers[2] * ask.max_loss if held.loss else 0.0)),
    )
    if feasible is not None and feasible.sums[COST] >= most:
        feasible = None
    most = most if feasible is None else float(feasible.sums[COST])
    return _without_repeats(graph, ask, rest, held, critical, most) or feasible


def _weighted(graph: Graph, ask: Ask, multipliers: Floats) -> tuple[Graph, Ask]:
    """Graph and demand whose weight is the cost, plus each limited sum times its multiplier."""
    per_length, per_balance, per_loss = (float(value) for value in multipliers)
    per_metre = per_length - per_balance * ask.max_share
    price = ask.quantity * graph.span_price + per_metre * graph.span_length + per_loss * graph.span_loss
    return (
        graph._replace(
            span_price=np.maximum(price, 0.0), least_rate=max(0.0, ask.quantity * graph.least_rate + per_metre)
        ),
        ask._replace(
            quantity=1.0,
            gap_rate=ask.gap_rate + per_metre + per_balance + per_loss * ask.gap_loss,
            joint_cost=ask.joint_cost + per_loss * ask.joint_loss,
        ),
    )


def _multipliers(graph: Graph, ask: Ask, held: Limits, critical: list[int]) -> tuple[Floats, Found | None]:
    """Multipliers on length, balance and loss that raise the lower bound most, and the best path met that keeps all
    that is held; none is put on what is spent.

    Kelley's cutting planes: each path found is a cut on the bound as a function of the multipliers.
    """
    limit = np.array([ask.max_length, 0.0, ask.max_loss if held.loss else 0.0])
    cuts: list[Floats] = []
    feasible: Found | None = None
    multipliers, best, best_bound = np.zeros(3), np.zeros(3), -np.inf
    for _ in range(MAX_CUTS):
        weighted_graph, weighted_ask = _weighted(graph, ask, multipliers)
        mode = Mode(*NO_LIMITS, critical=np.empty(0, np.int32), words=0, max_labels=MAX_LABELS, most=np.inf)
        found = search(weighted_graph, weighted_ask, UNBOUNDED, mode, NO_GUIDE, blank(weighted_graph, NO_GUIDE))
        if not found.exists:
            break
        sums = found.sums
        over = np.where(held[:3], sums[[LENGTH, BALANCE, LOSS]] - limit, 0.0)
        cost = float(sums[COST] - multipliers @ sums[[LENGTH, BALANCE, LOSS]])
        bound = cost + float(multipliers @ over)
        if bound > best_bound:
            best, best_bound = multipliers, bound
        cheaper = feasible is None or cost < feasible.sums[COST]
        kept = (over <= SLACK).all() and not (held.spend and _overspent(cost, found, ask))
        if kept and cheaper and not _repeated(found):
            sums = sums.copy()
            sums[COST] = cost
            feasible = found._replace(sums=sums)
        cuts.append(np.concatenate(([1.0], -over, [cost])))
        multipliers, ceiling = _highest(np.array(cuts), ask, graph, held)
        goal = ceiling if feasible is None else min(ceiling, float(feasible.sums[COST]))
        if goal - best_bound <= 1e-3 * abs(goal):
            break
    return best, feasible


def _highest(cuts: Floats, ask: Ask, graph: Graph, held: Limits) -> tuple[Floats, float]:
    """Where the cuts allow the highest bound: the multipliers and that bound.

    A span's weight must not fall below 0: per_length - per_balance x share is no less than minus the lowest price.
    """
    scale = max(float(cuts[:, -1].max()), 1.0)
    most = [100.0 * scale / max(ask.max_length, 1.0), 100.0 * scale / max(ask.max_length, 1.0), 100.0 * scale]
    bounds = [(None, None)] + [(0.0, top if use else 0.0) for top, use in zip(most, held[:3], strict=True)]
    weight_row = np.array([[0.0, -1.0, ask.max_share, 0.0]])
    solved = linprog(
        [-1.0, 0.0, 0.0, 0.0],
        A_ub=np.concatenate((cuts[:, :4], weight_row)),
        b_ub=np.append(cuts[:, -1], ask.quantity * graph.least_rate),
        bounds=bounds,
        method="highs",
    )
    if solved.x is None or solved.fun is None:
        raise RuntimeError(solved.message)
    return np.maximum(solved.x[1:], 0.0), -float(solved.fun)
