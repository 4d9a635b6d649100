"""A trial of a list, and two of its runs side by side, as one person is shown them; of assets is told what matching
tells."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from registry.kinds import POINT_KINDS
from registry.models import Asset, User
from sharing.errors import BadInput, NotYours
from sharing.matching.comparing import Difference, LineAnswer, LineDifference, compare, counts, of_run
from sharing.matching.describing import describe
from sharing.matching.what_if import Tried
from sharing.models import Demand, DemandList, MatchRun

MOST_COMPARED = 1000
"""Lines in one answer."""

MOST_POINT_LINES, MOST_ROUTE_LINES = 1000, 50
"""What one trial may take of a server: more is for manage.py match --what-if."""


def refuse_too_large(demand_list: DemandList) -> None:
    """Raises BadInput for a list that would hold a server for long."""
    kinds = list(demand_list.demands.values_list("kind", flat=True))
    points = sum(kind in POINT_KINDS for kind in kinds)
    if points > MOST_POINT_LINES or len(kinds) - points > MOST_ROUTE_LINES:
        raise BadInput(
            _("At most %(points)d lines for towers and rooms and %(routes)d for routes are tried at once.")
            % {"points": MOST_POINT_LINES, "routes": MOST_ROUTE_LINES}
        )


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


def may_compare(demand_list: DemandList, user: User) -> bool:
    """Whether they may read all that its runs proposed, as the party alone may (Match.visible_to)."""
    return user.is_superuser or demand_list.party_id in user.roles


def refuse_others(demand_list: DemandList, user: User) -> None:
    """Raises NotYours for whoever may not compare its runs."""
    if not may_compare(demand_list, user):
        raise NotYours(_("Runs are compared by members of the party."))


def runs_compared(
    before: MatchRun, after: MatchRun, user: User, *, all: bool = False, from_line: int = 1
) -> dict[str, Any]:
    """Two saved runs of a list, from a line on; at most MOST_COMPARED lines. Raises NotYours."""
    refuse_others(before.list, user)
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
