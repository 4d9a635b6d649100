"""Delivery by mail, under the claims of every channel. A mail sent twice has the same Message-ID both times."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from registry.models import User
from sharing.models import Channel, Delivery, DeliveryStatus, Notification
from sharing.notifications import claims
from sharing.notifications.messages import RELATED, message_of
from sharing.seen import hides_owner, read_by

SEND = "sharing.send_mails"
# Of PostgreSQL's advisory locks: a slow mail server holds up one worker at a time.
LOCK = 2026_168
# How long one sender goes on claiming, so that its worker is free for other tasks before events have waited for long.
ROUND_S = 5.0
# Longer than a mail server may take over one mail: EMAIL_TIMEOUT for each of its replies, of which there are
# a dozen and more with STARTTLS and AUTH.
LEASE = timedelta(minutes=10)
# 30 s, 1 min, 2 min ... at most 4 h apart: 12 attempts span more than 15 hours.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=4)
MAX_ATTEMPTS = 12
TERMS = claims.Terms(LEASE, [min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in range(MAX_ATTEMPTS - 1)])
D = TypeVar("D", bound=Delivery)


class ServerLost(Exception):
    """The mail server did not answer, so it need not be asked for the next mail."""


@dataclass(frozen=True)
class Post(Generic[D]):
    """Rows of one kind that leave by mail. due: those whose time has come; mail_of: the mail of one, over a
    connection, or None where nobody is to be told by it any more; arrived: marks one as sent."""

    due: Callable[[], QuerySet[D]]
    mail_of: Callable[[D, BaseEmailBackend], mail.EmailMessage | None]
    arrived: Callable[[D], bool] = claims.sent


def deliver() -> int:
    """Sends mails about one event that are due, for a round; returns how many. Any number may send at once."""
    return send_all(POST)


def send_all(post: Post[D]) -> int:
    """Sends the mails of one kind that are due, as many as a round allows; returns how many.

    Where the mail server is out of reach all mails wait, so that a worker loses one timeout and not one for each.
    """
    sent, until = 0, time.monotonic() + ROUND_S
    connection: BaseEmailBackend = mail.get_connection()
    try:
        while row := _claim(post):
            sent += _send(post, row, connection)
            if time.monotonic() >= until:
                break
    except ServerLost:
        post.due().update(next_attempt_at=timezone.now() + FIRST_PAUSE)
    finally:
        _close(connection)
    return sent


def claim() -> Notification | None:
    """Takes the mail that has been due longest, or None where none is due."""
    return _claim(POST)


@transaction.atomic
def _claim(post: Post[D]) -> D | None:
    return claims.claim(post.due(), TERMS)


def retry(rows: QuerySet[Any]) -> int:
    """Makes the parked among mails of any kind due again, with all their attempts; returns how many."""
    return claims.revive(rows.filter(status=DeliveryStatus.PARKED))


def _due() -> QuerySet[Notification]:
    return Notification.objects.due(timezone.now()).filter(channel=Channel.EMAIL)


def _send(post: Post[D], row: D, connection: BaseEmailBackend) -> bool:
    if claims.exhausted(row, TERMS):
        _fail(row, row.last_error or gettext_noop("its senders died"))
        return False
    try:
        message = post.mail_of(row, connection)
    except Exception as error:
        # Whatever cannot be put into words: the mails after it can.
        _fail(row, f"{type(error).__name__}: {error}")
        return False
    if message is None:
        claims.withdraw(row)
        return False
    try:
        connection.open()  # once; it then serves all mails of this sender
    except (SMTPException, OSError) as error:
        _fail(row, f"{type(error).__name__}: {error}")
        raise ServerLost from error
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        # The next mail needs a connection that works.
        _close(connection)
        _fail(row, f"{type(error).__name__}: {error}")
        return False
    return post.arrived(row)


def _close(connection: BaseEmailBackend) -> None:
    """Of a connection that is broken the server may be gone already."""
    with suppress(SMTPException, OSError):
        connection.close()


def mail_of(notification: Notification, connection: BaseEmailBackend | None = None) -> mail.EmailMessage:
    """The mail of a notification. Its Message-ID (RFC 5322, 3.6.4) is the same at every attempt."""
    hidden = hides_owner(notification.event, notification.recipient)
    message = message_of(notification, hides_owner=hidden)
    return mail.EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[notification.recipient.email],
        headers={"Message-ID": message_id("notification", notification.pk)},
        connection=connection,
    )


def message_id(noun: str, pk: int) -> str:
    """Of the mail of one row, at every attempt."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{noun}-{pk}@{domain}>"


def still_told(rows: QuerySet[Notification], person: User) -> QuerySet[Any]:
    """Those of `rows` that `person` may still read, as `read_by` has them. Who has left an organization, or whose
    account is closed, is told no more of it."""
    return read_by(rows, person).filter(opens=True) if person.is_active else rows.none()


def _mail_of(notification: Notification, connection: BaseEmailBackend) -> mail.EmailMessage | None:
    rows = Notification.objects.select_related(*RELATED).filter(pk=notification.pk)
    row = still_told(rows, notification.recipient).first()
    return mail_of(row, connection) if row else None


POST = Post(_due, _mail_of)


def _fail(row: Delivery, error: str) -> None:
    claims.failed(row, error, TERMS)
