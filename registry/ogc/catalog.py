"""The collections of what exists: one a kind of asset, and planned facilities."""

from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from registry.api.asset_details import DETAILS, column_names
from registry.exports.assets import told
from registry.filters import by_geometry
from registry.kinds import KINDS, Kind
from registry.models import Asset, Organization, PlannedFacility, Region, User
from registry.models.asset import AssetQuerySet
from registry.ogc.collection import Collection
from registry.ogc.properties import Property, of_field, of_fields

ABOUT = {
    Kind.TOWER: ("towers", _("Towers"), _("Towers, poles, masts and rooftops; counted in mounts.")),
    Kind.DUCT: ("ducts", _("Ducts"), _("Ducts, pipes and trays; counted in bores.")),
    Kind.FIBER: ("fibers", _("Fibers"), _("Fiber cables; counted in cores.")),
    Kind.EQUIPMENT_ROOM: ("equipment-rooms", _("Equipment rooms"), _("Equipment rooms; counted in rack units.")),
}


def _owner(of: type[Asset] | type[PlannedFacility]) -> tuple[Property, ...]:
    """Who has it, and where; of both nouns by the same names."""
    return (
        *of_fields(of, "code", "name"),
        of_field(Organization, "code", F("owner__code"), _("owner")).renamed("owner"),
        of_field(Organization, "name", F("owner__name"), _("name of the owner")).renamed("owner_name"),
        of_field(Organization, "sector", F("owner__sector"), _("sector of the owner")).renamed("sector"),
        of_field(Region, "code", F("region__code"), _("code of the region")).renamed("region"),
        of_field(Region, "scheme", F("region__scheme"), _("scheme of the region's code")).renamed("region_scheme"),
    )


def _asset_columns(kind: Kind) -> tuple[Property, ...]:
    """As the REST API shows an asset: with the exact place alone what is told with it."""
    facts, model = KINDS[kind], DETAILS[kind].Meta.model
    is_exact = Property("place_is_exact", _("the place is exact"), "boolean", F("place_is_exact"))
    plan, reason, review, length = (
        of_field(Asset, name, told(name))
        for name in ("planned_facility", "protection_reason", "protection_review_on", "length_m")
    )
    return (
        *_owner(Asset),
        *of_fields(Asset, "status", "available_from", "capacity", "free_today", *facts.loads),
        *of_fields(Asset, "open_to_sectors", "price_per_unit_year", "terms", "protection"),
        reason,
        review,
        is_exact,
        plan,
        *((length,) if facts.is_route else ()),
        *(of_field(model, name, told(f"{kind.value}__{name}")) for name in column_names(kind)),
        *of_fields(Asset, "source", "created_at", "updated_at"),
    )


def _assets(kind: Kind) -> Collection:
    # Spelt so that PostgreSQL knows how many these are, but reads no index of half a million beside that of a box.
    of_kind = Func(Exact(F("kind"), Value(kind.value)), template="((%(expressions)s) IS TRUE)")
    of_kind.output_field = BooleanField()

    def rows(user: User) -> QuerySet[Asset]:
        return Asset.objects.visible_to(user).filter(of_kind).with_place_for(user)

    id, title, description = ABOUT[kind]
    geometry = KINDS[kind].geometry.lower()
    columns = _asset_columns(kind)
    return Collection(id, title, description, geometry, rows, columns, AssetQuerySet.meeting, begins="available_from")


def _plans(user: User) -> QuerySet[PlannedFacility]:
    return PlannedFacility.objects.visible_to(user).annotate(place=F("geometry"))


PLANNED_FACILITIES = Collection(
    "planned-facilities",
    _("Planned facilities"),
    _("Subways, tunnels, bridges, roads and buildings still being planned; the space they reserve are assets."),
    "any",
    _plans,
    (
        *_owner(PlannedFacility),
        *of_fields(PlannedFacility, "facility_type", "stage", "request_by", "design_freeze_on"),
        *of_fields(PlannedFacility, "construction_starts_on", "opens_on", "cost_rule"),
    ),
    by_geometry,
    begins="construction_starts_on",
    ends="opens_on",
)

COLLECTIONS = (*(_assets(kind) for kind in Kind), PLANNED_FACILITIES)
