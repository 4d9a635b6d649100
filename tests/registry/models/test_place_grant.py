"""Who may see more than other parties, where and how long."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import Allocation, Asset, Organization, PlaceGrant, Role, User
from registry.tiles import folding, versions
from registry.tiles.address import Selection, Tile
from registry.tiles.viewer import Viewer
from tests import factories
from tests.calls import Caller
from tests.registry.tiles.reading import layers

pytestmark = pytest.mark.django_db


class World:
    """A restricted and a core tower in Wuhan, one in Xiangyang, and the fire brigade."""

    def __init__(self) -> None:
        self.grid = factories.organization("grid", sector="power")
        self.fire = factories.organization("fire", sector="public_security")
        self.city = factories.regulator("city", of=factories.WUHAN_CODE)
        self.officer = factories.member(self.city, Role.MANAGER, "officer")
        for code, within in (("NEAR", factories.JIANGAN), ("CORE", factories.JIANGAN), ("FAR", factories.XIANGYANG)):
            level = "core" if code == "CORE" else "restricted"
            factories.asset(self.grid, code=code, protection=level, within=within)
        self.fireman = factories.member(self.fire, Role.VIEWER, "fireman")

    def grant(self, **fields: Any) -> PlaceGrant:
        today = timezone.localdate()
        values = {
            "organization": self.fire, "region": factories.region(factories.WUHAN_CODE), "starts_on": today,
            "ends_on": today, "reason": "flood", "granted_by": self.officer,
        }  # fmt: skip
        return PlaceGrant.objects.create(**values | fields)


@pytest.fixture
def world() -> World:
    return World()


def exact(user: User) -> set[str]:
    """Codes of the assets whose exact place this person may know; asked anew of who they are."""
    user = User.objects.get(pk=user.pk)
    rows: Any = Asset.objects.visible_to(user).with_place_for(user)
    return set(rows.filter(place_is_exact=True).values_list("code", flat=True))


def test_a_grant_shows_the_protected_assets_of_its_region(world: World) -> None:
    assert exact(world.fireman) == set()
    world.grant()
    assert exact(world.fireman) == {"NEAR", "CORE"}
    assert exact(factories.member(factories.organization("other"))) == set()


@pytest.mark.parametrize(("days", "holds"), [((-1, 1), True), ((0, 0), True), ((-3, -1), False), ((1, 3), False)])
def test_a_grant_holds_from_its_first_day_to_its_last(world: World, days: tuple[int, int], holds: bool) -> None:
    first, last = (timezone.localdate() + timedelta(days=day) for day in days)
    world.grant(starts_on=first, ends_on=last)
    assert exact(world.fireman) == ({"NEAR", "CORE"} if holds else set())
    assert Asset.objects.known_to(world.fire).filter(code="CORE").exists() == holds


def test_a_withdrawn_grant_shows_nothing(world: World) -> None:
    world.grant(withdrawn_at=timezone.now())
    assert exact(world.fireman) == set()
    assert not Asset.objects.known_to(world.fire).filter(code="CORE").exists()


def test_a_grant_asks_no_further_query(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            exact(world.fireman)
        return len(asked)

    before = queries()
    world.grant()
    assert queries() == before


def test_a_grant_shows_no_ledger_and_makes_no_regulator(world: World) -> None:
    world.grant()
    factories.allocate(Asset.objects.get(code="NEAR"))
    user = User.objects.get(pk=world.fireman.pk)
    assert not Allocation.objects.visible_to(user).exists() and user.regulated == []
    assert user.roles == {world.fire.pk: Role.VIEWER}


def test_the_map_shows_what_the_grant_does_and_no_longer(world: World) -> None:
    folding.fold_all()

    def shown() -> tuple[list[bool], int | None]:
        """Whether each asset of the tile is where it stands, and how many the pyramid counts."""
        user = User.objects.get(pk=world.fireman.pk)
        drawn = layers(Caller(user).get("/ogc/tiles/WebMercatorQuad/0/0/0").content)["assets"]
        standing = versions.standing(Tile(0, 0, 0), Selection(), Viewer(user))
        return sorted(one["exact"] for one in drawn), standing.assets

    assert shown() == ([False, False], 2)
    grant = world.grant()
    assert shown() == ([False, True, True], 3)
    PlaceGrant.objects.filter(pk=grant.pk).update(withdrawn_at=timezone.now())
    assert shown() == ([False, False], 2)


LAST_OF_366 = date(2028, 12, 31)


def granting(user: User, region: str, organization: Organization, ends_on: date = LAST_OF_366) -> Any:
    """From the first day of 2028, a leap year."""
    client = Client()
    client.force_login(user)
    body = {
        "organization": organization.pk, "region": factories.region(region).pk, "starts_on": date(2028, 1, 1),
        "ends_on": ends_on, "reason": "flood",
    }  # fmt: skip
    return client.post("/admin/registry/placegrant/add/", body)


def test_the_regions_regulator_grants_and_withdraws(world: World) -> None:
    assert granting(world.officer, factories.JIANGAN, world.fire).status_code == 302
    grant = PlaceGrant.objects.get()
    assert (grant.granted_by, grant.organization) == (world.officer, world.fire)
    client = Client()
    client.force_login(world.officer)
    client.post("/admin/registry/placegrant/", {"action": "withdraw", "_selected_action": grant.pk})
    grant.refresh_from_db()
    assert grant.withdrawn_at is not None


def test_a_grant_of_more_than_a_year_is_refused_with_the_day_until_which_it_may_last(world: World) -> None:
    page = granting(world.officer, factories.JIANGAN, world.fire, ends_on=date(2029, 1, 1))
    assert page.context["adminform"].form.errors == {
        "ends_on": ["A grant of sight lasts 366 days at most, here until 2028-12-31: give it anew after that."]
    }
    assert not PlaceGrant.objects.exists()


def test_a_setting_makes_them_shorter_and_none_longer(world: World, settings: Any) -> None:
    settings.PLACE_GRANT_DAYS = 30
    assert granting(world.officer, factories.JIANGAN, world.fire, ends_on=date(2028, 1, 31)).status_code == 200
    assert granting(world.officer, factories.JIANGAN, world.fire, ends_on=date(2028, 1, 30)).status_code == 302
    settings.PLACE_GRANT_DAYS = 3_000
    assert granting(world.officer, factories.JIANGAN, world.fire, ends_on=date(2029, 1, 1)).status_code == 200
    assert granting(world.officer, factories.JIANGAN, world.fire).status_code == 302


@pytest.mark.parametrize("ends_on", ["2029-01-01", "infinity"])
def test_the_database_takes_no_longer_grant_whoever_writes(world: World, ends_on: str) -> None:
    grant = world.grant(starts_on=date(2028, 1, 1), ends_on=LAST_OF_366)
    with pytest.raises(IntegrityError, match="place_grant_ends_in_time"), transaction.atomic():
        connection.cursor().execute(
            "UPDATE registry_placegrant SET ends_on = %s::date WHERE id = %s", [ends_on, grant.pk]
        )
    grant.refresh_from_db()
    assert grant.ends_on == LAST_OF_366


@pytest.mark.parametrize(("who", "status"), [("elsewhere", 200), ("viewer", 403), ("owner", 403)])
def test_nobody_else_grants(world: World, who: str, status: int) -> None:
    user = {
        "elsewhere": lambda: factories.member(factories.regulator("far", of=factories.XIANGYANG), Role.MANAGER),
        "viewer": lambda: factories.member(world.city, Role.EDITOR),
        "owner": lambda: factories.member(world.grid, Role.MANAGER),
    }[who]()
    assert granting(user, factories.JIANGAN, world.fire).status_code == status
    assert not PlaceGrant.objects.exists()
