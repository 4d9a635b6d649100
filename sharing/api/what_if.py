"""What a list would get with other wishes, prices or assets; and two runs side by side. What is told of assets is what
matching tells."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from registry.api.asset_details import DETAILS, DetailsField
from registry.api.fields import GeometryField, OrganizationField
from registry.api.serializers import Body, ModelBody
from registry.kinds import KINDS
from registry.models import Asset
from sharing.matching.comparing import Difference
from sharing.matching.what_if import AddedAsset, LineChange, WhatIf
from sharing.models import Demand, DisjointBy
from sharing.models.demand import MOST_DETOUR, MOST_RADIUS_M
from sharing.refusals import SENTENCES

MOST_ASSETS, MOST_CHANGES = 50, 50
"""What one call may take of a server: more is for manage.py match --what-if."""


class WishesBody(ModelBody[Demand]):
    """Columns of lines as they would be instead. `lines`: which; all where it is left out, as far as it is theirs.
    `apart_m` goes with `disjoint_by`: distance."""

    lines = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)
    radius_m = serializers.FloatField(required=False, min_value=1, max_value=MOST_RADIUS_M)
    max_detour = serializers.FloatField(required=False, min_value=1, max_value=MOST_DETOUR)
    radius_times = serializers.FloatField(required=False, min_value=0.01, max_value=100)
    budget_times = serializers.FloatField(required=False, min_value=0, max_value=1000)
    later_days = serializers.IntegerField(required=False, min_value=-3650, max_value=3650)

    class Meta:
        model = Demand
        fields = (
            "lines", "radius_m", "radius_times", "budget_times", "later_days", "quantity", "splittable", "priority",
            "budget_per_year", "weight_kg", "wind_area_m2", "power_kw", "max_detour", "mounting_height_m",
            "max_earthing_ohm", "min_backup_h", "cable_outer_diameter_mm", "accepts_hazardous_co_use", "fiber_type",
            "max_attenuation_db", "wavelength_nm", "min_floor_load_kn_m2", "min_feeds", "min_security_class",
            "disjoint_by", "apart_m",
        )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "disjoint_by" not in attrs and "apart_m" not in attrs:
            return attrs
        by = attrs.get("disjoint_by", DisjointBy.DISTANCE)
        apart = {"disjoint_by": by, "apart_m": attrs.get("apart_m")}
        if not Demand(**apart).suits_apart:
            raise serializers.ValidationError({"apart_m": [str(SENTENCES["demand_distance_apart_suits"])]})
        return {**attrs, **apart}


class PriceBody(Body):
    """Prices times a factor: of one owner's assets, or of all."""

    owner = OrganizationField(required=False, allow_null=True)
    times = serializers.FloatField(min_value=0, max_value=1000)


class AddedAssetBody(ModelBody[Asset]):
    """An asset that is not there: shared with everyone, and its place known."""

    place = GeometryField(source="geometry")
    details = DetailsField(required=False)

    class Meta:
        model = Asset
        fields = (
            "kind", "place", "capacity", "price_per_unit_year", "available_from", "weight_kg", "wind_area_m2",
            "power_kw", "details",
        )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind, place = attrs["kind"], attrs["geometry"]
        if place.geom_type != KINDS[kind].geometry:
            wanted = _("This kind is a %(wanted)s.") % {"wanted": KINDS[kind].geometry}
            raise serializers.ValidationError({"place": [ErrorDetail(wanted, "type")]})
        details = DETAILS[kind](data=attrs.get("details", {}))
        if not details.is_valid():
            raise serializers.ValidationError({"details": details.errors})
        return {**attrs, "details": details.validated_data}


class TerrainPricesBody(Body):
    """What a metre of new build costs a year, by class of terrain."""

    open_ground = serializers.FloatField(required=False, min_value=0)
    paved_road = serializers.FloatField(required=False, min_value=0)
    built_up = serializers.FloatField(required=False, min_value=0)
    mountain = serializers.FloatField(required=False, min_value=0)
    rock = serializers.FloatField(required=False, min_value=0)
    water = serializers.FloatField(required=False, min_value=0)


class TermsBody(Body):
    """Of new build for one kind; see the documentation of matching. `gap_cost_per_m`: on ordinary ground."""

    gap_cost_per_m = serializers.FloatField(required=False, min_value=0)
    terrain_cost_per_m = TerrainPricesBody(required=False)
    max_gap_m = serializers.FloatField(required=False, min_value=1, max_value=1000)
    max_gap_share = serializers.FloatField(required=False, min_value=0, max_value=1)
    crossing_cost = serializers.FloatField(required=False, min_value=0)


class RouteTermsBody(Body):
    duct = TermsBody(required=False)
    fiber = TermsBody(required=False)


class WhatIfBody(Body):
    """What would be different; nothing of it is kept."""

    lines = WishesBody(many=True, required=False, max_length=MOST_CHANGES)  # type: ignore[call-arg]
    prices = PriceBody(many=True, required=False, max_length=MOST_CHANGES)  # type: ignore[call-arg]
    assets = AddedAssetBody(many=True, required=False, max_length=MOST_ASSETS)  # type: ignore[call-arg]
    route_terms = RouteTermsBody(required=False)


def what_if_of(values: Mapping[str, Any]) -> WhatIf:
    """The validated body as the engine takes it."""
    return WhatIf(
        lines=[_line_change(dict(one)) for one in values.get("lines", ())],
        prices=[
            {"owner": one["owner"].pk if one.get("owner") else None, "times": one["times"]}
            for one in values.get("prices", ())
        ],
        assets=[_added(dict(one)) for one in values.get("assets", ())],
        route_terms={kind: dict(terms) for kind, terms in values.get("route_terms", {}).items()},
    )


def _line_change(values: dict[str, Any]) -> LineChange:
    lines, later_days = values.pop("lines", ()), values.pop("later_days", 0)
    times = {
        column: values.pop(name)
        for name, column in (("radius_times", "radius_m"), ("budget_times", "budget_per_year"))
        if name in values
    }
    return LineChange(lines=lines, to=values, times=times, later_days=later_days)


def _added(values: dict[str, Any]) -> AddedAsset:
    return AddedAsset(values.pop("kind"), values.pop("geometry"), details=values.pop("details"), values=values)


class LegAnswered(serializers.Serializer[Any]):
    """Units of an asset; of a protected one that you may not know of, only that an owner is asked. `added`: the number
    of one of the added assets."""

    asset = serializers.IntegerField(allow_null=True)
    asset_code = serializers.CharField(allow_null=True)
    owner = serializers.CharField(allow_null=True)
    added = serializers.IntegerField(allow_null=True)
    is_gap = serializers.BooleanField()
    protected = serializers.BooleanField()
    quantity = serializers.IntegerField()


class SideShown(serializers.Serializer[Any]):
    met = serializers.BooleanField()
    reason = serializers.CharField()
    cost_per_year = serializers.FloatField(allow_null=True)
    legs = LegAnswered(many=True)
    change_in_words = serializers.CharField()


class LineShown(serializers.Serializer[Any]):
    """A line before and after; null where a run did not ask for it, since units were held for it."""

    line = serializers.IntegerField()
    demand = serializers.IntegerField()
    name = serializers.CharField()
    difference = serializers.ChoiceField(choices=Difference.choices)
    costs_more = serializers.FloatField(allow_null=True, help_text="A year, where both are met.")
    before = SideShown(allow_null=True)
    after = SideShown(allow_null=True)


class SumShown(serializers.Serializer[Any]):
    """demands asked for, met, their yearly cost, and the least it could be."""

    demands = serializers.IntegerField()
    matched = serializers.IntegerField()
    cost = serializers.FloatField()
    cost_bound = serializers.FloatField()


class Compared(serializers.Serializer[Any]):
    """Sums of both sides, how many lines differ in which way, and the lines that differ."""

    before = SumShown(allow_null=True)
    after = SumShown(allow_null=True)
    differences = serializers.SerializerMethodField()
    results = LineShown(many=True)
    next_line = serializers.IntegerField(allow_null=True, help_text="Where to go on with from_line.")

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_differences(self, compared: Mapping[str, Any]) -> Any:
        return compared["differences"]
