"""One's own pages: name, language, time zone, mail and sessions; and that every page is the site's."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as project
from django.core.exceptions import ValidationError
from django.template.loader import get_template
from django.test import Client
from django.urls import get_resolver
from django.utils import translation

from registry.models import Role, User
from registry.web.account import urls
from tests import factories
from tests.registry.web.account.conftest import PASSWORD, knowing

OURS = Path(project.BASE_DIR) / "registry" / "templates"
# Beside those that views name.
FURTHER = ("mfa/webauthn/authenticator_confirm_delete.html", "account/email/base_message.txt")


@pytest.fixture
def viewer(db) -> User:
    return knowing(factories.member(factories.organization("mobile"), Role.VIEWER, "viewer"))


def sign_in(client: Client) -> None:
    client.post("/account/sign-in/", {"login": "viewer", "password": PASSWORD})


def test_every_page_of_the_libraries_is_drawn_by_a_template_of_the_site():
    named = {getattr(getattr(one.callback, "view_class", None), "template_name", None) for one in urls.urlpatterns}
    pages = {name for name in named if name and name.endswith(".html")} | set(FURTHER)

    assert len(pages) >= 20
    for name in pages:
        assert Path(get_template(name).origin.name).is_relative_to(OURS), name
    assert get_resolver().reverse_dict.getlist("account_signup") == []


def test_language_and_time_zone_are_kept_and_used(browser: Client, viewer: User):
    sign_in(browser)
    given = {"first_name": "Jie", "last_name": "Chen", "language": "zh-hans", "time_zone": "America/New_York"}
    browser.post("/account/", {**given, "is_superuser": "1", "username": "king"})

    viewer.refresh_from_db()
    assert (viewer.language, viewer.time_zone, viewer.username, viewer.is_superuser) == (
        "zh-hans", "America/New_York", "viewer", False,
    )  # fmt: skip
    assert '<html lang="zh-hans">' in browser.get("/account/").content.decode()
    browser.post("/account/", {**given, "language": ""})
    assert '<html lang="en">' in browser.get("/account/", headers={"Accept-Language": "en"}).content.decode()


@pytest.mark.parametrize(("zone", "shown"), [("", "2026-07-01 08:30"), ("America/New_York", "2026-06-30 20:30")])
def test_moments_are_those_of_the_readers_zone(browser: Client, viewer: User, zone: str, shown: str):
    sign_in(browser)
    User.objects.update(time_zone=zone)
    UserSession.objects.update(created_at=datetime(2026, 7, 1, 0, 30, tzinfo=UTC))
    browser.cookies["django_language"] = "zh-hans"

    page = browser.get("/account/sessions/").content.decode()

    moment = re.search(r"<tbody>\s*<tr><td>([^<]+)</td>", page)
    assert moment and moment[1].endswith(shown.split()[1])


def test_a_time_zone_that_is_none_is_refused(viewer: User):
    viewer.time_zone = "Mars/Olympus"
    with translation.override("en"), pytest.raises(ValidationError, match="There is no time zone “Mars/Olympus”"):
        viewer.full_clean()


def test_one_signs_out_everywhere_else(browser: Client, viewer: User):
    other = Client(REMOTE_ADDR="203.0.113.80")
    sign_in(browser)
    sign_in(other)
    assert "203.0.113.80" in browser.get("/account/sessions/").content.decode()

    browser.post("/account/sessions/")

    assert (browser.get("/").status_code, other.get("/").status_code) == (200, 302)


def test_a_new_password_keeps_this_session_and_ends_the_others(browser: Client, viewer: User, mailoutbox):
    other = Client(REMOTE_ADDR="203.0.113.81")
    sign_in(browser)
    sign_in(other)
    new = "another-password-of-mine"
    browser.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert (browser.get("/").status_code, other.get("/").status_code) == (200, 302)
    assert [mail.to for mail in mailoutbox] == [[viewer.email]]


def test_a_new_address_counts_once_its_mail_was_read(browser: Client, viewer: User, mailoutbox):
    sign_in(browser)
    browser.post("/account/e-mail/", {"action_add": "", "email": "desk@mobile.example"})
    viewer.refresh_from_db()
    assert viewer.email == "viewer@example.invalid"
    link = re.search(r"http://127\.0\.0\.1:8000(/account/e-mail/confirm/\S+)", mailoutbox[0].body)
    assert link and mailoutbox[0].to == ["desk@mobile.example"]

    browser.post(link[1])

    viewer.refresh_from_db()
    assert viewer.email == "desk@mobile.example"
    assert [mail.to for mail in mailoutbox[1:]] == [["viewer@example.invalid"]]


def test_the_account_page_takes_the_same_queries(browser: Client, viewer: User, django_assert_num_queries):
    sign_in(browser)
    browser.get("/account/")
    with django_assert_num_queries(6):
        browser.get("/account/")
