"""Which event tells whom: one table. Whoever acted is not told of their own deed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from registry.models import Membership, Organization, Region, Role, User
from sharing.models import Event, EventType


class Audience(Enum):
    """A side of an event, whose members are told."""

    PARTY = auto()
    """the demanding party; of a co-build group all of its parties"""
    OWNER = auto()
    """the owner whose consent it is about"""
    OWNERS = auto()
    """all owners of the assets or of the planned facility concerned"""
    REGULATOR = auto()
    """the nearest regulator of all regions concerned that takes no part itself"""
    ALL_REGULATORS = auto()
    """the same, and the regulators above it"""
    ITSELF = auto()
    """the organization that it happened to"""


PARTY, OWNER, OWNERS = Audience.PARTY, Audience.OWNER, Audience.OWNERS
REGULATOR, ALL_REGULATORS, ITSELF = Audience.REGULATOR, Audience.ALL_REGULATORS, Audience.ITSELF

TELLS: dict[EventType, tuple[Audience, ...]] = {
    EventType.LIST_SUBMITTED: (PARTY,),
    EventType.LIST_MATCHED: (PARTY,),
    EventType.LIST_SUPPLIED: (PARTY,),
    EventType.LIST_REOPENED: (PARTY,),
    EventType.LIST_CLOSED: (PARTY,),
    EventType.RUN_FAILED: (PARTY,),
    EventType.MATCH_REQUESTED: (PARTY,),
    EventType.MATCH_OFFERED: (PARTY,),
    EventType.MATCH_WITHDRAWN: (PARTY, OWNERS),
    EventType.MATCH_CONSENTED: (PARTY, REGULATOR),
    EventType.MATCH_REFUSED: (PARTY, OWNERS),
    EventType.MATCH_COUNTERSIGNED: (REGULATOR,),
    EventType.MATCH_ASSIGNED: (ITSELF,),
    EventType.MATCH_APPROVED: (PARTY, OWNERS),
    EventType.MATCH_REJECTED: (PARTY, OWNERS),
    EventType.MATCH_EXPIRED: (PARTY, OWNERS, REGULATOR),
    EventType.CONSENT_ASKED: (OWNER,),
    EventType.CONSENT_GRANTED: (PARTY, OWNER),
    EventType.CONSENT_REFUSED: (OWNER,),
    EventType.CONSENT_DUE: (OWNER,),
    EventType.CONSENT_OVERDUE: (OWNER, PARTY, REGULATOR),
    EventType.APPROVAL_DUE: (REGULATOR,),
    EventType.APPROVAL_OVERDUE: (PARTY, ALL_REGULATORS),
    EventType.AGREEMENT_ACTIVATED: (PARTY, OWNERS),
    EventType.AGREEMENT_RENEWAL_ASKED: (PARTY,),
    EventType.AGREEMENT_ENDING: (PARTY, OWNERS),
    EventType.AGREEMENT_ENDED: (PARTY, OWNERS),
    EventType.REPORT_MADE: (ITSELF,),
    EventType.INVENTORY_OUTGROWN: (ITSELF, REGULATOR),
    EventType.REVIEW_DUE: (ITSELF,),
    EventType.WEBHOOK_DISABLED: (ITSELF,),
    EventType.COBUILD_PROPOSED: (PARTY,),
    EventType.COBUILD_JOINED: (PARTY,),
    EventType.COBUILD_LEFT: (PARTY,),
    EventType.COBUILD_AGREED: (PARTY, OWNERS, REGULATOR),
    EventType.COBUILD_CLOSED: (PARTY,),
    EventType.COBUILD_ENDED: (PARTY, OWNERS, REGULATOR),
}
TOLD_ROLES = Role.at_least(Role.EDITOR)
# Of what only managers can put right.
TELLS_MANAGERS = {EventType.WEBHOOK_DISABLED, EventType.REVIEW_DUE}


@dataclass(frozen=True)
class Regulator:
    organization_id: int
    region: Region


@dataclass(frozen=True)
class Told:
    """Whom an event tells: organizations by id, and people in the order of their ids."""

    organizations: set[int]
    people: list[User]


def of(event_ids: Iterable[int]) -> dict[int, Told]:
    """Who is told of each event: its audiences, and of these the active editors and managers.

    A handful of queries, however many events.
    """
    events = Event.objects.filter(pk__in=event_ids).select_related(
        "demand_list", "consent", "organization__region", "cobuild_group__region", "cobuild_group__planned_facility"
    )
    loaded = list(events.prefetch_related("match__legs__asset__region", "cobuild_group__members"))
    regulators = _regulators() if any(_asks_regulators(event) for event in loaded) else []
    told = {event.pk: _organizations(event, regulators) for event in loaded}
    members = _members({organization for organizations in told.values() for organization in organizations})
    audience: dict[int, Told] = {}
    for event in loaded:
        roles = (Role.MANAGER,) if event.type in TELLS_MANAGERS else TOLD_ROLES
        found = [member for organization in told[event.pk] for member in members[organization]]
        people = {member.user_id: member.user for member in found if member.role in roles}
        people.pop(event.actor_id or 0, None)
        if event.type == EventType.MATCH_ASSIGNED:
            people = {key: people[key] for key in people if key == event.data.get("assignee")}
        audience[event.pk] = Told(told[event.pk], [people[key] for key in sorted(people)])
    return audience


def _asks_regulators(event: Event) -> bool:
    return bool({REGULATOR, ALL_REGULATORS} & set(TELLS[EventType(event.type)]))


def _organizations(event: Event, regulators: Sequence[Regulator]) -> set[int]:
    party, owners = _sides(event)
    covering = _covering(_regions(event), regulators, party | owners)
    groups: dict[Audience, Collection[int]] = {
        PARTY: party,
        OWNER: {event.consent.owner_id} if event.consent else (),
        OWNERS: owners,
        REGULATOR: _nearest(covering),
        ALL_REGULATORS: {regulator.organization_id for regulator in covering},
        ITSELF: {event.organization_id} if event.organization_id else (),
    }
    return {organization for audience in TELLS[EventType(event.type)] for organization in groups[audience]}


def _sides(event: Event) -> tuple[set[int], set[int]]:
    """The ids of the demanding parties, and of the owners."""
    if event.cobuild_group:
        facility = event.cobuild_group.planned_facility
        parties = {member.party_id for member in event.cobuild_group.members.all()}
        return parties, {facility.owner_id} if facility else set()
    party = {event.demand_list.party_id} if event.demand_list else set()
    owners = {leg.asset.owner_id for leg in event.match.legs.all() if leg.asset} if event.match else set()
    return party, owners


def _regions(event: Event) -> list[Region]:
    """The regions that what it is about lies in."""
    if event.cobuild_group:
        return [event.cobuild_group.region] if event.cobuild_group.region else []
    if event.type == EventType.INVENTORY_OUTGROWN and event.organization:
        return [event.organization.region]
    legs = event.match.legs.all() if event.match else ()
    return list({leg.asset.region_id: leg.asset.region for leg in legs if leg.asset}.values())


def _regulators() -> list[Regulator]:
    organizations = Organization.objects.filter(regulates__isnull=False).select_related("regulates")
    return [Regulator(o.pk, o.regulates) for o in organizations if o.regulates]


def _covering(regions: Sequence[Region], regulators: Sequence[Regulator], taking_part: set[int]) -> list[Regulator]:
    return [
        regulator
        for regulator in regulators
        if regions and regulator.organization_id not in taking_part and all(map(regulator.region.covers, regions))
    ]


def _nearest(covering: Sequence[Regulator]) -> set[int]:
    nearest = max((len(regulator.region.prefix) for regulator in covering), default=0)
    return {regulator.organization_id for regulator in covering if len(regulator.region.prefix) == nearest}


def _members(organizations: set[int]) -> defaultdict[int, list[Membership]]:
    memberships = Membership.objects.filter(
        organization_id__in=organizations, role__in=TOLD_ROLES, user__is_active=True
    ).select_related("user")
    members: defaultdict[int, list[Membership]] = defaultdict(list)
    for membership in memberships:
        members[membership.organization_id].append(membership)
    return members
