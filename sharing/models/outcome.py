from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models import User
from sharing.models.demand import Demand
from sharing.models.match_run import MatchRun


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(run__in=MatchRun.objects.visible_to(user))


class Outcome(models.Model):
    """What a run found for one demand, met or not: the answer to "why".

    funnel: counts of assets near, open, fit, free and left, in this order. nearest_miss: asset or owner, code, asked,
    offered, unit. change: the smallest single change that would have met it; other_changes: those of other columns,
    the smaller first. All three are empty for demands met.
    """

    run = models.ForeignKey(
        MatchRun, on_delete=models.CASCADE, db_index=False, related_name="outcomes", verbose_name=_("run")
    )
    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="outcomes", verbose_name=_("demand"))
    met = models.BooleanField(_("met"))
    reason = models.CharField(_("reason"), max_length=40, blank=True, help_text=_("The code of what was lacking."))
    funnel = models.JSONField(_("funnel"), default=dict, blank=True)
    nearest_miss = models.JSONField(_("nearest miss"), default=dict, blank=True)
    change = models.JSONField(_("change that would meet it"), default=dict, blank=True)
    other_changes = models.JSONField(_("other changes that would meet it"), default=list, blank=True)

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        constraints = [models.UniqueConstraint(fields=["run", "demand"], name="outcome_is_unique")]

    def __str__(self) -> str:
        return f"{self.demand_id}: {self.reason or 'met'}"
