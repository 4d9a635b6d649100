"""The form of a line of a demand list: of its kind the fields that matter, places as longitude and latitude."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.kinds import KINDS, Kind
from registry.seen_at import SeenAtForm
from registry.web.forms import DayInput, ModelForm
from sharing.errors import BadInput
from sharing.models import Demand, DemandList, DisjointBy
from sharing.refusals import SENTENCES
from sharing.words import LIMITS

WHAT = ("name", "quantity", "splittable", "start", "end", "priority", "budget_per_year")
POINT_PLACE = ("lon", "lat", "radius_m")
ROUTE_PLACE = (
    "origin_lon", "origin_lat", "destination_lon", "destination_lat", "max_detour", "disjoint_from",
    "disjoint_by", "apart_m",
)  # fmt: skip
# Columns of the row that fields of the form stand for.
STANDS_FOR = {
    "period": "start",
    "location": "lon",
    "origin": "origin_lon",
    "destination": "destination_lon",
}
DEFAULT_RADIUS_M = 500


def _degrees(label: Any, most: int) -> forms.FloatField:
    """A longitude or latitude; beyond `most` degrees it is none."""
    return forms.FloatField(
        label=label,
        min_value=-most,
        max_value=most,
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
        error_messages={
            "min_value": gettext_lazy("Between −%(limit)s and %(limit)s degrees: check the order of the two.")
            % {"limit": most},
            "max_value": gettext_lazy("Between −%(limit)s and %(limit)s degrees: check the order of the two.")
            % {"limit": most},
        },
    )


class DemandForm(SeenAtForm, ModelForm):
    """kind: what is needed. Cleans to a demand that the workflow's verbs take; they check it anew."""

    lon = _degrees(gettext_lazy("Longitude, °"), 180)
    lat = _degrees(gettext_lazy("Latitude, °"), 90)
    origin_lon = _degrees(gettext_lazy("From: longitude, °"), 180)
    origin_lat = _degrees(gettext_lazy("From: latitude, °"), 90)
    destination_lon = _degrees(gettext_lazy("To: longitude, °"), 180)
    destination_lat = _degrees(gettext_lazy("To: latitude, °"), 90)
    start = forms.DateField(label=gettext_lazy("First day"), widget=DayInput)
    end = forms.DateField(
        label=gettext_lazy("Until, not including"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("Leave empty for no end."),
    )

    instance: Demand

    class Meta:
        model = Demand
        fields = (
            "name", "quantity", "splittable", "priority", "budget_per_year", "weight_kg", "wind_area_m2", "power_kw",
            "radius_m", "max_detour", "disjoint_from", "disjoint_by", "apart_m", "mounting_height_m",
            "max_earthing_ohm", "min_backup_h", "cable_outer_diameter_mm", "accepts_hazardous_co_use", "fiber_type",
            "max_attenuation_db", "wavelength_nm", "min_floor_load_kn_m2", "min_feeds", "min_security_class",
        )  # fmt: skip

    def __init__(self, *args: Any, kind: str, of: DemandList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.list = kind, of
        self.instance.kind = kind
        wanted = [name for _title, names in fields_of(kind) for name in names]
        wanted += ["seen_at"] if self.instance.pk else []
        self.fields = {name: self.fields[name] for name in wanted}
        if "radius_m" in self.fields:
            self.fields["radius_m"].required = True
            self.fields["radius_m"].min_value = 1  # type: ignore[attr-defined]
        if "disjoint_from" in self.fields:
            others = Demand.objects.filter(list=of, kind=kind).exclude(pk=self.instance.pk).order_by("line")
            self.fields["disjoint_from"].queryset = others  # type: ignore[attr-defined]
            self.fields["disjoint_by"].required = False
        for name in (*KINDS[kind].loads, "budget_per_year"):
            self.fields[name].min_value = 0  # type: ignore[attr-defined]
            self.fields[name].widget.attrs["min"] = 0
        if self.instance.pk:
            self.initial = {**self.initial, **_initial(self.instance)}
        elif kind in (Kind.TOWER, Kind.EQUIPMENT_ROOM):
            self.initial.setdefault("radius_m", DEFAULT_RADIUS_M)

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Headings with their fields, in the order of reading."""
        return [(title, [self[name] for name in names]) for title, names in fields_of(self.kind)]

    def clean(self) -> dict[str, Any]:
        """Puts places and period together. Not calling ModelForm's leaves the database's checks to the verb, which
        asks them all at once."""
        self.refuse_another()
        values = self.cleaned_data
        start, end = values.get("start"), values.get("end")
        if start and end and end <= start:
            self.add_error("end", _("The period ends before it begins: choose a later day."))
        elif start:
            self.instance.period = DateRange(start, end)
        for name in ("radius_m", *KINDS[self.kind].loads, "budget_per_year"):
            value = values.get(name)
            if value is not None and (value < 0 or (name == "radius_m" and value == 0)):
                self.add_error(name, _("Enter a number above 0.") if name == "radius_m" else _("Zero or more."))
        if values.get("max_detour") is not None and values["max_detour"] < 1:
            self.add_error("max_detour", _("No route is shorter than the straight line: at least 1."))
        by = values.get("disjoint_by") or DisjointBy.LINE
        if "apart_m" in values and not Demand(disjoint_by=by, apart_m=values["apart_m"]).suits_apart:
            self.add_error("apart_m", str(SENTENCES["demand_distance_apart_suits"]))
        for prefix, column in (("", "location"), ("origin_", "origin"), ("destination_", "destination")):
            lon, lat = values.get(f"{prefix}lon"), values.get(f"{prefix}lat")
            if lon is not None and lat is not None:
                setattr(self.instance, column, Point(lon, lat, srid=4326))
        return values

    def add_refusal(self, refusal: BadInput) -> None:
        """What the verb found wrong, at the field that it is about."""
        field = STANDS_FOR.get(refusal.field, refusal.field)
        self.add_error(field if field in self.fields else None, refusal.message)


def fields_of(kind: str) -> list[tuple[Any, tuple[str, ...]]]:
    """The fields of the form of a kind, under their headings."""
    place = ROUTE_PLACE if KINDS[kind].is_route else POINT_PLACE
    return [
        (gettext_lazy("Where"), place),
        (gettext_lazy("What and when"), WHAT),
        (gettext_lazy("Technical limits"), (*KINDS[kind].loads, *LIMITS[kind])),
    ]


def _initial(demand: Demand) -> dict[str, Any]:
    found: dict[str, date | float | None] = {"start": demand.period.lower, "end": demand.period.upper}
    for prefix, place in (("", demand.location), ("origin_", demand.origin), ("destination_", demand.destination)):
        if place:
            found |= {f"{prefix}lon": place.x, f"{prefix}lat": place.y}
    return found
