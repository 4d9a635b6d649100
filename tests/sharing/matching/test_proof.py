"""What independent parts reach and prove adds up to what the whole does, however many rounds each takes."""

from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sharing.matching.answers import Tally
from sharing.matching.assignment.assign import assign
from sharing.matching.assignment.problem import Problem
from sharing.matching.assignment.proof import Reached
from sharing.matching.fan_out.tallies import as_json, of_json
from sharing.matching.ledger import Holdings
from tests.sharing.matching.test_assignment import FRAGMENTED, MIXED, problems


def beside(one: Problem, other: Problem) -> Problem:
    """Both as one problem that shares nothing."""
    moved = {"demand": other.demand + one.priority.size, "asset": other.asset + one.capacity.size}
    names = [field.name for field in fields(Problem) if field.name != "holdings"]
    joint = {name: np.concatenate((getattr(one, name), moved.get(name, getattr(other, name)))) for name in names}
    held = {field.name: [getattr(part.holdings, field.name) for part in (one, other)] for field in fields(Holdings)}
    held["asset"][1] = held["asset"][1] + one.capacity.size
    return Problem(**joint, holdings=Holdings(**{name: np.concatenate(both) for name, both in held.items()}))


def facts(reached: Reached) -> tuple[object, ...]:
    proven = reached.proven
    return (
        reached.served.tolist(), reached.cost, reached.cost_bound, len(reached.rounds),
        proven.served.tolist(), proven.served_bound.tolist(), proven.parts,
    )  # fmt: skip


@given(st.one_of(problems(MIXED), problems(FRAGMENTED)), problems(FRAGMENTED))
def test_two_problems_that_share_nothing_add_up(one: Problem, other: Problem) -> None:
    whole = assign(beside(one, other))
    parts = [assign(one), assign(other)]
    assert facts(Reached.together([part.reached for part in parts])) == facts(whole.reached)
    assert whole.option.tolist() == [*parts[0].option.tolist(), *(parts[1].option + one.demand.size).tolist()]
    assert whole.numbers == [*parts[0].numbers, *parts[1].numbers]


@given(problems(MIXED))
def test_what_is_saved_of_a_part_says_the_same(problem: Problem) -> None:
    tally = Tally(demands=4, seconds={"assignment": 0.5})
    tally.reach(assign(problem).reached)
    again = of_json(as_json(tally))
    assert again.reached and tally.reached
    assert facts(again.reached) == facts(tally.reached)
    assert (again.cost_bound, again.seconds) == (tally.cost_bound, tally.seconds)
