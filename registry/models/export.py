from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from registry.models.api_token import ApiToken
from registry.models.membership import Membership, Role
from registry.models.regulated import regulated_regions

if TYPE_CHECKING:
    from registry.models.user import User


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, user: "User") -> Self:
        """One's own, as a manager those of colleagues who belong nowhere else, and as a regulator those of the people
        of all parties at home in the region: who took what, never the file."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        managed = user.organizations_as(Role.MANAGER)
        # For which of their organizations somebody took a list, nothing tells.
        elsewhere = Membership.objects.filter(user=OuterRef("user")).exclude(organization__in=managed)
        people = Membership.objects.filter(
            Q(~Exists(elsewhere), organization__in=managed) | regulated_regions(user, "organization__region")
        )
        return self.filter(Q(person_id=user.pk) | Q(person__in=people.values("user")))


class Export(models.Model):
    """That a list or a letter left as a file: when, to whom, and of what. Append-only by trigger.

    address: of the list or the page. parameters: what narrowed it. rows: where they were counted, as of files that
    were ordered; these are recorded when they are made.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("exported by")
    )
    token = models.ForeignKey(
        ApiToken,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by token"),
    )
    address = models.CharField(_("address"), max_length=200)
    filename = models.CharField(_("file"), max_length=200)
    parameters = models.JSONField(_("narrowed to"), default=dict, blank=True)
    rows = models.PositiveIntegerField(_("rows"), null=True, blank=True)
    exported_at = models.DateTimeField(_("when"), auto_now_add=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ("-id",)
        indexes = [BrinIndex(fields=["exported_at"], name="export_at")]

    def __str__(self) -> str:
        return f"{self.filename} → {self.person}"
