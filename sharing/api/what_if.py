"""What a list would get with other wishes, prices or assets; and two runs side by side. What is told of assets is what
matching tells."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from registry.api.asset_details import DETAILS, DetailsField
from registry.api.fields import GeometryField, OrganizationField
from registry.api.serializers import Body, ModelBody
from registry.kinds import KINDS, POINT_KINDS
from registry.models import Asset, User
from sharing.errors import BadInput
from sharing.matching.comparing import Difference, LineAnswer, LineDifference, compare, counts, of_run
from sharing.matching.describing import describe
from sharing.matching.what_if import AddedAsset, LineChange, Tried, WhatIf
from sharing.models import Demand, DemandList, MatchRun

MOST_COMPARED = 1000
"""Lines in one answer."""

MOST_POINT_LINES, MOST_ROUTE_LINES, MOST_ASSETS, MOST_CHANGES = 1000, 50, 50, 50
"""What one call may take of a server: more is for manage.py match --what-if."""


class WishesBody(ModelBody[Demand]):
    """Columns of lines as they would be instead. `lines`: which; all where it is left out, as far as it is theirs."""

    lines = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)
    radius_m = serializers.FloatField(required=False, min_value=1, max_value=1e6)
    max_detour = serializers.FloatField(required=False, min_value=1)
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
        )  # fmt: skip


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


class TermsBody(Body):
    """Of new build for one kind; see the documentation of matching."""

    gap_cost_per_m = serializers.FloatField(required=False, min_value=0)
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


def refuse_too_large(demand_list: DemandList) -> None:
    """Raises BadInput for a list that would hold a server for long."""
    kinds = list(demand_list.demands.values_list("kind", flat=True))
    points = sum(kind in POINT_KINDS for kind in kinds)
    if points > MOST_POINT_LINES or len(kinds) - points > MOST_ROUTE_LINES:
        raise BadInput(
            _("At most %(points)d lines for towers and rooms and %(routes)d for routes are tried at once.")
            % {"points": MOST_POINT_LINES, "routes": MOST_ROUTE_LINES}
        )


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


def sums(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: figures.get(name, 0) for name in ("demands", "matched", "cost", "cost_bound")}


def shown(tried: Tried, user: User | None) -> dict[str, Any]:
    """A trial as one person is shown it; None: the registry itself."""
    changed = [one for one in tried.differences if one.difference != Difference.SAME]
    return {
        "before": sums(tried.before),
        "after": sums(tried.after),
        "differences": counts(tried.differences),
        "results": lines_shown(changed, user, tried.added),
        "next_line": None,
    }


def runs_compared(
    before: MatchRun, after: MatchRun, user: User, *, all: bool = False, from_line: int = 1
) -> dict[str, Any]:
    """Two saved runs of a list, from a line on; at most MOST_COMPARED lines."""
    differences = compare(of_run(before), of_run(after))
    lines = dict(Demand.objects.filter(list=before.list_id).values_list("pk", "line"))
    chosen = [one for one in differences if all or one.difference != Difference.SAME]
    chosen = sorted((one for one in chosen if lines[one.demand] >= from_line), key=lambda one: lines[one.demand])
    page, rest = chosen[:MOST_COMPARED], chosen[MOST_COMPARED:]
    return {
        "before": sums(before.figures),
        "after": sums(after.figures),
        "differences": counts(differences),
        "results": lines_shown(page, user),
        "next_line": lines[rest[0].demand] if rest else None,
    }


def lines_shown(
    differences: Iterable[LineDifference], user: User | None, added: Mapping[int, int] | None = None
) -> list[dict[str, Any]]:
    """Line by line, in their order; assets as far as `user` may know of them."""
    differences, added = list(differences), added or {}
    demands = Demand.objects.in_bulk([one.demand for one in differences])
    sides = [side for one in differences for side in (one.before, one.after) if side]
    ids = {asset for side in sides for asset, _units in side.legs if asset and asset not in added}
    seen = Asset.objects.all() if user is None else Asset.objects.visible_to(user)
    assets = seen.select_related("owner").only("code", "owner__code").in_bulk(list(ids))
    told = [
        {
            "line": demands[one.demand].line,
            "demand": one.demand,
            "name": demands[one.demand].name,
            "difference": one.difference.value,
            "costs_more": None if one.cents_more is None else one.cents_more / 100,
            "before": _side(one.before, assets, added),
            "after": _side(one.after, assets, added),
        }
        for one in differences
    ]
    return sorted(told, key=lambda line: line["line"])


def _side(side: LineAnswer | None, assets: Mapping[int, Asset], added: Mapping[int, int]) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "met": side.met,
        "reason": side.reason,
        "cost_per_year": side.cents / 100 if side.met else None,
        "legs": [_leg(asset, units, assets, added) for asset, units in side.legs],
        "change_in_words": str(describe(side.change)),
    }


def _leg(asset_id: int | None, units: int, assets: Mapping[int, Asset], added: Mapping[int, int]) -> dict[str, Any]:
    asset, number = assets.get(asset_id or 0), added.get(asset_id or 0)
    return {
        "asset": asset.pk if asset else None,
        "asset_code": asset.code if asset else None,
        "owner": asset.owner.code if asset else None,
        "added": number,
        "is_gap": asset_id is None,
        "protected": asset_id is not None and asset is None and number is None,
        "quantity": units,
    }
