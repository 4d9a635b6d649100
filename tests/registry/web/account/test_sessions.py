"""How long a session lasts, whatever cookie a browser keeps; and who ends it."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from registry import tasks
from registry.accounts.session_store import BEGAN, SessionStore
from registry.models import Role, User
from tests import factories
from tests.registry.web.account.conftest import PASSWORD, knowing

PAGE = "/account/sessions/"


@pytest.fixture
def viewer(db) -> User:
    return knowing(factories.member(factories.organization("mobile"), Role.VIEWER, "viewer"))


@pytest.fixture
def browser(browser: Client, viewer: User) -> Client:
    return signed_in(browser)


def signed_in(client: Client, name: str = "viewer") -> Client:
    assert client.post("/account/sign-in/", {"login": name, "password": PASSWORD}).status_code == 302
    return client


def row_of(client: Client) -> Session:
    return Session.objects.get(pk=client.cookies["sessionid"].value)


def left(client: Client) -> float:
    """Minutes until the session ends, if nobody comes back."""
    return (row_of(client).expire_date - timezone.now()).total_seconds() / 60


def began(client: Client, ago: timedelta) -> None:
    store = SessionStore(client.cookies["sessionid"].value)
    store[BEGAN] -= ago.total_seconds()
    store.save()


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def shown_long_ago(client: Client) -> None:
    """As if what was shown at the sign-in had been shown an hour ago."""
    store = SessionStore(client.cookies["sessionid"].value)
    for note in store["account_authentication_methods"]:
        note["at"] -= 3600
    store.save()


def test_it_ends_an_hour_after_the_last_request(browser: Client):
    assert 59 < left(browser) <= 60
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=30))
    assert is_in(browser)
    assert 59 < left(browser) <= 60

    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert not is_in(browser)


def test_that_somebody_is_there_is_written_once_a_minute(browser: Client, django_assert_num_queries):
    is_in(browser)
    with django_assert_num_queries(6):
        is_in(browser)
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=58))
    with django_assert_num_queries(7):
        is_in(browser)


def test_it_ends_half_a_day_after_the_sign_in_however_busy(browser: Client):
    began(browser, timedelta(hours=11, minutes=50))
    assert is_in(browser)
    assert 9 < left(browser) <= 10

    began(browser, timedelta(minutes=10))
    # The row alone would let it live on.
    Session.objects.update(expire_date=timezone.now() + timedelta(days=1))

    assert not is_in(browser)


def test_one_that_does_not_say_when_it_began_is_over(browser: Client):
    store = SessionStore(browser.cookies["sessionid"].value)
    row = row_of(browser)
    row.session_data = store.encode({key: value for key, value in store.load().items() if key != BEGAN})
    row.save()

    assert not is_in(browser)


def test_what_a_stranger_had_begun_does_not_shorten_it(viewer: User):
    client = Client(REMOTE_ADDR="203.0.113.90")
    session = client.session
    session["before"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    began(client, timedelta(hours=11))

    signed_in(client)

    assert 59 < left(client) <= 60


def test_both_limits_are_settings(viewer: User, settings):
    settings.SESSION_IDLE, settings.SESSION_LONGEST = timedelta(minutes=15), timedelta(hours=1)
    client = signed_in(Client(REMOTE_ADDR="203.0.113.96"))
    assert 14 < left(client) <= 15
    began(client, timedelta(minutes=50))
    is_in(client)
    assert 9 < left(client) <= 10


def test_one_is_ended_alone_once_its_person_confirmed(browser: Client, viewer: User):
    kept, ended = (signed_in(Client(REMOTE_ADDR=f"203.0.113.{n}")) for n in (91, 92))
    chosen = UserSession.objects.get(ip="203.0.113.92")
    shown_long_ago(browser)

    asked = browser.post(PAGE, {"session": chosen.pk})
    assert (asked.status_code, asked.headers["Location"]) == (302, "/account/confirm/?next=%2Faccount%2Fsessions%2F")
    assert is_in(ended)
    browser.post("/account/confirm/", {"password": PASSWORD, "next": PAGE})

    assert (is_in(browser), is_in(kept), is_in(ended)) == (True, True, False)


def test_nobody_ends_a_session_of_another(browser: Client, viewer: User):
    knowing(factories.member(factories.organization("metro"), Role.VIEWER, "colleague"))
    other = signed_in(Client(REMOTE_ADDR="203.0.113.93"), "colleague")

    answer = browser.post(PAGE, {"session": UserSession.objects.get(ip="203.0.113.93").pk})

    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["session"])
    assert is_in(other)


def test_ending_this_one_signs_out(browser: Client, viewer: User):
    browser.post(PAGE, {"session": UserSession.objects.get(user=viewer).pk})

    assert not is_in(browser)


class TestByWhoRunsTheRegistry:
    def test_those_of_one_person_end(self, browser: Client, viewer: User, capsys):
        other = signed_in(Client(REMOTE_ADDR="203.0.113.94"))
        knowing(factories.member(factories.organization("metro"), Role.VIEWER, "colleague"))
        colleague = signed_in(Client(REMOTE_ADDR="203.0.113.95"), "colleague")

        call_command("end_sessions", "viewer")

        assert capsys.readouterr().out == "Sessions of viewer that ended: 2.\n"
        assert (is_in(browser), is_in(other), is_in(colleague)) == (False, False, True)

    def test_those_of_everybody_end(self, browser: Client, viewer: User, capsys):
        call_command("end_sessions", all=True)

        assert capsys.readouterr().out == "Sessions that ended: 1.\n"
        assert not is_in(browser)
        assert not UserSession.objects.exists()

    def test_of_nobody_none_end(self, browser: Client):
        with pytest.raises(CommandError, match="Nobody signs in as “nobody”"):
            call_command("end_sessions", "nobody")
        assert is_in(browser)


def test_what_is_over_is_forgotten_with_the_addresses_it_came_from(browser: Client, viewer: User):
    signed_in(Client(REMOTE_ADDR="203.0.113.97"))
    over = UserSession.objects.get(ip="203.0.113.97").session_key
    Session.objects.filter(pk=over).update(expire_date=timezone.now() - timedelta(seconds=1))
    for days in (29, 31):
        AccessAttempt.objects.create(username=f"{days}", ip_address="203.0.113.98", failures_since_start=1)
        AccessAttempt.objects.filter(username=f"{days}").update(attempt_time=timezone.now() - timedelta(days=days))

    tasks.forget_sessions()

    assert [one.session_key for one in UserSession.objects.all()] == [browser.cookies["sessionid"].value]
    assert not Session.objects.filter(pk=over).exists()
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["29"]
