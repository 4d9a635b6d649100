from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex, GistIndex, OpClass
from django.core.validators import MinValueValidator
from django.db.models import Case, Exists, ExpressionWrapper, F, Func, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from registry.kinds import KINDS, Kind, KindFacts
from registry.models import looking
from registry.models.disclosure import Disclosure
from registry.models.membership import Role
from registry.models.organization import Organization, Sector
from registry.models.place_grant import PlaceGrant
from registry.models.planned_facility import PlannedFacility
from registry.models.region import Region
from registry.models.regulated import inside, regulated_by, regulated_regions

if TYPE_CHECKING:
    from registry.models.user import User

    Wrapper = ExpressionWrapper[Any]
else:
    Wrapper = ExpressionWrapper


class AssetStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    IN_SERVICE = "in_service", _("In service")
    OUT_OF_SERVICE = "out_of_service", _("Out of service")


class Protection(models.TextChoices):
    """How much others see before a consent; the SQL function registry_mask() is where it takes effect."""

    OPEN = "open", _("Open: the place is shown")
    RESTRICTED = "restricted", _("Restricted: others see a grid cell")
    CORE = "core", _("Core: others see nothing; matching asks the owner")


# The side of the cell that others are shown, as registry_mask() has it; that of a restricted asset is the least, and
# doubles by each rung.
CELL_DEGREES = {Protection.RESTRICTED: 0.01, Protection.CORE: 0.05}


def every_sector() -> list[str]:
    return list(Sector.values)


KM_PER_DEGREE = 111.32  # of latitude
LAST_RUNG = 5
"""Of the ladder of grids (registry/migrations/_cells.py): cells of 0.32°."""

# Where an asset is not open its exact place differs from the masked one, and has an index of its own.
PROTECTED = ~Q(protection=Protection.OPEN)


def any_place_meets(box: Any) -> Q:
    """Whether the box of either of an asset's places, masked or exact, meets `box`: what the indexes answer."""
    return Q(masked_geometry__bboverlaps=box) | (PROTECTED & Q(geometry__bboverlaps=box))


class PlaceFor(Wrapper):
    """The place that a viewer may know. Whoever reads it, in whichever form, is noted to have seen it
    (registry.models.looking). viewer: the reader, or None where nothing exact can be in it but what is open or their
    own."""

    viewer: "User | None" = None
    reader: "User"

    @classmethod
    def of(cls, reader: "User", place: Any) -> Self:
        made = cls(place, output_field=models.GeometryField(srid=4326))
        made.viewer, made.reader = reader if reader.sees_protected else None, reader
        return made


class AssetQuerySet(models.QuerySet["Asset"]):
    def visible_to(self, user: "User") -> Self:
        """The assets whose existence `user` may know of: what is open or restricted to the members of any party; all
        that their organizations own, regulate, may see by a grant, or were shown by a consent. Nothing to
        strangers."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if not user.roles:
            return self.none()
        return self.filter(~Q(protection=Protection.CORE) | self._entitled(user))

    def known_to(self, organization: Organization) -> Self:
        """The assets whose existence every member of `organization` may know of, whatever else they belong to."""
        own, regulates = [organization.pk], [organization.regulates] if organization.regulates else []
        sight = regulated_by(regulates, "region") | PlaceGrant.objects.covering(organization)
        return self.filter(~Q(protection=Protection.CORE) | self._concerns(own, sight, told=own))

    def with_place_for(self, user: "User") -> Self:
        """Annotates `place`: the exact geometry for those entitled to it, the masked one for all others; and
        `place_is_exact`, which of the two it is."""
        if user.is_superuser:
            return self.annotate(place=PlaceFor.of(user, F("geometry")), place_is_exact=Value(True))
        place = Case(When(place_is_exact=True, then=F("geometry")), default=F("masked_geometry"))
        return self.annotate(
            place_is_exact=Case(When(Q(protection=Protection.OPEN) | self._entitled(user), then=True), default=False)
        ).annotate(place=PlaceFor.of(user, place))

    def meeting(self, box: Any) -> Self:
        """Those whose `place`, as with_place_for gave it, can have a box that meets `box`, found by indexes; the place
        itself is compared after it. Where protected assets of others are is not even looked at for those who see none
        of them, so that no time that passes tells of it."""
        place: Any = self.query.annotations["place"]
        reader: User = place.reader
        if reader.sees_protected:
            return self.filter(any_place_meets(box))
        own = PROTECTED & Q(owner__in=list(reader.roles)) & Q(geometry__bboverlaps=box)
        return self.filter(Q(masked_geometry__bboverlaps=box) | own)

    def without_place(self) -> Self:
        """Conditions may still be about the place that with_place_for gives; it is not read, and so not seen."""
        found = self._chain()  # type: ignore[attr-defined]
        found.query.set_annotation_mask(set(found.query.annotation_select) - {"place"})
        return found  # type: ignore[no-any-return]

    def iterator(self, chunk_size: int | None = None) -> Iterator["Asset"]:
        """As Django's; notes who is given exact places, chunk by chunk."""
        rows = super().iterator(chunk_size)
        viewer = self.viewer
        return rows if viewer is None else self._noting(viewer, rows, chunk_size or 2_000)

    def note_all(self) -> None:
        """Records that the viewer is given the places of all these, which are about to be read by SQL alone."""
        if (viewer := self.viewer) is not None:
            looking.note_rows(viewer, *self.order_by().values("pk").query.sql_with_params())

    @property
    def viewer(self) -> "User | None":
        """Who is given exact places of others by reading these rows; None where nobody is."""
        if "place" not in self.query.annotations:
            return None
        shown = (part for column in self.query.annotation_select.values() for part in column.flatten())
        return next((part.viewer for part in shown if isinstance(part, PlaceFor)), None)

    def _fetch_all(self) -> None:
        """As Django's; notes who is given exact places. All ways to read rows lead here, but for iterator and SQL."""
        is_read = self._result_cache is None
        super()._fetch_all()
        if is_read and (viewer := self.viewer) is not None:
            looking.note(viewer, self._protected_ids(viewer, self._result_cache or []))

    def _noting(self, viewer: "User", rows: Iterator["Asset"], chunk_size: int) -> Iterator["Asset"]:
        while chunk := list(islice(rows, chunk_size)):
            looking.note(viewer, self._protected_ids(viewer, chunk))
            yield from chunk

    def _protected_ids(self, viewer: "User", rows: Iterable[Any]) -> list[int]:
        """The ids of those rows of which the place can be an exact one of a protected asset of others, as far as the
        rows tell; Sight itself is written of no other."""
        ids: list[int] = []
        for row in rows:
            told = row.__dict__ if isinstance(row, Asset) else row if isinstance(row, dict) else {}
            number = told.get("id", told.get("pk"))
            if number is None:
                return list(self.values_list("pk", flat=True))
            is_masked = told.get("place_is_exact") is False
            if not (is_masked or told.get("protection") == Protection.OPEN or told.get("owner_id") in viewer.roles):
                ids.append(number)
        return ids

    def due_for_review(self, day: date) -> Self:
        """Protected assets whose level was to be reviewed until that day."""
        return self.filter(protection_review_on__lte=day)

    def set_by(self, user: "User") -> Self:
        """Those whose terms and protection `user` sets, as a manager of the owner."""
        return self if user.is_superuser else self.filter(owner__in=user.organizations_as(Role.MANAGER))

    def with_free_units(self, start: date, end: date | None) -> Self:
        """Annotates `free_units`: units that no allocation touches between `start` and `end` (exclusive, None for
        without end): capacity minus range_agg of what overlaps, the definition of the ledger."""
        return self.annotate(
            free_units=F("capacity")
            - Func(
                F("pk"),
                Func(Value(start), Value(end), function="daterange"),
                function="registry_units_taken",
                output_field=models.IntegerField(),
            )
        )

    def _entitled(self, user: "User") -> Q:
        """Who may know the exact place: the owner's members, the region's regulators, those with a grant of sight
        there, and those told by consent."""
        sight = regulated_regions(user, "region") | inside(user.granted, "region")
        return self._concerns(list(user.roles), sight, user.told)

    def _concerns(self, organizations: list[int], sight: Q, told: list[int]) -> Q:
        """told: the organizations to ask of what consents told; planning the question takes longer than a page may
        where there are none."""
        concerns = Q(owner__in=organizations) | sight
        if told:
            concerns |= Q(Exists(Disclosure.objects.filter(asset=OuterRef("pk"), organization__in=told)))
        return concerns


class Asset(models.Model):
    """Anything shareable: one row of one table, with the details of its kind one-to-one beside it.

    Lengths are metres, areas square metres, weights kilograms, power kilowatts, prices the registry's currency a year.
    """

    owner = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="assets",
        verbose_name=_("owner"),
        db_index=False,
    )
    code = models.CharField(
        _("code"),
        max_length=80,
        help_text=_("The owner's own number; unique to the owner."),
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    status = models.CharField(_("status"), max_length=20, choices=AssetStatus, default=AssetStatus.IN_SERVICE)
    region = models.ForeignKey(
        Region,
        on_delete=models.PROTECT,
        related_name="assets",
        verbose_name=_("region"),
        db_index=False,
    )
    geometry = models.GeometryField(_("geometry"), srid=4326, spatial_index=False)
    planned_facility = models.ForeignKey(
        PlannedFacility,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reserved_assets",
        verbose_name=_("planned facility"),
        db_index=False,
    )
    available_from = models.DateField(_("available from"), null=True, blank=True)

    capacity = models.PositiveIntegerField(
        _("capacity"),
        validators=[MinValueValidator(1)],
        help_text=_("Mounts, bores, cores or rack units, in all."),
    )
    weight_kg = models.DecimalField(_("weight limit, kg"), max_digits=12, decimal_places=3, null=True, blank=True)
    wind_area_m2 = models.DecimalField(
        _("wind area limit, m²"), max_digits=12, decimal_places=3, null=True, blank=True
    )
    power_kw = models.DecimalField(_("power limit, kW"), max_digits=12, decimal_places=3, null=True, blank=True)

    open_to_sectors = ArrayField(
        models.CharField(max_length=20, choices=Sector),
        default=every_sector,
        blank=True,
        verbose_name=_("open to sectors"),
        help_text=_("Sectors that may ask for it; empty when it is not shared."),
    )
    price_per_unit_year = models.DecimalField(
        _("price per unit and year"),
        max_digits=12,
        decimal_places=2,
        default=0,
        help_text=_("For the whole asset."),
    )
    terms = models.TextField(_("sharing terms"), blank=True)
    protection = models.CharField(_("protection"), max_length=12, choices=Protection, default=Protection.OPEN)
    protection_reason = models.CharField(
        _("reason for the protection"),
        max_length=200,
        blank=True,
        help_text=_("Of a protected asset: what its protection rests on, such as a rule or what depends on it."),
    )
    # Set by the database a year on whenever the level changes, unless whoever changes it says a day
    # (registry/migrations/0019_protection_review.py); none while the asset is open.
    protection_review_on = models.DateField(
        _("protection to be reviewed on"),
        null=True,
        blank=True,
        help_text=_("Left empty: a year after the level was set."),
    )
    source = models.CharField(
        _("source"),
        max_length=200,
        blank=True,
        help_text=_("The file it came from; 'synthetic' for generated rows."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # What the database keeps; see the ledger migration.
    used_today = models.PositiveIntegerField(_("units used today"), default=0, editable=False)
    ledger_version = models.PositiveBigIntegerField(_("ledger version"), default=0, editable=False)
    free_today = models.GeneratedField(
        expression=F("capacity") - F("used_today"),
        output_field=models.IntegerField(_("units free today")),
        db_persist=True,
    )
    # Which grid masks a restricted place (a line's start, and its end): cells of 0.01° times 2 to this power. Set by
    # the database alone, the last when in doubt; see docs/visibility.md.
    near_rung = models.SmallIntegerField(default=LAST_RUNG, db_default=LAST_RUNG, editable=False)
    far_rung = models.SmallIntegerField(default=LAST_RUNG, db_default=LAST_RUNG, editable=False)
    masked_geometry = models.GeneratedField(
        expression=Func(F("geometry"), F("protection"), F("near_rung"), F("far_rung"), function="registry_mask"),
        output_field=models.GeometryField(_("masked geometry"), srid=4326),
        db_persist=True,
    )
    length_m = models.GeneratedField(
        expression=Func(F("geometry"), function="registry_length_m"),
        output_field=models.FloatField(_("length, m")),
        db_persist=True,
    )

    objects = AssetQuerySet.as_manager()

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["owner", "code"], name="asset_code_is_unique_to_owner"),
            models.CheckConstraint(condition=~Q(code=""), name="asset_has_a_code"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="asset_kind_is_known"),
            models.CheckConstraint(condition=Q(status__in=AssetStatus.values), name="asset_status_is_known"),
            models.CheckConstraint(
                condition=Q(protection__in=Protection.values),
                name="asset_protection_is_known",
            ),
            models.CheckConstraint(condition=Q(capacity__gte=1), name="asset_has_capacity"),
            models.CheckConstraint(
                condition=Q(weight_kg__gte=0) | Q(weight_kg=None),
                name="asset_weight_limit_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(wind_area_m2__gte=0) | Q(wind_area_m2=None),
                name="asset_wind_limit_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(power_kw__gte=0) | Q(power_kw=None),
                name="asset_power_limit_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(near_rung__range=(0, LAST_RUNG), far_rung__range=(0, LAST_RUNG)),
                name="asset_rungs_are_known",
            ),
            models.CheckConstraint(
                condition=Q(price_per_unit_year__gte=0),
                name="asset_price_is_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(status=AssetStatus.PLANNED) | Q(available_from__isnull=False),
                name="asset_planned_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(protection=Protection.OPEN) | ~Q(protection_reason=""),
                name="asset_protection_has_a_reason",
            ),
            models.CheckConstraint(
                # What most assets have is known at once: sets are compared ten times as slowly.
                condition=Q(open_to_sectors=every_sector()) | Q(open_to_sectors__contained_by=every_sector()),
                name="asset_sectors_are_known",
            ),
        ]
        indexes = [
            # Every index costs each row of an import 1 to 4 µs, so none stands twice: the code's serves the owner.
            models.Index(fields=["region", "kind"], name="asset_region_kind"),
            models.Index(
                fields=["planned_facility"], condition=Q(planned_facility__isnull=False), name="asset_of_facility"
            ),
            GistIndex(fields=["masked_geometry"], name="asset_masked_geometry"),
            # By an expression, since of an index on a geometry column Django leaves the condition out.
            GistIndex(
                OpClass(F("geometry"), name="gist_geometry_ops_2d"),
                condition=PROTECTED,
                name="asset_protected_geometry",
            ),
            GinIndex(
                fields=["code", "name"],
                opclasses=["gin_trgm_ops", "gin_trgm_ops"],
                name="asset_text",
            ),
            # Few are planned, out of service or protected: nobody should look through all others to find them.
            models.Index(
                fields=["status", "id"], condition=~Q(status=AssetStatus.IN_SERVICE), name="asset_not_in_service"
            ),
            models.Index(fields=["protection", "id"], condition=PROTECTED, name="asset_protected"),
            # Asked on the first page of each manager of an owner.
            models.Index(
                fields=["owner", "protection_review_on"],
                condition=Q(protection_review_on__isnull=False),
                name="asset_review",
            ),
            # What changed last lies together at the table's end, so that a few bytes a block suffice.
            BrinIndex(fields=["updated_at"], name="asset_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()

    @property
    def cell_degrees(self) -> float:
        """How wide the grid cell is that stands for a protected place; the wider one of a line's two."""
        if self.protection == Protection.CORE:
            return CELL_DEGREES[Protection.CORE]
        rung = max(self.near_rung, self.far_rung) if self.facts.is_route else self.near_rung
        return float(CELL_DEGREES[Protection.RESTRICTED] * 2**rung)

    @property
    def cell_km(self) -> float:
        """The same from south to north; from west to east it is less, the more so the farther from the equator."""
        return self.cell_degrees * KM_PER_DEGREE

    @property
    def facts(self) -> KindFacts:
        """What holds for every asset of this kind."""
        return KINDS[self.kind]
