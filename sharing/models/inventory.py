from typing import Self

from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, User
from registry.models.regulated import regulated_regions


class InventoryQuerySet(models.QuerySet["Inventory"]):
    def visible_to(self, user: User) -> Self:
        """To the owner's members, and to the regulators of its home region."""
        if user.is_superuser:
            return self
        return self.filter(models.Q(organization__in=user.roles) | regulated_regions(user, "organization__region"))


class Inventory(models.Model):
    """How many assets of which class an owner had on the day when it filed them: what growth is held against. A class
    is a level of protection and a kind.

    counts: level -> kind -> assets. told: the classes ("core tower") of whose change since then people were told.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="inventories", verbose_name=_("owner")
    )
    taken_at = models.DateTimeField(_("taken at"), auto_now_add=True)
    taken_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken by"),
        help_text=_("Empty where the timetable took the first."),
    )
    counts = models.JSONField(_("counts"), default=dict)
    told = models.JSONField(_("told"), default=list)
    reminded_on = models.DateField(_("reminded of reviews on"), null=True, blank=True)

    objects = InventoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("inventory of protected assets")
        verbose_name_plural = _("inventories of protected assets")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.organization} {date_format(localtime(self.taken_at), 'SHORT_DATE_FORMAT')}"
