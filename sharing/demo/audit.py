"""What must be true when the chain has run: everybody was told, and the audit of the whole database finds no fault."""

import email
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from registry.models import Allocation, Purpose
from sharing.audit import findings
from sharing.demo.report import Report
from sharing.models import (
    LIVE,
    Channel,
    DeliveryStatus,
    Event,
    EventType,
    MatchLeg,
    Notification,
)

DELIVERY_S = 600.0
POLL_S = 0.5


def tell_everybody(report: Report, still_running: Callable[[], None], mails_since: float) -> None:
    """Wait for Celery to empty the outbox, then show who was told what. mails_since: a time of time.time()."""
    until = time.monotonic() + DELIVERY_S
    while _waiting() and time.monotonic() < until:
        still_running()
        time.sleep(POLL_S)
    report.check(not Event.objects.undispatched().exists(), _("the outbox is empty"))
    unsent = Notification.objects.filter(status__in=(DeliveryStatus.PENDING, DeliveryStatus.PARKED))
    report.check(not unsent.exists(), _("every notification is sent; none is pending or parked"))
    _show_told(report)
    if hasattr(settings, "EMAIL_FILE_PATH"):
        mails = count_mails(Path(settings.EMAIL_FILE_PATH), since=mails_since)
        sent = Notification.objects.filter(channel=Channel.EMAIL, status=DeliveryStatus.SENT).count()
        folder = Path(settings.EMAIL_FILE_PATH)
        report.check(mails == sent > 0, _("%(count)d mails lie in %(folder)s") % {"count": mails, "folder": folder})


def audit(report: Report) -> None:
    """What the ledger holds now, and the claims of sharing.audit about it."""
    counted = Counter(Allocation.objects.values_list("purpose", flat=True))
    report.tell(", ".join(f"{Purpose(purpose).label}: {count}" for purpose, count in sorted(counted.items())))
    for finding in findings():
        report.check(finding.holds, str(finding.claim.text))
    legs = MatchLeg.objects.filter(match__status__in=LIVE, asset__isnull=False).count()
    report.tell(_("%(count)d legs are granted") % {"count": legs})


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
