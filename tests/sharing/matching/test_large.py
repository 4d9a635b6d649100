"""Parts too large for a solver: what is served fits, and no bound is better than what is possible."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.arrays import UNLIMITED
from sharing.matching.assignment import exact, large
from sharing.matching.assignment.model import Model, build
from sharing.matching.assignment.problem import PRIORITIES, Problem
from sharing.matching.assignment.programme import served_by_priority
from sharing.matching.ledger import Holdings


def part(seed: int, demands: int, assets: int, *, split: float = 0.2, load: int = 0) -> Model:
    """Random demands of 1 to 3 units over some days of a week, on assets of 2 to 4."""
    random = np.random.default_rng(seed)
    demand, asset = np.divmod(np.flatnonzero(random.random(demands * assets) < 0.6), assets)
    quantity, start = random.integers(1, 4, demands), random.integers(0, 4, demands)
    capacity = random.integers(2, 5, assets)
    fits = capacity[asset] >= quantity[demand]
    demand, asset = demand[fits], asset[fits]
    return build(
        Problem(
            priority=random.integers(1, 4, demands), quantity=quantity, start=start,
            end=start + random.integers(1, 4, demands), splittable=random.random(demands) < split,
            loads=random.integers(0, load + 1, (demands, 1)), capacity=capacity,
            contiguous=np.zeros(assets, dtype=np.bool_), limits=np.full((assets, 1), 2 * load or UNLIMITED),
            holdings=Holdings.none(1), demand=demand, asset=asset,
            unit_cost=random.integers(1, 9, assets)[asset] * 100, regret=random.integers(0, 1000, demand.size),
            free=capacity[asset],
        ),
        [],
    )  # fmt: skip


def fits(model: Model, used: np.ndarray) -> bool:
    """In whole numbers: every row within its limit, every demand served whole or not at all."""
    rows = model.rows
    taken = np.bincount(rows.row, rows.coefficient * used[rows.option], rows.count)
    amount = np.bincount(model.demand, used, model.need.size)
    return bool(
        (taken <= rows.limit).all() and np.isin(amount, (0, *model.need)).all()
        and ((amount == 0) | (amount == model.need)).all() and (used >= 0).all() and (used <= model.most).all()
    )  # fmt: skip


def possible(model: Model) -> list[np.ndarray]:
    """Every way to serve a part in which each demand is served whole by one option."""
    choices = [[None, *np.flatnonzero(model.demand == one).tolist()] for one in range(model.need.size)]
    ways = []
    for choice in product(*choices):
        used = np.zeros(model.demand.size, dtype=np.int64)
        used[[option for option in choice if option is not None]] = 1
        if fits(model, used):
            ways.append(used)
    return ways


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_no_way_to_serve_a_small_part_passes_the_bounds(seed: int) -> None:
    model = part(seed, demands=5, assets=3, split=0.0)
    used, served_bound, least = large.solve(model, model.cost)
    served = served_by_priority(model, used)
    assert fits(model, used)
    for way in possible(model):
        other = served_by_priority(model, way)
        for one in range(1, PRIORITIES):
            if (other[:one] >= served[:one]).all():
                assert other[one] <= served_bound[one]
        if (other >= served).all():
            assert int(model.cost @ way) >= least - 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_what_is_served_fits_in_units_loads_and_days(seed: int) -> None:
    model = part(seed, demands=60, assets=20, load=4)
    used, served_bound, least = large.solve(model, model.cost)
    assert fits(model, used)
    served = served_by_priority(model, used)
    assert (served <= served_bound).all()
    assert least <= int(model.cost @ used)


@pytest.mark.parametrize("seed", range(3))
def test_of_a_crowded_part_nearly_as_many_are_served_as_can_be(seed: int) -> None:
    model = part(seed, demands=40, assets=12, split=0.0)
    best = exact.solve(model)
    assert best.exact
    used, _, _ = large.solve(model, model.cost)
    most, served = best.served_bound, served_by_priority(model, used)
    assert served[1] == most[1]
    assert int(most.sum() - served.sum()) <= 2


def test_the_same_part_has_the_same_answer() -> None:
    model = part(1, demands=60, assets=20)
    first, again = (large.solve(model, model.cost) for _ in range(2))
    assert first[0].tolist() == again[0].tolist()
    assert (first[1].tolist(), first[2]) == (again[1].tolist(), again[2])


def test_a_wide_part_in_which_many_stay_without_is_solved_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    model = part(2, demands=60, assets=15, split=0.0)
    monkeypatch.setattr(exact, "WIDE", 0)
    solution = exact.solve(model)
    assert not solution.exact
    assert solution.used.tolist() == large.solve(model, exact._with_regret(model))[0].tolist()
