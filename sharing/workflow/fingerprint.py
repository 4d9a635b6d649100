"""What an approval page shows, as one hash: a form carries it, and a verb refuses a form whose hash is outdated."""

import hashlib
import json
from typing import Any

from sharing.models import Match, MatchLeg

LEG_FIELDS = ("pk", "position", "quantity", "weight_kg", "wind_area_m2", "power_kw", "length_m", "cost_per_year")
# ledger_version stands for every line of the asset's ledger.
ASSET_FIELDS = (
    "pk",
    "owner_id",
    "status",
    "protection",
    "capacity",
    "weight_kg",
    "wind_area_m2",
    "power_kw",
    "available_from",
    "ledger_version",
)


def fingerprint_of(match: Match) -> str:
    """SHA-256 of the demand, legs, assets with their ledgers, consents and earlier approvals, as they stand in the
    database now; 64 hexadecimal digits."""
    demand = match.demand
    shown: dict[str, Any] = {
        "match": [match.pk, match.status, match.rank, match.cost_per_year, match.score, match.renews_id],
        "period": [match.period.lower, match.period.upper],
        "demand": [demand.pk, demand.kind, demand.quantity, demand.budget_per_year, demand.priority],
        "legs": [_leg(leg) for leg in match.legs.select_related("asset").order_by("position")],
        "consents": list(
            match.consents.order_by("owner_id").values_list("owner_id", "status", "conditions", "answered_at")
        ),
        "approvals": list(match.approvals.order_by("pk").values_list("decided_by_id", "decision")),
    }
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _leg(leg: MatchLeg) -> list[Any]:
    asset = leg.asset
    place = [] if asset is None else [asset.geometry.hexewkb.decode(), *(getattr(asset, f) for f in ASSET_FIELDS)]
    return [*(getattr(leg, field) for field in LEG_FIELDS), *place]
