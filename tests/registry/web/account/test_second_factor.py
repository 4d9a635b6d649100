"""Who needs a second factor has one before anything else; and nobody loses theirs by mistake."""

import json
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import identify_hasher
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from registry.accounts import recovery_codes
from registry.models import PlaceGrant, Role, User
from tests import factories
from tests.registry.web.account.conftest import PASSWORD, SECRET, code, knowing, with_app

SET_UP, SHOW = "/account/second-factor/", "/account/sign-in/second-factor/"


@pytest.fixture(autouse=True)
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def manager(db) -> User:
    return knowing(factories.member(factories.organization("mobile"), Role.MANAGER, "manager"))


def sign_in(client: Client, user: User):
    return client.post("/account/sign-in/", {"login": user.username, "password": PASSWORD})


def where(answer) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("Location", "")


def test_a_manager_without_one_is_led_to_set_one_up(browser: Client, manager: User):
    sign_in(browser, manager)

    for page in ("/", "/admin/", "/admin/sharing/match/", "/account/", "/account/e-mail/", "/nothing/here/"):
        assert where(browser.get(page)) == (302, f"{SET_UP}?next={page.replace('/', '%2F')}")
    part = browser.get("/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/assets/"})
    assert part.headers["HX-Redirect"] == f"{SET_UP}?next=%2Fassets%2F"
    typing = browser.post("/lists/1/check/tower/", headers={"HX-Request": "true"})
    assert typing.status_code == 200 and "data-signed-out>You" in typing.content.decode()
    assert f'href="{SET_UP}" target="_blank"' in typing.content.decode()
    page = browser.get(SET_UP).content.decode()
    assert "Signing in takes a second factor: set up one of these two first." in page


@pytest.mark.parametrize("path", ["/api/v1/assets/", "/api/v1/tokens/", "/ogc/collections/assets/items"])
def test_programs_in_such_a_session_are_strangers_whatever_they_send_along(browser: Client, manager: User, path: str):
    sign_in(browser, manager)

    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer isr_none"}):
        assert browser.get(path, headers={"Accept": "application/json", **headers}).status_code == 401


@pytest.mark.parametrize(
    ("regulates", "role", "superuser", "asked"),
    [
        (None, Role.VIEWER, False, False),
        (None, Role.EDITOR, False, False),
        (None, Role.MANAGER, False, True),
        (factories.WUHAN_CODE, Role.VIEWER, False, True),
        (None, Role.VIEWER, True, True),
    ],
)
@pytest.mark.parametrize("of_everybody", [True, False])
def test_it_is_asked_of_everybody_or_of_managers_regulators_and_superusers_alone(
    browser: Client, settings, db, regulates: str | None, role: Role, superuser: bool, asked: bool, of_everybody: bool
):
    settings.SECOND_FACTOR_OF_EVERYBODY = of_everybody
    of = factories.organization("party", regulates=regulates)
    user = knowing(factories.member(of, role, "somebody", is_superuser=superuser))
    sign_in(browser, user)

    assert browser.get("/").status_code == (302 if asked or of_everybody else 200)


def test_it_is_asked_of_all_members_of_a_body_with_a_grant_of_sight_while_it_holds(browser: Client, settings, db):
    settings.SECOND_FACTOR_OF_EVERYBODY = False
    fire, city = factories.organization("fire"), factories.regulator("city")
    user = knowing(factories.member(fire, Role.VIEWER, "fireman"))
    sign_in(browser, user)
    assert browser.get("/").status_code == 200
    today = timezone.localdate()
    grant = PlaceGrant.objects.create(
        organization=fire, region=factories.region(), starts_on=today, ends_on=today, reason="flood",
        granted_by=factories.member(city),
    )  # fmt: skip
    assert browser.get("/").status_code == 302
    PlaceGrant.objects.filter(pk=grant.pk).update(withdrawn_at=timezone.now())
    assert browser.get("/").status_code == 200


def test_an_app_is_set_up_by_its_code_and_leads_on_with_recovery_codes(browser: Client, manager: User):
    sign_in(browser, manager)
    form = browser.get("/account/second-factor/app/")
    assert 'src="data:image/svg+xml;base64,' in form.content.decode()
    session = browser.session
    session["mfa.totp.secret"] = SECRET
    session.save()
    wrong = browser.post("/account/second-factor/app/", {"code": "000000" if code() != "000000" else "111111"})
    assert wrong.context["form"].errors == {"code": ["This code is wrong, or was used before: wait for the next one."]}

    done = browser.post("/account/second-factor/app/", {"code": code()})

    assert len(set(re.findall(r"<code>(\d{10})</code>", done.content.decode()))) == 10
    assert browser.get("/").status_code == 200
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in stored


def test_from_then_on_signing_in_takes_the_code_once(browser: Client, manager: User):
    with_app(manager)
    assert where(sign_in(browser, manager)) == (302, SHOW)
    assert browser.get("/").status_code == 302

    now = code()
    assert where(browser.post(SHOW, {"code": now})) == (302, "/")
    assert browser.get("/").status_code == 200

    other = Client(REMOTE_ADDR="2001:db8:ffff::1")
    sign_in(other, manager)
    again = other.post(SHOW, {"code": now})
    assert again.context["form"].errors == {"code": ["This code is wrong, or was used before: wait for the next one."]}


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_code_is_taken_in_its_own_half_minute_alone(browser: Client, manager: User, steps: int):
    with_app(manager)
    sign_in(browser, manager)

    assert browser.post(SHOW, {"code": code(steps)}).status_code == 200
    assert where(browser.post(SHOW, {"code": code()})) == (302, "/")


def test_five_wrong_codes_make_one_wait(browser: Client, manager: User):
    with_app(manager)
    sign_in(browser, manager)
    wrong = next(guess for guess in ("000000", "111111", "222222", "333333") if guess not in map(code, (-1, 0, 1)))
    for _ in range(5):
        browser.post(SHOW, {"code": wrong})

    answer = browser.post(SHOW, {"code": code()})

    assert answer.context["form"].errors == {"code": ["Too many wrong codes: wait five minutes and try again."]}


def test_a_recovery_code_stands_in_once(browser: Client, manager: User):
    with_app(manager)
    spare, kept = recovery_codes.make(manager)[3:5]
    sign_in(browser, manager)
    assert where(browser.post(SHOW, {"code": spare})) == (302, "/")

    other = Client(REMOTE_ADDR="2001:db8:fffe::1")
    sign_in(other, manager)
    assert other.post(SHOW, {"code": spare}).status_code == 200
    assert recovery_codes.left(manager) == 9
    assert where(other.post(SHOW, {"code": f" {kept[:5]}-{kept[5:]} "})) == (302, "/")


def test_of_recovery_codes_hashes_alone_are_kept_and_new_ones_end_the_old(manager: User, settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]
    old = recovery_codes.make(manager)[7]
    [row] = Authenticator.objects.filter(user=manager)
    assert {identify_hasher(one).algorithm for one in row.data["hashes"]} == {"argon2"}
    assert old not in json.dumps(row.data)

    new = recovery_codes.make(manager)[7]

    assert recovery_codes.use(manager, old) is None
    assert recovery_codes.use(manager, f"6{new[1:]}") is None
    assert recovery_codes.use(manager, new) == row
    assert recovery_codes.use(manager, new) is None
    assert [recovery_codes.use(manager, other) for other in ("", "７000000000", "x" * 10, new[:9])] == [None] * 4


def test_new_codes_are_shown_once_and_told_by_mail(browser: Client, manager: User, mailoutbox):
    with_app(manager)
    sign_in(browser, manager)
    browser.post(SHOW, {"code": code()})
    page = "/account/second-factor/codes/new/"
    assert "You have none left." in browser.get(page).content.decode()

    made = browser.post(page)

    found = re.findall(r"<code>(\d{10})</code>", made.content.decode())
    assert (len(found), "no-store" in made.headers["Cache-Control"]) == (10, True)
    assert not any(one in browser.get(path).content.decode() for one in found for path in (page, SET_UP))
    assert "10 codes are left." in browser.get(SET_UP).content.decode()
    assert [mail.to for mail in mailoutbox] == [[manager.email]]


def test_a_session_from_before_has_to_show_the_factor_that_was_set_up_elsewhere(browser: Client, manager: User):
    sign_in(browser, manager)
    with_app(manager)

    assert where(browser.get("/")) == (302, "/account/confirm/code/?next=%2F")
    assert where(browser.post("/account/confirm/code/", {"code": code(), "next": "/"})) == (302, "/")
    assert browser.get("/").status_code == 200


def test_the_last_one_stays_while_the_role_asks_for_it(browser: Client, manager: User):
    with_app(manager)
    sign_in(browser, manager)
    browser.post(SHOW, {"code": code()})

    kept = browser.post("/account/second-factor/app/remove/")

    assert kept.context["form"].non_field_errors() == ["A second factor is asked of you: set up another one first."]
    assert Authenticator.objects.filter(user=manager, type=Authenticator.Type.TOTP).exists()


def test_who_needs_none_may_have_one_and_remove_it(browser: Client, settings, db):
    settings.SECOND_FACTOR_OF_EVERYBODY = False
    viewer = with_app(knowing(factories.member(factories.organization("mobile"), Role.VIEWER, "viewer")))
    sign_in(browser, viewer)
    browser.post(SHOW, {"code": code()})

    assert where(browser.post("/account/second-factor/app/remove/")) == (302, SET_UP)
    assert not Authenticator.objects.filter(user=viewer).exists()


def test_who_becomes_a_manager_meanwhile_is_asked_at_the_next_page(browser: Client, settings, db):
    settings.SECOND_FACTOR_OF_EVERYBODY = False
    of = factories.organization("mobile")
    viewer = knowing(factories.member(of, Role.VIEWER, "viewer"))
    sign_in(browser, viewer)
    assert browser.get("/").status_code == 200

    viewer.memberships.update(role=Role.MANAGER)

    assert where(browser.get("/"))[0] == 302


def test_a_session_that_showed_it_costs_no_query_more(
    browser: Client, manager: User, settings, django_assert_num_queries
):
    with_app(manager)
    sign_in(browser, manager)
    browser.post(SHOW, {"code": code()})
    browser.get("/")
    settings.SECOND_FACTOR_REQUIRED = False
    with django_assert_num_queries(20) as without:
        browser.get("/")
    settings.SECOND_FACTOR_REQUIRED = True
    with django_assert_num_queries(len(without)):
        browser.get("/")


def test_where_none_is_asked_for_pages_say_so(browser: Client, manager: User, settings):
    note = "Sign-in without a second factor: for trying out, not for real data."
    assert note not in browser.get("/account/sign-in/").content.decode()

    settings.SECOND_FACTOR_REQUIRED = False

    assert note in browser.get("/account/sign-in/").content.decode()
    sign_in(browser, manager)
    assert note in browser.get("/").content.decode()


def test_tokens_are_issued_only_to_who_has_one(browser: Client, settings, db):
    settings.SECOND_FACTOR_OF_EVERYBODY = False
    viewer = knowing(factories.member(factories.organization("mobile"), Role.VIEWER, "viewer"))
    sign_in(browser, viewer)
    body = {"name": "Script", "scopes": ["read"], "expires_at": (timezone.now() + timedelta(days=9)).isoformat()}

    refused = browser.post("/api/v1/tokens/", body, "application/json")
    with_app(viewer)
    issued = browser.post("/api/v1/tokens/", body, "application/json")

    assert (refused.status_code, refused.json()["detail"]) == (
        403, "Set up a second factor first: a token opens the registry without one.",
    )  # fmt: skip
    assert issued.status_code == 201


def test_who_has_lost_it_gets_it_removed_by_who_runs_the_registry(browser: Client, manager: User, capsys):
    with_app(manager)
    recovery_codes.make(manager)
    sign_in(browser, manager)
    browser.post(SHOW, {"code": code()})

    call_command("remove_second_factor", "manager")

    assert capsys.readouterr().out == "manager has none now (2 removed).\n"
    assert where(browser.get("/")) == (302, "/account/sign-in/?next=/")
    assert where(sign_in(browser, manager)) == (302, "/")
    with pytest.raises(CommandError, match="Nobody signs in as “nobody”"):
        call_command("remove_second_factor", "nobody")
