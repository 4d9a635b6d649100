import uuid
from typing import Self

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import Asset, User
from sharing.models.match import Match


class MatchLegQuerySet(models.QuerySet["MatchLeg"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(match__in=Match.objects.visible_to(user))


class MatchLeg(models.Model):
    """A part of a match, in order: units of an asset, or (asset empty) a gap to be built.

    reference names the leg's lines in the ledger; of a match's legs on one asset only the first has any. geometry is
    what the demander may see: the masked place of a protected asset, the straight line of a gap. terrain: what a gap
    is built through, metres by class ("ordinary" or a TerrainClass); empty where no terrain is known.
    """

    match = models.ForeignKey(
        Match, on_delete=models.CASCADE, db_index=False, related_name="legs", verbose_name=_("match")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    asset = models.ForeignKey(
        Asset,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="match_legs",
        verbose_name=_("asset"),
    )
    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    quantity = models.PositiveIntegerField(_("quantity"))
    weight_kg = models.DecimalField(_("weight, kg"), max_digits=12, decimal_places=3, default=0)
    wind_area_m2 = models.DecimalField(_("wind area, m²"), max_digits=12, decimal_places=3, default=0)
    power_kw = models.DecimalField(_("power, kW"), max_digits=12, decimal_places=3, default=0)
    geometry = models.GeometryField(_("geometry"), srid=4326, null=True, blank=True, spatial_index=False)
    length_m = models.FloatField(_("length, m"), null=True, blank=True)
    terrain = models.JSONField(_("terrain, m"), default=dict, blank=True)
    cost_per_year = models.DecimalField(_("cost a year"), max_digits=16, decimal_places=2, default=0)

    objects = MatchLegQuerySet.as_manager()

    class Meta:
        verbose_name = _("leg")
        verbose_name_plural = _("legs")
        ordering = ("match_id", "position")
        constraints = [
            models.UniqueConstraint(fields=["match", "position"], name="leg_position_is_unique"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="leg_uses_something"),
            models.CheckConstraint(condition=Q(asset=None) | Q(terrain={}), name="leg_terrain_is_of_a_gap"),
            models.CheckConstraint(condition=Q(cost_per_year__gte=0), name="leg_cost_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.match_id}/{self.position}"

    @property
    def is_gap(self) -> bool:
        return self.asset_id is None
