from datetime import datetime
from typing import Self

from django.contrib.gis.db import models
from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.kinds import POINT_KINDS, ROUTE_KINDS, Kind
from registry.models import FiberType, SecurityClass, User
from registry.models.finite import finite
from sharing.models.demand_list import DemandList

LEAST_APART_M, MOST_APART_M = 2, 100_000
"""Two routes nearer than that are in one trench; places within 1 m of one another are one chamber."""

MOST_RADIUS_M, MOST_DETOUR = 100_000, 1_000
"""What nobody asks for in earnest, and what would look through a whole country for each line."""


class DisjointBy(models.TextChoices):
    """What the routes of two lines may not have in common."""

    LINE = "line", _("No duct, cable or new build in common")
    CHAMBER = "chamber", _("No chamber or joint in common either, but at the ends")
    DISTANCE = "distance", _("A distance apart, but near the ends")


class DemandQuerySet(models.QuerySet["Demand"]):
    def visible_to(self, user: User) -> Self:
        """The lines of the lists that `user` may see, and those their organizations were asked about, while they are
        as they were then."""
        lists = DemandList.objects.visible_to(user)
        as_it_was = Q(changed_at=None) | Q(matches__created_at__gt=F("changed_at"))
        asked = Q(as_it_was, matches__consents__owner__memberships__user=user)
        return self.filter(
            Q(pk__in=self.model.objects.filter(list__in=lists)) | Q(pk__in=self.model.objects.filter(asked))
        )

    def over(self) -> Self:
        """Those whose last day has gone by."""
        return self.filter(period__endswith__lte=timezone.localdate())

    def not_over(self) -> Self:
        return self.filter(Q(period__endswith=None) | Q(period__endswith__gt=timezone.localdate()))


class Demand(models.Model):
    """One line of a list: a kind, a quantity of its unit, loads, technical limits, a period, and a place.

    A point demand (towers, rooms) has a location and a radius; a route demand (ducts, fibers) goes from an origin to a
    destination. Loads are those of the whole demand, not of one unit. Limits left empty do not matter to the party.
    changed_at: when the line last became another; the database notes it.
    """

    list = models.ForeignKey(
        DemandList, on_delete=models.CASCADE, db_index=False, related_name="demands", verbose_name=_("list")
    )
    line = models.PositiveIntegerField(_("line"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    quantity = models.PositiveIntegerField(_("quantity"), default=1, validators=[MinValueValidator(1)])
    splittable = models.BooleanField(
        _("may be split"), default=False, help_text=_("Whether several assets together may meet it.")
    )
    period = DateRangeField(_("period"), help_text=_("From the first day up to, not including, the last."))
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("1 is served first, 9 last."),
    )
    budget_per_year = models.DecimalField(
        _("budget a year"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("For all units."),
    )

    weight_kg = models.DecimalField(_("weight, kg"), max_digits=12, decimal_places=3, default=0)
    wind_area_m2 = models.DecimalField(_("wind area, m²"), max_digits=12, decimal_places=3, default=0)
    power_kw = models.DecimalField(_("power, kW"), max_digits=12, decimal_places=3, default=0)

    location = models.PointField(_("location"), srid=4326, null=True, blank=True)
    radius_m = models.FloatField(_("radius, m"), null=True, blank=True, validators=[MaxValueValidator(MOST_RADIUS_M)])
    origin = models.PointField(_("from"), srid=4326, null=True, blank=True)
    destination = models.PointField(_("to"), srid=4326, null=True, blank=True)
    max_detour = models.FloatField(
        _("longest detour"),
        default=2.0,
        validators=[MaxValueValidator(MOST_DETOUR)],
        help_text=_("Length of the route over the straight distance."),
    )
    disjoint_from = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="disjoint_demands",
        verbose_name=_("disjoint from"),
        help_text=_("The line whose route this one must not touch."),
    )
    disjoint_by = models.CharField(_("disjoint by"), max_length=10, choices=DisjointBy, default=DisjointBy.LINE)
    apart_m = models.FloatField(
        _("distance apart, m"),
        null=True,
        blank=True,
        help_text=_("How far the two routes must be from one another, beyond that distance from ends they share."),
    )

    mounting_height_m = models.FloatField(_("mounting height, m"), null=True, blank=True)
    max_earthing_ohm = models.FloatField(_("highest earthing resistance, Ω"), null=True, blank=True)
    min_backup_h = models.FloatField(_("power backup, h"), null=True, blank=True)
    cable_outer_diameter_mm = models.FloatField(_("cable outer diameter, mm"), null=True, blank=True)
    accepts_hazardous_co_use = models.BooleanField(_("accepts gas, oil or high voltage beside it"), default=False)
    fiber_type = models.CharField(_("fiber type"), max_length=10, choices=FiberType, blank=True)
    max_attenuation_db = models.FloatField(_("highest attenuation, dB"), null=True, blank=True)
    wavelength_nm = models.PositiveSmallIntegerField(
        _("wavelength, nm"), choices=[(1310, "1310"), (1550, "1550")], default=1550
    )
    min_floor_load_kn_m2 = models.FloatField(_("floor load, kN/m²"), null=True, blank=True)
    min_feeds = models.PositiveSmallIntegerField(_("independent feeds"), null=True, blank=True)
    min_security_class = models.PositiveSmallIntegerField(
        _("security class"), choices=SecurityClass, null=True, blank=True
    )

    changed_at = models.DateTimeField(null=True, editable=False)

    objects = DemandQuerySet.as_manager()

    class Meta:
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        ordering = ("list_id", "line")
        indexes = [GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="demand_text")]
        constraints = [
            models.UniqueConstraint(fields=["list", "line"], name="demand_line_is_unique_to_list"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="demand_kind_is_known"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="demand_asks_for_something"),
            models.CheckConstraint(condition=Q(priority__gte=1, priority__lte=9), name="demand_priority_is_1_to_9"),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False), name="demand_period_has_a_start"
            ),
            models.CheckConstraint(
                condition=Q(weight_kg__gte=0, wind_area_m2__gte=0, power_kw__gte=0),
                name="demand_loads_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=POINT_KINDS,
                    location__isnull=False,
                    radius_m__gt=0,
                    origin__isnull=True,
                    destination__isnull=True,
                )
                | Q(
                    kind__in=ROUTE_KINDS,
                    location__isnull=True,
                    radius_m__isnull=True,
                    origin__isnull=False,
                    destination__isnull=False,
                ),
                name="demand_place_suits_its_kind",
            ),
            models.CheckConstraint(condition=Q(max_detour__gte=1), name="demand_detour_is_at_least_straight"),
            models.CheckConstraint(
                condition=Q(radius_m__isnull=True) | Q(radius_m__lte=MOST_RADIUS_M), name="demand_radius_is_bounded"
            ),
            models.CheckConstraint(condition=Q(max_detour__lte=MOST_DETOUR), name="demand_detour_is_bounded"),
            models.CheckConstraint(
                condition=Q(disjoint_from__isnull=True) | ~Q(disjoint_from=F("id")),
                name="demand_differs_from_its_twin",
            ),
            models.CheckConstraint(
                condition=Q(disjoint_by__in=[DisjointBy.LINE, DisjointBy.CHAMBER], apart_m__isnull=True)
                | Q(
                    disjoint_by=DisjointBy.DISTANCE,
                    apart_m__isnull=False,
                    apart_m__gte=LEAST_APART_M,
                    apart_m__lte=MOST_APART_M,
                ),
                name="demand_distance_apart_suits",
            ),
            # Radius, detour and distance apart are bounded above.
            models.CheckConstraint(
                condition=finite(
                    "mounting_height_m",
                    "max_earthing_ohm",
                    "min_backup_h",
                    "cable_outer_diameter_mm",
                    "max_attenuation_db",
                    "min_floor_load_kn_m2",
                ),
                name="demand_figures_are_finite",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.list_id}/{self.line}"

    def unchanged_since(self, moment: datetime) -> bool:
        """Whether the line is as it was then."""
        return self.changed_at is None or self.changed_at < moment

    @property
    def suits_apart(self) -> bool:
        """Whether there is a distance apart where the line is disjoint by one, and none elsewhere."""
        if self.disjoint_by != DisjointBy.DISTANCE:
            return self.apart_m is None
        return self.apart_m is not None and LEAST_APART_M <= self.apart_m <= MOST_APART_M

    @property
    def is_route(self) -> bool:
        return self.kind in ROUTE_KINDS
