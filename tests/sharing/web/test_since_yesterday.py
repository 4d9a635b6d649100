"""What the first page says of yesterday and today, to an owner, an operator and a regulator."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from registry import asset_writing
from registry.models import Change
from sharing.models import Event
from sharing.monitoring import kept
from sharing.web.since_yesterday import since_yesterday
from tests import factories
from tests.sharing.scene import Scene
from tests.sharing.web.conftest import SignIn

PLACE = {"type": "Point", "coordinates": [114.31, 30.6]}


def told(client: Client) -> dict[str, int]:
    return {row.text: row.count for row in client.get("/").context["since"]}


def of_events(client: Client) -> dict[str, int]:
    return {text: count for text, count in told(client).items() if ":" not in text}


def test_each_of_the_three_people_is_told_what_happened_to_theirs(scene: Scene, sign_in: SignIn):
    scene.consented()
    for person in (scene.metro_manager, scene.asker, scene.officer):
        assert of_events(sign_in(person)) == {
            "Match requested": 1, "All owners consented": 1, "Consent asked": 1, "Consent granted": 1,
        }  # fmt: skip
    stranger = factories.member(factories.organization("onlooker"))
    assert of_events(sign_in(stranger)) == {}


def test_an_asset_changed_twice_with_its_details_is_one_and_a_file_counts_its_assets(scene: Scene, sign_in: SignIn):
    before = told(sign_in(scene.metro_manager)).get("Asset: listed", 0)
    bodies = [
        {"owner": scene.metro, "code": f"N-{n}", "kind": "tower", "geometry": scene.near.geometry, "capacity": 2}
        for n in range(3)
    ]
    made = asset_writing.create_many(bodies, actor=scene.metro_manager)
    for name in ("one", "two"):
        asset_writing.change(made[0], {"name": name, "details": {"height_m": 30.0}}, actor=scene.metro_manager)
    asset_writing.delete(made[2], actor=scene.metro_manager)
    found = told(sign_in(scene.metro_manager))
    assert (found["Asset: listed"], found["Asset: changed"], found["Asset: removed"]) == (before + 3, 1, 1)
    assert "Asset: changed" not in told(sign_in(scene.grid_manager))
    assert told(sign_in(scene.officer))["Asset: changed"] == 1


def test_each_line_leads_to_its_rows_in_the_audit(scene: Scene, sign_in: SignIn):
    scene.requested()
    client = sign_in(scene.metro_manager)
    rows = {row.text: row.url for row in client.get("/").context["since"]}
    page = client.get(rows["Match requested"])
    assert len(page.context["table"].page.object_list) == 1
    assert client.get(rows["Asset: listed"]).content.decode().count("asset · Made") >= 1


@pytest.mark.parametrize("days", [2, 30])
def test_what_is_older_than_yesterday_is_left_out(
    scene: Scene, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, days: int
):
    scene.requested()
    client = sign_in(scene.metro_manager)
    assert told(client)
    later = timezone.localdate() + timedelta(days=days)
    monkeypatch.setattr(timezone, "localdate", lambda *_args, **_kwargs: later)
    assert client.get("/").context["since"] == []
    assert "Nothing that you may know of has changed since yesterday." in client.get("/").content.decode()


def test_it_costs_two_queries_however_much(scene: Scene, django_assert_num_queries):
    for _round in range(2):
        scene.requested(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
        assert scene.metro_manager.roles
        assert scene.metro_manager.regulated == []
        with django_assert_num_queries(2):
            since_yesterday(scene.metro_manager)
    assert Event.objects.count() > 2 and Change.objects.count() > 2


def test_what_takes_long_to_count_is_kept_a_while_for_who_may_know_the_same(
    scene: Scene, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(kept, "LONG_S", 0.0)
    cache.clear()
    owner, officer = sign_in(scene.metro_manager), sign_in(scene.officer)
    before = told(owner)
    factories.asset(scene.metro)
    assert told(owner) == before
    # Who is asked for the first time is counted for: that one, and what others listed.
    assert told(officer)["Asset: listed"] == before["Asset: listed"] + 2
    cache.clear()
    assert told(owner)["Asset: listed"] == before["Asset: listed"] + 1
    cache.clear()
