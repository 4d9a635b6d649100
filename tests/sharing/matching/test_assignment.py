"""The assignment against brute force: every way to serve small lists, units numbered one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.arrays import UNLIMITED
from sharing.matching.assignment import tiny
from sharing.matching.assignment.assign import assign
from sharing.matching.assignment.problem import PRIORITIES, Assignment, Problem
from sharing.matching.ledger import Holdings, freedom

Legs = dict[int, int]  # units by asset


def ints(values: Sequence[object]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@dataclass(frozen=True)
class Shape:
    """Bounds of the random instances."""

    demands: int
    assets: int
    capacity: tuple[int, int]
    quantity: tuple[int, int]
    held_one_in: int
    contiguous: st.SearchStrategy[bool]
    splittable: st.SearchStrategy[bool]


MIXED = Shape(4, 3, (1, 4), (1, 3), 4, st.booleans(), st.booleans())
FRAGMENTED = Shape(4, 2, (5, 7), (2, 3), 3, st.just(True), st.just(False))


@st.composite
def problems(draw: st.DrawFn, shape: Shape) -> Problem:
    demands, assets = draw(st.integers(1, shape.demands)), draw(st.integers(1, shape.assets))
    days = st.integers(0, 6)
    periods = [sorted((draw(days), draw(days))) for _ in range(demands)]
    capacity = ints([draw(st.integers(*shape.capacity)) for _ in range(assets)])
    holdings = draw(holdings_on(capacity.tolist(), shape.held_one_in))
    priority = ints([draw(st.sampled_from((1, 5, 9))) for _ in range(demands)])
    quantity = ints([draw(st.integers(*shape.quantity)) for _ in range(demands)])
    start = ints([begin for begin, _ in periods])
    end = ints([end + 1 for _, end in periods])
    loads = ints([draw(st.integers(0, 3)) for _ in range(demands)]).reshape(-1, 1)
    limits = ints([draw(st.sampled_from((3, 5, UNLIMITED))) for _ in range(assets)]).reshape(-1, 1)
    splittable = np.array([draw(shape.splittable) for _ in range(demands)])
    contiguous = np.array([draw(shape.contiguous) for _ in range(assets)])
    pairs = [pair for pair in product(range(demands), range(assets)) if draw(st.integers(0, 4))]
    demand, asset = ints([d for d, _ in pairs]), ints([a for _, a in pairs])
    cost = ints([draw(st.integers(0, 5)) for _ in pairs])
    regret = ints([draw(st.integers(0, 3)) for _ in pairs])
    found = freedom(asset, start[demand], end[demand], capacity=capacity, limits=limits, holdings=holdings)
    free = np.where(contiguous[asset], found.block, found.units)
    asked = np.where(splittable[demand], -(-loads[demand, 0] // quantity[demand]), loads[demand, 0])
    fits = (free >= np.where(splittable[demand], 1, quantity[demand])) & (found.headroom[:, 0] >= asked)
    return Problem(
        priority=priority, quantity=quantity, start=start, end=end, splittable=splittable, loads=loads,
        capacity=capacity, contiguous=contiguous, limits=limits, holdings=holdings,
        demand=demand[fits], asset=asset[fits], unit_cost=cost[fits], regret=regret[fits], free=free[fits],
    )  # fmt: skip


@st.composite
def holdings_on(draw: st.DrawFn, capacity: list[int], one_in: int) -> Holdings:
    """At most one holding of each unit, with a load."""
    days = st.integers(0, 6)
    held = []
    for asset, units in enumerate(capacity):
        for unit in range(1, units + 1):
            if draw(st.integers(1, one_in)) == 1:
                begin, end = sorted((draw(days), draw(days)))
                held.append((asset, unit, unit + 1, begin, end + 1, draw(st.integers(0, 2))))
    asset, lower, upper, start, end, load = (
        (ints(column) for column in zip(*held, strict=True)) if held else [ints([])] * 6
    )
    return Holdings.sorted(asset=asset, lower=lower, upper=upper, start=start, end=end, loads=load.reshape(-1, 1))


def ways(problem: Problem, demand: int) -> Iterator[Legs]:
    """Every way to serve a demand, seen alone; the empty one leaves it unserved."""
    yield {}
    quantity = int(problem.quantity[demand])
    assets = problem.asset[problem.demand == demand].tolist()
    if not problem.splittable[demand]:
        yield from ({asset: quantity} for asset in assets)
        return
    for units in product(range(quantity + 1), repeat=len(assets)):
        if sum(units) == quantity:
            yield {asset: count for asset, count in zip(assets, units, strict=True) if count}


def placements(free: Sequence[int], count: int, contiguous: bool) -> Iterator[tuple[int, ...]]:
    for chosen in combinations(free, count):
        if not contiguous or chosen[-1] - chosen[0] == count - 1:
            yield chosen


def can_be_held(problem: Problem, asset: int, legs: list[tuple[int, int]]) -> bool:
    """Whether (demand, units) legs fit on the asset: loads on every day, and some numbering of the units."""
    held = problem.holdings
    rows = [row for row in range(len(held)) if held.asset[row] == asset]
    taken: list[tuple[int, int, int]] = []
    for row in rows:
        taken += [(unit, int(held.start[row]), int(held.end[row])) for unit in range(held.lower[row], held.upper[row])]
    for day in range(8):
        load = sum(int(held.loads[row, 0]) for row in rows if held.start[row] <= day < held.end[row])
        active = [leg for leg in legs if problem.start[leg[0]] <= day < problem.end[leg[0]]]
        for demand, units in active:
            if problem.loads[demand, 0]:
                quantity = int(problem.quantity[demand])
                whole = int(problem.loads[demand, 0])
                load += units * -(-whole // quantity) if problem.splittable[demand] else whole
        if any(problem.loads[demand, 0] for demand, _ in active) and load > problem.limits[asset, 0]:
            return False
    return numbered(problem, asset, legs, taken)


def numbered(problem: Problem, asset: int, legs: list[tuple[int, int]], taken: list[tuple[int, int, int]]) -> bool:
    if not legs:
        return True
    (demand, count), rest = legs[0], legs[1:]
    start, end = int(problem.start[demand]), int(problem.end[demand])
    busy = {unit for unit, begin, finish in taken if begin < end and start < finish}
    free = [unit for unit in range(1, int(problem.capacity[asset]) + 1) if unit not in busy]
    return any(
        numbered(problem, asset, rest, taken + [(unit, start, end) for unit in chosen])
        for chosen in placements(free, count, bool(problem.contiguous[asset]))
    )


Merit = tuple[list[int], int, int]


def merit(problem: Problem, choice: Sequence[Legs]) -> Merit:
    """What is compared, least first: demands left unserved by priority, cost, regret."""
    unserved = np.bincount(
        [int(problem.priority[demand]) for demand, legs in enumerate(choice) if not legs], minlength=PRIORITIES
    )
    option = {pair: i for i, pair in enumerate(zip(problem.demand.tolist(), problem.asset.tolist(), strict=True))}
    used = [(option[demand, asset], units) for demand, legs in enumerate(choice) for asset, units in legs.items()]
    cost = sum(int(problem.unit_cost[i]) * units for i, units in used)
    return unserved.tolist(), cost, sum(int(problem.regret[i]) * units for i, units in used)


def best(problem: Problem) -> Merit:
    """The merit of the best of all assignments that can be held."""
    merits = []
    for choice in product(*(list(ways(problem, demand)) for demand in range(problem.priority.size))):
        value = merit(problem, choice)
        if (not merits or value < merits[-1]) and all(
            can_be_held(problem, asset, [(demand, legs[asset]) for demand, legs in enumerate(choice) if asset in legs])
            for asset in range(problem.capacity.size)
        ):
            merits.append(value)
    return merits[-1]


def reached(problem: Problem, answer: Assignment) -> Merit:
    choice: list[Legs] = [{} for _ in problem.priority]
    for option, units in zip(answer.option.tolist(), answer.units.tolist(), strict=True):
        choice[int(problem.demand[option])][int(problem.asset[option])] = units
    return merit(problem, choice)


def assert_holds(problem: Problem, answer: Assignment) -> None:
    """The legs serve whole demands, and the numbers given are free, within capacity and nobody else's."""
    got = np.bincount(problem.demand[answer.option], answer.units, problem.priority.size).astype(int)
    assert all(units in (0, quantity) for units, quantity in zip(got, problem.quantity, strict=True))
    legs_of_demand = np.bincount(problem.demand[answer.option], minlength=problem.priority.size)
    assert (legs_of_demand[~problem.splittable] <= 1).all()
    held = problem.holdings
    rows = list(zip(held.asset, held.lower, held.upper, held.start, held.end, strict=True))
    for option, units, ranges in zip(answer.option, answer.units, answer.numbers, strict=True):
        asset, demand = problem.asset[option], problem.demand[option]
        assert sum(upper - lower for lower, upper in ranges) == units
        assert not problem.contiguous[asset] or len(ranges) == 1
        for lower, upper in ranges:
            assert 1 <= lower < upper <= problem.capacity[asset] + 1
            start, end = problem.start[demand], problem.end[demand]
            assert not any(
                asset == a and lower < high and low < upper and start < finish and begin < end
                for a, low, high, begin, finish in rows
            )
            rows.append((asset, lower, upper, start, end))
    assert answer.cost == problem.unit_cost[answer.option] @ answer.units
    assert answer.served.tolist() == np.bincount(problem.priority[got > 0], minlength=PRIORITIES).tolist()


def assert_is_best(problem: Problem) -> None:
    """Whether small parts are looked through or solved as the large ones are."""
    optimum = best(problem)
    for most_ways in (tiny.MOST_WAYS, 0):
        with mock.patch.object(tiny, "MOST_WAYS", most_ways):
            answer = assign(problem)
        assert_holds(problem, answer)
        assert reached(problem, answer) >= optimum
        if answer.exact:
            assert reached(problem, answer) == optimum
            assert answer.served_bound.tolist() == answer.served.tolist()
            assert answer.cost_bound == answer.cost


@settings(max_examples=300, deadline=None)
@given(problems(MIXED))
def test_no_other_assignment_serves_more_costs_less_or_scores_better(problem: Problem) -> None:
    assert_is_best(problem)


@settings(max_examples=200, deadline=None)
@given(problems(FRAGMENTED))
def test_no_other_assignment_is_better_where_rack_units_are_broken_up(problem: Problem) -> None:
    assert_is_best(problem)
