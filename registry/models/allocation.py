from typing import TYPE_CHECKING, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    DateRangeField,
    IntegerRangeField,
    RangeOperators,
)
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.models.asset import Asset
from registry.models.organization import Organization
from registry.models.regulated import regulated_regions

if TYPE_CHECKING:
    from registry.models.user import User


class Purpose(models.TextChoices):
    OWN_USE = "own_use", _("Own use")
    RESERVED = "reserved", _("Reserved by the owner")
    HELD = "held", _("Held for a request")
    GRANTED = "granted", pgettext_lazy("purpose", "Granted")


def sees_whole_ledger(user: "User", asset: Asset) -> bool:
    """Whether all lines of an asset that a user may know of are in their sight, as visible_to has it."""
    if user.is_superuser or asset.owner_id in user.roles:
        return True
    return any(asset.region.lies_in(scheme, prefix) for scheme, prefix in user.regulated)


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def visible_to(self, user: "User") -> Self:
        """The lines that a user's organizations hold, or that stand on assets which they own or regulate. Of an asset
        they may not know of they see not even their own hold."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = list(user.roles)
        return self.filter(asset__in=Asset.objects.visible_to(user)).filter(
            Q(holder__in=own) | Q(asset__owner__in=own) | regulated_regions(user, "asset__region"),
        )


class Allocation(models.Model):
    """A line of the ledger: who holds which numbered units of an asset, on which days, with which loads.

    Units are numbered 1..capacity and, like periods, half-open ranges: [1, 3) is the units 1 and 2. PostgreSQL refuses
    overlapping rows by an exclusion constraint; units beyond capacity, loads beyond a limit on any day and a capacity
    below what is held by triggers. Only registry.capacity writes here.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("asset"))
    units = IntegerRangeField(_("units"))
    period = DateRangeField(_("period"))
    weight_kg = models.DecimalField(_("weight, kg"), max_digits=12, decimal_places=3, default=0, db_default=0)
    wind_area_m2 = models.DecimalField(_("wind area, m²"), max_digits=12, decimal_places=3, default=0, db_default=0)
    power_kw = models.DecimalField(_("power, kW"), max_digits=12, decimal_places=3, default=0, db_default=0)
    holder = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("holder")
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    held_until = models.DateTimeField(_("held until"), null=True, blank=True)
    reference = models.UUIDField(
        _("reference"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("What it serves: a leg of a match."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ("asset_id", "units")
        constraints = [
            ExclusionConstraint(
                name="allocation_sells_no_unit_twice",
                expressions=[
                    ("asset", RangeOperators.EQUAL),
                    ("units", RangeOperators.OVERLAPS),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(
                    units__startswith__gte=1,
                    units__isempty=False,
                    units__lower_inf=False,
                    units__upper_inf=False,
                ),
                name="allocation_units_are_numbered_from_one",
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False),
                name="allocation_period_has_a_start",
            ),
            models.CheckConstraint(
                condition=Q(weight_kg__gte=0, wind_area_m2__gte=0, power_kw__gte=0),
                name="allocation_loads_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values),
                name="allocation_purpose_is_known",
            ),
            models.CheckConstraint(
                condition=Q(purpose=Purpose.HELD, held_until__isnull=False)
                | (~Q(purpose=Purpose.HELD) & Q(held_until__isnull=True)),
                name="allocation_only_holds_expire",
            ),
        ]
        indexes = [models.Index(fields=["held_until"], condition=Q(purpose=Purpose.HELD), name="allocation_held")]

    def __str__(self) -> str:
        last_unit, last_day = self.units.upper - 1, self.period.upper or ""
        return f"{self.asset_id} [{self.units.lower}–{last_unit}] {self.period.lower}–{last_day}"
