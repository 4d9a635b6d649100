"""Who calls: read by a program, and changed by the person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry.accounts import tokens
from registry.models import Role, Scope, User
from tests import factories
from tests.calls import Caller, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return factories.member(factories.organization("metro"), Role.MANAGER, "lee")


def test_name_language_and_time_zone_are_ones_own_to_change(person: User):
    caller = Caller(person)
    before = caller.get("me/")
    assert (before.json()["username"], before.json()["language"], before.json()["time_zone"]) == ("lee", "", "")
    changes = {"first_name": "Lei", "last_name": "Li", "language": "zh-hans", "time_zone": "Asia/Shanghai"}
    changed = caller.patch("me/", changes, headers={"If-Match": before["ETag"]})
    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in changes} == changes
    person.refresh_from_db()
    assert (person.get_full_name(), person.language, person.time_zone) == ("Lei Li", "zh-hans", "Asia/Shanghai")
    problem(caller.patch("me/", {"language": "en"}, headers={"If-Match": before["ETag"]}), 412, "precondition_failed")
    assert caller.patch("me/", {"language": ""}).json()["language"] == ""
    assert caller.get("me/").json()["time_zone"] == "Asia/Shanghai"


def test_who_knows_it_already_is_answered_with_304_until_it_changes(person: User):
    caller = Caller(person)
    known = {"If-None-Match": caller.get("me/")["ETag"]}
    again = caller.get("me/", headers=known)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", known["If-None-Match"])
    assert caller.patch("me/", {"first_name": "Lei"}, headers=known).status_code == 200
    assert caller.get("me/", headers=known).json()["first_name"] == "Lei"
    now = {"If-None-Match": caller.get("me/")["ETag"]}
    assert caller.patch("me/", {"first_name": "Lei"}, headers=now).json()["first_name"] == "Lei"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"language": "tlh"}, ("#/language", "invalid_choice")),
        ({"time_zone": "Mars/Olympus"}, ("#/time_zone", "unknown")),
        ({"username": "boss"}, ("#/username", "unknown_field")),
        ({"email": "boss@example.invalid"}, ("#/email", "unknown_field")),
        ({"is_superuser": True}, ("#/is_superuser", "unknown_field")),
    ],
)
def test_nothing_else_is(person: User, body: dict[str, object], fault: tuple[str, str]):
    caller = Caller(person)
    before = User.objects.values().get(pk=person.pk)
    assert problem(caller.patch("me/", body), 400, "bad_input") == [fault]
    assert User.objects.values().get(pk=person.pk) == before


def test_the_account_of_a_service_token_is_nobodys(person: User):
    _token, secret = tokens.issue_service(
        organization=person.memberships.get().organization, role=Role.EDITOR, name="nightly",
        scopes=[Scope.READ, Scope.WRITE], expires_at=timezone.now() + timedelta(days=9), actor=person,
    )  # fmt: skip
    problem(Caller(secret=secret).patch("me/", {"first_name": "x"}), 403, "not_yours")
