from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import User
from sharing.models.event import EventType


class MailTiming(models.TextChoices):
    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("Once a day")
    NEVER = "never", _("Never")


class MailPreferenceQuerySet(models.QuerySet["MailPreference"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(person_id=user.pk)


class MailPreference(models.Model):
    """When a person wants mail about one type of event; at once where there is no row. The inbox has everything."""

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="mail_preferences", verbose_name=_("person")
    )
    event_type = models.CharField(_("type of event"), max_length=30, choices=EventType)
    timing = models.CharField(_("mail"), max_length=10, choices=MailTiming)

    objects = MailPreferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail preference")
        verbose_name_plural = _("mail preferences")
        constraints = [
            models.UniqueConstraint(fields=["person", "event_type"], name="mail_preference_is_one_a_type"),
            models.CheckConstraint(condition=Q(event_type__in=EventType.values), name="mail_preference_type_is_known"),
            models.CheckConstraint(condition=Q(timing__in=MailTiming.values), name="mail_preference_timing_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} · {self.event_type}: {self.timing}"
