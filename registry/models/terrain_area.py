from typing import TYPE_CHECKING, Self

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models.organization import Organization

if TYPE_CHECKING:
    from registry.models.user import User


class TerrainClass(models.TextChoices):
    """What new build has to go through, as far as its price depends on it."""

    OPEN_GROUND = "open_ground", _("Open ground")
    PAVED_ROAD = "paved_road", _("Paved road")
    BUILT_UP = "built_up", _("Built-up ground")
    MOUNTAIN = "mountain", _("Mountain")
    ROCK = "rock", _("Rock")
    WATER = "water", _("Water crossing")


class TerrainAreaQuerySet(models.QuerySet["TerrainArea"]):
    def visible_to(self, user: "User") -> Self:
        """Terrain is on every map, and part of every route's price: every party may see it."""
        return self if user.is_superuser or user.memberships.exists() else self.none()


class TerrainArea(models.Model):
    """An area of one class of terrain, such as a river or the pavements of a district: the gaps of routes that cross
    it cost what new build there costs (docs/routing.md). `owner` loaded it and keeps it right."""

    owner = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="terrain_areas", verbose_name=_("owner")
    )
    code = models.CharField(_("code"), max_length=80)
    name = models.CharField(_("name"), max_length=200, blank=True)
    terrain_class = models.CharField(_("terrain class"), max_length=20, choices=TerrainClass)
    geometry = models.MultiPolygonField(_("geometry"), srid=4326)

    objects = TerrainAreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("terrain area")
        verbose_name_plural = _("terrain areas")
        ordering = ("owner", "code")
        constraints = [
            models.UniqueConstraint(fields=["owner", "code"], name="terrain_code_is_unique_to_owner"),
            models.CheckConstraint(condition=~Q(code=""), name="terrain_has_a_code"),
            models.CheckConstraint(condition=Q(terrain_class__in=TerrainClass.values), name="terrain_class_is_known"),
            models.CheckConstraint(condition=Q(geometry__isvalid=True), name="terrain_geometry_is_valid"),
        ]

    def __str__(self) -> str:
        return self.name or self.code
