"""Who sees which assets, and which of their places."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from registry.models import CELL_DEGREES, Asset, Disclosure, Membership, Organization, Protection, User
from tests import factories

pytestmark = pytest.mark.django_db

PLACE = (114.3057, 30.5923)
CELL = (114.305, 30.595)


@pytest.fixture
def owner() -> Organization:
    return factories.organization("grid", sector="power")


@pytest.fixture
def assets(owner: Organization) -> dict[str, Asset]:
    return {level: factories.asset(owner, at=PLACE, protection=level, code=level) for level in Protection.values}


def seen(user: User) -> dict[str, tuple[float, float]]:
    """Codes of the visible assets, with the place shown."""
    return {
        asset.code: (round(asset.place.x, 6), round(asset.place.y, 6))
        for asset in Asset.objects.visible_to(user).with_place_for(user)
    }


def test_the_owner_sees_every_place(owner: Organization, assets: dict[str, Asset]) -> None:
    assert seen(factories.member(owner, "viewer")) == {"open": PLACE, "restricted": PLACE, "core": PLACE}


def test_the_regulator_of_the_region_sees_every_place(assets: dict[str, Asset]) -> None:
    province = factories.member(factories.regulator(of=factories.HUBEI), "viewer")
    assert seen(province) == {"open": PLACE, "restricted": PLACE, "core": PLACE}


def test_a_regulator_elsewhere_sees_what_any_party_sees(assets: dict[str, Asset]) -> None:
    elsewhere = factories.member(factories.regulator(of=factories.XIANGYANG), "manager")
    assert seen(elsewhere) == {"open": PLACE, "restricted": CELL}


def test_a_party_sees_a_cell_instead_of_a_restricted_place_and_no_core(assets: dict[str, Asset]) -> None:
    assert seen(factories.member(factories.organization(), "manager")) == {"open": PLACE, "restricted": CELL}


def test_a_party_told_by_a_consent_sees_that_place_and_no_other(assets: dict[str, Asset]) -> None:
    party = factories.organization()
    Disclosure.objects.create(asset=assets["core"], organization=party, reason="consent", reference=uuid.uuid4())
    assert seen(factories.member(party, "viewer")) == {"open": PLACE, "restricted": CELL, "core": PLACE}


def test_strangers_see_nothing(assets: dict[str, Asset]) -> None:
    assert seen(factories.user()) == {}
    assert not Asset.objects.visible_to(AnonymousUser()).exists()  # type: ignore[arg-type]


def test_a_person_who_left_sees_nothing(owner: Organization, assets: dict[str, Asset]) -> None:
    assert seen(factories.member(owner, is_active=False)) == {}


def test_a_restricted_line_runs_between_the_cells_of_its_ends(owner: Organization) -> None:
    line = factories.asset(owner, "duct", at=PLACE, to=(114.3312, 30.6189), protection="restricted")
    assert [(round(x, 6), round(y, 6)) for x, y in line.masked_geometry.coords] == [CELL, (114.335, 30.615)]


def test_moving_within_a_cell_does_not_change_what_others_see(owner: Organization) -> None:
    one = factories.asset(owner, at=(114.3001, 30.5901), protection="core")
    other = factories.asset(owner, at=(114.3499, 30.5999), protection="core")
    assert one.masked_geometry.coords == other.masked_geometry.coords


@pytest.mark.parametrize("protection", CELL_DEGREES)
def test_the_database_masks_by_the_cells_that_are_stated(owner: Organization, protection: str) -> None:
    side = CELL_DEGREES[Protection(protection)]
    masked = factories.asset(owner, at=PLACE, protection=protection).masked_geometry
    assert masked.coords == pytest.approx([(value // side + 0.5) * side for value in PLACE])


def test_the_length_of_a_line_is_geodesic(owner: Organization) -> None:
    line = factories.asset(owner, "fiber", at=(114.30, 30.59), to=(114.31, 30.59))
    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_Distance('POINT(114.30 30.59)'::geography, 'POINT(114.31 30.59)'::geography)")
        assert line.length_m == pytest.approx(cursor.fetchone()[0], abs=1e-6)
    assert factories.asset(owner).length_m is None


def test_an_organization_may_know_of_what_all_its_members_may(db):
    metro, telco, other = (factories.organization(code) for code in ("metro", "telco", "other"))
    city = factories.regulator("city", of=factories.WUHAN_CODE)
    elsewhere = factories.regulator("elsewhere", of=factories.XIANGYANG)
    shown, core, told = (
        factories.asset(metro, code=code, protection=protection)
        for code, protection in (("SHOWN", "restricted"), ("CORE", "core"), ("TOLD", "core"))
    )
    Disclosure.objects.create(asset=told, organization=telco, reason="x", reference=uuid.uuid4())
    # A member of two is told more in person than either organization is.
    Membership.objects.create(user=factories.member(other), organization=metro, role="viewer")
    everything, openly = {shown, core, told}, {shown}
    assert {party.code: set(Asset.objects.known_to(party)) for party in (metro, telco, other, city, elsewhere)} == {
        "metro": everything, "telco": {shown, told}, "other": openly, "city": everything, "elsewhere": openly,
    }  # fmt: skip
    for party in (metro, telco, city, elsewhere):
        assert set(Asset.objects.visible_to(factories.member(party))) == set(Asset.objects.known_to(party))
