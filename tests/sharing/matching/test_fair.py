"""Fairness between parties against brute force: no other assignment has better shares, from the least on."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.assignment.fair import assign_fairly
from sharing.matching.assignment.problem import Problem
from tests.sharing.matching.test_assignment import (
    MIXED,
    Legs,
    assert_holds,
    can_be_held,
    merit,
    problems,
    reached,
    ways,
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Problem, np.ndarray]:
    problem = draw(problems(MIXED))
    party = [draw(st.integers(0, 2)) for _ in problem.priority]
    return problem, np.unique(party, return_inverse=True)[1].astype(np.int64)


def shares(party: np.ndarray, choice: Sequence[Legs]) -> list[float]:
    """The share of each party's demands that is served, the least first."""
    met = np.array([bool(legs) for legs in choice])
    return sorted(float(met[party == one].mean()) for one in range(int(party.max()) + 1))


def fairest(problem: Problem, party: np.ndarray) -> tuple[list[float], Any]:
    """The best shares of all assignments that can be held, and the best merit with them."""
    found: list[tuple[list[float], Any]] = []
    for choice in product(*(list(ways(problem, demand)) for demand in range(problem.priority.size))):
        if all(
            can_be_held(problem, asset, [(demand, legs[asset]) for demand, legs in enumerate(choice) if asset in legs])
            for asset in range(problem.capacity.size)
        ):
            found.append((shares(party, choice), merit(problem, choice)))
    best = max(one for one, _ in found)
    return best, min(value for one, value in found if one == best)


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_no_other_assignment_has_better_shares_from_the_least_on(scene: tuple[Problem, np.ndarray]) -> None:
    problem, party = scene
    answer = assign_fairly(problem, party)
    assert_holds(problem, answer.assignment)
    best, best_merit = fairest(problem, party)
    got = sorted((answer.served / answer.asked).tolist())
    assert got <= best
    assert answer.least_share_bound >= best[0] - 1e-12
    if answer.exact:
        assert got == best
        # Among equal shares it may be another party that is better off; what they all get is never dearer than that.
        assert reached(problem, answer.assignment) >= best_merit
