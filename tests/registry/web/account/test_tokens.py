"""Tokens on the site: by the same verbs as in the API."""

import re

import pytest
from django.test import Client

from registry.models import ApiToken, Role, User
from tests import factories

PAGE = "/account/tokens/"


@pytest.fixture
def manager(db) -> User:
    return factories.member(factories.organization("mobile"), Role.MANAGER, "manager")


@pytest.fixture
def client(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def secret_in(answer) -> str:
    found = re.search(r'id="secret">(isr_[^<]+)<', answer.content.decode())
    assert found
    return found[1]


def test_a_token_is_shown_once_and_opens_the_api_until_it_is_revoked(client: Client, manager: User):
    answer = client.post(PAGE, {"name": "Script", "scopes": ["read"], "days": "90", "role": "viewer"})
    secret = secret_in(answer)
    assert answer.headers["Cache-Control"].count("no-store") == 1
    assert secret not in client.get(PAGE).content.decode()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/me/", headers=bearer).json()["username"] == "manager"

    client.post(f"{PAGE}{ApiToken.objects.get().pk}/revoke/")

    assert Client().get("/api/v1/me/", headers=bearer).status_code == 401


def test_what_a_token_is_for_is_said_in_the_readers_language(client: Client, manager: User, settings):
    client.post(PAGE, {"name": "Script", "scopes": ["read", "write"], "days": "90", "role": "viewer"})
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"

    page = client.get(PAGE).content.decode()

    assert '<span class="tag">读取</span> <span class="tag">写入</span>' in page


def test_a_manager_makes_a_service_token_that_cannot_decide(client: Client, manager: User):
    organization = next(iter(manager.roles))
    given = {
        "name": "GIS",
        "scopes": ["read", "decide"],
        "days": "365",
        "organization": organization,
        "role": "editor",
    }
    refused = client.post(PAGE, given)
    assert refused.context["form"].errors == {"scopes": ["A service token cannot decide; that is for persons."]}

    client.post(PAGE, {**given, "scopes": ["read"]})

    token = ApiToken.objects.get()
    assert (token.organization_id, token.user.roles) == (organization, {organization: "editor"})


def test_who_manages_nothing_is_offered_own_tokens_only(db):
    editor = factories.member(factories.organization("metro"), Role.EDITOR, "editor")
    client = Client()
    client.force_login(editor)

    assert list(client.get(PAGE).context["form"].fields) == ["name", "scopes", "days"]


def test_tokens_of_others_are_not_seen(client: Client, manager: User):
    client.post(PAGE, {"name": "Script", "scopes": ["read"], "days": "90", "role": "viewer"})
    other = Client()
    other.force_login(factories.member(factories.organization("metro"), Role.MANAGER, "other"))

    assert "Script" not in other.get(PAGE).content.decode()
    assert other.post(f"{PAGE}{ApiToken.objects.get().pk}/revoke/").status_code == 404


def test_the_page_takes_the_same_queries_for_many_tokens(client: Client, django_assert_num_queries):
    for n in range(3):
        client.post(PAGE, {"name": f"Script {n}", "scopes": ["read"], "days": "90", "role": "viewer"})
    with django_assert_num_queries(8):
        client.get(PAGE)


def test_a_form_that_is_sent_again_makes_no_second_token(client: Client, manager: User):
    organization = next(iter(manager.roles))
    given = {"name": "Script", "scopes": ["read"], "days": "90", "role": "viewer"}
    for number, as_service in enumerate(({}, {"organization": organization}), start=1):
        sent = {**given, **as_service, "newest": client.get(PAGE).context["newest"]}
        assert f'name="newest" value="{sent["newest"]}"' in client.get(PAGE).content.decode()
        secret_in(client.post(PAGE, sent))
        again = client.post(PAGE, sent, follow=True)
        assert again.redirect_chain == [(PAGE, 302)]
        assert [str(message) for message in again.context["messages"]] == [
            "You made a token since this page was: where you have not kept its secret, revoke it and make another."
        ]
        assert ApiToken.objects.count() == number
        assert User.objects.filter(username__startswith="service-").count() == number - 1


def test_a_colleagues_token_is_in_nobodys_way(client: Client, manager: User):
    given = {"name": "Script", "scopes": ["read"], "days": "90", "role": "viewer"}
    sent = {**given, "newest": client.get(PAGE).context["newest"]}
    colleague = Client()
    colleague.force_login(factories.member(manager.memberships.get().organization, Role.MANAGER, "colleague"))
    colleague.post(PAGE, {**given, "organization": next(iter(manager.roles))})
    secret_in(client.post(PAGE, sent))
