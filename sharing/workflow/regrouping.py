"""The registry's own verb on co-build groups: all unmet demands of all parties are grouped anew.

What a party has joined stays as it is while its demands are unmet; all else is reckoned again. The same demands give
the same groups, so nothing changes where nothing has changed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from time import perf_counter

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction

from registry.models import Organization, Region
from sharing.matching.cobuild import unmet
from sharing.matching.cobuild.builds import Chosen
from sharing.matching.cobuild.grouping import Proposal, group
from sharing.matching.cobuild.open_demands import unmet_demands
from sharing.matching.cobuild.regions import RegionTree, regions_at
from sharing.models import (
    CloseReason,
    CobuildAnswer,
    CobuildDemand,
    CobuildGroup,
    CobuildMember,
    CobuildStatus,
    Demand,
    DemandList,
    EventType,
    ListStatus,
)
from sharing.notifications import outbox
from sharing.workflow.cobuild_groups import end, shut

WAITING, WORKING = 165_2024_1, 165_2024_2
"""Keys of PostgreSQL's advisory locks: one process regroups, at most one waits to."""

BATCH = 1000


@dataclass(slots=True)
class Regrouped:
    """What one regrouping did, and how good the choice for each kind is."""

    proposed: int = 0
    kept: int = 0
    closed: int = 0
    chosen: dict[str, Chosen] = field(default_factory=dict)
    seconds: float = 0.0


def regroup(*, wait: bool = True) -> Regrouped | None:
    """Closes what no longer holds and proposes what is best now. Safe at any time, many at once.

    wait: whether to be carried out even where another call waits for its turn, which will see all that this one would;
    None is returned where it is not.
    """
    if wait:
        with transaction.atomic():
            return _in_turn(first=lambda: None)
    if not _ask("SELECT pg_try_advisory_lock(%s)", WAITING):
        return None
    waits = True

    def begin() -> None:
        nonlocal waits
        _ask("SELECT pg_advisory_unlock(%s)", WAITING)
        waits = False

    try:
        with transaction.atomic():
            return _in_turn(first=begin)
    finally:
        if waits:
            begin()


def _ask(query: str, key: int) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, [key])
        return cursor.fetchone()[0]


def _in_turn(*, first: Callable[[], None]) -> Regrouped:
    """Waits for whoever is at work, says that it has begun, and regroups."""
    _ask("SELECT pg_advisory_xact_lock(%s)", WORKING)
    first()
    began, done, live = perf_counter(), Regrouped(), _locked()
    facilities = unmet.read_facilities()
    done.closed += _close_what_no_longer_holds(live, {one.id for one in facilities})
    settled = {pk for pk, one in live.items() if one.status != CobuildStatus.CLOSED and _is_answered(one)}
    held = CobuildDemand.objects.filter(member__group__in=settled, live=True).values_list("demand_id", flat=True)
    demands = unmet.read_demands(held)
    grouping = group(demands, facilities, *unmet.barred(demands))
    done.chosen = grouping.chosen
    left = [one for pk, one in live.items() if one.status != CobuildStatus.CLOSED and pk not in settled]
    new = _replace(left, grouping.proposals, done)
    _save(new)
    _announce(new, {demand.pk: demand for demand in demands})
    done.kept += len(settled)
    done.seconds = perf_counter() - began
    return done


def _locked() -> dict[int, CobuildGroup]:
    """The live groups by id, locked, with their members."""
    rows = CobuildGroup.objects.live().order_by("pk").select_for_update(no_key=True, of=("self",))
    found = rows.select_related("planned_facility").defer("geometry", "masked_geometry")
    return {one.pk: one for one in found.prefetch_related("members__demands")}


def _is_answered(group: CobuildGroup) -> bool:
    return any(member.answer != CobuildAnswer.PENDING for member in group.members.all())


def _close_what_no_longer_holds(live: dict[int, CobuildGroup], facilities: AbstractSet[int]) -> int:
    """Groups with a demand that is not unmet any more, a member that brings none, or a facility that is not among
    those that can be asked."""
    brought = {
        pk: {demand.demand_id for member in one.members.all() for demand in member.demands.all()}
        for pk, one in live.items()
    }
    every = {demand for demands in brought.values() for demand in demands}
    still = set(unmet_demands().filter(pk__in=every).values_list("pk", flat=True))
    open_lists = DemandList.objects.filter(status=ListStatus.MATCHED)
    in_open_list = set(
        Demand.objects.not_over().filter(pk__in=every - still, list__in=open_lists).values_list("pk", flat=True)
    )
    why: dict[CloseReason, list[CobuildGroup]] = defaultdict(list)
    for pk, one in live.items():
        gone = brought[pk] - still
        if gone or not all(member.demands.all() for member in one.members.all()):
            why[CloseReason.MET if gone & in_open_list else CloseReason.WITHDRAWN].append(one)
        elif one.planned_facility_id and one.planned_facility_id not in facilities and one.agreed_at is None:
            why[CloseReason.TOO_LATE].append(one)
    for reason, groups in why.items():
        end(groups, reason)
    return sum(len(groups) for groups in why.values())


def _replace(left: Sequence[CobuildGroup], proposals: Sequence[Proposal], done: Regrouped) -> list[Proposal]:
    """Keeps of the unanswered groups what is proposed again, closes the others, and returns what is new."""
    standing = {_key(one): one for one in left}
    wanted = {proposal.key for proposal in proposals}
    gone = [one for key, one in standing.items() if key not in wanted]
    shut(gone, CloseReason.REPLACED)
    new = [proposal for proposal in proposals if proposal.key not in standing]
    done.closed += len(gone)
    done.kept, done.proposed = len(standing) - len(gone), len(new)
    return new


def _key(group: CobuildGroup) -> tuple[str, int | None, tuple[int, ...], int | None]:
    demands = sorted(demand.demand_id for member in group.members.all() for demand in member.demands.all())
    cost = None if group.cost_per_year is None else int(group.cost_per_year * 100)
    return group.kind, group.planned_facility_id, tuple(demands), cost


def _save(proposals: Sequence[Proposal]) -> None:
    """Writes the groups with their members and demands, in a few statements."""
    regions = _regions(proposals)
    groups = CobuildGroup.objects.bulk_create(
        [
            CobuildGroup(
                kind=one.kind,
                planned_facility_id=one.facility,
                region=region,
                geometry=GEOSGeometry(memoryview(shapely.to_wkb(one.place)), srid=4326),
                units=one.units,
                height_m=one.height_m,
                length_m=one.length_m,
                terrain=one.terrain,
                needed_by=one.needed_by,
                cost_per_year=_money(one.cost),
                apart_per_year=_money(one.apart),
                gap=one.gap,
                share_error=one.share_error,
            )
            for one, region in zip(proposals, regions, strict=True)
        ],
        batch_size=BATCH,
    )
    pairs = [(saved, one) for saved, proposal in zip(groups, proposals, strict=True) for one in proposal.members]
    members = CobuildMember.objects.bulk_create(
        [
            CobuildMember(
                group=saved, party_id=one.party, share_per_year=_money(one.share), alone_per_year=_money(one.alone)
            )
            for saved, one in pairs
        ],
        batch_size=BATCH,
    )
    CobuildDemand.objects.bulk_create(
        [
            CobuildDemand(member=member, demand_id=demand)
            for member, (_group, one) in zip(members, pairs, strict=True)
            for demand in one.demands
        ],
        batch_size=BATCH,
    )


def _announce(proposals: Sequence[Proposal], demands: dict[int, Demand]) -> None:
    """Tells each list's party once how many of its lines are in new groups."""
    lines = Counter(
        demands[demand].list for proposal in proposals for member in proposal.members for demand in member.demands
    )
    outbox.record_all(
        outbox.draft(EventType.COBUILD_PROPOSED, demand_list, actor=None, lines=count)
        for demand_list, count in sorted(lines.items(), key=lambda item: item[0].pk)
    )


def _regions(proposals: Sequence[Proposal]) -> list[Region | None]:
    """The region that covers each build: of a trench's both ends."""
    places = [_ends(one.place) for one in proposals]
    found = iter(regions_at([place for ends in places for place in ends]))
    tree = RegionTree()
    homes = _homes({member.party for one in proposals for member in one.members})
    regions = []
    for one, ends in zip(proposals, places, strict=True):
        here = [next(found) for _ in ends]
        known = [region for region in here if region is not None]
        regions.append(tree.common(known if len(known) == len(ends) else {homes[m.party] for m in one.members}))
    return regions


def _ends(place: shapely.Geometry) -> list[tuple[float, float]]:
    if place.geom_type == "Point":
        return [(place.x, place.y)]
    line = shapely.get_coordinates(shapely.get_geometry(place, 0) if place.geom_type.startswith("Multi") else place)
    return [(float(line[i, 0]), float(line[i, 1])) for i in (0, -1)]


def _homes(parties: set[int]) -> dict[int, int]:
    return dict(Organization.objects.filter(pk__in=parties).values_list("pk", "region_id"))


def _money(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)
