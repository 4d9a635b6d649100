"""What signs a person in is changed only after all of their factors were shown again."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client

from registry.models import Role, User
from tests import factories
from tests.registry.web.account.conftest import PASSWORD, code, knowing, with_app

BY_PASSWORD, BY_CODE = "/account/confirm/", "/account/confirm/code/"
REMOVE = "/account/second-factor/app/remove/"
CHANGES = (
    REMOVE, "/account/second-factor/passkeys/add/", "/account/second-factor/codes/new/",
)  # fmt: skip


@pytest.fixture
def viewer(db) -> User:
    return with_app(knowing(factories.member(factories.organization("mobile"), Role.VIEWER, "viewer")))


@pytest.fixture
def browser(browser: Client, viewer: User, time_machine) -> Client:
    """Signed in with both factors, six minutes ago."""
    browser.post("/account/sign-in/", {"login": "viewer", "password": PASSWORD})
    browser.post("/account/sign-in/second-factor/", {"code": code()})
    assert browser.get("/account/").status_code == 200
    time_machine.move_to(datetime.now(UTC) + timedelta(minutes=6))
    return browser


def where(answer) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.parametrize("page", CHANGES)
def test_both_factors_are_asked_for_one_after_the_other(browser: Client, viewer: User, page: str):
    on = f"?next={quote(page, safe='')}"
    assert where(browser.get(page)) == (302, BY_PASSWORD + on)
    assert where(browser.post(BY_PASSWORD, {"password": PASSWORD, "next": page})) == (302, page)
    assert where(browser.get(page)) == (302, BY_CODE + on)
    assert where(browser.post(BY_CODE, {"code": code(), "next": page})) == (302, page)
    assert browser.get(page).status_code == 200


def test_a_form_that_was_sent_waits_for_both_and_is_carried_out_then(browser: Client, viewer: User, mailoutbox):
    page, form = "/account/e-mail/", {"action_add": "", "email": "desk@mobile.example"}
    on = f"?next={quote(page, safe='')}"
    assert where(browser.post(page, form)) == (302, BY_PASSWORD + on)
    assert where(browser.post(BY_PASSWORD, {"password": PASSWORD, "next": page})) == (302, BY_CODE + on)
    assert not EmailAddress.objects.filter(email="desk@mobile.example").exists()

    browser.post(BY_CODE, {"code": code(), "next": page})

    assert EmailAddress.objects.filter(email="desk@mobile.example").exists()


@pytest.mark.parametrize(
    ("step", "wrong"), [(BY_PASSWORD, {"password": "not-it-at-all-no"}), (BY_CODE, {"code": "1"})]
)
def test_a_wrong_factor_changes_nothing(browser: Client, viewer: User, step: str, wrong: dict[str, str]):
    if step == BY_CODE:
        browser.post(BY_PASSWORD, {"password": PASSWORD, "next": REMOVE})
    assert browser.post(step, {**wrong, "next": REMOVE}).status_code == 200

    assert browser.post(REMOVE).status_code == 302
    assert Authenticator.objects.filter(user=viewer).exists()


def test_in_the_first_minutes_the_sign_in_is_confirmation_enough(browser: Client, viewer: User):
    again = Client(REMOTE_ADDR="2001:db8:ffee::1")
    again.post("/account/sign-in/", {"login": "viewer", "password": PASSWORD})
    again.post("/account/sign-in/second-factor/", {"code": code()})

    again.post(REMOVE)

    assert not Authenticator.objects.filter(user=viewer).exists()


def test_each_confirmation_gives_the_session_a_new_key_and_ends_the_old_one(browser: Client, viewer: User):
    before = browser.cookies["sessionid"].value

    browser.post(BY_PASSWORD, {"password": PASSWORD, "next": "/account/"})

    after = browser.cookies["sessionid"].value
    stolen = Client()
    stolen.cookies["sessionid"] = before
    assert before != after
    assert (browser.get("/account/").status_code, stolen.get("/account/").status_code) == (200, 302)
    assert list(UserSession.objects.filter(user=viewer).values_list("session_key", flat=True)) == [after]
