from typing import Self

from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models import User
from sharing.models.match import Match


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(match__in=Match.objects.visible_to(user))

    def taken_up(self) -> Self:
        """But for those that ended on their first day or before: nothing was ever used by them."""
        return self.exclude(ended_on__lte=F("period__startswith"))


class Agreement(models.Model):
    """What an approved match becomes. Its status is the match's; a renewal is a match of its own that points here."""

    match = models.OneToOneField(Match, on_delete=models.PROTECT, related_name="agreement", verbose_name=_("match"))
    number = models.CharField(_("number"), max_length=40, unique=True)
    period = DateRangeField(_("period"))
    fee_per_year = models.DecimalField(_("fee a year"), max_digits=16, decimal_places=2)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ("-id",)
        indexes = [GinIndex(fields=["number"], opclasses=["gin_trgm_ops"], name="agreement_text")]
        constraints = [
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False),
                name="agreement_period_has_a_start",
            ),
            models.CheckConstraint(condition=Q(fee_per_year__gte=0), name="agreement_fee_is_not_negative"),
        ]

    def __str__(self) -> str:
        return self.number
