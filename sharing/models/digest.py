from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import User
from sharing.models.delivery import Delivery, DeliveryQuerySet, DeliveryStatus


class DigestQuerySet(DeliveryQuerySet):
    def visible_to(self, user: User) -> Self:
        return self if user.is_superuser else self.filter(recipient_id=user.pk)


class Digest(Delivery):
    """One mail that tells a person of a whole day. day: of their own calendar; one a day, whoever makes it."""

    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="digests", verbose_name=_("recipient"))
    day = models.DateField(_("day"))

    objects = DigestQuerySet.as_manager()

    class Meta:
        verbose_name = _("daily mail")
        verbose_name_plural = _("daily mails")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["recipient", "day"], name="digest_is_one_a_day"),
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="digest_status_is_known"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(status=DeliveryStatus.PENDING), name="digest_to_send"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient_id}: {self.day}"
