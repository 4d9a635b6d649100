"""The first page: what waits for a person, and what they wait for."""

from django.test import Client

from sharing.notifications import outbox
from tests import factories
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.scene import Scene
from tests.sharing.web.conftest import SignIn


def cards(client: Client) -> dict[str, tuple[int, list[str]]]:
    page = client.get("/")
    return {str(group.title): (group.count, [row.url for row in group.rows]) for group in page.context["waiting"]}


def test_an_owner_is_led_to_the_request_and_the_inbox(scene: Scene, sign_in: SignIn):
    consent = scene.requested().consents.get()
    outbox.dispatch()
    found = cards(sign_in(scene.metro_manager))
    assert found["Consents to answer"] == (1, [f"/consents/{consent.pk}/"])
    assert found["Unread messages"] == (1, ["/inbox/?show=unread"])


def test_what_was_asked_is_under_way_until_it_is_decided(scene: Scene, sign_in: SignIn):
    client = sign_in(scene.asker)
    assert client.get("/").context["under_way"].count == 0
    scene.requested()
    page = client.get("/")
    assert [row.text for row in page.context["under_way"].rows] == ["Site 1 · Requested"]
    assert "What waits for others" in page.content.decode()
    behind = client.get(page.context["under_way"].url)
    assert [row.record.pk for row in behind.context["table"].page.object_list] == [scene.match.pk]
    assert sign_in(scene.metro_manager).get("/").context["under_way"].count == 0


def test_a_party_is_led_to_the_group_that_it_has_not_answered(db: None, sign_in: SignIn):
    build = CobuildScene()
    group = build.joined()
    assert "Co-build groups to join or decline" not in cards(sign_in(build.asker))
    found = cards(sign_in(build.rival_manager))
    assert found["Co-build groups to join or decline"] == (1, [f"/cobuild/{group.pk}/"])


def test_an_unread_message_names_no_owner_that_the_person_may_not_know_of(scene: Scene, sign_in: SignIn):
    factories.protect(scene.near, "core")
    scene.requested()
    outbox.dispatch()
    assert "metro" not in sign_in(scene.drafter).get("/").content.decode()


def test_it_costs_the_same_for_many(scene: Scene, sign_in: SignIn, django_assert_num_queries):
    client = sign_in(scene.metro_manager)
    scene.requested()
    outbox.dispatch()
    for _round in range(2):
        with django_assert_num_queries(20):
            client.get("/")
        for _n in range(6):
            scene.requested(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
        outbox.dispatch()
