"""What the steps for one kind bring back, ready to save, and how they report on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from sharing.matching.saving import MatchAnswer, OutcomeAnswer

Progress = Callable[[float], None]


@dataclass(slots=True)
class Answers:
    """What came of the demands for one kind. Seconds by step."""

    matches: list[MatchAnswer] = field(default_factory=list)
    outcomes: list[OutcomeAnswer] = field(default_factory=list)
    served: int = 0  # demands
    served_bound: int = 0  # no way to serve more is possible
    cost: int = 0  # cents a year
    cost_bound: int = 0  # no way to serve these costs less
    components: int = 0
    pairs: int = 0
    options: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


class Clock:
    """Times the steps, one after another."""

    def __init__(self) -> None:
        self.since = perf_counter()

    def stop(self, answers: Answers, step: str, progress: Progress, done: float) -> None:
        now = perf_counter()
        answers.seconds[step] = now - self.since
        self.since = now
        progress(done)
