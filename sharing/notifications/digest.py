"""The daily mail: one a person and day, from an hour of their own day on, in their language.

The row of a day is made in the transaction that gives it its messages, and is unique, so that nobody is told twice of
a day whoever makes it and dies; it leaves under the claims of every channel. What happens later is told the next day.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.models import User
from sharing.models import Channel, DeliveryStatus, Digest, Notification
from sharing.notifications import claims, delivery
from sharing.notifications.messages import RELATED, language_of, read
from sharing.seen import read_by

# A mail tells so many; the others are in the inbox.
MOST_TOLD = 100


def gather() -> int:
    """Makes the digest of today for everyone for whom something waits and whose hour has come; returns how many."""
    now = timezone.now()
    waiting = _waiting().filter(recipient=OuterRef("pk"))
    return sum(_make(person, day) for person in User.objects.filter(Exists(waiting)) if (day := _day(person, now)))


def deliver() -> int:
    """Sends digests that are due, for a round; returns how many. Any number of senders may run at once."""
    return delivery.send_all(POST)


def mail_of(digest: Digest, connection: BaseEmailBackend | None = None) -> mail.EmailMessage:
    """The mail of a digest, in its recipient's language; its Message-ID is the same at every attempt."""
    person = digest.recipient
    with translation.override(language_of(person)):
        count, text = _text(digest, person)
        subject = ngettext("%(n)d message of %(day)s", "%(n)d messages of %(day)s", count)
        return mail.EmailMessage(
            subject=subject % {"n": count, "day": date_format(digest.day)},
            body=text,
            to=[person.email],
            headers={"Message-ID": delivery.message_id("digest", digest.pk)},
            connection=connection,
        )


def _day(person: User, now: datetime) -> date | None:
    """The person's day, once its hour has come where they are."""
    local = timezone.localtime(now, ZoneInfo(person.time_zone) if person.time_zone else None)
    return local.date() if local.hour >= settings.DIGEST_HOUR else None


@transaction.atomic
def _make(person: User, day: date) -> bool:
    digest, made = Digest.objects.get_or_create(recipient=person, day=day)
    if made:
        _waiting().filter(recipient=person).update(digest=digest)
    return made


def _waiting() -> QuerySet[Notification]:
    return Notification.objects.filter(channel=Channel.DIGEST, digest=None)


def _text(digest: Digest, person: User) -> tuple[int, str]:
    """How many messages it has, and all of them with their links, the oldest first."""
    told = digest.notifications.exclude(status=DeliveryStatus.WITHDRAWN)
    count = told.count()
    rows = read_by(told.select_related(*RELATED).order_by("pk"), person)[:MOST_TOLD]
    parts = []
    for row in rows:
        one = read(row)
        parts.append(f"{one.subject}\n{one.body}")
    if count > MOST_TOLD:
        parts.append(
            ngettext(
                "%(n)d more message is in your inbox.", "%(n)d more messages are in your inbox.", count - MOST_TOLD
            )
            % {"n": count - MOST_TOLD}
        )
    parts.append(_("Which messages come by mail, and when: %(link)s") % {"link": _settings_link()})
    return count, "\n\n".join(parts) + "\n"


def _settings_link() -> str:
    return f"{settings.SITE_URL.rstrip('/')}{reverse('web:inbox-settings')}"


def _due() -> QuerySet[Any]:
    return Digest.objects.due(timezone.now())


def _mail_of(digest: Digest, connection: BaseEmailBackend) -> mail.EmailMessage | None:
    """With the messages that its recipient may still read; the others are withdrawn."""
    pending = digest.notifications.filter(status=DeliveryStatus.PENDING)
    told = delivery.still_told(pending, digest.recipient).order_by().values("pk")
    pending.exclude(pk__in=told).update(status=DeliveryStatus.WITHDRAWN)
    return mail_of(digest, connection) if pending.exists() else None


@transaction.atomic
def _arrived(digest: Digest) -> bool:
    """Its messages have arrived with it."""
    done = {"status": DeliveryStatus.SENT, "sent_at": timezone.now()}
    digest.notifications.filter(status=DeliveryStatus.PENDING).update(**done)
    return claims.sent(digest)


POST = delivery.Post(_due, _mail_of, _arrived)
