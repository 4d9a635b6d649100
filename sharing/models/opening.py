from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sharing.models.demand import Demand
from sharing.models.event import Event


class Opening(models.Model):
    """Something was listed, freed or changed that would meet this demand, which had no match. Told once: event is the
    one that told its party, empty until then. found_at: the last time before that."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="openings", verbose_name=_("demand"))
    found_at = models.DateTimeField(_("found at"))
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, null=True, blank=True, related_name="openings", verbose_name=_("told by")
    )

    class Meta:
        verbose_name = _("opening")
        verbose_name_plural = _("openings")
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["demand"], condition=Q(event__isnull=True), name="opening_is_told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.demand_id}: {self.found_at:%Y-%m-%d %H:%M}"
