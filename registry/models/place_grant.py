from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models.organization import Organization
from registry.models.region import Region
from registry.models.regulated import regulated_regions

if TYPE_CHECKING:
    from registry.models.user import User


MOST_DAYS = 366
"""The first and the last day included, whatever the setting PLACE_GRANT_DAYS is."""


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
    from a day to a day, both within, for a year at most: for bodies with a task there, such as emergency services or
    surveyors. It gives sight alone: neither the ledger nor a part in decisions."""

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
            models.CheckConstraint(
                condition=Q(ends_on__lt=F("starts_on") + timedelta(days=MOST_DAYS)), name="place_grant_ends_in_time"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="place_grant_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.organization} · {self.region}"

    def clean(self) -> None:
        """Raises ValidationError where it would last longer than the setting PLACE_GRANT_DAYS has it."""
        if not (self.starts_on and self.ends_on):
            return
        days = min(settings.PLACE_GRANT_DAYS, MOST_DAYS)
        latest = self.starts_on + timedelta(days=days - 1)
        if self.ends_on > latest:
            said = _("A grant of sight lasts %(days)d days at most, here until %(latest)s: give it anew after that.")
            raise ValidationError({"ends_on": ValidationError(said, "long", {"days": days, "latest": latest})})
