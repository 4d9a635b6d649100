from typing import TYPE_CHECKING, Self

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.models.organization import Organization
from registry.models.region import Region

if TYPE_CHECKING:
    from registry.models.user import User


class FacilityType(models.TextChoices):
    SUBWAY = "subway", _("Subway")
    TUNNEL = "tunnel", _("Tunnel")
    BRIDGE = "bridge", _("Bridge")
    ROAD = "road", _("Road")
    RAILWAY = "railway", _("Railway")
    BUILDING = "building", _("Building")
    UTILITY_TUNNEL = "utility_tunnel", _("Utility tunnel")


class FacilityStage(models.TextChoices):
    PLANNED = "planned", _("Planned")
    DESIGN = "design", _("In design")
    FROZEN = "frozen", _("Design frozen")
    CONSTRUCTION = "construction", _("Under construction")
    OPEN = "open", pgettext_lazy("stage", "Open")


class PlannedFacilityQuerySet(models.QuerySet["PlannedFacility"]):
    def visible_to(self, user: "User") -> Self:
        """Plans are published to every party (2024/1309 art. 6: planned works are shared)."""
        return self if user.is_superuser or user.memberships.exists() else self.none()


class PlannedFacility(models.Model):
    """A subway, tunnel, bridge, road or building still being planned. The space it reserves for communications is
    Assets with status planned; a party asks for more before `request_by`."""

    owner = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="planned_facilities", verbose_name=_("owner")
    )
    code = models.CharField(_("code"), max_length=80)
    name = models.CharField(_("name"), max_length=200)
    facility_type = models.CharField(_("type"), max_length=20, choices=FacilityType)
    stage = models.CharField(_("stage"), max_length=20, choices=FacilityStage, default=FacilityStage.PLANNED)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, related_name="planned_facilities", verbose_name=_("region")
    )
    geometry = models.GeometryField(_("geometry"), srid=4326)
    request_by = models.DateField(
        _("request by"),
        help_text=_("Last day on which reserved space can be asked for."),
    )
    design_freeze_on = models.DateField(_("design freeze on"), null=True, blank=True)
    construction_starts_on = models.DateField(_("construction starts on"), null=True, blank=True)
    opens_on = models.DateField(_("opens on"))
    cost_rule = models.TextField(
        _("cost rule"),
        blank=True,
        help_text=_("How the cost of reserved space is shared."),
    )

    objects = PlannedFacilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned facility")
        verbose_name_plural = _("planned facilities")
        ordering = ("request_by", "code")
        constraints = [
            models.UniqueConstraint(fields=["owner", "code"], name="facility_code_is_unique_to_owner"),
            models.CheckConstraint(
                condition=Q(facility_type__in=FacilityType.values),
                name="facility_type_is_known",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=FacilityStage.values),
                name="facility_stage_is_known",
            ),
            models.CheckConstraint(
                condition=Q(request_by__lte=F("opens_on")),
                name="facility_asks_before_it_opens",
            ),
        ]

    def __str__(self) -> str:
        return self.name
