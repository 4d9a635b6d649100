from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models.asset import Asset
from registry.models.finite import finite


class SecurityClass(models.IntegerChoices):
    """The higher, the stricter: a demand's class is met by the same or a higher one."""

    BASIC = 1, _("Basic: locked")
    CONTROLLED = 2, _("Controlled: access recorded")
    GUARDED = 3, _("Guarded: watched day and night")


class EquipmentRoom(models.Model):
    """A room for equipment. Its unit is the rack unit (U, 44.45 mm, IEC 60297), given in one run; power adds up to
    `power_kw` on the asset, which the database keeps within `cooling_kw`."""

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, primary_key=True, related_name="equipment_room")
    area_m2 = models.FloatField(_("area, m²"), null=True, blank=True)
    floor_load_kn_m2 = models.FloatField(_("floor load, kN/m²"), null=True, blank=True)
    racks = models.PositiveIntegerField(_("racks"), null=True, blank=True)
    ac_power_kw = models.FloatField(_("AC power, kW"), null=True, blank=True)
    dc_power_kw = models.FloatField(_("−48 V DC power, kW"), null=True, blank=True)
    feeds = models.PositiveSmallIntegerField(_("independent feeds"), default=1)
    cooling_kw = models.FloatField(_("cooling, kW"), null=True, blank=True)
    backup_h = models.FloatField(_("power backup, h"), null=True, blank=True)
    security_class = models.PositiveSmallIntegerField(
        _("security class"), choices=SecurityClass, default=SecurityClass.BASIC
    )
    cable_entries = models.PositiveSmallIntegerField(_("free cable entries"), null=True, blank=True)

    class Meta:
        verbose_name = _("equipment room")
        verbose_name_plural = _("equipment rooms")
        constraints = [
            models.CheckConstraint(
                condition=Q(area_m2__gt=0) | Q(area_m2=None),
                name="room_area_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(floor_load_kn_m2__gt=0) | Q(floor_load_kn_m2=None),
                name="room_floor_load_is_positive",
            ),
            models.CheckConstraint(
                condition=(Q(ac_power_kw__gte=0) | Q(ac_power_kw=None))
                & (Q(dc_power_kw__gte=0) | Q(dc_power_kw=None))
                & (Q(cooling_kw__gte=0) | Q(cooling_kw=None)),
                name="room_power_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(backup_h__gte=0) | Q(backup_h=None),
                name="room_backup_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(security_class__in=SecurityClass.values),
                name="room_security_class_is_known",
            ),
            models.CheckConstraint(
                condition=finite(
                    "area_m2", "floor_load_kn_m2", "ac_power_kw", "dc_power_kw", "cooling_kw", "backup_h"
                ),
                name="room_figures_are_finite",
            ),
        ]

    def __str__(self) -> str:
        return str(self.asset)
