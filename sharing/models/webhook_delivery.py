import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import User
from sharing.models.delivery import Delivery, DeliveryQuerySet, DeliveryStatus
from sharing.models.event import Event
from sharing.models.webhook_endpoint import WebhookEndpoint


class WebhookDeliveryQuerySet(DeliveryQuerySet):
    def visible_to(self, user: User) -> Self:
        """To those who see its endpoint."""
        return self.filter(endpoint__in=WebhookEndpoint.objects.visible_to(user))

    def forgotten(self, now: datetime) -> Self:
        """Those that arrived or were given up, and were last due longer ago than the log is kept. One that was
        replayed became due then."""
        return self.exclude(status=DeliveryStatus.PENDING).filter(
            next_attempt_at__lt=now - timedelta(days=settings.WEBHOOK_LOG_DAYS)
        )


class WebhookDelivery(Delivery):
    """An event told to one endpoint, once; or a test, which has no event. `message_id` stays the same through all
    attempts and replays, so that a receiver knows a double."""

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        on_delete=models.CASCADE,
        related_name="deliveries",
        verbose_name=_("endpoint"),
        db_index=False,
    )
    event = models.ForeignKey(
        Event,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="webhook_deliveries",
        verbose_name=_("event"),
        help_text=_("Empty for a test."),
    )
    message_id = models.UUIDField(_("message id"), default=uuid.uuid4, unique=True, editable=False)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_event_is_told_once"),
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="webhook_status_is_known"),
        ]
        indexes = [
            models.Index(
                # As the claim orders them, so that it reads one row however many are due at one moment.
                fields=["endpoint", "next_attempt_at", "id"],
                condition=Q(status=DeliveryStatus.PENDING),
                name="webhook_to_send",
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),
        ]

    def __str__(self) -> str:
        return f"{self.webhook_id} → {self.endpoint_id}"

    @property
    def webhook_id(self) -> str:
        """The header `webhook-id`, and the CloudEvent's id."""
        return f"msg_{self.message_id.hex}"


class WebhookAttempt(models.Model):
    """One call of an endpoint: when, how long it took in milliseconds, and what came of it."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    started_at = models.DateTimeField(_("started at"))
    duration_ms = models.PositiveIntegerField(_("duration, ms"))
    status_code = models.PositiveSmallIntegerField(
        _("HTTP status"), null=True, blank=True, help_text=_("Empty where there was no answer.")
    )
    answer = models.TextField(_("answer"), blank=True, help_text=_("How the answer's body begins."))
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.status_code or self.error}"
