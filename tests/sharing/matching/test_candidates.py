"""Near enough, exactly: against PostGIS on the ellipsoid, at the very edge of the radius."""

from decimal import Decimal

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.utils import timezone

from registry.models import Asset, Organization, Protection
from sharing.matching.arrays import UNLIMITED
from sharing.matching.candidates import neighbourhood, refused_assets
from sharing.matching.demands import open_demands
from sharing.matching.facts import Neighbourhood
from sharing.matching.geodesy import WGS84
from sharing.matching.places import boxes
from sharing.models import DemandList, MatchStatus
from tests import factories

pytestmark = pytest.mark.django_db


def found_by(demand_list: DemandList, kind: str = "tower", reach: float = 1.0) -> Neighbourhood:
    return neighbourhood(open_demands(demand_list.pk, kind), kind=kind, party=demand_list.party, reach=reach)


def pairs_of(hood: Neighbourhood) -> set[tuple[int, int]]:
    pairs = hood.pairs
    return set(zip(pairs.demands.id[pairs.demand].tolist(), pairs.assets.id[pairs.asset].tolist(), strict=True))


def around(
    owner: Organization, centre: tuple[float, float], radius_m: float, random: np.random.Generator
) -> list[Asset]:
    """Assets within a thousandth to a billionth of the radius inside or outside the circle."""
    off = random.choice((-1, 1), 100) * 10.0 ** random.uniform(-9, -3, 100)
    azimuth = random.uniform(0, 360, 100)
    lon, lat, _ = WGS84.fwd(np.full(100, centre[0]), np.full(100, centre[1]), azimuth, radius_m * (1 + off))
    region = factories.region()
    return [
        Asset(
            owner=owner, code=f"{centre}/{i}", kind="tower", region=region, capacity=1,
            geometry=Point(float(x), float(y), srid=4326),
        )
        for i, (x, y) in enumerate(zip(lon, lat, strict=True))
    ]  # fmt: skip


def test_no_pair_near_the_radius_is_lost_or_invented() -> None:
    random = np.random.default_rng(20241124)
    owner, demand_list = factories.organization(), factories.demand_list(factories.organization())
    centres = [
        (float(x), float(y))
        for x, y in zip(random.uniform(-179.9, 179.9, 38), random.uniform(-80, 80, 38), strict=True)
    ]
    centres += [(179.9995, 10.0), (-179.9995, -45.0)]
    for centre in centres:
        radius_m = float(random.uniform(50, 5000))
        factories.demand(demand_list, at=centre, radius_m=radius_m)
        Asset.objects.bulk_create(around(owner, centre, radius_m, random))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT demand.id, asset.id FROM sharing_demand AS demand, registry_asset AS asset
            WHERE ST_DWithin(demand.location::geography, asset.geometry::geography, demand.radius_m + 10)
                AND ST_Distance(demand.location::geography, asset.geometry::geography) <= demand.radius_m
            """
        )
        expected = set(cursor.fetchall())
    assert 1_500 < len(expected) < 2_500
    assert pairs_of(found_by(demand_list)) == expected


@pytest.mark.parametrize("place", [(0.0, 89.9999), (120.0, -90.0), (179.99, 0.0), (-179.99, 60.0)])
def test_boxes_hold_the_whole_circle_also_over_poles_and_the_antimeridian(place: tuple[float, float]) -> None:
    radius_m = 30_000.0
    azimuth = np.linspace(0, 360, 721)
    lon, lat, _ = WGS84.fwd(np.full(721, place[0]), np.full(721, place[1]), azimuth, np.full(721, radius_m))
    rows, box = boxes(*(np.array([value]) for value in (*place, radius_m)))
    assert set(rows.tolist()) == {0}
    west, south, east, north = box.T[:, :, None]
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    assert inside.any(axis=0).all()


def test_the_partys_own_assets_and_other_kinds_are_no_candidates() -> None:
    party, owner = factories.organization(), factories.organization()
    demand_list = factories.demand_list(party)
    demand = factories.demand(demand_list)
    factories.asset(party)
    factories.asset(owner, "equipment_room")
    other = factories.asset(owner)
    assert pairs_of(found_by(demand_list)) == {(demand.pk, other.pk)}


def test_a_restricted_asset_is_where_its_cell_is_however_the_demand_is_moved() -> None:
    owner, demand_list = factories.organization(), factories.demand_list(factories.organization())
    asset = factories.asset(owner, at=(114.3001, 30.5901), protection=Protection.RESTRICTED, protection_reason="grid")
    factories.demand(demand_list, at=(114.3001, 30.5901), radius_m=100)
    near_centre = factories.demand(demand_list, at=(114.3051, 30.5951), radius_m=100)
    hood = found_by(demand_list)
    assert pairs_of(hood) == {(near_centre.pk, asset.pk)}
    centre = (hood.pairs.assets.lon[0], hood.pairs.assets.lat[0])
    assert centre == pytest.approx((114.305, 30.595), abs=1e-9)
    _, _, expected = WGS84.inv(114.3051, 30.5951, *centre)
    assert hood.pairs.distance_m[0] == pytest.approx(expected, abs=1e-6)


def test_facts_carry_capacity_price_limits_and_details_with_what_is_not_known_as_such() -> None:
    owner = factories.organization(sector="power")
    demand_list = factories.demand_list(factories.organization(sector="telecom"))
    factories.demand(demand_list, weight_kg=Decimal("30.5"), budget_per_year=Decimal("900.50"), mounting_height_m=28)
    factories.asset(
        owner, capacity=7, used=3, weight_kg=Decimal("200.125"), price_per_unit_year=Decimal("1234.56"),
        details={"height_m": 30.0}, open_to_sectors=["transport"],
    )  # fmt: skip
    pairs = found_by(demand_list).pairs
    assets, demands = pairs.assets, pairs.demands
    assert (assets.capacity.tolist(), assets.price.tolist()) == ([7], [123456])
    assert assets.limits.tolist() == [[200125, UNLIMITED, UNLIMITED]]
    assert (assets.shared.tolist(), assets.cross_sector.tolist(), assets.core.tolist()) == ([False], [True], [False])
    assert assets.details["height_m"].tolist() == [30.0]
    assert np.isnan(assets.details["free_height_max_m"]).all()
    assert (pairs.freedom.units.tolist(), pairs.freedom.headroom.tolist()) == ([4], [[200125, UNLIMITED, UNLIMITED]])
    assert (demands.loads.tolist(), demands.budget.tolist()) == ([[30500, 0, 0]], [90050.0])
    assert demands.limits["mounting_height_m"].tolist() == [28.0]
    assert np.isnan(demands.limits["max_earthing_ohm"]).all()


def test_a_demand_that_holds_units_already_is_not_matched_again() -> None:
    demand_list = factories.demand_list(factories.organization())
    taken, free = factories.demand(demand_list), factories.demand(demand_list)
    asset = factories.asset(factories.organization())
    factories.match(taken, [asset], status=MatchStatus.REQUESTED)
    factories.match(free, [asset], status=MatchStatus.EXPIRED)
    assert open_demands(demand_list.pk, "tower").id.tolist() == [free.pk]


def test_a_pair_that_was_refused_is_remembered() -> None:
    demand_list = factories.demand_list(factories.organization())
    first, second = factories.demand(demand_list), factories.demand(demand_list)
    asset = factories.asset(factories.organization())
    factories.match(first, [asset], status=MatchStatus.REFUSED)
    pairs = found_by(demand_list).pairs
    refused = dict(zip(pairs.demands.id[pairs.demand].tolist(), pairs.refused.tolist(), strict=True))
    assert refused == {first.pk: True, second.pk: False}


def test_who_agreed_or_was_not_heard_before_another_refused_has_refused_nothing() -> None:
    demand = factories.demand(factories.demand_list(factories.organization("telco")))
    owners = [factories.organization(code) for code in ("refused", "granted", "lapsed")]
    assets = [factories.asset(owner) for owner in owners]
    match = factories.match(demand, [*assets, None], status=MatchStatus.REFUSED)
    for owner, reason in zip(owners, ("safety", "", ""), strict=True):
        match.consents.create(owner=owner, status=owner.code, reason=reason, deadline=timezone.now())
    assert refused_assets([demand.pk]) == {demand.pk: {assets[0].pk}}
    factories.match(demand, assets[1:], rank=2, status=MatchStatus.REJECTED)
    assert refused_assets([demand.pk]) == {demand.pk: {asset.pk for asset in assets}}
