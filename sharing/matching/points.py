"""All point demands of a list for one kind, through the five steps: from the database to answers ready to save."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from registry.models import Organization
from sharing.matching import candidates, misses
from sharing.matching.answers import Answers, Clock, Progress
from sharing.matching.arrays import Flags, Ints
from sharing.matching.assignment.assign import assign
from sharing.matching.assignment.problem import Problem
from sharing.matching.change import room
from sharing.matching.demands import open_demands
from sharing.matching.eligibility import RULES, Stage, Verdicts, judge
from sharing.matching.explanation import Json, funnels, holds_whole, runners_up
from sharing.matching.facts import AssetFacts, Neighbourhood, Pairs, PointDemands
from sharing.matching.ledger import Holdings
from sharing.matching.proposals import Proposals, matches
from sharing.matching.reach import LONG, REACH
from sharing.matching.saving import OutcomeAnswer
from sharing.matching.scoring import Scores, score


def match_points(list_id: int, kind: str, party: Organization, parameters: Json, progress: Progress) -> Answers:
    """Answers for every open point demand for `kind`; progress goes from 0 to 1."""
    demands = open_demands(list_id, kind)
    return match_demands(demands, len(demands), kind, party, parameters, progress)


def match_demands(
    demands: PointDemands, lines: int, kind: str, party: Organization, parameters: Json, progress: Progress
) -> Answers:
    """The same for these demands, which no others of their list share an asset with. lines: of the whole list, open
    and for the kind: how much is told depends on it."""
    answers, clock = Answers(), Clock()
    ready = prepare(demands, lines, kind, party, parameters, answers, clock, progress)
    if ready is None:
        return answers
    assignment = assign(Problem.of(ready.options, ready.scores.regret, ready.hood.holdings))
    clock.stop(answers, "assignment", progress, 0.8)
    answers.reach(assignment.reached)
    legs = Legs(assignment.option, assignment.units, assignment.numbers)
    explain(answers, ready, legs, given_away(ready, legs))
    clock.stop(answers, "explanation", progress, 1.0)
    return answers


def prepare(
    demands: PointDemands, lines: int, kind: str, party: Organization, parameters: Json, answers: Answers,
    clock: Clock, progress: Progress,
) -> "Ready | None":  # fmt: skip
    """The first three steps; None where nothing is asked for. lines: of the whole list."""
    if not len(demands):
        return None
    prices, core = parameters.get("prices", ()), parameters.get("core", True)
    hood = candidates.neighbourhood(demands, kind=kind, party=party, prices=prices, lines=lines, core=core)
    clock.stop(answers, "candidates", progress, 0.3)
    verdicts = judge(hood.pairs, RULES[kind])
    eligible = verdicts.passes(Stage.FREE)
    clock.stop(answers, "eligibility", progress, 0.4)
    options = hood.pairs.take(eligible)
    scores = score(options)
    clock.stop(answers, "scoring", progress, 0.5)
    answers.pairs, answers.options = len(hood.pairs), len(options)
    return Ready(kind, party, prices, lines > LONG, hood, verdicts, eligible, options, scores)


@dataclass(frozen=True, slots=True)
class Ready:
    """A list's demands for a kind with all that could serve them: what the assignment and the explanation look at."""

    kind: str
    party: Organization
    prices: Sequence[Json]
    long: bool
    hood: Neighbourhood
    verdicts: Verdicts
    eligible: Flags
    options: Pairs
    scores: Scores

    @property
    def demands(self) -> PointDemands:
        return self.hood.pairs.demands

    @property
    def assets(self) -> AssetFacts:
        return self.hood.pairs.assets


@dataclass(frozen=True, slots=True)
class Legs:
    """The options of a list that are used, with units and their numbers."""

    option: Ints
    units: Ints
    numbers: Sequence[Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Given:
    """What runs give away: ranges of units of assets, by id."""

    asset: Ints
    lower: Ints
    upper: Ints
    start: Ints
    end: Ints
    loads: Ints

    @classmethod
    def together(cls, parts: "Sequence[Given]") -> "Given":
        columns = ("asset", "lower", "upper", "start", "end", "loads")
        return cls(*(np.concatenate([getattr(part, column) for part in parts]) for column in columns))


@dataclass(frozen=True, slots=True)
class _Run:
    """A list with what it gets, and what it and others got."""

    ready: Ready
    legs: Legs
    given: Given

    @property
    def options(self) -> Pairs:
        return self.ready.options

    @property
    def demands(self) -> PointDemands:
        return self.ready.demands


def explain(answers: Answers, ready: Ready, legs: Legs, given: Given) -> None:
    """Step five: matches and outcomes of the list. given: what this list and those matched with it got."""
    run = _Run(ready, legs, given)
    after = candidates.with_freedom(run.options, _after(given, ready.hood.holdings, ready.assets))
    used = np.zeros(len(run.options), dtype=np.bool_)
    used[legs.option] = True
    available = holds_whole(after) & ~used
    left = np.zeros(len(ready.hood.pairs), dtype=np.bool_)
    left[np.flatnonzero(ready.eligible)[available]] = True
    funnel = funnels(ready.hood.pairs, ready.verdicts, left)
    met = np.zeros(len(run.demands), dtype=np.bool_)
    met[run.options.demand[legs.option]] = True
    others = [] if ready.long else runners_up(run.options, ready.scores, available & met[run.options.demand])
    answers.matches = matches(run.options, ready.scores, Proposals.of(run.options, legs.option, legs.units, others))
    answers.outcomes = [
        OutcomeAnswer(int(run.demands.id[demand]), True, "", funnel[demand], {}, {})
        for demand in np.flatnonzero(met).tolist()
    ]
    unmet = np.flatnonzero(~met)
    for demand, miss in zip(
        unmet.tolist(), (_nearest if ready.long else _misses)(run, unmet) if unmet.size else [], strict=True
    ):
        answers.outcomes.append(
            OutcomeAnswer(
                int(run.demands.id[demand]), False, miss.reason, funnel[demand], miss.nearest, *miss.changes_as_saved()
            )
        )


def given_away(ready: Ready, legs: Legs) -> Given:
    """The legs as rows of the ledger would have them; a leg's loads stand with its first range."""
    rows = [(i, n == 0, *pair) for i, ranges in enumerate(legs.numbers) for n, pair in enumerate(ranges)]
    leg, first, lower, upper = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    option = legs.option[leg]
    demand, demands = ready.options.demand[option], ready.demands
    share = -(-demands.loads[demand] * legs.units[leg][:, None] // demands.quantity[demand][:, None])
    return Given(
        asset=ready.assets.id[ready.options.asset[option]],
        lower=lower,
        upper=upper,
        start=demands.start[demand],
        end=demands.end[demand],
        loads=share * first[:, None],
    )


def _after(given: Given, holdings: Holdings, assets: AssetFacts) -> Holdings:
    """`holdings` of `assets`, with what was given away on them."""
    if not len(assets) or not given.asset.size:
        return holdings
    order = np.argsort(assets.id)
    place = np.minimum(np.searchsorted(assets.id[order], given.asset), len(assets) - 1)
    known = assets.id[order][place] == given.asset
    return Holdings.sorted(
        asset=np.concatenate((holdings.asset, order[place[known]])),
        lower=np.concatenate((holdings.lower, given.lower[known])),
        upper=np.concatenate((holdings.upper, given.upper[known])),
        start=np.concatenate((holdings.start, given.start[known])),
        end=np.concatenate((holdings.end, given.end[known])),
        loads=np.concatenate((holdings.loads, given.loads[known])),
    )


def _nearest(run: _Run, unmet: Ints) -> list[misses.Miss]:
    """Within the demands' own reach, and without changes."""
    pairs = run.ready.hood.pairs
    number = np.full(len(run.demands), -1, dtype=np.int64)
    number[unmet] = np.arange(unmet.size)
    own = pairs.take(number[pairs.demand] >= 0)
    own = replace(own, demands=pairs.demands.take(unmet), demand=number[own.demand])
    holdings = _after(run.given, run.ready.hood.holdings, run.ready.assets)
    after = candidates.with_freedom(own, holdings)
    return misses.nearest(after, RULES[run.ready.kind], _contested(run, unmet))


def _misses(run: _Run, unmet: Ints) -> list[misses.Miss]:
    demands, ready = run.demands.take(unmet), run.ready
    wide = candidates.neighbourhood(demands, kind=ready.kind, party=ready.party, reach=REACH, prices=ready.prices)
    holdings = _after(run.given, wide.holdings, wide.pairs.assets)
    pairs = candidates.with_freedom(wide.pairs, holdings)
    return misses.explain(pairs, RULES[ready.kind], holdings, _contested(run, unmet))


def _contested(run: _Run, unmet: Ints) -> Flags:
    """Demands that assets had room for, units and loads, before the run gave them to others."""
    options, demands = run.options, run.demands
    units = room(demands, options.demand, options.free, options.freedom.headroom)
    total = np.bincount(options.demand, units, len(demands))
    return np.asarray(total[unmet] >= demands.quantity[unmet], dtype=np.bool_)
