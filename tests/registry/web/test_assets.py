import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.kinds import Kind
from registry.models import Protection, Role, Sector
from registry.web import assets
from tests import factories

pytestmark = pytest.mark.django_db
# Four of them look for where the map of somebody begins who owns nothing, in a region whose boundary is not known.
QUERIES = 9


def codes(page) -> list[str]:
    return [row.record.code for row in page.context["table"].page.object_list]


def test_the_catalog_lists_what_its_reader_may_know_of_the_newest_first(client: Client, django_assert_num_queries):
    owner, reader = factories.organization("owner"), factories.member(factories.organization(), Role.VIEWER)
    factories.asset(owner, code="A-1", capacity=4, used=1)
    factories.asset(owner, code="A-2")
    factories.asset(owner, code="SECRET", protection=Protection.CORE)
    client.force_login(reader)

    with django_assert_num_queries(QUERIES):
        page = client.get("/assets/")

    assert codes(page) == ["A-2", "A-1"]
    assert "3 / 4 mounts" in page.content.decode()
    assert "SECRET" not in page.content.decode()


def test_facts_of_an_asset_keep_their_units_as_these_are_written(client: Client):
    room = factories.asset(factories.organization(), Kind.EQUIPMENT_ROOM, power_kw=20, details={"dc_power_kw": 12})
    client.force_login(factories.member(room.owner))

    page = client.get(f"/assets/{room.pk}/").content.decode()

    assert "<dt>Power limit, kW</dt>" in page
    assert "<dt>−48 V DC power, kW</dt>" in page


def test_the_catalog_is_for_those_who_take_part(client: Client):
    client.force_login(factories.user())

    assert client.get("/assets/").status_code == 403


@pytest.mark.parametrize("at_once", [False, True], ids=["by the index of ids", "sorted"])
def test_what_a_text_finds_stands_newest_first(client: Client, monkeypatch: pytest.MonkeyPatch, at_once: bool):
    monkeypatch.setattr(assets, "are_few", lambda rows, **_told: at_once)
    owner = factories.organization("towers")
    for number in (1, 3, 2):
        factories.asset(owner, code=f"T-{number}")
    client.force_login(factories.member(factories.organization(), Role.VIEWER))
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/assets/?q=t-")
    assert codes(page) == ["T-2", "T-3", "T-1"]
    assert any('("registry_asset"."id" + 0) DESC' in query["sql"] for query in asked) == at_once


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=duct", ["D-1"]),
        ("sector=municipal", ["D-1"]),
        ("owner=towers&q=t-1", ["T-1"]),
        ("free_min=4", ["D-1"]),
        ("free_min=1&free_from=2030-01-01&free_until=2031-01-01", ["D-1", "T-1"]),
        ("area=114.3 30.59,114.31 30.59,114.31 30.60,114.3 30.60", ["T-1"]),
        ("region=4201&status=", ["D-1", "T-1"]),
    ],
)
def test_filters_mean_what_they_mean_in_the_api(client: Client, query: str, found: list[str]):
    factories.asset(factories.organization("towers"), code="T-1", capacity=4, used=2)
    city = factories.organization("city", sector=Sector.MUNICIPAL)
    factories.asset(city, Kind.DUCT, code="D-1", at=(114.4, 30.7))
    client.force_login(factories.member(factories.organization(), Role.VIEWER))

    page, answer = client.get(f"/assets/?{query}"), client.get(f"/api/v1/assets/?{query}")

    assert codes(page) == found
    assert sorted(asset["code"] for asset in answer.json()["results"]) == found
    assert [each["properties"]["label"] for each in client.get(f"/assets/places/?{query}").json()["features"]] == found


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("area=114.3 30.59", "area", "3 to 200 corners"),
        ("area=0 0,1 1,1 0,0 1", "area", "crosses or touches itself"),
        ("free_from=2030-01-01", "free_from", "This needs free_min as well."),
        ("free_min=x", "free_min", "whole number"),
    ],
)
def test_a_senseless_filter_is_said_at_its_field_and_lists_nothing(client: Client, query: str, field: str, said: str):
    factories.asset(factories.organization("towers"))
    client.force_login(factories.member(factories.organization(), Role.VIEWER))

    page = client.get(f"/assets/?{query}")

    assert page.status_code == 200
    assert codes(page) == []
    assert said in str(page.context["form"].errors[field])


def test_places_on_the_map_are_those_that_may_be_known(client: Client):
    factories.asset(factories.organization("towers"), protection=Protection.RESTRICTED)
    client.force_login(factories.member(factories.organization(), Role.VIEWER))

    [feature] = client.get("/assets/places/?free_min=1").json()["features"]

    assert feature["geometry"]["type"] != "Point" or feature["geometry"]["coordinates"] != list(factories.WUHAN)
    assert "not the place" in feature["properties"]["note"]
