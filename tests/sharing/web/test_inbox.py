"""The inbox: one's own messages, read and unread, and the way to each object."""

import pytest
from django.test import Client

from sharing.models import EventType, Notification
from sharing.notifications import outbox
from sharing.seen import consents_naming_owner
from sharing.workflow import consents
from tests import factories
from tests.sharing.scene import Scene
from tests.sharing.web.conftest import SignIn


@pytest.fixture
def owner(scene: Scene, sign_in: SignIn) -> Client:
    """Of the owner whose consent is asked, with one message unread."""
    scene.requested()
    outbox.dispatch()
    return sign_in(scene.metro_manager)


def inbox(scene: Scene) -> Notification:
    return Notification.objects.get(recipient=scene.metro_manager, channel="inbox")


def test_a_message_is_told_in_words_with_the_number_of_unread_ones_in_the_top_bar(scene: Scene, owner: Client):
    html = owner.get("/inbox/").content.decode()
    assert "telco asks for Site 1: answer until" in html
    assert '<span class="badge" aria-hidden="true">1</span>' in html
    assert "Mark as read" in html


def test_opening_marks_it_read_and_goes_to_its_object(scene: Scene, owner: Client):
    told = inbox(scene)
    answer = owner.post(f"/inbox/{told.pk}/open/")
    consent = scene.match.consents.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/consents/{consent.pk}/")
    told.refresh_from_db()
    assert told.read_at is not None
    assert 'class="badge"' not in owner.get("/inbox/").content.decode()


def test_one_message_is_marked_and_unmarked(scene: Scene, owner: Client):
    told = inbox(scene)
    answer = owner.post(f"/inbox/{told.pk}/mark/", {"as": "read", "next": "/inbox/?show=unread"})
    assert (answer.status_code, answer["Location"]) == (302, "/inbox/?show=unread")
    assert inbox(scene).read_at is not None
    owner.post(f"/inbox/{told.pk}/mark/", {"as": "unread"})
    assert inbox(scene).read_at is None


def test_all_are_marked_of_what_the_filter_shows_and_nobody_else_s(scene: Scene, owner: Client):
    other = factories.demand_list(scene.party, title="Other")
    scene.requested(factories.match(factories.demand(other, name="Elsewhere"), [factories.asset(scene.metro)]))
    outbox.dispatch()
    upto = owner.get("/inbox/").context["upto"]
    owner.post("/inbox/read/", {"list": str(other.pk), "upto": upto})
    read = Notification.objects.filter(read_at__isnull=False)
    assert list(read.values_list("recipient", "event__demand_list")) == [(scene.metro_manager.pk, other.pk)]
    owner.post("/inbox/read/", {"upto": upto})
    assert set(read.values_list("recipient", flat=True)) == {scene.metro_manager.pk}
    assert read.count() == 2


def test_what_came_since_the_page_was_made_is_not_marked(scene: Scene, owner: Client):
    shown = inbox(scene)
    pages = [owner.get("/inbox/"), owner.get("/inbox/?show=unread&page=2")]
    scene.requested(factories.match(factories.demand(scene.list, name="Later"), [factories.asset(scene.metro)]))
    outbox.dispatch()
    later = Notification.objects.filter(recipient=scene.metro_manager, channel="inbox").latest("pk")
    for page in pages:
        assert page.context["upto"] == shown.pk
        assert f'name="upto" value="{shown.pk}"' in page.content.decode()

    done = owner.post("/inbox/read/", {"upto": shown.pk}, follow=True)
    owner.post("/inbox/read/")
    owner.post("/inbox/read/", {"upto": "x"})

    assert [str(message) for message in done.context["messages"]] == ["1 message marked as read."]
    read = Notification.objects.filter(recipient=scene.metro_manager, channel="inbox", read_at__isnull=False)
    assert list(read) == [shown] and later.pk > shown.pk


def test_the_newest_of_all_pages_is_that_of_the_first(scene: Scene, owner: Client):
    for n in range(25):
        scene.requested(factories.match(factories.demand(scene.list, name=f"S {n}"), [factories.asset(scene.metro)]))
    outbox.dispatch()
    first, second = owner.get("/inbox/"), owner.get("/inbox/?page=2")
    assert second.context["page"].number == 2 and len(second.context["letters"]) == 1
    assert second.context["upto"] == first.context["upto"] == first.context["letters"][0].notification.pk


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", True), ("show=unread", True), ("show=read", False), ("type=consent.asked", True),
        ("type=match.refused", False), ("list=999999", True), ("type=nonsense", True),
    ],
)  # fmt: skip
def test_the_filter_shows_what_it_says(scene: Scene, owner: Client, query: str, shown: bool):
    answer = owner.get(f"/inbox/?{query}")
    assert [letter.notification for letter in answer.context["letters"]] == ([inbox(scene)] if shown else [])


def test_a_list_is_filtered_by(scene: Scene, owner: Client):
    assert len(owner.get(f"/inbox/?list={scene.list.pk}").context["letters"]) == 1


@pytest.mark.parametrize("action", ["open", "mark"])
def test_a_message_of_another_is_as_absent(scene: Scene, owner: Client, sign_in: SignIn, action: str):
    told = inbox(scene)
    stranger = sign_in(scene.stranger)
    assert stranger.post(f"/inbox/{told.pk}/{action}/").status_code == 404
    assert stranger.post(f"/inbox/{told.pk + 1000}/{action}/").status_code == 404
    assert inbox(scene).read_at is None


def test_going_back_never_leaves_the_site(scene: Scene, owner: Client):
    answer = owner.post(f"/inbox/{inbox(scene).pk}/mark/", {"as": "read", "next": "https://evil.example/"})
    assert answer["Location"] == "/inbox/"


def test_what_is_no_longer_for_a_person_is_not_opened(scene: Scene, owner: Client):
    told = inbox(scene)
    scene.metro.memberships.all().delete()
    factories.member(scene.grid, "manager", "mover")
    scene.grid.memberships.create(user=scene.metro_manager, role="viewer")
    assert not consents_naming_owner(scene.metro_manager).exists()
    answer = owner.post(f"/inbox/{told.pk}/open/", follow=True)
    assert answer.redirect_chain == [("/inbox/", 302)]
    assert "no longer for you to see" in answer.content.decode()


def test_who_has_left_reads_what_kind_of_thing_happened_and_nothing_else_of_it(scene: Scene, sign_in: SignIn):
    scene.list.title = "Harbourfront"
    scene.list.save()
    consents.refuse(scene.requested().consents.get(), reason="other", reason_text="Flooded", actor=scene.metro_manager)
    outbox.dispatch()
    secrets = ("telco", "Site 1", "Harbourfront", "Flooded", "Other", f"List {scene.list.pk}")
    for person in (scene.asker, scene.metro_manager):
        client = sign_in(person)
        doors = ("/inbox/", "/", "/admin/sharing/notification/")
        found = "".join(client.get(door).content.decode() for door in doors)
        assert "Site 1" in found
        person.memberships.all().delete()
        scene.stranger.memberships.get().organization.memberships.create(user=person, role="viewer")
        for door in doors:
            html = client.get(door).content.decode()
            assert "onsent" in html or "atch" in html
            for secret in secrets:
                assert secret not in html, (door, secret)
        told = client.get("/inbox/").context["letters"]
        assert {str(one.message.text) for one in told} == {"What this message is about is no longer for you to see."}
        assert {one.message.subject for one in told} == {one.notification.event.get_type_display() for one in told}
        assert not client.get("/admin/sharing/notification/", {"q": "Site"}).context["cl"].result_list
        shown = client.get("/api/v1/notifications/").json()["results"]
        assert len(shown) == len(told) > 0
        for one in shown:
            assert one["body"].startswith("What this message is about is no longer for you to see.")
            assert not [secret for secret in secrets if secret in one["subject"] + one["body"]]
        assert client.get("/api/v1/notifications/", {"list": scene.list.pk}).json()["results"] == []


def test_the_empty_inbox_says_what_comes_here(scene: Scene, sign_in: SignIn):
    assert "No messages yet" in sign_in(scene.stranger).get("/inbox/").content.decode()


def test_it_costs_the_same_for_many_messages(scene: Scene, owner: Client, django_assert_num_queries):
    with django_assert_num_queries(6):
        owner.get("/inbox/")
    for _n in range(12):
        scene.requested(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    outbox.dispatch()
    with django_assert_num_queries(6):
        assert len(owner.get("/inbox/").context["letters"]) == 13


def test_mail_settings_are_shown_and_kept(scene: Scene, sign_in: SignIn, django_assert_num_queries):
    client = sign_in(scene.asker)
    with django_assert_num_queries(5):
        page = client.get("/inbox/settings/")
    chosen = {field.name: field.value() for _title, fields in page.context["form"].groups() for field in fields}
    assert (len(chosen), set(chosen.values())) == (len(EventType), {"at_once"})
    answer = client.post("/inbox/settings/", {**chosen, "list_matched": "daily", "match_refused": "never"})
    assert (answer.status_code, answer["Location"]) == (302, "/inbox/settings/")
    assert set(scene.asker.mail_preferences.values_list("event_type", "timing")) == {
        ("list.matched", "daily"),
        ("match.refused", "never"),
    }


def test_a_row_without_an_answer_changes_nothing(scene: Scene, sign_in: SignIn):
    answer = sign_in(scene.asker).post("/inbox/settings/", {"list_matched": "daily"})
    assert answer.status_code == 400
    assert "Choose one answer in each row." in answer.content.decode()
    assert not scene.asker.mail_preferences.exists()


def test_reading_all_of_the_last_page_leads_back_to_what_is_left(scene: Scene, owner: Client):
    told = inbox(scene)
    answer = owner.post(f"/inbox/{told.pk}/mark/", {"as": "read", "next": "/inbox/?show=unread&page=2"}, follow=True)
    assert answer.status_code == 200 and "telco asks for" not in answer.content.decode()
    assert owner.get("/inbox/?page=99").status_code == owner.get("/search/?q=NEAR&in=asset&page=99").status_code == 200
