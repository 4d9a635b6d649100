from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models import User


class CalendarDayQuerySet(models.QuerySet["CalendarDay"]):
    def visible_to(self, user: User) -> Self:
        """The calendar by which deadlines count is common knowledge among the parties."""
        known = user.is_authenticated and user.is_active
        return self if known and (user.is_superuser or user.memberships.exists()) else self.none()


class CalendarDay(models.Model):
    """A day that differs from its weekday: a public holiday, or a weekend day worked in exchange (调休)."""

    calendar = models.CharField(_("calendar"), max_length=10, help_text=_("ISO 3166 code of the country."))
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=120)
    working = models.BooleanField(_("working day"), default=False)

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ("calendar", "day")
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="calendar_day_is_unique")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
