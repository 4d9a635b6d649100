"""All unmet demands at once: which a planned facility could take in, and which others one new build would meet."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import shapely

from registry.kinds import KINDS
from sharing.matching.arrays import Floats
from sharing.matching.cobuild import unmet
from sharing.matching.cobuild.builds import Build, Chosen
from sharing.matching.cobuild.costs import SITES
from sharing.matching.cobuild.facilities import Facility, suggestions
from sharing.matching.cobuild.site_choice import choose_sites
from sharing.matching.cobuild.trench_choice import choose_trenches
from sharing.matching.explanation import number
from sharing.matching.geodesy import geodesic_m
from sharing.models import Demand


@dataclass(frozen=True, slots=True)
class Membership:
    """A party of a proposal with its demands, by id; what it would pay a year, and alone, in cents."""

    party: int
    demands: tuple[int, ...]
    share: int | None = None
    alone: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A group as it would be saved. Money in cents a year; place: EPSG:4326; terrain: metres dug by class."""

    kind: str
    facility: int | None
    members: tuple[Membership, ...]
    place: shapely.Geometry
    units: int
    height_m: float | None
    length_m: float | None
    needed_by: date
    cost: int | None = None
    apart: int | None = None
    gap: float = 0.0
    share_error: float = 0.0
    terrain: Mapping[str, float | int | None] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, int | None, tuple[int, ...], int | None]:
        """The same for the same group: kind, facility, demands and cost."""
        return self.kind, self.facility, tuple(sorted(d for one in self.members for d in one.demands)), self.cost


@dataclass(slots=True)
class Grouping:
    """Everything that is proposed, and what was chosen for each kind."""

    proposals: list[Proposal] = field(default_factory=list)
    chosen: dict[str, Chosen] = field(default_factory=dict)


def group(
    demands: Sequence[Demand],
    facilities: Sequence[Facility],
    no_build: AbstractSet[int],
    declined: Mapping[int, AbstractSet[int]],
) -> Grouping:
    """Planned facilities first, then new builds for the rest.

    no_build: demands whose party wants no new build together; declined: facilities their party does not want.
    """
    grouping = Grouping()
    by_id = {demand.pk: demand for demand in demands}
    place_of = {facility.id: facility.geometry for facility in facilities}
    found = suggestions([unmet.wanted(demand, declined.get(demand.pk, ())) for demand in demands], facilities)
    for demand_id, facility in sorted(found.items()):
        grouping.proposals.append(_in_facility(by_id[demand_id], facility, place_of[facility]))
    rest = [demand for demand in demands if demand.pk not in found and demand.pk not in no_build]
    for kind in KINDS:
        asked = [demand for demand in rest if demand.kind == kind]
        if asked:
            chosen, ids = _choose(asked, kind)
            grouping.chosen[kind] = chosen
            grouping.proposals += [
                _together(kind, build, [by_id[ids[row]] for row in build.demands.tolist()]) for build in chosen.builds
            ]
    return grouping


def _choose(demands: Sequence[Demand], kind: str) -> tuple[Chosen, list[int]]:
    if unmet.is_point(kind):
        sites = unmet.site_asks(demands, kind)
        return choose_sites(sites, SITES[kind]), sites.id.tolist()
    trenches = unmet.trench_asks(demands, kind)
    return choose_trenches(trenches, unmet.trench_terms(trenches, kind)), trenches.id.tolist()


def _in_facility(demand: Demand, facility: int, place: shapely.Geometry) -> Proposal:
    member = Membership(demand.list.party_id, (demand.pk,))
    return Proposal(
        demand.kind, facility, (member,), place, demand.quantity, demand.mounting_height_m, None, demand.period.lower
    )


def _together(kind: str, build: Build, demands: Sequence[Demand]) -> Proposal:
    members = tuple(
        Membership(party, tuple(demand.pk for demand in demands if demand.list.party_id == party), share, alone)
        for party, share, alone in zip(
            build.parties.tolist(), build.shares.cents.tolist(), build.alone.tolist(), strict=True
        )
    )
    point = unmet.is_point(kind)
    heights = [unmet.height_m(demand) for demand in demands]
    return Proposal(
        kind=kind,
        facility=None,
        members=members,
        place=_place(build.lines, point),
        units=_most_units(demands),
        height_m=max(heights) or None if point else None,
        length_m=None if point else sum(float(geodesic_m(line[:-1], line[1:]).sum()) for line in build.lines),
        needed_by=min(demand.period.lower for demand in demands),
        cost=build.cost,
        apart=int(build.alone.sum()),
        gap=build.gap,
        share_error=build.shares.error / 100,
        terrain={name: number(metres) for name, metres in build.terrain.items()},
    )


def _place(lines: Sequence[Floats], point: bool) -> shapely.Geometry:
    return shapely.Point(lines[0][0]) if point else shapely.MultiLineString([line.tolist() for line in lines])


def _most_units(demands: Sequence[Demand]) -> int:
    """In use at a time: most on one of the first days."""
    starts = np.array([demand.period.lower.toordinal() for demand in demands])
    ends = np.array([np.inf if demand.period.upper is None else demand.period.upper.toordinal() for demand in demands])
    units = np.array([demand.quantity for demand in demands])
    running = (starts <= starts[:, None]) & (starts[:, None] < ends)
    return int((running @ units).max())
