"""Which demands building together is for."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from sharing.models import LIVE, Demand, ListStatus, Match, MatchRun, Outcome, RunStatus


def unmet_demands() -> QuerySet[Demand]:
    """Demands of matched lists that the last run found nothing for and no match holds units for; not yet over."""
    last = MatchRun.objects.filter(list=OuterRef("demand__list"), status=RunStatus.DONE).order_by("-pk").values("pk")
    failed = Outcome.objects.filter(demand=OuterRef("pk"), met=False, run=Subquery(last[:1]))
    held = Match.objects.filter(demand=OuterRef("pk"), status__in=LIVE)
    not_over = Q(period__endswith__isnull=True) | Q(period__endswith__gt=timezone.localdate())
    return Demand.objects.filter(not_over, Exists(failed), ~Exists(held), list__status=ListStatus.MATCHED)
