"""What is told of ways in and of refusals there: by ids, at its place, once; and docs/security.md lists it all."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from registry import security
from registry.accounts import recovery_codes, tokens
from registry.importing import queueing
from registry.models import ImportTarget, Role, Scope, User
from sharing.errors import BadInput
from sharing.workflow import webhooks
from tests import factories
from tests.registry.web.account.conftest import PASSWORD, code, knowing, with_app

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
SHOW = "/account/sign-in/second-factor/"


@pytest.fixture(autouse=True)
def quick_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    settings.AXES_ENABLED = True


@pytest.fixture
def manager(db) -> User:
    return knowing(factories.member(factories.organization("mobile"), Role.MANAGER, "manager"))


@pytest.fixture
def browser() -> Client:
    return Client(REMOTE_ADDR="203.0.113.50")


@pytest.fixture
def told(caplog):
    """What was told since it was last asked, with its level."""
    caplog.set_level("INFO", "infrashare.security")

    def since() -> list[str]:
        lines = [f"{one.levelname} {one.getMessage()}" for one in caplog.records if one.name == security.log.name]
        caplog.clear()
        return lines

    return since


def test_signing_in_by_both_factors_and_out_again(browser: Client, manager: User, told):
    with_app(manager)
    who = f"person={manager.pk}"
    browser.post("/account/sign-in/", {"login": "manager", "password": "not-it-at-all-no"})
    browser.post("/account/sign-in/", {"login": "my password, typed one field too early", "password": "x"})
    browser.post("/account/sign-in/", {"login": "manager", "password": PASSWORD})
    browser.post(SHOW, {"code": "1"})
    browser.post(SHOW, {"code": code()})
    browser.post("/account/sign-out/")

    assert told() == [
        f"WARNING password_refused {who} address=203.0.113.50",
        "WARNING password_refused address=203.0.113.50",
        f"WARNING code_refused {who} by=totp address=203.0.113.50",
        f"INFO second_factor_shown {who} by=totp address=203.0.113.50",
        f"INFO signed_in {who} by=password,totp address=203.0.113.50",
        f"INFO signed_out {who} address=203.0.113.50",
    ]


def test_the_fifth_wrong_password_locks_out(browser: Client, manager: User, told):
    for _ in range(5):
        browser.post("/account/sign-in/", {"login": "manager@example.invalid", "password": "not-it-at-all-no"})

    assert told()[-1] == f"WARNING locked_out person={manager.pk} address=203.0.113.50"


def test_a_forgotten_password_and_its_new_one(browser: Client, manager: User, mailoutbox, told):
    browser.post("/account/password/forgotten/", {"email": "manager@example.invalid"})
    browser.post("/account/password/forgotten/", {"email": "nobody@example.invalid"})
    link = re.search(r"http://127\.0\.0\.1:8000(/account/password/forgotten/\S+)", mailoutbox[0].body)
    form = browser.get(link[1], follow=True).redirect_chain[-1][0]
    browser.post(form, {"password1": "quite-another-word-of-mine", "password2": "quite-another-word-of-mine"})

    assert told() == [
        f"INFO reset_asked person={manager.pk} address=203.0.113.50",
        f"INFO password_changed person={manager.pk} address=203.0.113.50",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_second_factor_that_comes_and_goes(browser: Client, manager: User, told):
    browser.post("/account/sign-in/", {"login": "manager", "password": PASSWORD})
    session = browser.session
    session["mfa.totp.secret"] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    session.save()
    told()
    browser.post("/account/second-factor/app/", {"code": code()})
    browser.post("/account/second-factor/codes/new/")
    browser.post("/account/second-factor/app/remove/")
    recovery_codes.make(manager)
    call_command("remove_second_factor", "manager")

    who = f"person={manager.pk}"
    assert [line.removesuffix(" address=203.0.113.50") for line in told()] == [
        f"INFO authenticator_added {who} kind=totp",
        f"INFO codes_made {who}",
        f"INFO codes_made {who}",
        f"INFO authenticator_removed {who} kind=totp",
        f"INFO authenticator_removed {who} kind=recovery_codes",
        f"INFO second_factor_removed {who} removed=1",
    ]


def test_tokens_that_are_issued_revoked_and_refused(manager: User, told):
    token, secret = tokens.issue_personal(
        name="x", scopes=[Scope.READ], expires_at=timezone.now() + timedelta(days=1), actor=manager
    )
    tokens.revoke(token, actor=manager)
    client = Client(REMOTE_ADDR="203.0.113.51")
    for bearer in (secret, "isr_never"):
        client.get("/api/v1/me/", headers={"Authorization": f"Bearer {bearer}"})

    lines = told()
    assert lines == [
        f"INFO token_issued person={manager.pk} token={token.pk} acts_as={manager.pk}",
        f"INFO token_revoked person={manager.pk} token={token.pk}",
        f"WARNING token_refused token={token.pk} address=203.0.113.51",
        "WARNING token_refused address=203.0.113.51",
    ]
    assert secret not in str(lines)


def test_a_call_whose_address_nobody_can_tell_is_answered_all_the_same(db, told, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    headers = {"Authorization": "Bearer isr_never", "X-Forwarded-For": "203.0.113.9"}

    assert Client().get("/api/v1/me/", headers=headers).status_code == 401
    assert told() == ["WARNING token_refused"]


def test_a_file_and_an_address_that_are_refused(manager: User, told, monkeypatch):
    of = manager.memberships.get().organization
    monkeypatch.setattr(queueing, "MOST_BYTES", 3)
    with pytest.raises(queueing.TooLarge):
        queueing.queue(of, ImportTarget.ASSETS, SimpleUploadedFile("a.csv", b"1234"), {}, actor=manager)
    with pytest.raises(BadInput):
        webhooks.create(of, name="x", url="https://10.0.0.1/", actor=manager)

    assert told() == [
        f"WARNING file_refused person={manager.pk} organization={of.pk} bytes=4",
        f"WARNING webhook_address_refused person={manager.pk} organization={of.pk}",
    ]


def test_each_event_is_told_somewhere_and_stands_on_the_page():
    listed = set(re.findall(r"^\| `(\w+)` \|", PAGE[PAGE.index("## Security events") :], re.MULTILINE))
    code_of = "\n".join(
        path.read_text(encoding="utf-8") for room in ("config", "registry", "sharing")
        for path in (Path(__file__).parents[2] / room).rglob("*.py")
    )  # fmt: skip

    assert listed == security.DONE | security.REFUSED
    assert set(re.findall(r'security\.note\(\s*"(\w+)"', code_of)) == listed
    with pytest.raises(ValueError, match="no event"):
        security.note("something")
