from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models.organization import Organization
from registry.models.regulated import regulated_regions

if TYPE_CHECKING:
    from registry.models.user import User


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def visible_to(self, user: "User") -> Self:
        """To those told, to the owner of the asset, and to its regulators."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = list(user.roles)
        return self.filter(
            Q(organization__in=own) | Q(asset__owner__in=own) | regulated_regions(user, "asset__region"),
        )


class Disclosure(models.Model):
    """That an organization was told the exact place of a protected asset: when, and why. Written by a consent; never
    changed or removed."""

    asset = models.ForeignKey(
        "registry.Asset", on_delete=models.PROTECT, db_index=False, related_name="disclosures", verbose_name=_("asset")
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="disclosures", verbose_name=_("organization")
    )
    reason = models.CharField(_("reason"), max_length=200)
    reference = models.UUIDField(_("reference"), help_text=_("What the disclosure serves: a leg of a match."))
    disclosed_at = models.DateTimeField(_("disclosed at"), auto_now_add=True)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "organization", "reference"],
                name="disclosure_is_recorded_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} → {self.organization_id}"
