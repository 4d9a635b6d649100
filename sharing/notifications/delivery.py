"""Delivery by mail: claim one notification by a lease, send it outside any transaction, then mark it.

A sender that dies between sending and marking leaves a lease that runs out, and the mail is sent again under the same
Message-ID, by which the double is recognised. What keeps failing is parked, visibly.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPException

from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from sharing.models import Channel, DeliveryStatus, Notification
from sharing.notifications.messages import RELATED, message_of
from sharing.seen import hides_owner

log = logging.getLogger(__name__)
# Longer than a mail server may take over one mail (EMAIL_TIMEOUT, for each of its few replies).
LEASE = timedelta(minutes=2)
# 30 s, 1 min, 2 min ... at most 4 h apart: 12 attempts span more than 15 hours.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=4)
MAX_ATTEMPTS = 12


class ServerLost(Exception):
    """The mail server did not answer, so it need not be asked for the next mail."""


def deliver() -> int:
    """Sends every mail that is due; returns how many were sent. Any number of senders may run at once.

    Where the mail server is out of reach all mails wait, so that a worker loses one timeout and not one for each.
    """
    sent = 0
    connection: BaseEmailBackend = mail.get_connection()
    try:
        while notification := claim():
            sent += _send(notification, connection)
    except ServerLost:
        _due().update(next_attempt_at=timezone.now() + FIRST_PAUSE)
    finally:
        _close(connection)
    return sent


@transaction.atomic
def claim() -> Notification | None:
    """Takes the notification that has been due longest for the span of the lease, or None where nothing is due.

    An attempt counts from its claim, so that a mail that kills its senders is parked too.
    """
    notification = _due().order_by("next_attempt_at").select_for_update(skip_locked=True, no_key=True).first()
    if notification is None:
        return None
    notification.attempts += 1
    notification.leased_until = timezone.now() + LEASE
    notification.save(update_fields=["attempts", "leased_until"])
    return notification


def retry(parked: QuerySet[Notification]) -> int:
    """Makes parked notifications due again, with all their attempts; returns how many."""
    return parked.filter(status=DeliveryStatus.PARKED).update(
        status=DeliveryStatus.PENDING, attempts=0, next_attempt_at=timezone.now(), leased_until=None
    )


def _due() -> QuerySet[Notification]:
    now = timezone.now()
    unclaimed = Q(leased_until=None) | Q(leased_until__lt=now)
    pending = Notification.objects.filter(unclaimed, status=DeliveryStatus.PENDING, channel=Channel.EMAIL)
    return pending.filter(next_attempt_at__lte=now)


def _send(notification: Notification, connection: BaseEmailBackend) -> bool:
    if notification.attempts > MAX_ATTEMPTS:
        _fail(notification, notification.last_error or "its senders died")
        return False
    try:
        connection.open()  # once; it then serves all mails of this sender
    except (SMTPException, OSError) as error:
        _fail(notification, f"{type(error).__name__}: {error}")
        raise ServerLost from error
    try:
        mail_of(Notification.objects.select_related(*RELATED).get(pk=notification.pk), connection).send()
    except (SMTPException, OSError, ValueError) as error:
        # The next mail needs a connection that works.
        _close(connection)
        _fail(notification, f"{type(error).__name__}: {error}")
        return False
    _pending(notification).update(status=DeliveryStatus.SENT, sent_at=timezone.now(), leased_until=None, last_error="")
    return True


def _close(connection: BaseEmailBackend) -> None:
    """Of a connection that is broken the server may be gone already."""
    with suppress(SMTPException, OSError):
        connection.close()


def mail_of(notification: Notification, connection: BaseEmailBackend | None = None) -> mail.EmailMessage:
    """The mail of a notification. Its Message-ID (RFC 5322, 3.6.4) is the same at every attempt."""
    hidden = hides_owner(notification.event, notification.recipient)
    message = message_of(notification, hides_owner=hidden)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return mail.EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[notification.recipient.email],
        headers={"Message-ID": f"<notification-{notification.pk}@{domain}>"},
        connection=connection,
    )


def _fail(notification: Notification, error: str) -> None:
    """Waits longer after each failure, and parks after the last."""
    parked = notification.attempts >= MAX_ATTEMPTS
    if parked:
        log.error("Notification %s is parked after %s attempts: %s", notification.pk, notification.attempts, error)
    _pending(notification).update(
        status=DeliveryStatus.PARKED if parked else DeliveryStatus.PENDING,
        next_attempt_at=next_attempt(notification.attempts),
        leased_until=None,
        last_error=error[:1000],
    )


def next_attempt(attempts: int) -> datetime:
    doublings = min(attempts - 1, MAX_ATTEMPTS)
    return timezone.now() + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def _pending(notification: Notification) -> QuerySet[Notification]:
    """The row, unless another sender has finished it: whose lease ran out must not undo what came after."""
    return Notification.objects.filter(pk=notification.pk, status=DeliveryStatus.PENDING)
