"""What speaks against deciding on many matches as they are, or links them: shown before a decision."""

from collections import defaultdict
from collections.abc import Sequence

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from registry.models import Asset, AssetStatus
from sharing.models import Match


def conflicts(matches: Sequence[Match]) -> dict[int, list[str]]:
    """Sentences by the id of each match. Needs MATCH_FACTS and the owners of legs prefetched."""
    chosen: defaultdict[int, set[int]] = defaultdict(set)
    for match in matches:
        for leg in match.legs.all():
            if leg.asset_id:
                chosen[leg.asset_id].add(match.pk)
    return {match.pk: [*_of_one(match), *_together(match, chosen)] for match in matches}


def _of_one(match: Match) -> list[str]:
    """What has changed since it was requested, and what is late."""
    found, party = [], match.demand.list.party
    for asset in _assets(match):
        if asset.status == AssetStatus.OUT_OF_SERVICE:
            found.append(_("%(asset)s is out of service.") % {"asset": asset.code})
        if party.sector not in asset.open_to_sectors:
            found.append(
                _("%(owner)s no longer shares %(asset)s with this sector.")
                % {"owner": asset.owner, "asset": asset.code}
            )
        if asset.available_from and match.period.lower < asset.available_from:
            found.append(
                _("%(asset)s is there only from %(day)s on.")
                % {"asset": asset.code, "day": date_format(asset.available_from, "SHORT_DATE_FORMAT")}
            )
    if match.deadline and match.deadline < timezone.now():
        found.append(_("Its deadline is over."))
    return found


def _together(match: Match, chosen: dict[int, set[int]]) -> list[str]:
    """Others among the chosen that use the same asset: each holds units of its own, and all of them together count."""
    found = []
    for asset in _assets(match):
        others = sorted(chosen[asset.pk] - {match.pk})
        if others:
            found.append(
                _("Uses %(asset)s as well as match %(others)s; %(free)d of its %(capacity)d units are free today.")
                % {
                    "asset": asset.code,
                    "others": _(", ").join(map(str, others)),
                    "free": asset.free_today,
                    "capacity": asset.capacity,
                }
            )
    return found


def _assets(match: Match) -> list[Asset]:
    return list({leg.asset.pk: leg.asset for leg in match.legs.all() if leg.asset}.values())
