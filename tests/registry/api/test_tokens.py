"""Sign-in by token: what a token may do, and how fast it may do nothing any more."""

from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from redis import Redis
from redis.connection import AbstractConnection

from registry.accounts import tokens
from registry.models import ApiToken, Membership, Role, Scope, User
from registry.refusals import constraint_of
from tests import factories
from tests.calls import Caller, problem

pytestmark = pytest.mark.django_db


def soon(days: int = 30) -> Any:
    return timezone.now() + timedelta(days=days)


def service_body() -> dict[str, Any]:
    return {
        "name": "s", "scopes": ["read"], "expires_at": soon().isoformat(), "organization": "grid", "role": "viewer"
    }  # fmt: skip


class Party:
    def __init__(self) -> None:
        self.organization = factories.organization("grid")
        self.tower = factories.asset(self.organization, code="T-1")
        self.manager = factories.member(self.organization, Role.MANAGER)

    def caller(self, *scopes: str, **fields: Any) -> tuple[ApiToken, Caller]:
        token, secret = tokens.issue_personal(
            **{"name": "t", "expires_at": soon(), "actor": self.manager, "scopes": scopes, **fields}
        )
        return token, Caller(secret=secret)

    def service(self, role: Role, *scopes: str) -> tuple[ApiToken, Caller]:
        token, secret = tokens.issue_service(
            self.organization, name="s", role=role, scopes=scopes, expires_at=soon(), actor=self.manager
        )
        return token, Caller(secret=secret)


@pytest.fixture
def party() -> Party:
    return Party()


def test_a_token_acts_as_its_person_within_its_scopes(party: Party):
    _token, reader = party.caller(Scope.READ)
    me = reader.get("me/").json()
    assert (me["username"], me["scopes"]) == (party.manager.username, ["read"])
    assert me["memberships"] == [{"organization": "grid", "role": "manager", "regulates": None}]
    assert reader.codes("assets/") == {"T-1"}
    problem(reader.patch(f"assets/{party.tower.pk}/", {"name": "x"}), 403, "scope_missing")
    _token, writer = party.caller(Scope.WRITE)
    assert writer.patch(f"assets/{party.tower.pk}/", {"name": "x"}).status_code == 200
    problem(writer.get("assets/"), 403, "scope_missing")
    problem(writer.post("matches/approve/", {}), 403, "scope_missing")
    _token, decider = party.caller(Scope.DECIDE)
    problem(decider.post("matches/approve/", {}), 400, "bad_input")


def test_a_token_in_an_address_opens_nothing(party: Party):
    _token, secret = tokens.issue_personal(name="t", expires_at=soon(), actor=party.manager, scopes=[Scope.READ])
    for name in ("token", "access_token", "api_key", "Authorization"):
        problem(Client().get("/api/v1/assets/", {name: secret}), 401, "not_authenticated")


def test_only_a_digest_is_kept_and_the_secret_is_shown_once(party: Party):
    caller = Caller(party.manager)
    body = {"name": "nightly", "scopes": ["read"], "expires_at": soon().isoformat()}
    made = caller.post("tokens/", body)
    secret = made.json()["secret"]
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    token = ApiToken.objects.get()
    assert token.digest == ApiToken.digest_of(secret) and secret.startswith(token.hint) and len(secret) > 40
    assert secret not in str(vars(token)) and "secret" not in caller.get(made["Location"]).json()
    assert Caller(secret=secret).get("me/").status_code == 200


def test_a_token_begets_no_other_and_its_answer_is_not_kept(party: Party):
    _token, caller = party.caller(*Scope.values)
    body = {"name": "n", "scopes": ["read"], "expires_at": soon().isoformat()}
    problem(caller.post("tokens/", body), 403, "scope_missing")
    refused = Caller(party.manager).post("tokens/", body, headers={"Idempotency-Key": "k"})
    assert problem(refused, 400, "bad_input") == [("Idempotency-Key", "invalid")]
    assert ApiToken.objects.count() == 1


def test_revoking_a_token_keeps_its_answer(party: Party):
    token, _caller = party.caller(Scope.READ)
    caller, key = Caller(party.manager), {"Idempotency-Key": "k"}
    first, again = (caller.delete(f"tokens/{token.pk}/", headers=key) for _call in range(2))
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (204, 204, "true")
    assert ApiToken.objects.get(pk=token.pk).revoked_at is not None


@pytest.mark.parametrize("end", ["revoked", "expired", "unknown", "inactive"])
def test_a_token_that_is_over_is_refused_at_once(party: Party, end: str):
    token, caller = party.caller(Scope.READ)
    assert caller.get("assets/").status_code == 200
    if end == "revoked":
        assert Caller(party.manager).delete(f"tokens/{token.pk}/").status_code == 204
    elif end == "expired":
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    elif end == "unknown":
        caller = Caller(secret="isr_" + "x" * 43)
    else:
        User.objects.filter(pk=party.manager.pk).update(is_active=False)
    response = caller.get("assets/")
    assert problem(response, 401, "not_authenticated") == []
    assert response["WWW-Authenticate"] == 'Bearer realm="infrashare"'


def test_a_service_token_is_never_more_than_its_issuer(party: Party):
    token, caller = party.service(Role.EDITOR, Scope.READ, Scope.WRITE)
    assert caller.patch(f"assets/{party.tower.pk}/", {"name": "by a program"}).status_code == 200
    assert caller.get("me/").json()["memberships"] == [{"organization": "grid", "role": "editor", "regulates": None}]
    membership = Membership.objects.filter(user=party.manager)
    membership.update(role=Role.VIEWER)
    problem(caller.get("assets/"), 401, "not_authenticated")
    membership.update(role=Role.EDITOR)
    assert caller.get("assets/").status_code == 200
    membership.delete()
    problem(caller.get("assets/"), 401, "not_authenticated")
    tokens.revoke(token, actor=party.manager)
    assert not User.objects.get(pk=token.user_id).is_active


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"role": "manager"}, ("#/role", "invalid_choice")),
        ({"scopes": ["read", "decide"]}, ("#/scopes", "invalid")),
        ({"scopes": []}, ("#/scopes", "min_length")),
        ({"scopes": ["all"]}, ("#/scopes/0", "invalid_choice")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ("#/expires_at", "invalid")),
        ({"expires_at": "2099-01-01T00:00:00Z"}, ("#/expires_at", "invalid")),
        ({"role": None}, ("#/role", "null")),
    ],
)
def test_a_service_token_cannot_be_more(party: Party, fields: dict[str, Any], fault: tuple[str, str]):
    body = {
        "name": "s",
        "scopes": ["read"],
        "expires_at": soon().isoformat(),
        "organization": "grid",
        "role": "editor",
    }
    assert problem(Caller(party.manager).post("tokens/", {**body, **fields}), 400, "bad_input") == [fault]
    assert ApiToken.objects.count() == 0


def test_only_managers_issue_service_tokens(party: Party):
    body = {
        "name": "s",
        "scopes": ["read"],
        "expires_at": soon().isoformat(),
        "organization": "grid",
        "role": "viewer",
    }
    editor = Caller(factories.member(party.organization, Role.EDITOR))
    problem(editor.post("tokens/", body), 403, "not_yours")
    assert Caller(party.manager).post("tokens/", body).json()["organization"] == "grid"


def test_the_database_itself_keeps_services_from_deciding(party: Party):
    token, _caller = party.service(Role.VIEWER, Scope.READ)
    for change in ({"scopes": ["decide"]}, {"scopes": ["all"]}, {"scopes": []}, {"issued_by": token.user_id}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiToken.objects.filter(pk=token.pk).update(**change)


def test_the_account_of_a_service_token_belongs_nowhere_else_and_is_no_manager(party: Party):
    """Whoever writes: neither another member, nor another role, nor another token makes it more."""
    token, _caller = party.service(Role.VIEWER, Scope.READ)
    own, other = Membership.objects.filter(user=token.user_id), factories.organization("telco")
    person = Membership.objects.get(user=factories.member(other, Role.VIEWER))
    own.update(role=Role.EDITOR)
    for act in (
        lambda: Membership.objects.create(user_id=token.user_id, organization=other, role=Role.VIEWER),
        lambda: own.update(role=Role.MANAGER),
        lambda: own.update(organization=other),
        lambda: Membership.objects.filter(pk=person.pk).update(user=token.user_id),
        lambda: ApiToken.objects.filter(pk=token.pk).update(organization=other),
        lambda: tokens._issue(person.user, party.organization, "s", ["read"], soon(), party.manager),
    ):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            act()
        assert constraint_of(refused.value) == "service_token_keeps_its_place"
    assert list(own.values_list("organization__code", "role")) == [("grid", "editor")]


def test_a_service_token_is_no_manager_by_the_api_either(party: Party):
    token, _caller = party.service(Role.VIEWER, Scope.READ)
    own, manager = Membership.objects.get(user=token.user_id), Caller(party.manager)
    assert problem(manager.patch(f"memberships/{own.pk}/", {"role": "manager"}), 400, "bad_input") == [
        ("#/role", "invalid")
    ]
    assert manager.patch(f"memberships/{own.pk}/", {"role": "editor"}).json()["role"] == "editor"


@pytest.mark.parametrize("more", ["elsewhere", "manager"])
def test_a_service_token_whose_account_is_more_is_refused_until_it_is_put_back(party: Party, more: str):
    """Past the database's own rule, or from before there was one."""
    token, caller = party.service(Role.VIEWER, Scope.READ)
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE registry_membership DISABLE TRIGGER service_keeps_its_place"
        )
    if more == "manager":
        Membership.objects.filter(user=token.user_id).update(role=Role.MANAGER)
    else:
        Membership.objects.create(user_id=token.user_id, organization=factories.organization("telco"))
    problem(caller.get("assets/"), 401, "not_authenticated")
    with connection.cursor() as cursor:
        cursor.execute(import_module("registry.migrations.0033_service_tokens_keep_their_place").RETURN)
    assert caller.get("assets/").status_code == 200
    assert Membership.objects.exclude(user=token.user_id).get().role == Role.MANAGER


def test_a_token_can_be_revoked_by_who_sees_it_and_once(party: Party):
    token, _caller = party.service(Role.EDITOR, Scope.READ)
    other_manager = Caller(factories.member(party.organization, Role.MANAGER, "other"))
    assert other_manager.get(f"tokens/{token.pk}/").json()["actions"] == ["delete"]
    assert Caller(party.manager).delete(f"tokens/{token.pk}/").status_code == 204
    assert other_manager.get(f"tokens/{token.pk}/").json()["actions"] == []


def test_an_unsafe_call_within_a_session_needs_the_csrf_token(party: Party):
    client = Client(enforce_csrf_checks=True)
    client.force_login(party.manager)
    response = client.patch(f"/api/v1/assets/{party.tower.pk}/", {"name": "x"}, content_type="application/json")
    assert problem(response, 403, "not_yours") == []
    _token, secret = tokens.issue_personal(name="t", scopes=["write"], expires_at=soon(), actor=party.manager)
    response = Client(enforce_csrf_checks=True).patch(
        f"/api/v1/assets/{party.tower.pk}/", {"name": "x"}, content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )  # fmt: skip
    assert response.status_code == 200


def test_calls_are_counted_for_each_token_apart(party: Party, settings: Any):
    settings.API_CALLS_PER_MINUTE = 3
    _token, one = party.caller(Scope.READ)
    _token, other = party.caller(Scope.READ)
    answers = [one.get("me/") for _call in range(8)]
    # The minute may turn over once while they are made.
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 2 <= len(refused) <= 5
    assert problem(refused[0], 429, "throttled") == []
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert other.get("me/").status_code == 200


def test_guesses_are_counted_against_their_address(party: Party, settings: Any):
    settings.API_CALLS_PER_MINUTE_UNKNOWN = 3
    # Counted apart from other calls of this machine, whose Redis is not the tests' to empty.
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}
    guesser = Caller(secret="isr_guess")
    codes = [guesser.get("me/").status_code for _guess in range(8)]
    assert codes[:3] == [401, 401, 401] and 429 in codes


def test_the_addresses_of_a_network_of_ipv6_are_one_stranger(db: None, settings: Any):
    settings.API_CALLS_PER_MINUTE_UNKNOWN = 3
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}
    codes = [Client(REMOTE_ADDR=f"2001:db8:1:2::{n}").get("/api/v1/me/").status_code for n in range(8)]
    assert codes[:3] == [401, 401, 401] and 429 in codes
    assert Client(REMOTE_ADDR="2001:db8:1:3::1").get("/api/v1/me/").status_code == 401


def test_addresses_of_ipv4_that_are_written_as_of_ipv6_are_strangers_to_each_other(db: None, settings: Any):
    settings.API_CALLS_PER_MINUTE_UNKNOWN = 3
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}
    codes = [Client(REMOTE_ADDR="::ffff:203.0.113.5").get("/api/v1/me/").status_code for _call in range(8)]
    assert codes[:3] == [401, 401, 401] and 429 in codes
    assert Client(REMOTE_ADDR="::ffff:203.0.113.6").get("/api/v1/me/").status_code == 401


def test_a_call_is_counted_in_one_trip_and_its_counter_is_forgotten(
    party: Party, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    """An expiry that is set apart from the counting may be lost, and the counter stay for ever."""
    prefix = uuid4().hex
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": prefix}}
    _token, caller = party.caller(Scope.READ)
    caller.get("me/")  # Connects, and makes Redis know the script.
    trips = []
    send = AbstractConnection.send_packed_command
    monkeypatch.setattr(
        AbstractConnection, "send_packed_command", lambda *args, **kwargs: trips.append(1) or send(*args, **kwargs)
    )
    for _call in range(3):
        assert caller.get("me/").status_code == 200
    assert len(trips) == 3
    server = Redis.from_url(settings.CACHES["default"]["LOCATION"])
    names = list(server.scan_iter(f"{prefix}:api-calls:token-*"))
    assert sum(int(server.get(name)) for name in names) == 4
    assert all(0 < server.ttl(name) <= 120 for name in names)


def test_a_lost_redis_refuses_nobody(party: Party, settings: Any):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    _token, caller = party.caller(Scope.READ)
    assert caller.get("me/").status_code == 200


def test_use_is_noted_to_the_minute(party: Party):
    token, caller = party.caller(Scope.READ)
    caller.get("me/")
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    caller.get("me/")
    token.refresh_from_db()
    assert token.last_used_at == first
