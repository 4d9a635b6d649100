from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import User
from sharing.models.delivery import Delivery, DeliveryQuerySet, DeliveryStatus
from sharing.models.digest import Digest
from sharing.models.event import Event


class Channel(models.TextChoices):
    INBOX = "inbox", _("Inbox")
    EMAIL = "email", _("E-mail")
    DIGEST = "digest", _("Daily e-mail")


class NotificationQuerySet(DeliveryQuerySet):
    def visible_to(self, user: User) -> Self:
        return self if user.is_superuser else self.filter(recipient_id=user.pk)


class Notification(Delivery):
    """An event told to one person by one channel, once. digest: the daily mail that tells it, once that is made."""

    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, db_index=False, related_name="notifications", verbose_name=_("event")
    )
    recipient = models.ForeignKey(
        User, on_delete=models.CASCADE, db_index=False, related_name="notifications", verbose_name=_("recipient")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    digest = models.ForeignKey(
        Digest,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="notifications",
        verbose_name=_("daily mail"),
    )
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["event", "recipient", "channel"], name="notification_is_told_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="notification_channel_is_known"),
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="notification_status_is_known"),
            models.CheckConstraint(
                condition=Q(digest__isnull=True) | Q(channel=Channel.DIGEST),
                name="notification_digest_is_of_its_channel",
            ),
        ]
        indexes = [
            models.Index(
                # As the claim orders them, apart from those that wait for a daily mail.
                fields=["channel", "next_attempt_at", "id"],
                condition=Q(status=DeliveryStatus.PENDING),
                name="notification_waiting",
            ),
            models.Index(fields=["id"], condition=Q(status=DeliveryStatus.PARKED), name="notification_parked"),
            models.Index(fields=["recipient", "id"], name="notification_told"),
            models.Index(
                fields=["recipient", "id"],
                condition=Q(channel=Channel.INBOX, read_at__isnull=True),
                name="notification_unread",
            ),
            models.Index(
                fields=["recipient"],
                condition=Q(channel=Channel.DIGEST, digest__isnull=True),
                name="notification_to_gather",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.recipient} ({self.channel})"
