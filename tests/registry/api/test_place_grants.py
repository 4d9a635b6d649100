"""Grants of sight by the API: given and withdrawn by the region's regulators, read by who was given them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.accounts import tokens
from registry.models import Change, PlaceGrant, Role, Scope
from tests import factories
from tests.calls import Caller, problem

pytestmark = pytest.mark.django_db


class World:
    """A restricted tower in Wuhan, the city's regulator, and the fire brigade."""

    def __init__(self) -> None:
        self.tower = factories.asset(factories.organization("grid"), code="NEAR", protection="restricted")
        self.fire = factories.organization("fire", sector="public_security")
        city = factories.regulator("city", of=factories.WUHAN_CODE)
        self.person = factories.member(city, Role.MANAGER, "officer")
        self.officer, self.clerk = Caller(self.person), Caller(factories.member(city, Role.EDITOR))
        self.fireman = Caller(factories.member(self.fire, Role.VIEWER))

    def body(self, **fields: Any) -> dict[str, Any]:
        today = timezone.localdate()
        return {
            "organization": "fire", "region": factories.WUHAN_CODE, "starts_on": str(today),
            "ends_on": str(today + timedelta(days=9)), "reason": "Flood", **fields,
        }  # fmt: skip


@pytest.fixture
def world() -> World:
    return World()


def test_a_grant_shows_the_place_until_it_is_withdrawn(world: World):
    made = world.officer.post("place-grants/", world.body())
    grant = PlaceGrant.objects.get()
    assert (made.status_code, made["Location"]) == (201, f"http://testserver/api/v1/place-grants/{grant.pk}/")
    shown = made.json()
    assert shown.pop("granted_at")
    assert shown == {
        "id": grant.pk, **world.body(), "granted_by": "officer", "withdrawn_at": None, "actions": ["withdraw"],
    }  # fmt: skip
    asset = f"assets/{world.tower.pk}/"
    assert world.fireman.get(asset).json()["place_is_exact"] is True
    assert world.fireman.get(f"place-grants/{grant.pk}/").json()["actions"] == []
    withdrawn = world.officer.post(f"place-grants/{grant.pk}/withdraw/").json()
    assert withdrawn["withdrawn_at"] and withdrawn["actions"] == []
    assert world.fireman.get(asset).json()["place_is_exact"] is False
    problem(world.officer.post(f"place-grants/{grant.pk}/withdraw/"), 409, "wrong_state")
    # Who gave it and who took it back is noted, as of all changes.
    noted = Change.objects.filter(noun="placegrant").order_by("pk")
    assert list(noted.values_list("act", "actor__username")) == [("insert", "officer"), ("update", "officer")]


def test_the_same_key_gives_one_grant(world: World):
    key = {"Idempotency-Key": "flood-2026"}
    first, second = (world.officer.post("place-grants/", world.body(), headers=key) for _again in range(2))
    assert first.json() == second.json() and second["Idempotency-Replayed"] == "true"
    assert PlaceGrant.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"ends_on": "2020-01-01"}, ("#", "place_grant_ends_after_it_starts")),
        ({"reason": ""}, ("#/reason", "blank")),
        ({"region": "999999"}, ("#/region", "does_not_exist")),
        ({"organization": "nobody"}, ("#/organization", "does_not_exist")),
        ({"granted_by": "boss"}, ("#/granted_by", "unknown_field")),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, fields: dict[str, str], fault: tuple[str, str]):
    assert problem(world.officer.post("place-grants/", world.body(**fields)), 400, "bad_input") == [fault]
    assert not PlaceGrant.objects.exists()


def test_nobody_but_the_regions_managers_gives_or_withdraws(world: World):
    grant = PlaceGrant.objects.get(pk=world.officer.post("place-grants/", world.body()).json()["id"])
    elsewhere = Caller(factories.member(factories.regulator(of=factories.XIANGYANG), Role.MANAGER))
    for caller in (world.clerk, world.fireman, elsewhere):
        assert problem(caller.post("place-grants/", world.body()), 403, "not_yours") == [("#/region", "role")]
    beyond = world.body(region=factories.XIANGYANG)
    assert problem(world.officer.post("place-grants/", beyond), 403, "not_yours") == [("#/region", "role")]
    problem(world.clerk.post(f"place-grants/{grant.pk}/withdraw/"), 403, "not_yours")
    problem(elsewhere.post(f"place-grants/{grant.pk}/withdraw/"), 404, "not_seen")
    assert PlaceGrant.objects.filter(withdrawn_at=None).count() == 1


def test_a_token_needs_to_be_meant_for_deciding(world: World):
    until = timezone.now() + timedelta(days=9)
    writing, deciding = (
        Caller(secret=tokens.issue_personal(name=scope, scopes=[scope], expires_at=until, actor=world.person)[1])
        for scope in (Scope.WRITE, Scope.DECIDE)
    )
    problem(writing.post("place-grants/", world.body()), 403, "scope_missing")
    assert deciding.post("place-grants/", world.body()).status_code == 201


def test_lists_are_narrowed_to_what_holds_today_where_and_for_whom(world: World):
    ids = {}
    yesterday = str(timezone.localdate() - timedelta(days=1))
    for name, fields in (
        ("over", {"starts_on": yesterday, "ends_on": yesterday}),
        ("open", {}),
        ("taken back", {}),
        ("district", {"region": factories.region(factories.JIANGAN).code, "organization": "grid"}),
    ):
        ids[world.officer.post("place-grants/", world.body(**fields)).json()["id"]] = name
    last = next(pk for pk, name in ids.items() if name == "taken back")
    world.officer.post(f"place-grants/{last}/withdraw/")

    def found(caller: Caller = world.officer, **parameters: Any) -> set[str]:
        return {ids[row["id"]] for row in caller.get("place-grants/", **parameters).json()["results"]}

    assert found() == set(ids.values())
    assert found(in_force="true") == {"open", "district"} and found(in_force="false") == {"over", "taken back"}
    assert found(region=factories.JIANGAN) == {"district"} and found(organization="grid") == {"district"}
    assert found(world.fireman) == {"over", "open", "taken back"}


def test_a_list_asks_the_database_as_often_for_many_as_for_few(world: World):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert world.officer.get("place-grants/").status_code == 200
        return len(asked)

    world.officer.post("place-grants/", world.body())
    few = queries()
    for _n in range(4):
        world.officer.post("place-grants/", world.body())
    assert queries() == few


def test_a_grant_lasts_as_long_as_is_set_and_no_longer(world: World, settings: Any):
    settings.PLACE_GRANT_DAYS = 30
    last = timezone.localdate() + timedelta(days=30)
    refused = world.officer.post("place-grants/", world.body(ends_on=str(last)))
    assert problem(refused, 400, "bad_input") == [("#/ends_on", "invalid")]
    assert str(last - timedelta(days=1)) in refused.json()["detail"] and not PlaceGrant.objects.exists()
    assert world.officer.post("place-grants/", world.body(ends_on=str(last - timedelta(days=1)))).status_code == 201
