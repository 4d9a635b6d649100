"""The unmet demands of all parties, read as arrays: the first step, and the only one that asks the database."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import shapely
from django.db.models import F, Q
from django.utils import timezone

from registry.kinds import LOADS, POINT_KINDS, Kind
from registry.models import FacilityStage, PlannedFacility
from sharing.matching.arrays import FOREVER, Floats, Ints
from sharing.matching.cobuild.builds import SiteAsks, TrenchAsks
from sharing.matching.cobuild.corridors import boxes
from sharing.matching.cobuild.costs import CENTS, LEAST_HEIGHT_M, SITES, TRENCHES, TrenchTerms
from sharing.matching.cobuild.facilities import Facility, Wanted
from sharing.matching.cobuild.open_demands import unmet_demands
from sharing.matching.lines import ground_in, straight_m
from sharing.matching.route_terms import TERMS
from sharing.models import (
    CloseReason,
    CobuildAnswer,
    CobuildDemand,
    Demand,
)

OVER_FOR_NOW = (CloseReason.BUILT, CloseReason.GIVEN_UP)
"""Reasons after which a demand is not grouped again until its list is submitted anew."""


def read_demands(without: Iterable[int]) -> list[Demand]:
    """Unmet demands, in the order of their ids, but for those `without`."""
    return list(unmet_demands().exclude(pk__in=list(without)).select_related("list").order_by("pk"))


def barred(demands: Sequence[Demand]) -> tuple[set[int], dict[int, set[int]]]:
    """Demands whose party wants no new build together since its list was submitted; facilities declined for each."""
    declined = Q(member__answer=CobuildAnswer.DECLINED) | Q(member__group__close_reason__in=OVER_FOR_NOW)
    rows = CobuildDemand.objects.filter(
        declined,
        demand__in=[demand.pk for demand in demands],
        member__group__closed_at__gt=F("demand__list__submitted_at"),
    )
    unwanted: dict[int, set[int]] = defaultdict(set)
    for demand, facility in rows.values_list("demand_id", "member__group__planned_facility__id"):
        unwanted[demand].add(facility or 0)
    return {demand for demand, ones in unwanted.items() if 0 in ones}, unwanted


def read_facilities() -> list[Facility]:
    """Planned facilities that space can still be asked for."""
    planned = PlannedFacility.objects.filter(request_by__gte=timezone.localdate()).exclude(stage=FacilityStage.OPEN)
    return [
        Facility(
            one.pk,
            one.owner_id,
            one.facility_type,
            one.opens_on.toordinal(),
            shapely.from_wkb(bytes(one.geometry.wkb)),
        )
        for one in planned.order_by("pk")
    ]


def wanted(demand: Demand, declined: Iterable[int]) -> Wanted:
    """A demand as facilities are looked for."""
    if demand.location is not None:
        near_m, longest_m = float(demand.radius_m or 0.0), np.inf
    else:
        near_m, longest_m = TRENCHES[demand.kind].corridor_m, longest_path_m(demand)
    places = [place.coords for place in (demand.location, demand.origin, demand.destination) if place]
    return Wanted(
        demand.pk, demand.list.party_id, demand.kind, demand.period.lower.toordinal(),
        np.array(places, dtype=np.float64), near_m, longest_m, frozenset(declined),
    )  # fmt: skip


def longest_path_m(demand: Demand) -> float:
    """What detour and attenuation allow of a new route."""
    longest = straight_m(demand) * demand.max_detour
    terms = TERMS[demand.kind]
    if demand.kind == Kind.FIBER and demand.max_attenuation_db is not None:
        spare_db = demand.max_attenuation_db - terms.connection_loss_db
        longest = min(longest, max(spare_db / terms.gap_loss_db_per_km * 1000.0, 0.0))
    return longest


def site_asks(demands: Sequence[Demand], kind: str) -> SiteAsks:
    """Point demands for `kind` that one new build can hold."""
    terms = SITES[kind]
    asked = [demand for demand in demands if demand.kind == kind and demand.quantity <= terms.max_units]
    height = np.array([height_m(demand) for demand in asked], dtype=np.float64)
    per_unit = [terms.per_unit * demand.quantity for demand in asked]
    per_load = [
        sum(price * float(getattr(demand, load)) for price, load in zip(terms.per_load, LOADS, strict=True))
        for demand in asked
    ]
    return SiteAsks(
        **_common(asked),
        lonlat=np.array([demand.location.coords for demand in asked if demand.location]).reshape(-1, 2),
        radius_m=np.array([demand.radius_m for demand in asked], dtype=np.float64),
        height_cost=_cents(height * terms.per_height_m),
        own_cost=_cents(np.array(per_unit, dtype=np.float64) + np.array(per_load, dtype=np.float64)),
    )


def height_m(demand: Demand) -> float:
    """Of a new tower; 0 for rooms."""
    if demand.kind != Kind.TOWER:
        return 0.0
    return max(demand.mounting_height_m or 0.0, LEAST_HEIGHT_M)


def trench_asks(demands: Sequence[Demand], kind: str) -> TrenchAsks:
    """Route demands for `kind`."""
    asked = [demand for demand in demands if demand.kind == kind]
    row = {demand.pk: n for n, demand in enumerate(asked)}
    apart = [(n, row[d.disjoint_from_id]) for n, d in enumerate(asked) if d.disjoint_from_id in row]
    return TrenchAsks(
        **_common(asked),
        origin=np.array([demand.origin.coords for demand in asked if demand.origin]).reshape(-1, 2),
        destination=np.array([demand.destination.coords for demand in asked if demand.destination]).reshape(-1, 2),
        longest_m=np.array([longest_path_m(demand) for demand in asked], dtype=np.float64),
        apart=np.array(apart, dtype=np.int64).reshape(-1, 2),
    )


def trench_terms(asks: TrenchAsks, kind: str) -> TrenchTerms:
    """Those of the kind, on the ground about the routes."""
    terms = TRENCHES[kind]
    return replace(terms, ground=ground_in(boxes(asks, terms.corridor_m), TERMS[kind]))


def is_point(kind: str) -> bool:
    return kind in POINT_KINDS


def _common(demands: Sequence[Demand]) -> dict[str, Ints]:
    def column(values: Iterable[int]) -> Ints:
        return np.array(list(values), dtype=np.int64)

    return {
        "id": column(demand.pk for demand in demands),
        "party": column(demand.list.party_id for demand in demands),
        "start": column(demand.period.lower.toordinal() for demand in demands),
        "end": column(_day(demand.period.upper) for demand in demands),
        "units": column(demand.quantity for demand in demands),
    }


def _day(last: date | None) -> int:
    return FOREVER if last is None else last.toordinal()


def _cents(amount: Floats) -> Ints:
    return np.asarray(np.rint(amount * CENTS), dtype=np.int64)
