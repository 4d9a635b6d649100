"""The legs of matches as one person may know them: of a core asset only that an owner is asked, of a restricted one
the grid cell, until a consent tells more."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from registry.models import Asset, User
from sharing.models import Consent, Match, MatchLeg
from sharing.seen import consents_naming_owner


@dataclass(frozen=True)
class Seen:
    """What a person may know of the assets and the owners of some matches; two queries, however many."""

    assets: dict[int, Any]
    named: frozenset[int]

    @classmethod
    def of(cls, matches: Sequence[Match], user: User) -> "Seen":
        ids = {leg.asset_id for match in matches for leg in match.legs.all() if leg.asset_id}
        rows: Any = Asset.objects.visible_to(user).with_place_for(user).filter(pk__in=ids)
        shown = rows.defer("geometry", "masked_geometry").select_related("owner")
        named = consents_naming_owner(user).filter(match__in=[match.pk for match in matches])
        return cls({asset.pk: asset for asset in shown}, frozenset(named.values_list("pk", flat=True)))

    def leg(self, leg: MatchLeg) -> dict[str, Any]:
        asset = self.assets.get(leg.asset_id or 0)
        hidden = asset is None and not leg.is_gap
        exact = leg.is_gap or (asset is not None and asset.place_is_exact)
        place = leg.geometry if leg.is_gap else asset.place if asset else None
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
            "place_is_exact": exact,
            "length_m": leg.length_m if exact else None,
            "cost_per_year": leg.cost_per_year,
            "reference": None if hidden or leg.is_gap else str(leg.reference),
        }

    def length_m(self, match: Match) -> float | None:
        """The length of a route, which tells where its assets are, as far as their places are told."""
        legs = match.legs.all()
        told = all(leg.is_gap or getattr(self.assets.get(leg.asset_id or 0), "place_is_exact", False) for leg in legs)
        return match.length_m if told else None

    def consents(self, match: Match) -> list[Consent]:
        """Those whose owner the person may read."""
        return [consent for consent in match.consents.all() if consent.pk in self.named]

    def hidden_consents(self, match: Match) -> int:
        return sum(consent.pk not in self.named for consent in match.consents.all())
