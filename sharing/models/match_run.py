from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import User
from sharing.models.demand_list import DemandList


class RunStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


# Statuses in which the engine has still to do with a run.
UNFINISHED_RUNS = (RunStatus.QUEUED, RunStatus.RUNNING)


class MatchRunQuerySet(models.QuerySet["MatchRun"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(list__in=DemandList.objects.visible_to(user))


class MatchRun(models.Model):
    """One execution of the engine over a list.

    value, bound: yearly cost of the assignment and a proven lower bound of it, in the registry's currency, for the
    demands served; gap: the largest of (value - bound) / value, of the share of demands that might be served beyond
    those that are, and of what might be fairer between lists matched together; 0 where proven best. figures: counts,
    and seconds of each step.
    """

    list = models.ForeignKey(DemandList, on_delete=models.CASCADE, related_name="runs", verbose_name=_("list"))
    status = models.CharField(_("status"), max_length=10, choices=RunStatus, default=RunStatus.QUEUED)
    progress = models.PositiveSmallIntegerField(_("progress, %"), default=0)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    figures = models.JSONField(_("figures"), default=dict, blank=True)
    value = models.DecimalField(_("cost a year"), max_digits=18, decimal_places=2, null=True, blank=True)
    bound = models.DecimalField(_("bound"), max_digits=18, decimal_places=2, null=True, blank=True)
    gap = models.FloatField(_("gap"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    alive_at = models.DateTimeField(
        _("last sign of life"),
        null=True,
        blank=True,
        help_text=_("A running run that stays silent is run again."),
    )
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    objects = MatchRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("match run")
        verbose_name_plural = _("match runs")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="run_status_is_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="run_progress_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.list} #{self.pk}"
