"""Lower bounds of what is left from a node to B: the straight line, and what the landmarks tell; compiled.

Inlined into the search, which asks them of every label; what is once known of a state is kept in the arrays that it
passes along (see `landmarks` for the tables).
"""

import math

import numpy as np

from sharing.matching.arrays import Floats
from sharing.matching.compiled import inlined
from sharing.matching.search_graph import Ids


@inlined
def straight(x: float, y: float, z: float, there: Floats) -> float:
    return math.sqrt((x - there[0]) ** 2 + (y - there[1]) ** 2 + (z - there[2]) ** 2)


@inlined
def _bound(state: int, known: Floats, table: Floats, lower: Floats, upper: Floats) -> float:
    """Least cost from a state to B, by the best of the landmarks; kept in `known`, where 0 says nothing."""
    least = known[state]
    if least == 0.0:
        for landmark in range(table.shape[1]):
            away = table[state, landmark]
            if away - upper[landmark] > least:  # and not NaN
                least = away - upper[landmark]
            if lower[landmark] - away > least:
                least = lower[landmark] - away
        known[state] = least
    return float(least)


@inlined
def guided_rest(
    node: int,
    owner: int,
    crossing_cost: float,
    known: Floats,
    state_first: Ids,
    state_owner: Ids,
    table: Floats,
    lower: Floats,
    upper: Floats,
) -> float:
    """Least cost from a node to B for who comes to it from spans of `owner` (-1: of nobody yet)."""
    least = np.inf
    for state in range(state_first[node], state_first[node + 1]):
        rest = _bound(state, known, table, lower, upper)
        if owner >= 0 and state_owner[state] != owner:
            rest += crossing_cost
        least = min(least, rest)
    return least


@inlined
def rest_by_gap(
    node: int,
    owner: int,
    gap_due: Floats,
    state_first: Ids,
    state_owner: Ids,
    near: Floats,
    far: Floats,
    lower: Floats,
    upper: Floats,
) -> float:
    """Least cost to B from a state by a gap, whichever; kept in `gap_due`, where 0 says nothing."""
    state = state_first[node]
    while state_owner[state] != owner:
        state += 1
    least = gap_due[state]
    if least == 0.0:
        for landmark in range(near.shape[1]):
            if near[state, landmark] - upper[landmark] > least:  # and not NaN
                least = near[state, landmark] - upper[landmark]
            if lower[landmark] - far[state, landmark] > least:
                least = lower[landmark] - far[state, landmark]
        gap_due[state] = least
    return float(least)
