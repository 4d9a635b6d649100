"""What a search for a path is given and gives back: named tuples of arrays and numbers, as compiled functions take."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sharing.matching.arrays import Flags, Floats

Ids = NDArray[np.int32]
Bits = NDArray[np.uint64]

COST, LENGTH, BALANCE, LOSS, TOLL, KEY = range(6)
"""Columns of the sums of a path; COST has the tolls in it."""

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
    gap_extra: Floats  # what it costs beyond `gap_cost` times its length, 0 or more
    node_place: Floats  # ECEF, m
    least_rate: float  # lowest price of a unit per metre of any span


class Tolls(NamedTuple):
    """What it costs, beyond its price, to use an asset at all: once a path, however often it comes back to it.

    toll: by asset, empty where there are none. bit: by asset, of those that a path must remember to have paid for,
    else -1; remembered: those assets, by bit.
    """

    toll: Floats
    bit: Ids
    remembered: Ids


NO_TOLLS: Final = Tolls(np.empty(0), np.empty(0, np.int32), np.empty(0, np.int32))


class Ask(NamedTuple):
    """One demand. Entries and exits are nodes with their distances in metres from A and from B."""

    usable: Flags  # by asset
    entry: Ids
    entry_length: Floats
    exit: Ids
    exit_length: Floats
    entry_extra: Floats  # of the gaps from A and to B, as `gap_extra`
    exit_extra: Floats
    place_a: Floats
    place_b: Floats
    quantity: float
    gap_cost: float  # per metre of length on the cheapest ground
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
    max_spend: float  # of the cost without tolls
    tolls: Tolls


def by_metre(ask: Ask, weight: float) -> Ask:
    """The same demand where what counts is no cost: a metre of new build weighs the same on any ground."""
    nothing = np.zeros(ask.entry_length.size), np.zeros(ask.exit_length.size)
    return ask._replace(quantity=1.0, gap_cost=weight, gap_rate=0.0, entry_extra=nothing[0], exit_extra=nothing[1])


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


class Guide(NamedTuple):
    """Lower bounds of cost by landmarks (see `landmarks`): table of states by landmarks, and B's least and greatest
    distance to each. near, far: over all gaps from a state, the least and the greatest that the distance there can be,
    the gap paid on the way. Empty where there are none."""

    state_first: Ids
    state_owner: Ids
    table: Floats
    near: Floats
    far: Floats
    lower: Floats
    upper: Floats


class Scratch(NamedTuple):
    """What a search notes of nodes and states, all 0 at first: such memory is given only where it is written to, so
    that a search of a few streets pays nothing for the size of the country."""

    newest: Ids  # by node: one more than the number of its newest label
    at_exit: Ids  # by node: one more than its row among the exits
    to_b: Floats  # by node: straight distance to B once known, infinite where no path short enough can pass
    known: Floats  # by state: least cost to B once known, by whatever way
    gap_due: Floats  # by state: the same, by a gap


def blank(graph: Graph, guide: Guide) -> Scratch:
    nodes, states = graph.arc_first.size - 1, guide.state_owner.size
    return Scratch(
        np.zeros(nodes, np.int32), np.zeros(nodes, np.int32), np.zeros(nodes), np.zeros(states), np.zeros(states)
    )


class Mode(NamedTuple):
    """Which limits labels are held against, and the nodes that each remembers (bit of each, or -1)."""

    use_length: bool
    use_gap: bool
    use_loss: bool
    use_spend: bool
    critical: Ids
    words: int
    max_labels: int
    most: float  # only what costs less is looked for


class Found(NamedTuple):
    """Nodes of the path and the step that leads to each; its sums without what the owner of nothing would add.

    labels: how many were made; -1 when they ran out, and the path is the one of most steps.
    """

    nodes: Ids
    vias: Ids
    sums: Floats
    exists: bool
    labels: int
