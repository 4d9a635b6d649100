import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.fields import GeometryField as PlaceField
from registry.api.fields import PeriodField, geometry_schema
from registry.api.serializers import ActionsField, ModelBody, Shown
from registry.api.views import Rows
from registry.exports.delimited import csv_pieces
from registry.exports.features import feature_pieces
from registry.exports.formats import Format
from registry.exports.table import Table
from registry.filters import BoxFilter, ChoicesFilter, CodeFilter, NearFilters, RegionFilter, TextFilter
from registry.importing.coordinates import WGS84
from registry.kinds import KINDS, Kind
from registry.models import FiberType
from sharing.api.verbs import SharingResource
from sharing.exports.demands import demand_tables, with_place
from sharing.models import CobuildDemand, Demand, DemandList, ListStatus
from sharing.models.demand import MOST_DETOUR
from sharing.refusals import SENTENCES
from sharing.workflow import lists
from sharing.workflow.locks import lock_list
from sharing.workflow.rules import Verb, why_not

ASKED = (
    "name", "kind", "quantity", "splittable", "period", "priority", "budget_per_year", "weight_kg", "wind_area_m2",
    "power_kw", "location", "radius_m", "origin", "destination", "max_detour", "disjoint_by", "apart_m",
    "mounting_height_m", "max_earthing_ohm", "min_backup_h", "cable_outer_diameter_mm", "accepts_hazardous_co_use",
    "fiber_type", "max_attenuation_db", "wavelength_nm", "min_floor_load_kn_m2", "min_feeds", "min_security_class",
)  # fmt: skip
PLACES = ("location", "radius_m", "origin", "destination")


PARTY_HOME = "Where the party is at home"


class DemandShown(Shown[Demand]):
    """A line of a list. Point demands (towers, rooms) have `location` and `radius_m`; route demands (ducts, fibers)
    `origin` and `destination`. Loads are those of the whole demand; a limit that is null does not matter."""

    period = PeriodField(read_only=True)
    location = PlaceField(geometry_type="POINT", read_only=True, allow_null=True)
    origin = PlaceField(geometry_type="POINT", read_only=True, allow_null=True)
    destination = PlaceField(geometry_type="POINT", read_only=True, allow_null=True)
    fiber_type = serializers.ChoiceField(choices=FiberType.choices, allow_blank=True, read_only=True)
    place = serializers.SerializerMethodField(help_text="The location, or the straight line of a route.")
    cobuild_group = serializers.SerializerMethodField(help_text="Where it could be built together with others.")
    actions = ActionsField()

    class Meta:
        model = Demand
        fields = ("id", "list", "line", *ASKED, "disjoint_from", "place", "cobuild_group", "actions")
        read_only_fields = fields

    @extend_schema_field(geometry_schema("GEOMETRY"))
    def get_place(self, demand: Demand) -> Any:
        return place_of(demand)

    def get_cobuild_group(self, demand: Demand) -> int | None:
        group: int | None = self.context["groups"].get(demand.pk)
        return group


def place_of(demand: Demand) -> dict[str, Any]:
    """The location, or the straight line from origin to destination, as GeoJSON."""
    if demand.location:
        location: dict[str, Any] = json.loads(demand.location.geojson)
        return location
    ends = [list(place.coords) for place in (demand.origin, demand.destination) if place]
    return {"type": "LineString", "coordinates": ends}


class DemandBody(ModelBody[Demand]):
    """A line as its party states it."""

    period = PeriodField()
    location = PlaceField(geometry_type="POINT", required=False, allow_null=True)
    origin = PlaceField(geometry_type="POINT", required=False, allow_null=True)
    destination = PlaceField(geometry_type="POINT", required=False, allow_null=True)
    max_detour = serializers.FloatField(min_value=1, max_value=MOST_DETOUR, required=False)
    weight_kg = serializers.DecimalField(max_digits=12, decimal_places=3, min_value=0, required=False)
    wind_area_m2 = serializers.DecimalField(max_digits=12, decimal_places=3, min_value=0, required=False)
    power_kw = serializers.DecimalField(max_digits=12, decimal_places=3, min_value=0, required=False)

    class Meta:
        model = Demand
        fields = ASKED

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Around a place, or from one to another, as the kind has it."""
        asked: dict[str, Any] = {name: getattr(self.instance, name, None) for name in ("kind", *PLACES)} | attrs
        needed = ("origin", "destination") if KINDS[asked["kind"]].is_route else ("location", "radius_m")
        faults: dict[str, Any] = {}
        for name in PLACES:
            value = asked.get(name)
            if name in needed and value is None:
                faults[name] = [_("A demand for this kind needs it.")]
            elif name not in needed and value is not None:
                faults[name] = [_("A demand for this kind has none: leave it out.")]
        if asked.get("radius_m") is not None and not asked["radius_m"] > 0:
            faults["radius_m"] = [_("A radius is more than 0 m.")]
        known = self.instance if isinstance(self.instance, Demand) else Demand()
        apart = {name: attrs.get(name, getattr(known, name)) for name in ("disjoint_by", "apart_m")}
        if not Demand(**apart).suits_apart:
            faults["apart_m"] = [SENTENCES["demand_distance_apart_suits"]]
        if faults:
            raise serializers.ValidationError(faults)
        return attrs

    @staticmethod
    def made(values: dict[str, Any]) -> Demand:
        return Demand(**values)


class DemandChange(DemandBody):
    """Any of the columns; `disjoint_from` is another line of the same list."""

    class Meta(DemandBody.Meta):
        fields = (*ASKED, "disjoint_from")  # type: ignore[assignment]

    def validate_disjoint_from(self, twin: Demand | None) -> Demand | None:
        assert isinstance(self.instance, Demand)
        if twin is not None and (twin.list_id != self.instance.list_id or twin.pk == self.instance.pk):
            raise serializers.ValidationError(_("Another line of the same list is needed."), "does_not_exist")
        return twin


class DemandFilters(NearFilters):
    list = filters.NumberFilter(help_text="The list's id.")
    kind = ChoicesFilter(choices=Kind.choices)
    party = CodeFilter(field_name="list__party__code", help_text="The party's code.")
    region = RegionFilter("list__party__region", of=PARTY_HOME)
    status = ChoicesFilter(method="filter_status", choices=ListStatus.choices)
    priority = filters.NumberFilter(help_text="1 is served first, 9 last.")
    bbox = BoxFilter()
    q = TextFilter("name")

    class Meta:
        model = Demand
        fields: tuple[str, ...] = ()

    def filter_status(self, queryset: Any, name: str, value: Sequence[str]) -> Any:
        """Of the list, where the caller sees it: who is asked about one line of it does not."""
        seen = DemandList.objects.visible_to(self.user).filter(status__in=value)
        return queryset.filter(list__in=seen) if value else queryset


class DemandResource(SharingResource):
    """The lines of lists. Those of drafts change; what was submitted stays as it was."""

    model = Demand
    noun, nouns = "demand", "demands"
    orderings = ("id", "line", "priority")
    serializer_class = DemandShown
    filterset_class = DemandFilters
    place = "place"

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return with_place(queryset.select_related("list"))

    @contextmanager
    def tables(self, queryset: QuerySet[Any], format: Format, crs: str) -> Iterator[Sequence[Table]]:
        """Under the headings that imports know."""
        by_shape = format.layered and format.needs_place
        yield demand_tables(self.in_order(queryset), self._fields(), crs, by_shape=by_shape)

    def export(self, queryset: QuerySet[Any], renderer: Any) -> HttpResponseBase:
        return self.streamed(self._pieces(self.in_order(queryset), renderer), renderer)

    def page_lines(self, queryset: QuerySet[Any], page: Rows, renderer: Any) -> Iterable[bytes]:
        return self._pieces(self.in_order(queryset.filter(pk__in=[demand.pk for demand in page])), renderer)

    def _pieces(self, queryset: QuerySet[Any], renderer: Any) -> Iterator[bytes]:
        [table] = demand_tables(queryset, self._fields(), WGS84)
        return csv_pieces(table) if renderer.format == "csv" else feature_pieces(table)

    def _fields(self) -> list[str]:
        wanted = self.wanted_fields()
        return [name for name in DemandShown.Meta.fields if wanted is None or name in wanted]

    def shown(self, page: Sequence[Any]) -> Rows:
        groups = CobuildDemand.objects.visible_to(self.user).group_of(demand.pk for demand in page)
        context = self.get_serializer_context() | {"groups": groups}
        return list(DemandShown(page, many=True, context=context).data)

    def actions_on(self, subject: Any) -> list[str]:
        return ["change", "delete"] if why_not(Verb.EDIT, subject.list, self.standing) is None else []

    @extend_schema(request=DemandChange)
    def partial_update(self, request: Request, id: int) -> HttpResponseBase:
        """Change a line of a draft"""
        demand = self.locked_with_list()
        for name, value in self.given(DemandChange, instance=demand, partial=True).items():
            setattr(demand, name, value)
        return self.done(lists.change_demand(demand, actor=self.user).pk)

    def destroy(self, request: Request, id: int) -> Response:
        """Take a line off a draft

        Not possible once it was matched: then it is history.
        """
        demand = self.locked_with_list()
        lists.remove_demands(demand.list, [demand.pk], actor=self.user)
        return Response(status=204)

    def locked_with_list(self) -> Demand:
        """The list before its line, in the order of every verb."""
        lock_list(self.get_object().list_id)
        demand: Demand = self.locked()
        return demand
