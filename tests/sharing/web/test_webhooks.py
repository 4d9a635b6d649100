"""Webhook endpoints on the site: by the verbs of the API, for managers."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from registry.models import Role, User
from sharing.models import EventType, WebhookDelivery, WebhookEndpoint
from sharing.workflow import webhooks
from tests import factories

URL = "https://hooks.example.com/infrashare"


@pytest.fixture
def manager(db) -> User:
    return factories.member(factories.organization("mobile"), Role.MANAGER, "manager")


@pytest.fixture
def endpoint(manager: User) -> WebhookEndpoint:
    organization = manager.memberships.get().organization
    return webhooks.create(organization, name="Ours", url=URL, actor=manager)[0]


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def secret_in(answer) -> str:
    found = re.search(r'id="secret">(whsec_[^<]+)<', answer.content.decode())
    assert found
    return found[1]


def seen_at(answer) -> str:
    """How the form of the page says that its row stood."""
    found = re.search(r'name="seen_at" value="([^"]+)"', answer.content.decode())
    assert found
    return found[1]


def told(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_a_manager_adds_an_endpoint_and_sees_its_secret_once(manager: User):
    client, organization = browser(manager), manager.memberships.get().organization_id
    given = {
        "organization": organization,
        "name": "Ours",
        "url": "http://10.0.0.1/",
        "types": [EventType.MATCH_APPROVED],
    }
    refused = client.post("/webhooks/new/", given)
    assert list(refused.context["form"].errors) == ["url"]
    assert refused.context["form"]["name"].value() == "Ours"

    made = client.post("/webhooks/new/", {**given, "url": URL})

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.types) == (URL, [EventType.MATCH_APPROVED])
    assert secret_in(made) not in client.get(f"/webhooks/{endpoint.pk}/").content.decode()
    twice = client.post("/webhooks/new/", {**given, "url": URL})
    assert twice.context["form"].errors == {
        "url": ["The organization has an endpoint at this address: change it there."]
    }


def test_it_is_changed_disabled_enabled_and_deleted(manager: User, endpoint: WebhookEndpoint):
    client, page = browser(manager), f"/webhooks/{endpoint.pk}/"
    client.post(page, {"name": "Other", "url": URL + "2", "types": [], "seen_at": seen_at(client.get(page))})
    client.post(page + "disable/")
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.url, endpoint.disabled_reason) == ("Other", URL + "2", "manager")
    assert "Nothing was done: The endpoint is disabled: enable it first." in told(
        client.post(page + "test/", follow=True)
    )

    client.post(page + "enable/")
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is None
    assert "The endpoint is deleted, with its log." in told(client.post(page + "delete/", follow=True))
    assert not WebhookEndpoint.objects.exists()


def test_a_form_of_an_endpoint_that_a_colleague_changed_meanwhile_says_so(manager: User, endpoint: WebhookEndpoint):
    client, page = browser(manager), f"/webhooks/{endpoint.pk}/"
    mine = {"name": "Mine", "url": URL, "types": [], "seen_at": seen_at(client.get(page))}
    webhooks.change(endpoint, name="Theirs", actor=manager)

    told_so = client.post(page, mine)

    assert told_so.context["form"].non_field_errors() == [
        "Somebody changed this meanwhile. Here is what you typed: save again to put it over theirs."
    ]
    endpoint.refresh_from_db()
    assert endpoint.name == "Theirs"
    assert client.post(page, {**mine, "seen_at": seen_at(told_so)}).status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.name == "Mine"


def test_calls_that_fail_meanwhile_are_no_change_of_the_form(manager: User, endpoint: WebhookEndpoint):
    client, page = browser(manager), f"/webhooks/{endpoint.pk}/"
    mine = {"name": "Mine", "url": URL, "types": [], "seen_at": seen_at(client.get(page))}
    WebhookEndpoint.objects.update(failing_since=timezone.now(), next_call_at=timezone.now() + timedelta(hours=1))

    assert client.post(page, mine).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.failing_since is None) == ("Mine", False)


def test_a_test_stands_in_the_log_and_is_sent_again(
    manager: User, endpoint: WebhookEndpoint, django_assert_num_queries
):
    client, page = browser(manager), f"/webhooks/{endpoint.pk}/"
    assert told(client.post(page + "test/", follow=True)) == [
        "A test is on its way: reload the page to see what came of it."
    ]
    delivery = WebhookDelivery.objects.get()
    with django_assert_num_queries(6):
        assert "Test" in client.get(page).content.decode()

    again = client.post(f"/webhook-deliveries/{delivery.pk}/replay/", follow=True)

    assert told(again) == ["It is sent again, under the same id."]


def test_why_a_call_failed_is_said_in_the_readers_language_where_the_words_are_ours(
    manager: User, endpoint: WebhookEndpoint, settings
):
    client, page = browser(manager), f"/webhooks/{endpoint.pk}/"
    client.post(page + "test/")
    client.post(page + "disable/")
    WebhookDelivery.objects.create(endpoint=endpoint, status="parked", last_error="HTTP 500")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"

    log = client.get(page).content.decode()

    assert "<td >端点已停用</td>" in log and "HTTP 500" in log and "the endpoint was disabled" not in log


def test_a_new_secret_is_shown_once_and_the_old_one_overlaps(manager: User, endpoint: WebhookEndpoint):
    answer = browser(manager).post(f"/webhooks/{endpoint.pk}/rotate/")

    endpoint.refresh_from_db()
    assert secret_in(answer) and endpoint.previous_secret_until is not None


def test_a_form_that_is_sent_twice_makes_one_new_secret(manager: User, endpoint: WebhookEndpoint):
    client, page = browser(manager), f"/webhooks/{endpoint.pk}/"
    sent = {"replacing": endpoint.secret_mark}
    assert f'name="replacing" value="{endpoint.secret_mark}"' in client.get(page).content.decode()
    client.post(f"{page}rotate/", sent)
    endpoint.refresh_from_db()
    made = (endpoint.secret, endpoint.previous_secret)

    again = client.post(f"{page}rotate/", sent, follow=True)

    assert told(again) == ["Nothing was done: A new secret was made already: the receivers need the newest one."]
    endpoint.refresh_from_db()
    assert (endpoint.secret, endpoint.previous_secret) == made


def test_endpoints_are_for_the_managers_of_their_organization(manager: User, endpoint: WebhookEndpoint):
    editor = factories.member(manager.memberships.get().organization, Role.EDITOR)
    other = factories.member(factories.organization("metro"), Role.MANAGER)

    for user in (editor, other):
        client = browser(user)
        assert endpoint.name not in client.get("/webhooks/").content.decode()
        for path in ("", "test/", "rotate/", "disable/", "delete/"):
            assert client.post(f"/webhooks/{endpoint.pk}/{path}", {"name": "x"}).status_code == 404
    assert browser(editor).post("/webhooks/new/", {"name": "x", "url": URL}).context["form"].errors
    assert browser(manager).post(f"/webhooks/{endpoint.pk}/burn/").status_code == 404
