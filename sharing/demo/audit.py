"""What must be true when the chain has run: the ledger balances, every decision has its event, everybody was told."""

import email
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from registry.models import Allocation, Purpose
from sharing.demo.report import Report
from sharing.models import (
    LIVE,
    Agreement,
    Approval,
    Channel,
    Consent,
    ConsentStatus,
    Decision,
    DeliveryStatus,
    Event,
    EventType,
    MatchLeg,
    MatchStatus,
    Notification,
)

DELIVERY_S = 120.0
POLL_S = 0.5

# Legs whose lines in the ledger are not what the status of their match asks for.
UNBALANCED = """
SELECT count(*) FROM sharing_matchleg AS leg
JOIN sharing_match AS match ON match.id = leg.match_id
LEFT JOIN LATERAL (
    SELECT sum(upper(units) - lower(units)) AS units, array_agg(DISTINCT purpose::text) AS purposes
    FROM registry_allocation WHERE reference = leg.reference
) AS line ON true
WHERE leg.asset_id IS NOT NULL AND (coalesce(line.units, 0), coalesce(line.purposes, '{}')) IS DISTINCT FROM CASE
    WHEN match.status IN ('requested', 'consented') THEN (leg.quantity::bigint, ARRAY['held'])
    WHEN match.status IN ('approved', 'active') THEN (leg.quantity::bigint, ARRAY['granted'])
    ELSE (0::bigint, ARRAY[]::text[])
END
"""
# Assets whose figure of units in use differs from the sum of their lines today, or passes their capacity.
MISCOUNTED = """
SELECT count(*) FROM registry_asset AS asset
LEFT JOIN (
    SELECT asset_id, sum(upper(units) - lower(units)) AS units FROM registry_allocation
    WHERE period @> CURRENT_DATE GROUP BY asset_id
) AS used ON used.asset_id = asset.id
WHERE asset.used_today <> coalesce(used.units, 0) OR asset.used_today > asset.capacity
"""


def tell_everybody(report: Report, still_running: Callable[[], None], mails_since: float) -> None:
    """Wait for Celery to empty the outbox, then show who was told what. mails_since: a time of time.time()."""
    until = time.monotonic() + DELIVERY_S
    while _waiting() and time.monotonic() < until:
        still_running()
        time.sleep(POLL_S)
    report.check(not Event.objects.undispatched().exists(), _("the outbox is empty"))
    unsent = Notification.objects.exclude(status=DeliveryStatus.SENT)
    report.check(not unsent.exists(), _("every notification is sent; none is pending or parked"))
    _show_told(report)
    if hasattr(settings, "EMAIL_FILE_PATH"):
        mails = count_mails(Path(settings.EMAIL_FILE_PATH), since=mails_since)
        sent = Notification.objects.filter(channel=Channel.EMAIL).count()
        folder = Path(settings.EMAIL_FILE_PATH)
        report.check(mails == sent > 0, _("%(count)d mails lie in %(folder)s") % {"count": mails, "folder": folder})


def audit(report: Report) -> None:
    """Checks over the whole database."""
    counted = Counter(Allocation.objects.values_list("purpose", flat=True))
    report.tell(", ".join(f"{Purpose(purpose).label}: {count}" for purpose, count in sorted(counted.items())))
    report.check(_number(UNBALANCED) == 0, _("the ledger holds exactly what each match's status asks for"))
    report.check(_number(MISCOUNTED) == 0, _("every asset's units in use are the sum of its lines"))
    legs = MatchLeg.objects.filter(match__status__in=LIVE, asset__isnull=False).count()
    report.tell(_("%(count)d legs are granted") % {"count": legs})
    for claim, decisions, types in _decisions():
        events = Event.objects.filter(type__in=types).count()
        report.check(decisions == events > 0, claim % {"count": decisions})


def count_mails(folder: Path, *, since: float) -> int:
    """Messages in the files that Django's file backend wrote since then; it separates them by a line of dashes."""
    files = [file for file in folder.glob("*.log") if file.stat().st_mtime >= since] if folder.is_dir() else []
    parts = (part for file in files for part in file.read_bytes().split(b"\n" + b"-" * 79 + b"\n"))
    return len({email.message_from_bytes(part.lstrip())["Message-ID"] for part in parts} - {None})


def _waiting() -> bool:
    pending = Notification.objects.filter(status=DeliveryStatus.PENDING)
    return Event.objects.undispatched().exists() or pending.exists()


def _show_told(report: Report) -> None:
    told = Notification.objects.filter(channel=Channel.INBOX).values_list(
        "recipient__memberships__organization__name", "event__type"
    )
    by_organization: dict[str, Counter[str]] = {}
    for organization, event_type in told:
        by_organization.setdefault(organization, Counter())[event_type] += 1
    rows = []
    for organization, counts in sorted(by_organization.items()):
        often = ", ".join(f"{EventType(kind).label} {count}" for kind, count in counts.most_common(3))
        rows.append((organization, counts.total(), often))
    report.table((_("told"), _("messages"), _("above all of")), rows)


def _decisions() -> list[tuple[str, int, list[EventType]]]:
    """A claim, how many decisions the tables hold, and the types of event that record them."""
    answered = Consent.objects.exclude(status__in=(ConsentStatus.PENDING, ConsentStatus.LAPSED))
    approved = Approval.objects.filter(decision=Decision.APPROVED)
    return [
        (
            _("each of %(count)d answers of owners has its event"),
            answered.count(),
            [EventType.CONSENT_GRANTED, EventType.CONSENT_REFUSED],
        ),
        (
            _("each of %(count)d signatures of regulators has its event"),
            approved.count(),
            [EventType.MATCH_APPROVED, EventType.MATCH_COUNTERSIGNED],
        ),
        (
            _("each of %(count)d rejections has its event"),
            Approval.objects.filter(decision=Decision.REJECTED).count(),
            [EventType.MATCH_REJECTED],
        ),
        (
            _("each of %(count)d agreements has its event"),
            Agreement.objects.count(),
            [EventType.MATCH_APPROVED],
        ),
        (
            _("each of %(count)d agreements in force has its event"),
            Agreement.objects.filter(match__status=MatchStatus.ACTIVE).count(),
            [EventType.AGREEMENT_ACTIVATED],
        ),
    ]


def _number(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        (number,) = cursor.fetchone()
        return int(number)
