"""The one door to site and admin: by name or mail and a password, with few tries."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import identify_hasher, make_password
from django.test import Client
from django.utils import timezone

from registry.models import Role, User
from tests import factories
from tests.registry.web.account.conftest import PASSWORD, knowing

SIGN_IN = "/account/sign-in/"
MISMATCH = "This name and password do not belong together. Passwords are case-sensitive."


@pytest.fixture
def viewer(db) -> User:
    return knowing(factories.member(factories.organization("mobile"), Role.VIEWER, "viewer"))


def attempt(client: Client, login: str, password: str = PASSWORD, **extra):
    return client.post(SIGN_IN, {"login": login, "password": password, **extra})


def test_site_and_admin_lead_to_the_same_sign_in_and_back(browser: Client, viewer: User):
    assert browser.get("/").headers["Location"] == f"{SIGN_IN}?next=/"
    to_admin = browser.get("/admin/sharing/match/", follow=True)
    assert to_admin.redirect_chain[-1][0] == f"{SIGN_IN}?next=/admin/sharing/match/"

    signed_in = attempt(browser, "viewer", next="/admin/sharing/match/")

    assert (signed_in.status_code, signed_in.headers["Location"]) == (302, "/admin/sharing/match/")
    assert browser.get("/admin/sharing/match/").status_code == 200


@pytest.mark.parametrize("typed", ["viewer", "VIEWER", " viewer ", "viewer@example.invalid", "Viewer@Example.invalid"])
def test_people_are_known_by_user_name_or_mail(browser: Client, viewer: User, typed: str):
    assert attempt(browser, typed).headers["Location"] == "/"
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(browser: Client, viewer: User, next_page: str):
    assert attempt(browser, "viewer", next=next_page).headers["Location"] == "/"


@pytest.mark.parametrize("login", ["viewer", "nobody", "viewer@example.invalid", "nobody@example.invalid"])
def test_a_wrong_password_and_an_unknown_name_are_answered_alike(browser: Client, viewer: User, login: str):
    answer = attempt(browser, login, "not-it-at-all-no")

    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors() == [MISMATCH]


def test_an_account_that_was_closed_is_told_so_only_with_its_password(browser: Client, viewer: User):
    User.objects.filter(pk=viewer.pk).update(is_active=False)

    assert attempt(browser, "viewer", "not-it-at-all-no").context["form"].non_field_errors() == [MISMATCH]
    closed = browser.get(attempt(browser, "viewer").headers["Location"])
    assert "This account is closed" in closed.content.decode()


def test_the_session_gets_a_new_key_at_sign_in(browser: Client, viewer: User):
    session = browser.session
    session["before"] = 1
    session.save()
    browser.cookies["sessionid"] = before = session.session_key

    attempt(browser, "viewer")

    assert browser.cookies["sessionid"].value != before
    planted = Client()
    planted.cookies["sessionid"] = before
    assert planted.get("/").status_code == 302


def test_after_five_wrong_passwords_the_right_one_waits_too(browser: Client, viewer: User):
    for _ in range(4):
        assert attempt(browser, "viewer", "not-it-at-all-no").status_code == 200

    fifth, right = attempt(browser, "VIEWER@example.invalid", "not-it-at-all-no"), attempt(browser, "viewer")

    for answer in (fifth, right):
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
        assert (
            "The password was wrong 5 times, so no more are tried from here for 15 minutes. "
            "Wait, or choose a new password by mail now."
        ) in answer.content.decode()
    assert browser.get("/").status_code == 302


def test_wrong_passwords_from_one_address_lock_nobody_out_at_another(browser: Client, viewer: User):
    for _ in range(6):
        attempt(browser, "viewer", "not-it-at-all-no")

    assert attempt(Client(REMOTE_ADDR="203.0.113.77"), "viewer").status_code == 302


def test_the_addresses_of_a_network_of_ipv6_are_one(viewer: User):
    for n in range(6):
        attempt(Client(REMOTE_ADDR=f"2001:db8:1:2::{n}"), "viewer", "not-it-at-all-no")

    assert AccessAttempt.objects.get().ip_address == "2001:db8:1:2::"
    assert attempt(Client(REMOTE_ADDR="2001:db8:1:2:ffff::1"), "viewer").status_code == 429
    assert attempt(Client(REMOTE_ADDR="2001:db8:1:3::1"), "viewer").status_code == 302


def test_another_person_at_the_same_address_is_not_locked_out(browser: Client, viewer: User):
    knowing(factories.member(factories.organization("metro"), Role.VIEWER, "colleague"))
    for _ in range(6):
        attempt(browser, "viewer", "not-it-at-all-no")

    assert attempt(browser, "colleague").status_code == 302


def test_the_wait_ends_after_a_quarter_of_an_hour_however_often_one_tries(browser: Client, viewer: User):
    for _ in range(6):
        attempt(browser, "viewer", "not-it-at-all-no")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    assert attempt(browser, "viewer").status_code == 429

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert attempt(browser, "viewer").status_code == 302


def test_a_right_password_ends_the_count(browser: Client, viewer: User):
    for _ in range(4):
        attempt(browser, "viewer", "not-it-at-all-no")
    attempt(browser, "viewer")
    browser.post("/account/sign-out/")

    assert [attempt(browser, "viewer", "not-it-at-all-no").status_code for _ in range(4)] == [200] * 4


def test_passwords_are_not_written_down_with_the_attempts(browser: Client, viewer: User):
    attempt(browser, "viewer", "not-it-at-all-no")

    assert "not-it-at-all-no" not in AccessAttempt.objects.get().post_data


def test_behind_a_proxy_the_address_is_the_callers_own(viewer: User, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    proxy = Client(REMOTE_ADDR="127.0.0.1")
    for n in range(6):
        # What stands before the last comma was sent by the caller, who may write anything.
        proxy.post(
            SIGN_IN,
            {"login": "viewer", "password": "not-it-at-all-no"},
            headers={"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.9"},
        )

    assert AccessAttempt.objects.get().ip_address == "203.0.113.9"
    right = {"login": "viewer", "password": PASSWORD}
    assert proxy.post(SIGN_IN, right, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 429
    assert proxy.post(SIGN_IN, right, headers={"X-Forwarded-For": "203.0.113.10"}).status_code == 302


def test_an_address_of_ipv4_that_is_written_as_of_ipv6_is_counted_alone(viewer: User):
    guesser, other = Client(REMOTE_ADDR="::ffff:203.0.113.5"), Client(REMOTE_ADDR="::ffff:203.0.113.6")
    for n in range(31):
        guesser.post(SIGN_IN, {"login": "viewer" if n < 6 else f"somebody-{n}", "password": "not-it-at-all-no"})

    assert AccessAttempt.objects.get(username="viewer").ip_address == "203.0.113.5"
    assert other.post(SIGN_IN, {"login": "viewer", "password": PASSWORD}).status_code == 302


def test_calls_from_one_address_have_a_limit_whoever_is_tried(browser: Client, viewer: User):
    codes = [attempt(browser, f"somebody-{n}", "x").status_code for n in range(31)]

    assert codes == [200] * 30 + [429]
    assert "Wait a few minutes and try again." in attempt(browser, "viewer").content.decode()


def test_passwords_are_hashed_by_argon2_and_older_hashes_renewed_at_sign_in(browser: Client, viewer: User, settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]
    knowing(viewer)
    assert identify_hasher(viewer.password).algorithm == "argon2"
    User.objects.filter(pk=viewer.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))

    attempt(browser, "viewer")

    viewer.refresh_from_db()
    assert identify_hasher(viewer.password).algorithm == "argon2"


def test_who_belongs_to_no_organization_sees_their_account_and_is_told_whom_to_ask(browser: Client, db):
    knowing(factories.user("lonely"))
    attempt(browser, "lonely")

    for page in ("/", "/admin/"):
        answer = browser.get(page, follow=True)
        assert answer.status_code == 403
        assert "ask a manager of yours to invite you" in answer.content.decode()
    assert browser.get("/account/").status_code == 200


def test_one_goes_on_in_the_language_that_one_chose(browser: Client, viewer: User):
    User.objects.filter(pk=viewer.pk).update(language="zh-hans")

    attempt(browser, "viewer")

    assert '<html lang="zh-hans">' in browser.get("/").content.decode()


def test_nobody_signs_up(browser: Client, db):
    assert browser.get("/account/sign-up/").status_code == 404
    assert browser.get("/account/signup/").status_code == 404


def test_signing_out_ends_the_session_also_from_the_admin(browser: Client, viewer: User):
    for way in ("/account/sign-out/", "/admin/logout/"):
        attempt(browser, "viewer")
        assert browser.post(way).headers["Location"] == SIGN_IN
        assert browser.get("/").status_code == 302


def test_the_password_is_changed_on_the_site_from_the_admin_too(browser: Client, viewer: User):
    attempt(browser, "viewer")

    assert browser.get("/admin/password_change/").headers["Location"] == "/account/password/"


class TestForgottenPassword:
    def link(self, mailoutbox) -> str:
        found = re.search(r"http://127\.0\.0\.1:8000(/account/password/forgotten/\S+)", mailoutbox[0].body)
        assert found
        return found[1]

    def test_a_link_by_mail_leads_to_a_new_password_and_ends_the_wait(self, browser, viewer, mailoutbox):
        for _ in range(6):
            attempt(browser, "viewer", "not-it-at-all-no")
        asked = browser.post("/account/password/forgotten/", {"email": "viewer@example.invalid"}, follow=True)
        assert "Look at your mail" in asked.content.decode()
        assert (mailoutbox[0].subject, mailoutbox[0].to) == (
            "Infrashare: Choose a new password", ["viewer@example.invalid"],
        )  # fmt: skip

        form = browser.get(self.link(mailoutbox), follow=True)
        new = "another-password-of-mine"
        done = browser.post(form.redirect_chain[-1][0], {"password1": new, "password2": new}, follow=True)

        assert "Your password is changed" in done.content.decode()
        assert attempt(browser, "viewer", new).status_code == 302
        again = Client().get(self.link(mailoutbox), follow=True)
        assert "This link is used up" in again.content.decode()

    def test_an_address_that_no_account_has_is_answered_alike_and_gets_no_mail(self, browser, viewer, mailoutbox):
        known = browser.post("/account/password/forgotten/", {"email": "viewer@example.invalid"})
        unknown = browser.post("/account/password/forgotten/", {"email": "nobody@example.invalid"})

        assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
        assert [mail.to for mail in mailoutbox] == [["viewer@example.invalid"]]

    def test_the_link_names_the_site_whatever_host_was_asked(self, viewer, mailoutbox):
        Client().post(
            "/account/password/forgotten/", {"email": "viewer@example.invalid"}, headers={"Host": "localhost"}
        )

        assert "http://127.0.0.1:8000/account/" in mailoutbox[0].body
        assert "localhost" not in mailoutbox[0].body


def test_while_redis_is_away_nobody_signs_in_and_is_told_why_and_who_is_in_goes_on(
    browser: Client, viewer: User, settings
):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    for path, typed in (
        ("/account/sign-in/", {"login": viewer.username, "password": PASSWORD}),
        ("/account/password/forgotten/", {"email": viewer.email}),
    ):
        answer = browser.post(path, typed)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert "Try again in a few minutes." in answer.content.decode()
    assert browser.get("/").status_code == 302
    browser.force_login(viewer)
    assert browser.get("/").status_code == 200
