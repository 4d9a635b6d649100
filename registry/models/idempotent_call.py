from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT_FOR = timedelta(hours=24)


class IdempotentCallQuerySet(models.QuerySet["IdempotentCall"]):
    def forgotten(self) -> Self:
        """Those old enough to be removed."""
        return self.filter(created_at__lte=timezone.now() - KEPT_FOR)


class IdempotentCall(models.Model):
    """A call under an Idempotency-Key with its answer, written in the transaction of what the call changed: either
    both are there or neither is. Its unique row is also what makes a second call with the key wait for the first."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(_("key"), max_length=255)
    request_digest = models.CharField(
        _("SHA-256 of the request"), max_length=64, help_text=_("Of its method, address and body.")
    )
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.BinaryField(_("body"), default=b"")
    created_at = models.DateTimeField(_("created at"), default=timezone.now, db_index=True)

    objects = IdempotentCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("idempotent call")
        verbose_name_plural = _("idempotent calls")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotent_call_key_is_unique_to_user")]

    def __str__(self) -> str:
        return self.key
