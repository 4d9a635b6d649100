"""Two runs of a list side by side, line by line."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from sharing.matching.explanation import Json
from sharing.matching.saving import MatchAnswer, OutcomeAnswer
from sharing.models import Match, MatchRun, Outcome


class Difference(TextChoices):
    NEWLY_MET = "newly_met", _("newly met")
    LOST = "lost", _("lost")
    OTHER_ASSETS = "other_assets", _("other assets")
    OTHER_COST = "other_cost", _("other cost")
    SAME = "same", _("the same")


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What a run says of one demand. legs: (asset, units), None for a gap to be built."""

    met: bool
    reason: str = ""
    cents: int = 0
    legs: tuple[tuple[int | None, int], ...] = ()
    change: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineDifference:
    """One demand before and after; None where a run did not ask for it (units were held for it already)."""

    demand: int
    before: LineAnswer | None
    after: LineAnswer | None

    @property
    def difference(self) -> Difference:
        before, after = self.before or LineAnswer(False), self.after or LineAnswer(False)
        if before.met != after.met:
            return Difference.NEWLY_MET if after.met else Difference.LOST
        if sorted(before.legs, key=str) != sorted(after.legs, key=str):
            return Difference.OTHER_ASSETS
        return Difference.SAME if before.cents == after.cents else Difference.OTHER_COST

    @property
    def cents_more(self) -> int | None:
        """A year, where both are met."""
        if not (self.before and self.after and self.before.met and self.after.met):
            return None
        return self.after.cents - self.before.cents


def compare(before: Mapping[int, LineAnswer], after: Mapping[int, LineAnswer]) -> list[LineDifference]:
    """Every demand that either run asked for, by id."""
    return [LineDifference(demand, before.get(demand), after.get(demand)) for demand in sorted({*before, *after})]


def counts(differences: Iterable[LineDifference]) -> dict[str, int]:
    """How many lines differ in which way."""
    found = {difference.value: 0 for difference in Difference}
    for one in differences:
        found[one.difference.value] += 1
    return found


def of_answers(matches: Iterable[MatchAnswer], outcomes: Iterable[OutcomeAnswer]) -> dict[int, LineAnswer]:
    """What an unsaved run says, by demand."""
    best = {match.demand: match for match in matches if match.rank == 1}
    answers = {}
    for outcome in outcomes:
        match = best.get(outcome.demand)
        answers[outcome.demand] = LineAnswer(
            met=outcome.met,
            reason=outcome.reason,
            cents=match.cost_cents if match else 0,
            legs=tuple((leg.asset, leg.quantity) for leg in match.legs) if match else (),
            change=outcome.change,
        )
    return answers


def of_run(run: MatchRun, demands: Collection[int] | None = None) -> dict[int, LineAnswer]:
    """What a saved run says, by demand; of these demands only, where they are given."""
    outcomes = Outcome.objects.filter(run=run)
    matches = Match.objects.filter(run=run, rank=1)
    if demands is not None:
        outcomes, matches = outcomes.filter(demand__in=demands), matches.filter(demand__in=demands)
    best = {match.demand_id: match for match in matches.prefetch_related("legs")}
    answers = {}
    for outcome in outcomes:
        match = best.get(outcome.demand_id)
        answers[outcome.demand_id] = LineAnswer(
            met=outcome.met,
            reason=outcome.reason,
            cents=int(match.cost_per_year * 100) if match else 0,
            legs=tuple((leg.asset_id, leg.quantity) for leg in match.legs.all()) if match else (),
            change=outcome.change,
        )
    return answers
