"""Reading what was told: the one writer of `read_at`, for site, admin and API alike."""

from django.db.models import QuerySet
from django.utils import timezone

from registry.models import User
from sharing.models import Channel, Notification


def inbox_of(user: User) -> QuerySet[Notification]:
    """What was told to `user` here; mail is in their mailbox."""
    return Notification.objects.filter(recipient=user, channel=Channel.INBOX)


def mark_read(rows: QuerySet[Notification]) -> int:
    """Marks those of `rows` that are unread; returns how many. Doing so again changes nothing."""
    unread = rows.filter(read_at=None).order_by()
    return Notification.objects.filter(pk__in=unread.values("pk")).update(read_at=timezone.now())


def mark_unread(rows: QuerySet[Notification]) -> int:
    """Brings read rows back among the unread; returns how many."""
    read = rows.exclude(read_at=None).order_by()
    return Notification.objects.filter(pk__in=read.values("pk")).update(read_at=None)
