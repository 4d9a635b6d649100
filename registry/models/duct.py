from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.asset import Asset
from registry.models.finite import finite


class DuctMaterial(models.TextChoices):
    HDPE = "hdpe", _("HDPE")
    PVC = "pvc", _("PVC")
    STEEL = "steel", _("Steel")
    CONCRETE = "concrete", _("Concrete")
    CEMENT = "cement", _("Cement")
    TRAY = "tray", _("Cable tray")
    OTHER = "other", _("Other")


class Duct(models.Model):
    """A line of ducts, pipes or trays between two access points. Its unit is the bore (孔)."""

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, primary_key=True, related_name="duct")
    inner_diameter_mm = models.FloatField(_("inner diameter of a bore, mm"), null=True, blank=True)
    outer_diameter_mm = models.FloatField(_("outer diameter of a bore, mm"), null=True, blank=True)
    material = models.CharField(_("material"), max_length=12, choices=DuctMaterial, default=DuctMaterial.OTHER)
    sub_ducts = models.PositiveSmallIntegerField(_("sub-ducts in a bore"), default=0)
    depth_m = models.FloatField(_("depth of cover, m"), null=True, blank=True)
    fill_limit = models.FloatField(
        _("fill limit"),
        default=0.4,
        help_text=_("Share of a bore's cross-section that cables may fill: 0.4 when pulled, 0.6 when jetted."),
    )
    hazardous_co_use = models.BooleanField(_("beside gas, oil or high voltage"), default=False)
    blocked = models.BooleanField(_("blocked"), default=False)

    class Meta:
        verbose_name = _("duct")
        verbose_name_plural = _("ducts")
        constraints = [
            models.CheckConstraint(
                condition=Q(material__in=DuctMaterial.values),
                name="duct_material_is_known",
            ),
            models.CheckConstraint(
                condition=Q(inner_diameter_mm__gt=0) | Q(inner_diameter_mm=None),
                name="duct_inner_diameter_positive",
            ),
            models.CheckConstraint(
                condition=Q(outer_diameter_mm__gte=F("inner_diameter_mm"))
                | Q(outer_diameter_mm=None)
                | Q(inner_diameter_mm=None),
                name="duct_outer_holds_inner",
            ),
            models.CheckConstraint(
                condition=Q(fill_limit__gt=0, fill_limit__lte=1),
                name="duct_fill_limit_is_a_share",
            ),
            models.CheckConstraint(
                condition=finite("inner_diameter_mm", "outer_diameter_mm", "depth_m", "fill_limit"),
                name="duct_figures_are_finite",
            ),
        ]

    def __str__(self) -> str:
        return str(self.asset)
