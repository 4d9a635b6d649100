from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.asset import Asset
from registry.models.finite import finite


class FiberType(models.TextChoices):
    """Recommendations of ITU-T."""

    G652D = "G.652.D", _("G.652.D")
    G654E = "G.654.E", _("G.654.E")
    G655 = "G.655", _("G.655")
    G657A1 = "G.657.A1", _("G.657.A1")
    G657A2 = "G.657.A2", _("G.657.A2")
    OTHER = "other", _("Other")


class Fiber(models.Model):
    """A fiber cable between two access points. Its unit is the core; a lit core is one with an allocation in the
    ledger, a dark core one without, so neither is stored a second time here.

    Attenuation is per kilometre of optical length, as ITU-T G.652 tables give it.
    """

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, primary_key=True, related_name="fiber")
    fiber_type = models.CharField(_("fiber type"), max_length=10, choices=FiberType, default=FiberType.G652D)
    cable_length_m = models.FloatField(
        _("length of the cable, m"),
        null=True,
        blank=True,
        help_text=_("Optical length, slack included."),
    )
    route_length_m = models.FloatField(_("length of the route, m"), null=True, blank=True)
    attenuation_1310_db_km = models.FloatField(_("attenuation at 1310 nm, dB/km"), default=0.35)
    attenuation_1550_db_km = models.FloatField(_("attenuation at 1550 nm, dB/km"), default=0.21)
    splices = models.PositiveIntegerField(_("splices"), default=0)
    splice_loss_db = models.FloatField(_("loss of a splice, dB"), default=0.1)
    connectors = models.PositiveIntegerField(_("connectors"), default=2)
    connector_loss_db = models.FloatField(_("loss of a connector, dB"), default=0.5)

    class Meta:
        verbose_name = _("fiber")
        verbose_name_plural = _("fibers")
        constraints = [
            models.CheckConstraint(condition=Q(fiber_type__in=FiberType.values), name="fiber_type_is_known"),
            models.CheckConstraint(
                condition=Q(cable_length_m__gt=0) | Q(cable_length_m=None),
                name="fiber_cable_length_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(route_length_m__gt=0) | Q(route_length_m=None),
                name="fiber_route_length_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(cable_length_m__gte=F("route_length_m")) | Q(cable_length_m=None) | Q(route_length_m=None),
                name="fiber_cable_is_no_shorter_than_its_route",
            ),
            models.CheckConstraint(
                condition=Q(attenuation_1310_db_km__gt=0, attenuation_1550_db_km__gt=0),
                name="fiber_attenuation_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(splice_loss_db__gte=0, connector_loss_db__gte=0),
                name="fiber_losses_are_not_negative",
            ),
            models.CheckConstraint(
                condition=finite(
                    "cable_length_m",
                    "route_length_m",
                    "attenuation_1310_db_km",
                    "attenuation_1550_db_km",
                    "splice_loss_db",
                    "connector_loss_db",
                ),
                name="fiber_figures_are_finite",
            ),
        ]

    def __str__(self) -> str:
        return str(self.asset)
