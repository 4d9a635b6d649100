"""Large parts: pricing options out before the search loses nothing, and what is left open is stated."""

import numpy as np
import pytest

from sharing.matching.arrays import UNLIMITED
from sharing.matching.assignment import exact, narrowing
from sharing.matching.assignment.greedy import greedy
from sharing.matching.assignment.model import Model, build
from sharing.matching.assignment.narrowing import least
from sharing.matching.assignment.problem import Problem, by_priority
from sharing.matching.assignment.programme import Kept, Programme, served_by_priority
from sharing.matching.ledger import Holdings


def crowded(seed: int, demands: int = 30, assets: int = 25) -> Model:
    """A part in which all could be served and most want the same cheap assets."""
    random = np.random.default_rng(seed)
    demand, asset = np.divmod(np.flatnonzero(random.random(demands * assets) < 0.5), assets)
    quantity = random.integers(1, 4, demands)
    start = random.integers(0, 4, demands)
    capacity = random.integers(3, 7, assets)
    return build(
        Problem(
            priority=random.choice((3, 5), demands), quantity=quantity, start=start,
            end=start + random.integers(1, 4, demands), splittable=random.random(demands) < 0.3,
            loads=np.zeros((demands, 1), dtype=np.int64), capacity=capacity,
            contiguous=np.zeros(assets, dtype=np.bool_), limits=np.full((assets, 1), UNLIMITED),
            holdings=Holdings.none(1), demand=demand, asset=asset,
            unit_cost=random.integers(100, 1000, assets)[asset], regret=random.integers(0, 1000, demand.size),
            free=capacity[asset],
        ),
        [],
    )  # fmt: skip


def served_all(model: Model) -> tuple[Kept, np.ndarray]:
    """What the steps before hand to the search for the least cost."""
    start = greedy(model)
    served = served_by_priority(model, start)
    assert served.tolist() == by_priority(model.priority).tolist()
    return Kept(model, {priority: int(served[priority]) for priority in (3, 5)}), start


@pytest.mark.parametrize("seed", range(8))
def test_narrowing_finds_what_the_search_among_all_options_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = crowded(seed)
    kept, start = served_all(model)
    used, bound, proven = Programme(model, kept, options=model.cost).solve(start)
    best = int(model.cost @ used)
    assert proven and bound == pytest.approx(best)
    for name, value in (("LARGE", 0), ("FIRST", 1), ("ENOUGH", 0.0), ("SEARCH_GAP", 0.0)):
        monkeypatch.setattr(narrowing, name, value)
    narrowed = least(model, kept, model.cost, start)
    assert narrowed.proven
    assert int(model.cost @ narrowed.used) == best


@pytest.mark.parametrize("seed", range(8))
def test_a_large_part_is_solved_to_within_the_gap_it_states(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = crowded(seed)
    kept, start = served_all(model)
    used, _, _ = Programme(model, kept, options=model.cost).solve(start)
    best = int(model.cost @ used)
    monkeypatch.setattr(narrowing, "LARGE", 0)
    monkeypatch.setattr(exact, "LARGE", 0)
    solution = exact.solve(model)
    cost = int(model.cost @ solution.used)
    assert solution.cost_bound <= best <= cost <= solution.cost_bound * (1 + 2 * narrowing.ENOUGH)
    assert solution.exact == (solution.cost_bound == cost)
    assert solution.served_bound.tolist() == by_priority(model.priority).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_a_huge_part_states_bounds_that_hold(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = crowded(seed, demands=24, assets=7)
    best = exact.solve(model)
    assert best.exact
    monkeypatch.setattr(exact, "HUGE", 0)
    solution = exact.solve(model)
    served, most = served_by_priority(model, solution.used), best.served_bound
    assert Kept(model).holds(solution.used)
    assert (served <= solution.served_bound).all()
    assert (most[3] <= solution.served_bound[3], most[3] - served[3] <= 1) == (True, True)
    if served.tolist() == most.tolist():
        assert solution.cost_bound <= best.cost_bound <= int(model.cost @ solution.used)


def test_what_is_in_the_way_moves_where_it_can() -> None:
    """Two demands, of which the first prefers the only asset the second can use."""
    model = build(
        Problem(
            priority=np.array([1, 1]), quantity=np.array([1, 1]), start=np.array([0, 0]), end=np.array([9, 9]),
            splittable=np.array([False, False]), loads=np.zeros((2, 1), dtype=np.int64), capacity=np.array([1, 1]),
            contiguous=np.zeros(2, dtype=np.bool_), limits=np.full((2, 1), UNLIMITED), holdings=Holdings.none(1),
            demand=np.array([0, 0, 1]), asset=np.array([0, 1, 0]), unit_cost=np.array([5, 8, 5]),
            regret=np.zeros(3, dtype=np.int64), free=np.ones(3, dtype=np.int64),
        ),
        [],
    )  # fmt: skip
    assert greedy(model).tolist() == [0, 1, 1]
