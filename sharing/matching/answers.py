"""What the steps for one kind bring back, ready to save, and how they report on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from sharing.matching.assignment.proof import Reached
from sharing.matching.explanation import Json
from sharing.matching.saving import MatchAnswer, OutcomeAnswer

Progress = Callable[[float], None]

COUNTS = ("demands", "matched", "pairs", "options", "components", "served", "served_bound", "cost", "cost_bound")


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of demands for one kind, in numbers. Seconds by step."""

    demands: int = 0
    matched: int = 0
    pairs: int = 0
    options: int = 0
    components: int = 0
    served: int = 0  # demands
    served_bound: int = 0  # no way to serve more is possible
    cost: int = 0  # cents a year
    cost_bound: int = 0  # no way to serve these costs less
    disjoint: list[Json] = field(default_factory=list)  # pairs of routes found together, see `routes`
    seconds: dict[str, float] = field(default_factory=dict)
    reached: Reached | None = None  # of points; parts, served, cost and their bounds follow from it

    def reach(self, reached: Reached) -> None:
        self.reached = reached
        self.components = reached.proven.parts
        self.served, self.served_bound = int(reached.served.sum()), int(reached.proven.served_bound.sum())
        self.cost, self.cost_bound = reached.cost, reached.cost_bound

    @classmethod
    def together(cls, parts: "Sequence[Tally]") -> "Tally":
        """Of parts that share nothing."""
        whole = cls(**{count: sum(getattr(part, count) for part in parts) for count in COUNTS})
        steps = dict.fromkeys(step for part in parts for step in part.seconds)
        whole.seconds = {step: sum(part.seconds.get(step, 0.0) for part in parts) for step in steps}
        whole.disjoint = [pair for part in parts for pair in part.disjoint]
        reached = [part.reached for part in parts if part.reached]
        if reached:
            whole.reach(Reached.together(reached))
        return whole


@dataclass(slots=True, kw_only=True)
class Answers(Tally):
    """What came of the demands for one kind."""

    matches: list[MatchAnswer] = field(default_factory=list)
    outcomes: list[OutcomeAnswer] = field(default_factory=list)

    def count(self) -> "Answers":
        """Counts the demands, once all outcomes are told."""
        self.demands, self.matched = len(self.outcomes), sum(outcome.met for outcome in self.outcomes)
        return self


class Clock:
    """Times the steps, one after another."""

    def __init__(self) -> None:
        self.since = perf_counter()

    def stop(self, answers: Answers, step: str, progress: Progress, done: float) -> None:
        now = perf_counter()
        answers.seconds[step] = now - self.since
        self.since = now
        progress(done)
