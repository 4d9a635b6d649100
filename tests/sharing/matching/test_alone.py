"""Numbers for legs that have an asset to themselves: on random ledgers, beside day-by-day counting."""

from itertools import pairwise

import numpy as np

from registry.kinds import LOADS
from sharing.matching.arrays import UNLIMITED
from sharing.matching.assignment.alone import lay_out_alone
from sharing.matching.assignment.problem import Problem
from sharing.matching.ledger import Holdings

Row = tuple[int, list[tuple[tuple[int, int], tuple[int, int]]], int, tuple[int, int]]
"""An asset with one demand: capacity; lines of units and days; quantity; days. All ranges are half-open."""


def some_row(random: np.random.Generator) -> Row:
    def some_range() -> tuple[int, int]:
        low = int(random.integers(1, 7))
        return low, low + int(random.integers(1, 5))

    held = [(some_range(), some_range()) for _ in range(random.integers(0, 5))]
    return int(random.integers(1, 7)), held, int(random.integers(1, 5)), some_range()


def problem_of(rows: list[Row]) -> Problem:
    count = len(rows)
    held = [(asset, *units, *days) for asset, row in enumerate(rows) for units, days in row[1]]
    columns = np.array(held, dtype=np.int64).reshape(-1, 5).T
    each, one = np.arange(count), np.ones(count, dtype=np.int64)
    return Problem(
        priority=one,
        quantity=np.array([row[2] for row in rows]),
        start=np.array([row[3][0] for row in rows]),
        end=np.array([row[3][1] for row in rows]),
        splittable=np.zeros(count, dtype=np.bool_),
        loads=np.zeros((count, len(LOADS)), dtype=np.int64),
        capacity=np.array([row[0] for row in rows]),
        contiguous=np.zeros(count, dtype=np.bool_),
        limits=np.full((count, len(LOADS)), UNLIMITED),
        holdings=Holdings.sorted(
            asset=columns[0], lower=columns[1], upper=columns[2], start=columns[3], end=columns[4],
            loads=np.zeros((columns.shape[1], len(LOADS)), dtype=np.int64),
        ),
        demand=each,
        asset=each,
        unit_cost=one,
        regret=0 * one,
        free=one,
    )  # fmt: skip


def test_the_lowest_numbers_that_are_free_on_every_day() -> None:
    random = np.random.default_rng(165)
    rows = [some_row(random) for _ in range(500)]
    problem = problem_of(rows)
    found = lay_out_alone(problem, np.arange(len(rows)), problem.quantity)
    assert 100 < len(found) < 400
    for asset, (capacity, held, quantity, days) in enumerate(rows):
        free = [
            unit
            for unit in range(1, capacity + 1)
            if not any(low <= unit < high and begin < days[1] and end > days[0] for (low, high), (begin, end) in held)
        ]
        runs = found.get(asset, [])
        numbers = [unit for low, high in runs for unit in range(low, high)]
        assert numbers == (free[:quantity] if len(free) >= quantity else [])
        assert all(before < low for (_, before), (low, _) in pairwise(runs))


def test_where_nothing_is_free_nothing_is_laid_out() -> None:
    problem = problem_of([(2, [((1, 3), (1, 9))], 1, (2, 3))])
    assert lay_out_alone(problem, np.arange(1), problem.quantity) == {}
    assert lay_out_alone(problem, np.arange(0), problem.quantity[:0]) == {}
