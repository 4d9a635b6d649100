from datetime import datetime
from hashlib import sha256
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, Role, User
from sharing.models.event import EventType


class DisabledReason(models.TextChoices):
    MANAGER = "manager", _("Switched off by a manager")
    GONE = "gone", _("The receiver answered 410 Gone")
    FAILING = "failing", _("Every call failed for three days")


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def visible_to(self, user: User) -> Self:
        """To the managers of its organization."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        managed = user.organizations_as(Role.MANAGER)
        return self.filter(organization__in=managed)

    def enabled(self) -> Self:
        return self.filter(disabled_at=None)


class WebhookEndpoint(models.Model):
    """An address of an organization that is told of its events.

    One sender calls it at a time: `next_call_at` lies ahead while a call runs, and for a rest after one that failed.
    Secrets are sealed (notifications/webhooks/signing.py); the previous one signs too until `previous_secret_until`.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="webhook_endpoints", verbose_name=_("organization")
    )
    name = models.CharField(_("name"), max_length=120)
    url = models.CharField(_("address"), max_length=500)
    types = ArrayField(
        models.CharField(max_length=30, choices=EventType),
        verbose_name=_("event types"),
        default=list,
        blank=True,
        help_text=_("Empty for all."),
    )
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(editable=False, blank=True)
    previous_secret_until = models.DateTimeField(_("previous secret until"), null=True, blank=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    disabled_at = models.DateTimeField(_("disabled at"), null=True, blank=True)
    disabled_reason = models.CharField(_("why disabled"), max_length=10, choices=DisabledReason, blank=True)
    failing_since = models.DateTimeField(
        _("failing since"), null=True, blank=True, help_text=_("The first failure after the last success.")
    )
    next_call_at = models.DateTimeField(_("next call at"), default=timezone.now, editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["organization", "url"], name="webhook_url_is_unique_to_organization"),
            models.CheckConstraint(
                condition=Q(types__contained_by=list(EventType.values)), name="webhook_types_are_known"
            ),
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=True, disabled_reason="")
                | Q(disabled_at__isnull=False, disabled_reason__in=DisabledReason.values),
                name="webhook_disabled_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(previous_secret="", previous_secret_until__isnull=True)
                | (~Q(previous_secret="") & Q(previous_secret_until__isnull=False)),
                name="webhook_previous_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def secret_mark(self) -> str:
        """Tells the secret in use from those before and after it, and nothing of it."""
        return sha256(self.secret.encode()).hexdigest()

    def secrets_at(self, now: datetime) -> list[str]:
        """The sealed secrets that sign at that moment, the current one first."""
        overlaps = self.previous_secret_until is not None and now < self.previous_secret_until
        return [self.secret, self.previous_secret] if overlaps else [self.secret]
