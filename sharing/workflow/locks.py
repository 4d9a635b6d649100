"""The order in which every verb locks, so that none waits in a circle: list, then matches by id, then cells by
owner and assets by id (registry.cells, registry.capacity). What is read after a lock is read anew."""

from collections.abc import Iterable

from django.db.models import prefetch_related_objects

from registry.cells import lock_cells
from registry.models import Asset
from sharing.models import CobuildGroup, DemandList, Match
from sharing.workflow import rules


def lock_list(list_id: int) -> DemandList:
    """The list, locked until the transaction ends."""
    demand_list = DemandList.objects.filter(pk=list_id).select_for_update(no_key=True).first()
    if demand_list is None:
        raise rules.not_seen()
    return demand_list


def lock_group(group_id: int) -> CobuildGroup:
    """The co-build group with its members, locked until the transaction ends. No verb locks anything after it."""
    group = CobuildGroup.objects.filter(pk=group_id).select_for_update(no_key=True).first()
    if group is None:
        raise rules.not_seen()
    prefetch_related_objects([group], "members__party")
    return group


def lock_matches_of(demand_list: DemandList) -> None:
    """Locks all matches of a list."""
    _lock(Match.objects.filter(demand__list=demand_list).values_list("pk", flat=True))


def lock_match(match_id: int, *, skip_locked: bool = False) -> Match:
    """The match, locked with all others of its demand: whoever moves one sees what becomes of the rest.

    skip_locked: raises NotSeen instead of waiting where another verb holds one of them.
    """
    return lock_matches([match_id], skip_locked=skip_locked)[0]


def lock_matches(match_ids: Iterable[int], *, skip_locked: bool = False) -> list[Match]:
    """The matches, locked with all others of their demands, in the order of `match_ids`."""
    wanted = list(match_ids)
    demands = Match.objects.filter(pk__in=wanted).values_list("demand_id", flat=True)
    siblings = list(Match.objects.filter(demand_id__in=list(demands)).values_list("pk", flat=True))
    locked = _lock(siblings, skip_locked=skip_locked)
    if len(locked) < len(siblings) or not set(wanted) <= set(locked):
        raise rules.not_seen()
    matches = Match.objects.filter(pk__in=wanted).select_related("demand__list__party", "run", "renews")
    by_id = {match.pk: match for match in matches.prefetch_related(*rules.MATCH_FACTS, "legs__asset__owner")}
    return [by_id[match_id] for match_id in wanted]


def lock_assets_of(matches: Iterable[Match]) -> None:
    """Locks all assets of several matches ahead, for verbs that then move one match after another."""
    assets = {leg.asset_id for match in matches for leg in match.legs.all() if leg.asset_id}
    lock_cells(assets)
    list(Asset.objects.filter(pk__in=assets).order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _lock(match_ids: Iterable[int], *, skip_locked: bool = False) -> list[int]:
    rows = Match.objects.filter(pk__in=list(match_ids)).order_by("pk")
    return list(rows.select_for_update(no_key=True, skip_locked=skip_locked).values_list("pk", flat=True))
