import json
from typing import Any

from sharing.models import MatchLeg
from sharing.seen import Seen


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
        "terrain": leg.terrain,
        "cost_per_year": leg.cost_per_year,
        "reference": None if hidden or leg.is_gap else str(leg.reference),
    }
