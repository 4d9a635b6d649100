"""Competing lists of several parties for towers and rooms, matched at once and fairly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sharing.matching.answers import Answers, Clock
from sharing.matching.arrays import Ints
from sharing.matching.assignment.fair import FairAssignment, assign_fairly
from sharing.matching.assignment.problem import Problem
from sharing.matching.candidates import facts_of, holdings_of
from sharing.matching.demands import open_demands
from sharing.matching.explanation import Json
from sharing.matching.points import Given, Legs, Ready, explain, given_away, prepare
from sharing.models import DemandList


@dataclass(frozen=True, slots=True)
class Fairness:
    """How the parties fared for one kind: demands asked and served, by the party's id."""

    kind: str
    asked: dict[int, int]
    served: dict[int, int]
    least_share_bound: float
    cost_gap: float
    exact: bool

    @property
    def least_share(self) -> float:
        return min(self.served[party] / asked for party, asked in self.asked.items())

    def told_to(self, party: int) -> Json:
        """What a party may know: its own share, and the least there is."""
        return {
            "parties": len(self.asked),
            "share": round(self.served[party] / self.asked[party], 4),
            "least_share": round(self.least_share, 4),
            "least_share_bound": round(self.least_share_bound, 4),
            "cost_gap": round(self.cost_gap, 6),
            "exact": self.exact,
        }


def match_points_fairly(
    lists: Sequence[DemandList], kind: str, parameters: Json
) -> tuple[list[Answers], Fairness | None]:
    """Answers for the open demands of each list for `kind`, in their order; no fairness where none asks for it."""
    answers, clocks = [Answers() for _ in lists], [Clock() for _ in lists]
    demands = [open_demands(one.pk, kind) for one in lists]
    ready = [
        prepare(asked, len(asked), kind, one.party, parameters, own, clock, _silent)
        for asked, one, own, clock in zip(demands, lists, answers, clocks, strict=True)
    ]
    asking = [number for number, one in enumerate(ready) if one is not None]
    asked = [one for one in ready if one is not None]
    if not asked:
        return answers, None
    party_ids = [lists[number].party_id for number in asking]
    problem, first_option, party = _joint(asked, kind, party_ids)
    fair = assign_fairly(problem, party)
    legs = [_own(fair, first, first + len(one.options)) for first, one in zip(first_option, asked, strict=True)]
    given = Given.together([given_away(one, own) for one, own in zip(asked, legs, strict=True)])
    for number, one, own in zip(asking, asked, legs, strict=True):
        clocks[number].stop(answers[number], "assignment", _silent, 0.8)
        _state(answers[number], one, own, fair.assignment.cost - fair.assignment.cost_bound)
        explain(answers[number], one, own, given)
        clocks[number].stop(answers[number], "explanation", _silent, 1.0)
    known = sorted(set(party_ids))
    return answers, Fairness(
        kind,
        dict(zip(known, fair.asked.tolist(), strict=True)),
        dict(zip(known, fair.served.tolist(), strict=True)),
        fair.least_share_bound,
        (fair.assignment.cost - fair.assignment.cost_bound) / fair.assignment.cost if fair.assignment.cost else 0.0,
        fair.exact,
    )


def _joint(ready: Sequence[Ready], kind: str, party_ids: Sequence[int]) -> tuple[Problem, list[int], Ints]:
    """All lists as one problem on the assets of all; the first option of each list, and the party of each demand."""
    ids = np.unique(np.concatenate([one.assets.id for one in ready]))
    assets = facts_of(ids, kind, ready[0].party.sector)
    order = np.argsort(assets.id)
    problems = [Problem.of(one.options, one.scores.regret, one.hood.holdings) for one in ready]
    sizes = [len(one.demands) for one in ready]
    first_demand = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    asset_of = [order[np.searchsorted(assets.id[order], one.assets.id)] for one in ready]
    rows = list(zip(problems, first_demand.tolist(), asset_of, strict=True))
    start = np.concatenate([one.start for one in problems])
    joint = Problem(
        priority=np.concatenate([one.priority for one in problems]),
        quantity=np.concatenate([one.quantity for one in problems]),
        start=start,
        end=np.concatenate([one.end for one in problems]),
        splittable=np.concatenate([one.splittable for one in problems]),
        loads=np.concatenate([one.loads for one in problems]),
        capacity=assets.capacity,
        contiguous=np.full(len(assets), ready[0].options.contiguous),
        limits=assets.limits,
        holdings=holdings_of(assets, int(start.min())),
        demand=np.concatenate([one.demand + first for one, first, _ in rows]),
        asset=np.concatenate([place[one.asset] for one, _, place in rows]),
        unit_cost=np.concatenate([one.unit_cost for one in problems]),
        regret=np.concatenate([one.regret for one in problems]),
        free=np.concatenate([one.free for one in problems]),
    )
    counts = [one.demand.size for one in problems]
    party = np.repeat(np.unique(party_ids, return_inverse=True)[1], sizes).astype(np.int64)
    return joint, np.concatenate(([0], np.cumsum(counts)))[:-1].tolist(), party


def _own(fair: FairAssignment, first: int, after: int) -> Legs:
    option = fair.assignment.option
    rows = np.flatnonzero((option >= first) & (option < after))
    numbers = [fair.assignment.numbers[row] for row in rows.tolist()]
    return Legs(option[rows] - first, fair.assignment.units[rows], numbers)


def _state(answers: Answers, ready: Ready, legs: Legs, unproven: int) -> None:
    """The list's own count, cost, and bound: what it would cost at least while the others pay what they do, since more
    than what is unproven of all together (cents) it cannot save. How many could be served is said by `Fairness`."""
    answers.served = answers.served_bound = int(np.unique(ready.options.demand[legs.option]).size)
    price = ready.assets.price[ready.options.asset[legs.option]]
    answers.cost = int(price @ legs.units)
    answers.cost_bound = max(0, answers.cost - unproven)


def _silent(fraction: float) -> None:
    """Progress is told kind by kind."""
