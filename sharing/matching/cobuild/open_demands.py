"""Which demands building together is for."""

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from sharing.models import LIVE, Demand, ListStatus, Match, MatchRun, Outcome, RunStatus


def unmet_demands() -> QuerySet[Demand]:
    """Demands of matched lists that the last run found nothing for and no match holds units for; not yet over."""
    last = MatchRun.objects.filter(list=OuterRef("demand__list"), status=RunStatus.DONE).order_by("-pk").values("pk")
    failed = Outcome.objects.filter(demand=OuterRef("pk"), met=False, run=Subquery(last[:1]))
    held = Match.objects.filter(demand=OuterRef("pk"), status__in=LIVE)
    return Demand.objects.not_over().filter(Exists(failed), ~Exists(held), list__status=ListStatus.MATCHED)
