from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models.organization import Organization
from registry.models.region import Region
from registry.models.regulated import regulated_regions

if TYPE_CHECKING:
    from registry.models.user import User


class PlaceGrantQuerySet(models.QuerySet["PlaceGrant"]):
    def visible_to(self, user: "User") -> Self:
        """To those it was given, and to the region's regulators."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(Q(organization__in=list(user.roles)) | regulated_regions(user, "region"))

    def in_force(self) -> Self:
        """Those that hold today."""
        today = timezone.localdate()
        return self.filter(starts_on__lte=today, ends_on__gte=today, withdrawn_at=None)

    def covering(self, organization: Organization) -> Q:
        """True where the region of a row lies in one that `organization` may see into today."""
        held = self.in_force().filter(organization=organization, region__scheme=OuterRef("region__scheme"))
        inside = held.annotate(code=models.ExpressionWrapper(OuterRef("region__code"), models.CharField()))
        return Q(Exists(inside.filter(code__startswith=F("region__prefix"))))


class PlaceGrant(models.Model):
    """That the members of an organization may know of all protected assets in a region, and of their exact places,
    from a day to a day, both within: for bodies with a task there, such as emergency services or surveyors. It gives
    sight alone: neither the ledger nor a part in decisions."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="place_grants", verbose_name=_("organization")
    )
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name=_("region"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=200)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("granted by")
    )
    granted_at = models.DateTimeField(_("granted at"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = PlaceGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant of sight")
        verbose_name_plural = _("grants of sight")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="place_grant_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(reason=""), name="place_grant_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.organization} · {self.region}"
