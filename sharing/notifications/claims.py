"""What all channels share: claim one delivery by a lease, attempt it outside any transaction, then mark it.

A sender that dies between the two leaves a lease that runs out, and the delivery is attempted again under the same id,
by which a double is recognised. What keeps failing is parked, visibly.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from sharing.models import Delivery, DeliveryStatus

log = logging.getLogger(__name__)
D = TypeVar("D", bound=Delivery)


@dataclass(frozen=True)
class Terms:
    """lease: longer than an attempt may take. pauses: before the second, third … attempt."""

    lease: timedelta
    pauses: Sequence[timedelta]

    @property
    def max_attempts(self) -> int:
        return len(self.pauses) + 1

    def pause(self, attempts: int) -> timedelta:
        """After so many failed attempts."""
        return self.pauses[min(attempts, len(self.pauses)) - 1]


def claim(due: QuerySet[D], terms: Terms) -> D | None:
    """Takes the row that has been due longest for the span of the lease, or None where nothing is due. To be called
    in a transaction.

    An attempt counts from its claim, so that a delivery that kills its senders is parked too.
    """
    row = due.order_by("next_attempt_at", "pk").select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
    if row is None:
        return None
    row.attempts += 1
    row.leased_until = timezone.now() + terms.lease
    row.save(update_fields=["attempts", "leased_until"])
    return row


def exhausted(row: Delivery, terms: Terms) -> bool:
    """Whether a claimed row had all its attempts, the last of which its sender did not survive."""
    return row.attempts > terms.max_attempts


def sent(row: D) -> bool:
    """Marks a row, also one that was parked meanwhile: it has arrived. False where another sender had marked it."""
    rows: QuerySet[D] = type(row)._default_manager.filter(pk=row.pk).exclude(status=DeliveryStatus.SENT)
    done = {"status": DeliveryStatus.SENT, "sent_at": timezone.now(), "leased_until": None, "last_error": ""}
    return bool(rows.update(**done))


def failed(row: Delivery, error: str, terms: Terms, *, final: bool = False, at_least: timedelta | None = None) -> bool:
    """Waits longer after each failure, and parks after the last, or a final one; False where another sender had
    finished the row. at_least: the least pause."""
    parked = final or row.attempts >= terms.max_attempts
    if parked:
        noun = type(row)._meta.verbose_name
        log.error("%s %s is parked after %s attempts: %s", str(noun).capitalize(), row.pk, row.attempts, error)
    return bool(
        _unfinished(row).update(
            status=DeliveryStatus.PARKED if parked else DeliveryStatus.PENDING,
            next_attempt_at=timezone.now() + max(terms.pause(row.attempts), at_least or timedelta(0)),
            leased_until=None,
            last_error=error[:1000],
        )
    )


def withdraw(row: Delivery) -> bool:
    """Attempts it no more, as nobody is to be told by it; False where another sender had finished the row."""
    return bool(_unfinished(row).update(status=DeliveryStatus.WITHDRAWN, leased_until=None, last_error=""))


def revive(rows: QuerySet[D]) -> int:
    """Makes rows due again, with all their attempts; returns how many."""
    return rows.update(
        status=DeliveryStatus.PENDING, attempts=0, next_attempt_at=timezone.now(), leased_until=None, last_error=""
    )


def _unfinished(row: D) -> QuerySet[D]:
    """The row, unless another sender has claimed or finished it: whose lease ran out must not undo what came after."""
    own = {"status": DeliveryStatus.PENDING, "leased_until": row.leased_until}
    rows: QuerySet[D] = type(row)._default_manager.filter(pk=row.pk, **own)
    return rows
