"""The lines of a demand list with what came of each, for its page and for print."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registry.models import User
from registry.printing import pdf
from registry.tags import tag
from sharing import words
from sharing.matching import describing
from sharing.matching.supply_near import Near
from sharing.models import (
    LIVE,
    CobuildDemand,
    Demand,
    DemandList,
    Match,
    MatchRun,
    MatchStatus,
    Outcome,
    RunStatus,
)
from sharing.seen import Seen
from sharing.shown.match_page import LegRow, legs_of
from sharing.workflow.rules import Standing, Verb, why_not

LINES_PRINTED = 100
"""Of a part that is printed while the person waits."""


@dataclass(frozen=True)
class LineRow:
    """A line with what came of it. match: the one under way or in force, else the best proposal; others: how many more
    proposals there are; near: for drafts, what is near now,
    None where a line reaches too far; checked: whether that was looked up."""

    demand: Demand
    outcome: Outcome | None = None
    match: Match | None = None
    others: int = 0
    legs: Sequence[LegRow] = ()
    requestable: bool = False
    group: int | None = None
    near: Near | None = None
    checked: bool = False

    @property
    def what(self) -> str:
        """Kind and quantity."""
        return f"{words.kind_noun(self.demand.kind, 1)} · {words.units(self.demand.kind, self.demand.quantity)}"

    @property
    def state(self) -> SafeString:
        """In a coloured word: where its match stands, else whether the run met it."""
        if self.match and self.match.status != MatchStatus.PROPOSED:
            return tag(self.match.status, self.match.get_status_display())
        if self.match or (self.outcome and self.outcome.met):
            return tag("granted", _("Met"))
        return tag("pending", _("Not met")) if self.outcome else tag("draft", _("Not matched yet"))

    @property
    def owners(self) -> str:
        """Whose assets its match uses, as far as the person may know."""
        used = [row for row in self.legs if not row.leg.is_gap]
        names = {str(row.asset.owner) if row.asset else _("a protected owner") for row in used}
        return _(", ").join(sorted(names))

    @property
    def why(self) -> str:
        return describing.reason(self.outcome.reason) if self.outcome and not self.outcome.met else ""

    @property
    def change(self) -> str:
        return words.change(self.outcome.change) if self.outcome and not self.outcome.met else ""

    @property
    def near_in_words(self) -> str:
        return words.supply_near(self.demand, self.near) if self.near else _("Too wide to look through now.")


def line_rows(
    demand_list: DemandList, run: MatchRun | None, demands: Sequence[Demand], standing: Standing
) -> list[LineRow]:
    """Lines of the list as the run answered them, as far as a person may know. The number of queries does not depend
    on how many there are."""
    user = standing.user
    outcomes = {one.demand_id: one for one in Outcome.objects.filter(run=run, demand__in=demands)}
    best, others = _best(demands, run, user)
    seen = Seen.of(list(best.values()), user)
    groups = CobuildDemand.objects.visible_to(user).group_of(demand.pk for demand in demands)
    rows = []
    for demand in demands:
        match = best.get(demand.pk)
        if match:
            match.demand = demand
            demand.list = demand_list
        rows.append(
            LineRow(
                demand, outcomes.get(demand.pk), match, others.get(demand.pk, 0),
                legs_of(match, seen) if match else (),
                match is not None and why_not(Verb.REQUEST, match, standing) is None,
                groups.get(demand.pk),
            )
        )  # fmt: skip
    return rows


def printed(demand_list: DemandList, first: int, standing: Standing) -> tuple[bytes, str]:
    """A part of the list, from its line `first` on by number in its order, as PDF; and the name of its file without
    the ending."""
    run = demand_list.runs.filter(status=RunStatus.DONE).order_by("-pk").first()
    total = demand_list.demands.count()
    first = min(first, max(total, 1))
    demands = list(demand_list.demands.order_by("line")[first - 1 : first - 1 + LINES_PRINTED])
    rows = line_rows(demand_list, run, demands, standing)
    context = {
        "list": demand_list,
        "rows": [(row, words.demand_facts(row.demand)) for row in rows],
        "run_figures": figures(run),
        "first": first,
        "last": first - 1 + len(demands),
        "total": total,
        "printed_at": timezone.localtime(),
    }
    part = "" if total <= LINES_PRINTED else f"-{first}"
    return pdf("print/demand_list.html", context), f"demand-list-{demand_list.pk}{part}"


def figures(run: MatchRun | None) -> list[tuple[str, str]]:
    """A run at a glance."""
    if run is None:
        return []
    figures = run.figures
    told = [
        (_("Met"), f"{figures.get('matched', 0)} / {figures.get('demands', 0)}"),
        (_("Cost a year"), words.number(run.value)),
    ]
    if run.gap is not None:
        told.append((_("Proven within"), f"{run.gap:.2%}"))
    if run.started_at and run.finished_at:
        told.append(
            (_("Took"), _("%(n)s s") % {"n": words.number((run.finished_at - run.started_at).total_seconds())})
        )
    return told


def _best(demands: Sequence[Demand], run: MatchRun | None, user: User) -> tuple[dict[int, Match], dict[int, int]]:
    """Of each demand the match under way or in force, else the best proposal, else the last that fell through in the
    run; and how many other proposals it has."""
    order = Case(
        When(status__in=LIVE, then=Value(0)), When(status=MatchStatus.PROPOSED, then=Value(1)), default=Value(2),
        output_field=IntegerField(),
    )  # fmt: skip
    visible = Match.objects.visible_to(user).filter(Q(status__in=LIVE) | Q(run=run), demand__in=demands)
    visible = visible.filter(renews__isnull=True).exclude(status=MatchStatus.SUPERSEDED)
    ids = visible.order_by("demand_id", order, "rank").distinct("demand_id").values("pk")
    best = Match.objects.filter(pk__in=ids).prefetch_related("legs__asset")
    chosen = {match.demand_id: match for match in best}
    proposed = visible.filter(status=MatchStatus.PROPOSED).exclude(pk__in=[match.pk for match in chosen.values()])
    counts = proposed.order_by().values_list("demand_id").annotate(n=Count("pk"))
    return chosen, dict(counts)
