import json
from typing import Any

from rest_framework import serializers

from sharing.models import MatchLeg
from sharing.seen import Seen


class LegShown(serializers.Serializer[Any]):
    """Units of an asset, or a gap to be built. Of a protected asset that you may not know of yet, only that an owner
    is asked."""

    position = serializers.IntegerField()
    is_gap = serializers.BooleanField()
    asset = serializers.IntegerField(allow_null=True)
    asset_code = serializers.CharField(allow_null=True)
    owner = serializers.CharField(allow_null=True)
    protected = serializers.BooleanField()
    quantity = serializers.IntegerField()
    weight_kg = serializers.FloatField()
    wind_area_m2 = serializers.FloatField()
    power_kw = serializers.FloatField()
    place = serializers.JSONField(allow_null=True)
    place_is_exact = serializers.BooleanField()
    length_m = serializers.FloatField(allow_null=True)
    terrain = serializers.DictField(
        child=serializers.FloatField(),
        help_text="Metres of a gap by class of terrain, `ordinary` in no area of any; empty where none is told.",
    )
    cost_per_year = serializers.FloatField(
        allow_null=True,
        help_text="Null for a protected asset that you may not know of and the gaps beside it: part of the match's.",
    )
    reference = serializers.UUIDField(
        allow_null=True, help_text="Of its lines in /allocations/; the first leg on an asset has those of all."
    )


def leg_shown(leg: MatchLeg, seen: Seen) -> dict[str, Any]:
    """A leg as the API shows it to one person."""
    asset, place = seen.asset(leg), seen.place(leg)
    hidden = asset is None and not leg.is_gap
    return {
        "position": leg.position,
        "is_gap": leg.is_gap,
        "asset": asset.pk if asset else None,
        "asset_code": asset.code if asset else None,
        "owner": asset.owner.code if asset else None,
        "protected": hidden,
        "quantity": leg.quantity,
        "weight_kg": leg.weight_kg,
        "wind_area_m2": leg.wind_area_m2,
        "power_kw": leg.power_kw,
        "place": json.loads(place.geojson) if place else None,
        "place_is_exact": seen.is_exact(leg),
        "length_m": seen.leg_length_m(leg),
        "terrain": seen.terrain(leg),
        "cost_per_year": seen.leg_cost(leg),
        "reference": None if hidden or leg.is_gap else str(leg.reference),
    }
