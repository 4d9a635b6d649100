"""Step five, for the demands that are met: the matches of a list, ready to save."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Floats, Ints, group_starts
from sharing.matching.explanation import leg_loads, numbers
from sharing.matching.facts import Pairs
from sharing.matching.saving import LegAnswer, MatchAnswer
from sharing.matching.scoring import PARTS, Scores

_PARTS = (
    "["
    + ", ".join(
        f'{{"code": "{part.code}", "value": %s, "unit": "{part.unit}", "weight": {part.weight}, "score": %s}}'
        for part in PARTS
    )
    + "]"
)
"""The parts of a score as JSON, without their numbers: texts come from `PARTS` by code when they are shown."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Legs by demand and rank (1 is the run's answer), each an option with units; sorted by demand, then rank."""

    demand: Ints
    rank: Ints
    option: Ints
    units: Ints

    @classmethod
    def of(cls, options: Pairs, used: Ints, units: Ints, runners_up: Sequence[Sequence[int]]) -> "Proposals":
        """used, units: the run's answer. runners_up: options by demand, each of which holds the whole demand."""
        counts = [len(ones) for ones in runners_up]
        others = np.array([option for ones in runners_up for option in ones], dtype=np.int64)
        places = np.array([rank for count in counts for rank in range(2, count + 2)], dtype=np.int64)
        option, rank = np.concatenate((used, others)), np.concatenate((np.ones_like(used), places))
        demand = options.demand[option]
        amount = np.concatenate((units, options.demands.quantity[options.demand[others]]))
        order = np.lexsort((rank, demand))
        return cls(demand[order], rank[order], option[order], amount[order])


def matches(options: Pairs, scores: Scores, proposals: Proposals) -> list[MatchAnswer]:
    """Nothing is told of where a core asset is, nor of how good it is."""
    if not proposals.option.size:
        return []
    first = group_starts(proposals.demand * (int(proposals.rank.max()) + 1) + proposals.rank)
    after = np.append(first[1:], proposals.option.size)
    legs = _legs(options, proposals)
    hidden = np.maximum.reduceat(options.assets.core[options.asset[proposals.option]], first)
    whole = scores.whole[proposals.option]
    score = np.add.reduceat(whole * proposals.units, first) / np.add.reduceat(proposals.units, first)
    best = _best(whole, first, after)
    distance_m = np.maximum.reduceat(options.distance_m[proposals.option], first)
    columns = zip(
        options.demands.id[proposals.demand[first]].tolist(),
        proposals.rank[first].tolist(),
        score.tolist(),
        _score_parts(scores, proposals.option[best]),
        numbers(distance_m),
        hidden.tolist(),
        first.tolist(),
        after.tolist(),
        strict=True,
    )
    found = []
    for demand, rank, good, parts, distance, is_hidden, begin, end in columns:
        own = legs[begin:end]
        found.append(
            MatchAnswer(
                demand=demand,
                rank=rank,
                score=0.0 if is_hidden else good,
                score_parts="[]" if is_hidden else parts,
                cost_cents=sum(leg.cost_cents for leg in own),
                legs=own,
                distance_m=None if is_hidden else distance,
            )
        )
    return found


def _best(whole: Floats, first: Ints, after: Ints) -> Ints:
    """The best leg of each match, the first of equals."""
    match = np.repeat(np.arange(first.size), after - first)
    return np.lexsort((np.arange(whole.size), -whole, match))[first]


def _score_parts(scores: Scores, option: Ints) -> list[str]:
    columns = []
    for value, part in zip(scores.value, scores.part, strict=True):
        columns += [_as_json(value[option]), _as_json(part[option])]
    return [_PARTS % row for row in zip(*columns, strict=True)]


def _as_json(values: Floats) -> list[str]:
    return ["null" if value is None else repr(value) for value in numbers(values)]


def _legs(options: Pairs, proposals: Proposals) -> list[LegAnswer]:
    assets, asset = options.assets, options.asset[proposals.option]
    demands = options.demands
    loads = leg_loads(demands.loads[proposals.demand], proposals.units, demands.quantity[proposals.demand])
    columns = zip(
        assets.id[asset].tolist(),
        proposals.units.tolist(),
        (assets.price[asset] * proposals.units).tolist(),
        loads.tolist(),
        assets.core[asset].tolist(),
        assets.lon[asset].tolist(),
        assets.lat[asset].tolist(),
        strict=True,
    )
    return [
        LegAnswer(asset=asset_id, quantity=units, cost_cents=cents, loads=own, place=None if core else [(lon, lat)])
        for asset_id, units, cents, own, core, lon, lat in columns
    ]
