from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.kinds import Kind
from sharing.models.match_run import MatchRun


class PartStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")


class MatchPart(models.Model):
    """A part of a long run, which any worker on any machine may carry out: demands of one kind that lie together.

    It sees every asset near them. Demands that compete with those of other parts are left to the border, the part
    numbered 0, which is carried out last, answers them all at once and saves the run. Parts last as long as their run.

    claim, alive_at: the lease of the attempt that has it. matches, legs, outcomes: what is to be saved, as lines that
    PostgreSQL's COPY takes (sharing.matching.saving).
    """

    BORDER = 0

    run = models.ForeignKey(MatchRun, on_delete=models.CASCADE, related_name="parts", verbose_name=_("match run"))
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, blank=True)
    lines = models.PositiveIntegerField(_("lines of the kind in the list"), default=0)
    demands = ArrayField(models.BigIntegerField(), verbose_name=_("demands"), default=list, blank=True)
    beside = ArrayField(
        models.BigIntegerField(), verbose_name=_("demands of other parts nearby"), default=list, blank=True
    )
    status = models.CharField(_("status"), max_length=10, choices=PartStatus, default=PartStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claim = models.UUIDField(_("claim"), null=True, blank=True)
    alive_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)

    deferred = ArrayField(models.BigIntegerField(), verbose_name=_("left to the border"), default=list, blank=True)
    figures = models.JSONField(_("figures"), default=dict, blank=True)
    matches = models.BinaryField(_("matches"), default=bytes)
    legs = models.BinaryField(_("legs"), default=bytes)
    outcomes = models.BinaryField(_("outcomes"), default=bytes)

    class Meta:
        verbose_name = _("part of a match run")
        verbose_name_plural = _("parts of match runs")
        ordering = ("run_id", "number")
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="part_number_is_unique_to_run"),
            models.CheckConstraint(condition=Q(status__in=PartStatus.values), name="part_status_is_known"),
            models.CheckConstraint(
                condition=Q(number=0, kind="") | Q(number__gt=0, kind__in=Kind.values),
                name="part_is_of_a_kind_or_the_border",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting") | Q(claim__isnull=False, alive_at__isnull=False),
                name="part_under_way_is_claimed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"
