from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, User


class Frame(models.TextChoices):
    """What a sample is drawn from."""

    ASSETS = "assets", _("Assets in service")
    DEMANDS = "demands", _("Demands handed in")
    REQUESTS = "requests", _("Requests decided")


class SampleQuerySet(models.QuerySet["Sample"]):
    def visible_to(self, user: User) -> Self:
        """To the people of the regulator that drew it."""
        if user.is_superuser:
            return self
        return self.filter(organization__in=user.roles)


class Sample(models.Model):
    """Rows drawn by lot for an assessment by a third party, so that anyone can draw the same again: those whose
    SHA-256 of “seed:id” comes first.

    frame_size: rows that it was drawn from. criteria: span, region, kind and sector of these, as in the address of a
    page. members: the ids drawn, in the order of the lot.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="samples", verbose_name=_("regulator")
    )
    drawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("drawn by"))
    drawn_at = models.DateTimeField(_("drawn at"), auto_now_add=True)
    frame = models.CharField(_("drawn from"), max_length=10, choices=Frame)
    criteria = models.JSONField(_("criteria"), default=dict, blank=True)
    seed = models.CharField(_("seed"), max_length=64)
    size = models.PositiveIntegerField(_("rows"))
    frame_size = models.PositiveIntegerField(_("out of"))
    members = ArrayField(models.BigIntegerField(), verbose_name=_("rows drawn"))

    objects = SampleQuerySet.as_manager()

    class Meta:
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(frame__in=Frame.values), name="sample_frame_is_known"),
            models.CheckConstraint(condition=~Q(seed=""), name="sample_has_a_seed"),
            models.CheckConstraint(
                condition=Q(members__len=F("size"), size__gte=1, size__lte=F("frame_size")),
                name="sample_has_its_size",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_frame_display()} {date_format(localtime(self.drawn_at), 'SHORT_DATE_FORMAT')} ({self.seed})"
