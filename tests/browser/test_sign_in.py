"""Signing in as people do: a password, then the code of an app; or a passkey alone."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from registry.models import Role, User
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SignedIn, accessible
from tests.registry.web.account.conftest import code

PASSWORD = "a-long-password-of-mine"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def person(role: Role) -> User:
    made = factories.member(factories.organization("mobile"), role, "chen.mobile")
    made.set_password(PASSWORD)
    made.save()
    return made


def give_password(page: Page, password: str = PASSWORD) -> None:
    page.locator("input[name=login]").fill("chen.mobile")
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")


def at(page: Page, path: str) -> None:
    page.wait_for_url(lambda url: urlsplit(url).path == path)


def at_both_widths(page: Page) -> None:
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        accessible(page)
    page.set_viewport_size(DESKTOP)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_manager_sets_up_an_app_and_signs_in_by_password_and_code(
    open_page: SignedIn, settings, mailoutbox, language: str
):
    settings.SECOND_FACTOR_REQUIRED = True
    person(Role.MANAGER)
    page = open_page("/", language=language)
    assert page.url.endswith("/account/sign-in/?next=/")
    assert page.locator("html").get_attribute("lang") == language
    give_password(page, "not-it-at-all-no")
    expect(page.locator("[role=alert] .errorlist")).to_be_visible()
    assert page.locator("input[name=login]").input_value() == "chen.mobile"
    at_both_widths(page)

    give_password(page)
    at(page, "/account/second-factor/")
    at_both_widths(page)
    page.locator("a[href='/account/second-factor/app/']").click()
    secret = page.locator("#totp-secret").inner_text()
    at_both_widths(page)
    page.locator("input[name=code]").fill(code(secret=secret))
    page.locator("input[name=code]").press("Enter")
    expect(page.locator(".codes code")).to_have_count(10)
    at_both_widths(page)
    assert [mail.to for mail in mailoutbox] == [["chen.mobile@example.invalid"]]
    page.goto("/account/")
    at_both_widths(page)

    page.context.clear_cookies(name="sessionid")
    page.goto("/account/")
    give_password(page)
    expect(page.locator("input[name=code]")).to_be_visible()
    at_both_widths(page)
    page.locator("input[name=code]").fill(code(secret=secret))
    page.locator("input[name=code]").press("Enter")
    at(page, "/account/")


def test_a_passkey_signs_in_without_a_password(open_page: SignedIn):
    person(Role.VIEWER)
    page = open_page("/account/second-factor/passkeys/add/")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    give_password(page)
    at_both_widths(page)
    page.locator("input[name=passwordless]").check()
    page.locator("#mfa_webauthn_add").click()
    expect(page.locator(".codes code")).to_have_count(10)
    for path in ("/account/second-factor/", "/account/confirm/passkey/"):
        page.goto(path)
        at_both_widths(page)

    page.context.clear_cookies(name="sessionid")
    page.goto("/account/sessions/")
    page.locator("#passkey_login").click()

    at(page, "/account/sessions/")
    assert page.locator("tbody tr").count() == 2
    at_both_widths(page)
