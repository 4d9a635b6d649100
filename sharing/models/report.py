from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, User


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: User) -> Self:
        """To the people of the regulator that it is for."""
        if user.is_superuser:
            return self
        return self.filter(organization__in=user.roles)


class Report(models.Model):
    """A regulator's figures of one month, as they stood when they were made. The workbook and the PDF are made of
    them on request, in the reader's language.

    figures: by the code of an indicator and of a breakdown a list of [key, {column: number}].
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="reports", verbose_name=_("regulator")
    )
    month = models.DateField(_("month"), help_text=_("Its first day."))
    figures = models.JSONField(_("figures"), default=dict)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    made_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
        help_text=_("Empty where the timetable made it."),
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("monthly report")
        verbose_name_plural = _("monthly reports")
        ordering = ("-month", "organization_id")
        constraints = [
            models.UniqueConstraint(fields=["organization", "month"], name="report_is_made_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="report_month_is_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.organization} {date_format(self.month, 'YEAR_MONTH_FORMAT')}"
