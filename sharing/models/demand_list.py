from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, User
from registry.models.regulated import regulated_regions


class ListStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    MATCHED = "matched", _("Matched")
    CLOSED = "closed", _("Closed")


# Statuses in which a list is open to matching: to a run, and to assets that open up later.
OPEN_LISTS = (ListStatus.SUBMITTED, ListStatus.MATCHED)


class DemandListQuerySet(models.QuerySet["DemandList"]):
    def visible_to(self, user: User) -> Self:
        """The lists of the user's organizations; once submitted, also to the regulators of the party's region."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        submitted = Q(submitted_at__isnull=False) & ~Q(status=ListStatus.DRAFT)
        return self.filter(Q(party__in=user.roles) | (submitted & regulated_regions(user, "party__region")))


class DemandList(models.Model):
    """What a party needs in one posting: a construction-and-sharing demand list (共建共享需求清单).

    submitted_at: when it was last handed in; empty of a draft, and of what was closed as one: its party's alone.
    """

    party = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="demand_lists", verbose_name=_("party")
    )
    title = models.CharField(_("title"), max_length=200)
    status = models.CharField(_("status"), max_length=10, choices=ListStatus, default=ListStatus.DRAFT)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)

    objects = DemandListQuerySet.as_manager()

    class Meta:
        verbose_name = _("demand list")
        verbose_name_plural = _("demand lists")
        ordering = ("-id",)
        indexes = [GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="list_text")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ListStatus.values), name="list_status_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=(ListStatus.DRAFT, ListStatus.CLOSED)) | Q(submitted_at__isnull=False),
                name="list_submitted_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title
