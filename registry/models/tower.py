from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.asset import Asset
from registry.models.finite import finite


class StructureType(models.TextChoices):
    LATTICE = "lattice", _("Lattice tower")
    MONOPOLE = "monopole", _("Monopole")
    GUYED_MAST = "guyed_mast", _("Guyed mast")
    ROOFTOP = "rooftop", _("Rooftop mast")
    STREETLIGHT = "streetlight", _("Street light pole")
    UTILITY_POLE = "utility_pole", _("Utility pole")
    POWER_TOWER = "power_tower", _("Power line tower")
    SUBSTATION = "substation", _("Substation structure")
    BRIDGE = "bridge", _("Bridge structure")
    OTHER = "other", _("Other")


class Tower(models.Model):
    """What carries antennas: tower, pole, mast or rooftop. Its unit is the mount (抱杆); weight, wind area (effective
    projected area) and power add up to the limits on the asset."""

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, primary_key=True, related_name="tower")
    structure_type = models.CharField(
        _("structure type"),
        max_length=20,
        choices=StructureType,
        default=StructureType.OTHER,
    )
    height_m = models.FloatField(_("height, m"), null=True, blank=True)
    free_height_min_m = models.FloatField(_("lowest free mounting height, m"), null=True, blank=True)
    free_height_max_m = models.FloatField(_("highest free mounting height, m"), null=True, blank=True)
    design_wind_kn_m2 = models.FloatField(_("design wind pressure, kN/m²"), null=True, blank=True)
    structural_use_pct = models.FloatField(_("structural use, %"), null=True, blank=True)
    voltage_kv = models.FloatField(_("line voltage, kV"), null=True, blank=True)
    backup_h = models.FloatField(_("power backup, h"), null=True, blank=True)
    earthing_ohm = models.FloatField(_("earthing resistance, Ω"), null=True, blank=True)

    class Meta:
        verbose_name = _("tower")
        verbose_name_plural = _("towers")
        constraints = [
            models.CheckConstraint(
                condition=Q(structure_type__in=StructureType.values),
                name="tower_structure_type_is_known",
            ),
            models.CheckConstraint(
                condition=Q(height_m__gt=0) | Q(height_m=None),
                name="tower_height_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(free_height_min_m__gte=0) | Q(free_height_min_m=None),
                name="tower_free_range_above_ground",
            ),
            models.CheckConstraint(
                condition=Q(free_height_max_m__gte=F("free_height_min_m"))
                | Q(free_height_min_m=None)
                | Q(free_height_max_m=None),
                name="tower_free_range_is_ordered",
            ),
            models.CheckConstraint(
                condition=Q(free_height_max_m__lte=F("height_m")) | Q(free_height_max_m=None) | Q(height_m=None),
                name="tower_free_range_inside_height",
            ),
            models.CheckConstraint(
                condition=Q(structural_use_pct__gte=0) | Q(structural_use_pct=None),
                name="tower_use_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(earthing_ohm__gte=0) | Q(earthing_ohm=None),
                name="tower_earthing_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(backup_h__gte=0) | Q(backup_h=None),
                name="tower_backup_not_negative",
            ),
            models.CheckConstraint(
                condition=finite(
                    "height_m",
                    "free_height_min_m",
                    "free_height_max_m",
                    "design_wind_kn_m2",
                    "structural_use_pct",
                    "voltage_kv",
                    "backup_h",
                    "earthing_ohm",
                ),
                name="tower_figures_are_finite",
            ),
        ]

    def __str__(self) -> str:
        return str(self.asset)
