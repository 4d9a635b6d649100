from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    SENT = "sent", _("Sent")
    PARKED = "parked", _("Parked: keeps failing")
    WITHDRAWN = "withdrawn", _("Withdrawn: no longer for its recipient to read")


class DeliveryQuerySet(models.QuerySet[Any]):
    """Of any table of deliveries."""

    def pending(self) -> Self:
        return self.filter(status=DeliveryStatus.PENDING)

    def due(self, now: datetime) -> Self:
        """Those whose next attempt may begin."""
        return self.pending().unclaimed(now).filter(next_attempt_at__lte=now)

    def unclaimed(self, now: datetime) -> Self:
        """Those that no sender holds by a lease that still runs."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lt=now))

    def failed(self) -> Self:
        """Those whose last attempt failed, whether a further one is to come or not."""
        return self.filter(Q(status=DeliveryStatus.PARKED) | Q(status=DeliveryStatus.PENDING, attempts__gt=0))


class Delivery(models.Model):
    """Something on its way to someone. A sender claims it by a lease; a lease that runs out frees it for another
    sender, so that a sender's death loses nothing."""

    status = models.CharField(_("status"), max_length=10, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), auto_now_add=True)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        abstract = True
