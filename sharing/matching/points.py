"""All point demands of a list for one kind, through the five steps: from the database to answers ready to save."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from registry.models import Organization
from sharing.matching import candidates, misses
from sharing.matching.answers import Answers, Clock, Progress
from sharing.matching.arrays import Flags, Ints
from sharing.matching.assignment.assign import assign
from sharing.matching.assignment.problem import Assignment, Problem
from sharing.matching.demands import open_demands
from sharing.matching.eligibility import RULES, Stage, Verdicts, judge
from sharing.matching.explanation import Json, funnels, holds_whole, leg_loads, number, runners_up, score_parts
from sharing.matching.facts import AssetFacts, Neighbourhood, Pairs, PointDemands
from sharing.matching.ledger import Holdings
from sharing.matching.saving import LegAnswer, MatchAnswer, OutcomeAnswer
from sharing.matching.scoring import Scores, score


def match_points(list_id: int, kind: str, party: Organization, parameters: Json, progress: Progress) -> Answers:
    """Answers for every open point demand for `kind`; progress goes from 0 to 1."""
    answers, clock = Answers(), Clock()
    demands = open_demands(list_id, kind)
    if not len(demands):
        return answers
    prices = parameters.get("prices", ())
    hood = candidates.neighbourhood(demands, kind=kind, party=party, prices=prices)
    clock.stop(answers, "candidates", progress, 0.3)
    verdicts = judge(hood.pairs, RULES[kind])
    eligible = verdicts.passes(Stage.FREE)
    clock.stop(answers, "eligibility", progress, 0.4)
    options = hood.pairs.take(eligible)
    scores = score(options)
    clock.stop(answers, "scoring", progress, 0.5)
    assignment = assign(Problem.of(options, scores.regret, hood.holdings))
    clock.stop(answers, "assignment", progress, 0.8)
    answers.pairs, answers.options = len(hood.pairs), len(options)
    answers.served, answers.served_bound = int(assignment.served.sum()), int(assignment.served_bound.sum())
    answers.cost, answers.cost_bound = assignment.cost, assignment.cost_bound
    answers.components = assignment.components
    _explain(answers, _Run(kind, party, prices, hood, verdicts, eligible, options, scores, assignment))
    clock.stop(answers, "explanation", progress, 1.0)
    return answers


@dataclass(frozen=True, slots=True)
class _Run:
    """Everything the explanation looks at."""

    kind: str
    party: Organization
    prices: Sequence[Json]
    hood: Neighbourhood
    verdicts: Verdicts
    eligible: Flags
    options: Pairs
    scores: Scores
    assignment: Assignment

    @property
    def demands(self) -> PointDemands:
        return self.hood.pairs.demands

    @property
    def assets(self) -> AssetFacts:
        return self.hood.pairs.assets


def _explain(answers: Answers, run: _Run) -> None:
    after = candidates.with_freedom(run.options, _after(run, run.hood.holdings, run.assets))
    used = np.zeros(len(run.options), dtype=np.bool_)
    used[run.assignment.option] = True
    available = holds_whole(after) & ~used
    left = np.zeros(len(run.hood.pairs), dtype=np.bool_)
    left[np.flatnonzero(run.eligible)[available]] = True
    funnel = funnels(run.hood.pairs, run.verdicts, left)
    met = np.zeros(len(run.demands), dtype=np.bool_)
    met[run.options.demand[run.assignment.option]] = True
    answers.matches = _matches(run, runners_up(run.options, run.scores, available & met[run.options.demand]))
    answers.outcomes = [
        OutcomeAnswer(int(run.demands.id[demand]), True, "", funnel[demand], {}, {})
        for demand in np.flatnonzero(met).tolist()
    ]
    unmet = np.flatnonzero(~met)
    for demand, miss in zip(unmet.tolist(), _misses(run, unmet) if unmet.size else [], strict=True):
        answers.outcomes.append(
            OutcomeAnswer(
                int(run.demands.id[demand]), False, miss.reason, funnel[demand], miss.nearest, *miss.changes_as_saved()
            )
        )


def _after(run: _Run, holdings: Holdings, assets: AssetFacts) -> Holdings:
    """`holdings` of `assets`, with what this run gives away on them."""
    if not len(assets):
        return holdings
    order = np.argsort(assets.id)
    legs, spans = run.assignment.option, run.assignment.numbers
    ids = run.assets.id[run.options.asset[legs]]
    place = np.minimum(np.searchsorted(assets.id[order], ids), len(assets) - 1)
    known = assets.id[order][place] == ids
    rows = [(i, n == 0, *pair) for i, ranges in enumerate(spans) if known[i] for n, pair in enumerate(ranges)]
    leg, first, lower, upper = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    if not leg.size:
        return holdings
    demand = run.options.demand[legs[leg]]
    share = -(-run.demands.loads[demand] * run.assignment.units[leg][:, None] // run.demands.quantity[demand][:, None])
    return Holdings.sorted(
        asset=np.concatenate((holdings.asset, order[place[leg]])),
        lower=np.concatenate((holdings.lower, lower)),
        upper=np.concatenate((holdings.upper, upper)),
        start=np.concatenate((holdings.start, run.demands.start[demand])),
        end=np.concatenate((holdings.end, run.demands.end[demand])),
        loads=np.concatenate((holdings.loads, share * first[:, None])),
    )


def _misses(run: _Run, unmet: Ints) -> list[misses.Miss]:
    demands = run.demands.take(unmet)
    wide = candidates.neighbourhood(demands, kind=run.kind, party=run.party, reach=misses.REACH, prices=run.prices)
    holdings = _after(run, wide.holdings, wide.pairs.assets)
    free = np.bincount(run.options.demand, run.options.free, len(run.demands))
    contested = free[unmet] >= demands.quantity
    return misses.explain(candidates.with_freedom(wide.pairs, holdings), RULES[run.kind], holdings, contested)


def _matches(run: _Run, others: list[list[int]]) -> list[MatchAnswer]:
    """The run's answers as rank 1, runners-up behind, in the order of the demands."""
    legs: dict[int, list[tuple[int, int]]] = {}
    for option, units in zip(run.assignment.option.tolist(), run.assignment.units.tolist(), strict=True):
        legs.setdefault(int(run.options.demand[option]), []).append((option, units))
    matches = []
    for demand, chosen in legs.items():
        matches.append(_match(run, demand, 1, chosen))
        quantity = int(run.demands.quantity[demand])
        matches += [_match(run, demand, rank, [(option, quantity)]) for rank, option in enumerate(others[demand], 2)]
    return matches


def _match(run: _Run, demand: int, rank: int, legs: list[tuple[int, int]]) -> MatchAnswer:
    options, assets = run.options, run.assets
    best = max((option for option, _ in legs), key=lambda option: float(run.scores.whole[option]))
    answers = [_leg(run, demand, option, units) for option, units in legs]
    hidden = any(assets.core[options.asset[option]] for option, _ in legs)
    quantity = sum(units for _, units in legs)
    return MatchAnswer(
        demand=int(run.demands.id[demand]),
        rank=rank,
        score=sum(float(run.scores.whole[option]) * units for option, units in legs) / quantity,
        score_parts=[] if hidden else score_parts(run.scores, best),
        cost_cents=sum(leg.cost_cents for leg in answers),
        legs=answers,
        distance_m=None if hidden else max(number(options.distance_m[option]) or 0.0 for option, _ in legs),
    )


def _leg(run: _Run, demand: int, option: int, units: int) -> LegAnswer:
    assets, asset = run.assets, int(run.options.asset[option])
    loads = leg_loads(run.demands.loads[demand], units, int(run.demands.quantity[demand]))
    return LegAnswer(
        asset=int(assets.id[asset]),
        quantity=units,
        cost_cents=int(assets.price[asset]) * units,
        loads=loads.tolist(),
        place=None if assets.core[asset] else [(float(assets.lon[asset]), float(assets.lat[asset]))],
    )
