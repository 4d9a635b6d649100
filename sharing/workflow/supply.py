"""When supply changes: what the database recorded is looked at, and the parties whose unmet demands it would meet are
told. Both steps are safe at any time, many at once, and after any death: nothing is missed, and nothing told twice.
Openings are locked in the order of their demands.
"""

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from registry.models import SupplyChange
from sharing.matching import supply
from sharing.models import (
    LIVE,
    OPEN_LISTS,
    UNFINISHED_RUNS,
    Demand,
    DemandList,
    Event,
    EventType,
    Match,
    MatchRun,
    MatchStatus,
    Opening,
    RunStatus,
)
from sharing.notifications import outbox

logger = logging.getLogger(__name__)

BLOCKS = 32
"""Blocks of assets looked at in one transaction: up to 65,536 assets."""

MOST_ATTEMPTS = 5
"""After so many failures a change is left where it is, for people to look at."""

QUIET = timedelta(days=1)
"""How long after one message the party of a list gets the next: what opens meanwhile is told with it."""

NAMED = 10
"""Lines that a message names."""


def look() -> int:
    """Looks at all that waits and that no other worker has; returns how many changes that were."""
    looked = 0
    while ids := _waiting():
        try:
            taken = _look_at(ids)
        except Exception:
            # A change that cannot be looked at must not hold up the others: it goes to the end, alone.
            logger.exception("changes of supply could not be looked at: %s", ids)
            taken = SupplyChange.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1)
        if not taken:
            break
        looked += taken
    return looked


def _waiting() -> list[int]:
    """The next changes to look at: what never failed by the block, what has failed one by one."""
    changes = SupplyChange.objects.filter(attempts__lt=MOST_ATTEMPTS).order_by("attempts", "pk")
    head = changes.first()
    if head is None:
        return []
    if head.attempts:
        return [head.pk]
    fresh = changes.filter(attempts=0)
    blocks = list(fresh.values_list("block", flat=True)[: 4 * BLOCKS])
    return list(fresh.filter(block__in=list(dict.fromkeys(blocks))[:BLOCKS]).values_list("pk", flat=True))


@transaction.atomic
def _look_at(ids: list[int]) -> int:
    """Changes that another worker holds are passed over: it looks at them."""
    changes = list(SupplyChange.objects.filter(pk__in=ids).order_by("pk").select_for_update(skip_locked=True))
    assets = sorted({asset for change in changes for asset in change.assets})
    now = timezone.now()
    if assets:
        _open(supply.met_by(assets), now)
    SupplyChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    return len(changes)


def _open(demand_ids: list[int], now: datetime) -> None:
    """What waits to be told already is found anew, since a run that has seen it may not have seen what came now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO sharing_opening (demand_id, found_at) SELECT unnest(%s::bigint[]), %s
            ON CONFLICT (demand_id) WHERE event_id IS NULL DO UPDATE SET found_at = excluded.found_at
            """,
            [demand_ids, now],
        )


def tell() -> int:
    """Tells each list's party of its openings, if none were told within a day; returns how many lists that were."""
    _forget_settled()
    waiting = Opening.objects.filter(event__isnull=True).order_by().values_list("demand__list", flat=True).distinct()
    return sum(_tell(list_id) for list_id in sorted(waiting))


@transaction.atomic
def _forget_settled() -> None:
    """Openings of demands that have a match or a closed list by now or are over, or that a run begun later has looked
    at."""
    seen = MatchRun.objects.filter(
        list=OuterRef("demand__list"), status=RunStatus.DONE, started_at__gt=OuterRef("found_at")
    )
    untold = Opening.objects.filter(event__isnull=True)
    settled = untold.filter(
        Q(Exists(seen))
        | Q(Exists(Match.objects.filter(demand=OuterRef("demand"), status__in=LIVE)))
        | ~Q(demand__list__status__in=OPEN_LISTS)
        | Q(demand__in=Demand.objects.over())
    )
    Opening.objects.filter(pk__in=_locked(settled)).delete()


@transaction.atomic
def _tell(list_id: int) -> bool:
    demand_list = DemandList.objects.filter(pk=list_id).select_for_update(no_key=True, skip_locked=True).first()
    if demand_list is None or _is_busy(demand_list):
        return False
    waiting = Opening.objects.filter(event__isnull=True, demand__list=demand_list)
    openings = Opening.objects.filter(pk__in=_locked(waiting))
    proposed = Match.objects.filter(demand=OuterRef("demand"), status__in=(*LIVE, MatchStatus.PROPOSED))
    openings.filter(Exists(proposed)).delete()
    lines = list(Demand.objects.filter(openings__in=openings).order_by("line"))
    if not lines:
        return False
    names = [line.name or str(line.line) for line in lines[:NAMED]]
    event = outbox.record(
        EventType.LIST_SUPPLIED,
        demand_list,
        actor=None,
        demands=len(lines),
        which=", ".join(names) + (", …" if len(lines) > NAMED else ""),
        lines=[line.line for line in lines[:NAMED]],
    )
    openings.filter(demand__in=lines).update(event=event)
    return True


def _locked(openings: QuerySet[Opening]) -> list[int]:
    """The ids of those that are still such once nobody else has them, locked until the transaction ends."""
    rows = openings.order_by("demand_id").select_for_update(of=("self",))
    return list(rows.values_list("pk", flat=True))


def _is_busy(demand_list: DemandList) -> bool:
    """Whether it is being matched, or its party was told within a day."""
    unfinished = demand_list.runs.filter(status__in=UNFINISHED_RUNS)
    told = Event.objects.filter(
        demand_list=demand_list, type=EventType.LIST_SUPPLIED, occurred_at__gt=timezone.now() - QUIET
    )
    return unfinished.exists() or told.exists()
