"""What a page of decision shows, as one hash: a form carries it, and a verb refuses a form whose hash is outdated."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from sharing.errors import StaleForm
from sharing.models import Approval, Consent, Match, MatchLeg

LEG_FIELDS = (
    "pk", "position", "quantity", "weight_kg", "wind_area_m2", "power_kw", "length_m", "terrain", "cost_per_year",
)  # fmt: skip
ASSET_FIELDS = (
    "pk",
    "owner_id",
    "region_id",
    "code",
    "name",
    "status",
    "protection",
    "capacity",
    "weight_kg",
    "wind_area_m2",
    "power_kw",
    "available_from",
)
# Stands for every line of the asset's ledger.
LEDGER = ("ledger_version",)


def fingerprint_of(match: Match) -> str:
    """The fingerprint of one match, see fingerprints_of."""
    return fingerprints_of([match])[match.pk]


def fingerprints_of(matches: Sequence[Match]) -> dict[int, str]:
    """By the id of each match, SHA-256 (64 hexadecimal digits) of the match and its demand as they were read into
    `matches`, and of its legs, assets with their ledgers, consents and earlier approvals as they stand in the database
    now. Three queries, however many.

    A page takes it before it reads what it shows: then a change during its making makes it outdated.
    """
    ids = [match.pk for match in matches]
    legs, consents, approvals = _legs(ids, ASSET_FIELDS + LEDGER), _consents(ids), defaultdict(list)
    decisions = Approval.objects.filter(match__in=ids).order_by("pk")
    for pk, *decision in decisions.values_list("match_id", "decided_by_id", "decision"):
        approvals[pk].append(decision)
    return {
        match.pk: _hash(match, legs=legs[match.pk], consents=consents[match.pk], approvals=approvals[match.pk])
        for match in matches
    }


def matter_of(match: Match) -> str:
    """SHA-256 of what the approvals of a match are about: as its fingerprint, but for the approvals, and for the
    ledgers. What others hold may change between the first and the second, as the match's own units are held."""
    ids = [match.pk]
    return _hash(match, legs=_legs(ids, ASSET_FIELDS)[match.pk], consents=_consents(ids)[match.pk])


def asked_fingerprint(consent: Consent) -> str:
    """The fingerprint of one consent, see asked_fingerprints."""
    return asked_fingerprints([consent])[consent.pk]


def asked_fingerprints(consents: Sequence[Consent]) -> dict[int, str]:
    """By the id of each consent, SHA-256 (64 hexadecimal digits) of what its owner is asked: the match and the demand
    as they were read into `consents`, and the legs on the owner's assets with their ledgers and the answer given so
    far as they stand in the database now. What other owners answer does not matter. Two queries, however many."""
    legs, answers = defaultdict(list), {}
    rows = MatchLeg.objects.filter(match__in=[consent.match_id for consent in consents], asset__isnull=False)
    for leg in rows.select_related("asset").order_by("position"):
        legs[leg.match_id, leg.asset.owner_id if leg.asset else None].append(_leg(leg, ASSET_FIELDS + LEDGER))
    given = Consent.objects.filter(pk__in=[consent.pk for consent in consents])
    for pk, *answer in given.values_list("pk", "status", "deadline", "answered_at"):
        answers[pk] = answer
    return {
        consent.pk: _hash(
            consent.match, legs=legs[consent.match_id, consent.owner_id], consent=answers.get(consent.pk, [])
        )
        for consent in consents
    }


def stale() -> StaleForm:
    return StaleForm(_("This has changed since it was shown to you. Look at it again before you decide."))


def _hash(match: Match, **parts: list[Any]) -> str:
    demand = match.demand
    shown: dict[str, Any] = {
        "match": [match.pk, match.status, match.rank, match.cost_per_year, match.score, match.renews_id],
        "period": [match.period.lower, match.period.upper],
        "demand": [demand.pk, demand.kind, demand.quantity, demand.budget_per_year, demand.priority],
        **parts,
    }
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _legs(match_ids: Sequence[int], asset_fields: Sequence[str]) -> defaultdict[int, list[Any]]:
    legs = defaultdict(list)
    for leg in MatchLeg.objects.filter(match__in=match_ids).select_related("asset").order_by("position"):
        legs[leg.match_id].append(_leg(leg, asset_fields))
    return legs


def _consents(match_ids: Sequence[int]) -> defaultdict[int, list[Any]]:
    consents = defaultdict(list)
    answers = Consent.objects.filter(match__in=match_ids).order_by("owner_id")
    for pk, *answer in answers.values_list("match_id", "owner_id", "status", "conditions", "answered_at"):
        consents[pk].append(answer)
    return consents


def _leg(leg: MatchLeg, asset_fields: Sequence[str]) -> list[Any]:
    asset = leg.asset
    place = [] if asset is None else [asset.geometry.hexewkb.decode(), *(getattr(asset, f) for f in asset_fields)]
    return [*(getattr(leg, field) for field in LEG_FIELDS), *place]
