from typing import Self

from django.contrib.gis.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from registry.kinds import Kind
from registry.models import PlannedFacility, Region, User
from registry.models.regulated import regulated_regions


class CobuildStatus(models.TextChoices):
    OPEN = "open", _("Open to join")
    AGREED = "agreed", _("Agreed: all have joined")
    CLOSED = "closed", _("Closed")


class CloseReason(models.TextChoices):
    MET = "met", _("A demand was met otherwise")
    WITHDRAWN = "withdrawn", _("A demand was withdrawn or is over")
    TOO_LATE = "too_late", _("Space in the planned facility can no longer be asked for")
    DECLINED = "declined", _("A party declined")
    REPLACED = "replaced", _("Another grouping is better")
    BUILT = "built", _("Built")
    GIVEN_UP = "given_up", _("Given up")


class CobuildGroupQuerySet(models.QuerySet["CobuildGroup"]):
    def visible_to(self, user: User) -> Self:
        """To its parties and the regulators of its region; once agreed, to the owner of the planned facility."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(_takes_part(user) | regulated_regions(user, "region") | _is_asked(user))

    def with_place_for(self, user: User) -> Self:
        """Annotates `is_told`, whether the person may know all of it: site, size and total cost (a site tells where
        the others need it, a height what they ask for); and `place`, that site or the centre of its grid cell."""
        told: Case | Value = Value(True)
        if not user.is_superuser:
            mine = _takes_part(user) & (Q(agreed_at__isnull=False) | Q(planned_facility__isnull=False))
            told = Case(
                When(regulated_regions(user, "region") | mine | _is_asked(user), then=True), default=Value(False)
            )
        place = Case(When(is_told=True, then=F("geometry")), default=F("masked_geometry"))
        return self.annotate(is_told=told).annotate(place=place)

    def live(self) -> Self:
        return self.exclude(status=CobuildStatus.CLOSED)


def _takes_part(user: User) -> Q:
    return Q(Exists(CobuildGroup.objects.filter(pk=OuterRef("pk"), members__party__in=user.roles)))


def _is_asked(user: User) -> Q:
    return Q(agreed_at__isnull=False, planned_facility__owner__in=user.roles)


class CobuildGroup(models.Model):
    """Unmet demands that one new tower, room or trench would meet together; or one that a planned facility would,
    whose owner can be asked until its `request_by` (no cost is reckoned then: the facility's own cost rule holds).

    Sites are points, trenches multi-lines. terrain: what a trench is dug through, metres by class as of a MatchLeg;
    empty where none is known. units: in use at a time. needed_by: the earliest first day. Costs are the registry's
    currency a year: of the build, and of what the parties would pay apart. gap: how far, at most, the choice of sites
    in the neighbourhood is from the least cost. share_error: the standard error of the shares where there were too
    many parties to reckon them exactly.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    status = models.CharField(_("status"), max_length=10, choices=CobuildStatus, default=CobuildStatus.OPEN)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("region")
    )
    planned_facility = models.ForeignKey(
        PlannedFacility,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="cobuild_groups",
        verbose_name=_("planned facility"),
    )
    geometry = models.GeometryField(_("site or trench"), srid=4326, spatial_index=False)
    masked_geometry = models.GeneratedField(
        expression=Func(F("geometry"), Value("restricted"), function="registry_mask"),
        output_field=models.GeometryField(_("rough area"), srid=4326, spatial_index=False),
        db_persist=True,
    )
    units = models.PositiveIntegerField(_("units"))
    height_m = models.FloatField(_("height, m"), null=True, blank=True)
    length_m = models.FloatField(_("length dug, m"), null=True, blank=True)
    terrain = models.JSONField(_("terrain, m"), default=dict, db_default=Value({}, models.JSONField()), blank=True)
    needed_by = models.DateField(_("needed by"))
    cost_per_year = models.DecimalField(_("cost a year"), max_digits=16, decimal_places=2, null=True, blank=True)
    apart_per_year = models.DecimalField(
        _("cost a year if built apart"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    gap = models.FloatField(_("gap"), default=0)
    share_error = models.FloatField(_("standard error of the shares"), default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    agreed_at = models.DateTimeField(_("agreed at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    close_reason = models.CharField(_("why it closed"), max_length=10, choices=CloseReason, blank=True)

    objects = CobuildGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("co-build group")
        verbose_name_plural = _("co-build groups")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="cobuild_kind_is_known"),
            models.CheckConstraint(condition=Q(status__in=CobuildStatus.values), name="cobuild_status_is_known"),
            models.CheckConstraint(
                condition=~Q(status=CobuildStatus.AGREED) | Q(agreed_at__isnull=False),
                name="cobuild_agreed_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status=CobuildStatus.CLOSED, closed_at__isnull=False, close_reason__in=CloseReason.values)
                | (~Q(status=CobuildStatus.CLOSED) & Q(closed_at__isnull=True, close_reason="")),
                name="cobuild_closed_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(planned_facility__isnull=False, cost_per_year__isnull=True, apart_per_year__isnull=True)
                | Q(planned_facility__isnull=True, cost_per_year__lt=F("apart_per_year")),
                name="cobuild_new_build_saves_something",
            ),
            models.CheckConstraint(condition=Q(units__gte=1), name="cobuild_builds_something"),
            models.CheckConstraint(
                condition=Q(length_m__isnull=False) | Q(terrain={}), name="cobuild_terrain_is_of_a_trench"
            ),
        ]
        indexes = [
            models.Index(fields=["kind"], condition=~Q(status=CobuildStatus.CLOSED), name="cobuild_live"),
        ]

    def __str__(self) -> str:
        return _("Co-build group %(number)s") % {"number": self.pk}
