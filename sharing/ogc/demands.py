"""Demands as a collection: of the lists that a viewer may see, and what their organizations are asked about."""

from django.contrib.gis.db.models import GeometryField
from django.db.models import Case, DateField, F, Func, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, User
from registry.ogc.collection import Collection
from registry.ogc.properties import Property, of_field, of_fields
from sharing.models import Demand, DemandList
from sharing.seen import sees_list

PLACE = GeometryField(srid=4326)
LINE = Func("origin", "destination", function="ST_MakeLine", output_field=PLACE)


def _rows(user: User) -> QuerySet[Demand]:
    """With the location, or the straight line of a route, as to whoever is told of the demand; and whether the list
    is seen too."""
    return Demand.objects.visible_to(user).annotate(
        place=Coalesce("location", LINE, output_field=PLACE),
        list_is_seen=sees_list(user, "list"),
    )


def _of_list(name: str) -> Case:
    """The column of the list, to those who see it: whom a line asks sees the line alone."""
    return Case(When(list_is_seen=True, then=F(f"list__{name}")))


# The ledger's periods end on the day after the last; null where there is none.
STARTS_ON = Func(F("period"), function="lower", output_field=DateField())
ENDS_ON = Func(F("period"), template="(upper(%(expressions)s) - 1)", output_field=DateField())

DEMANDS = Collection(
    "demands",
    _("Demands"),
    _("What parties need: lines of the lists that you may see. A route is shown as a straight line."),
    "any",
    _rows,
    (
        *of_fields(Demand, "name", "kind", "quantity"),
        of_field(Organization, "code", F("list__party__code"), _("party")).renamed("party"),
        of_field(Organization, "name", F("list__party__name"), _("name of the party")).renamed("party_name"),
        of_field(Demand, "list", F("list_id")),
        of_field(DemandList, "title", _of_list("title"), _("title of the list")).renamed("list_title"),
        of_field(DemandList, "status", _of_list("status"), _("status of the list")).renamed("list_status"),
        of_field(Demand, "line"),
        Property("starts_on", _("first day"), "string", STARTS_ON, "date"),
        Property("ends_on", _("last day"), "string", ENDS_ON, "date"),
        *of_fields(Demand, "priority", "splittable", "budget_per_year", "weight_kg", "wind_area_m2", "power_kw"),
        *of_fields(Demand, "radius_m", "max_detour", "disjoint_by", "apart_m", "mounting_height_m"),
        *of_fields(Demand, "max_earthing_ohm", "min_backup_h"),
        *of_fields(Demand, "cable_outer_diameter_mm", "accepts_hazardous_co_use", "fiber_type", "max_attenuation_db"),
        *of_fields(Demand, "wavelength_nm", "min_floor_load_kn_m2", "min_feeds", "min_security_class"),
    ),
    begins="starts_on",
    ends="ends_on",
)

COLLECTIONS = (DEMANDS,)
