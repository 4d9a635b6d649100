from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models.api_token import ApiToken
from registry.models.organization import Organization
from registry.models.region import Region
from registry.models.regulated import regulated_regions

if TYPE_CHECKING:
    from registry.models.user import User


class Way(models.TextChoices):
    """By which door a place left."""

    PAGE = "page", _("Page of the site")
    ADMIN = "admin", _("Admin")
    API = "api", _("API")
    MAP = "map", _("OGC features")
    TILE = "tile", _("Map tile")
    FILE = "file", _("File: download, export or print")


class Basis(models.TextChoices):
    """Why somebody who is none of the owner's own may know a place; where several hold, the first of these."""

    REGULATOR = "regulator", _("Regulator of the region")
    GRANT = "grant", _("Grant of sight")
    CONSENT = "consent", _("Told by a consent")
    SUPERUSER = "superuser", _("Runs the registry")


class SightQuerySet(models.QuerySet["Sight"]):
    def visible_to(self, user: "User") -> Self:
        """To the members of the asset's owner, to the region's regulators, and to who looked."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(Q(owner__in=list(user.roles)) | regulated_regions(user, "region") | Q(viewer=user))


class Sight(models.Model):
    """That a person was given the exact place of a protected asset of others: on which day, by which way, and why they
    may. Once a day for each way and token; the sights of the owner's own members are not recorded. Append-only by
    trigger, and written by registry.models.looking alone.

    Asset, owner and region are as they were then: an asset may be deleted, what was seen of it stays.
    """

    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("seen by"),
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
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("as a member of"),
    )
    basis = models.CharField(_("why they may"), max_length=10, choices=Basis)
    way = models.CharField(_("by way of"), max_length=5, choices=Way)
    asset_number = models.BigIntegerField(_("number of the asset"))
    asset_code = models.CharField(_("asset"), max_length=80)
    owner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner"))
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("region")
    )
    day = models.DateField(_("day"))
    seen_at = models.DateTimeField(_("first seen at"))

    objects = SightQuerySet.as_manager()

    class Meta:
        verbose_name = _("sight of an exact place")
        verbose_name_plural = _("sights of exact places")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["asset_number", "viewer", "day", "way", "token"],
                nulls_distinct=False,
                name="sight_is_recorded_once_a_day",
            ),
            models.CheckConstraint(condition=Q(way__in=Way.values), name="sight_way_is_known"),
            models.CheckConstraint(condition=Q(basis__in=Basis.values), name="sight_basis_is_known"),
        ]
        # Written with every page of a regulator's, so that no column has an index that is not asked by.
        indexes = [BrinIndex(fields=["day"], name="sight_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.asset_code} → {self.viewer}"
