"""Step five, for the demands that are not met: the smallest single changes that would meet them.

The least change of each column is found on what the run itself leaves free, then carried out: the changed demand goes
through the rules and the assignment again, alone beside all that the run gave away, and only what is matched there is
told. Since the run serves as many demands as can be served, the whole list matched again with the change serves that
demand too.
"""

from dataclasses import replace

import numpy as np

from sharing.matching.arrays import join_sorted
from sharing.matching.assignment.assign import assign
from sharing.matching.assignment.problem import Problem
from sharing.matching.candidates import with_freedom
from sharing.matching.change import Change, changed
from sharing.matching.change_search import ChangeSearch
from sharing.matching.eligibility import Rule, Stage, judge
from sharing.matching.facts import Pairs
from sharing.matching.ledger import Holdings


def smallest_changes(pairs: Pairs, rules: tuple[Rule, ...], holdings: Holdings) -> dict[int, list[Change]]:
    """By demand the least change of each column that meets it, the smallest first.

    `pairs` are of demands not met, with the assets that may be spoken of and what is free of them after the run.
    """
    found = ChangeSearch(pairs, rules, holdings).all()
    changes: dict[int, list[Change]] = {}
    for change in _carried_out(pairs, rules, holdings, found):
        changes.setdefault(change.demand, []).append(change)
    return {demand: sorted(ones, key=lambda one: (one.size, one.cents, one.row)) for demand, ones in changes.items()}


def _carried_out(pairs: Pairs, rules: tuple[Rule, ...], holdings: Holdings, changes: list[Change]) -> list[Change]:
    """The changes whose demands, so changed, the engine matches; with the match that comes of it.

    Each has copies of its own of the assets, so that all are tried at once and none hinders another.
    """
    if not changes:
        return []
    demands = changed(pairs.demands, changes)
    one, row = join_sorted(np.array([change.demand for change in changes], dtype=np.int64), pairs.demand)
    named = np.array([change.row for change in changes], dtype=np.int64)
    tried = demands.splittable[one] | (row == named[one])
    one, row = one[tried], row[tried]
    copy, held = join_sorted(pairs.asset[row], holdings.asset)
    own = Holdings(
        copy, holdings.lower[held], holdings.upper[held], holdings.start[held], holdings.end[held],
        holdings.loads[held],
    )  # fmt: skip
    copied = replace(
        pairs.take(row),
        demands=demands,
        assets=pairs.assets.take(pairs.asset[row]),
        demand=one,
        asset=np.arange(row.size, dtype=np.int64),
    )
    copied = with_freedom(copied, own)
    options = copied.take(judge(copied, rules).passes(Stage.FREE))
    assignment = assign(Problem.of(options, np.zeros(len(options), dtype=np.int64), own))
    legs: dict[int, list[tuple[int, int]]] = {}
    for option, units in zip(assignment.option.tolist(), assignment.units.tolist(), strict=True):
        cents = int(options.assets.price[options.asset[option]]) * units
        legs.setdefault(int(options.demand[option]), []).append((units, cents))
    return [
        replace(changes[i], cents=sum(cents for _, cents in match), legs=tuple(units for units, _ in match))
        for i, match in sorted(legs.items())
    ]
