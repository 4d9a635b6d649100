"""What the documents of the API say of webhooks beyond who may do what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry.accounts import tokens
from registry.models import Scope
from sharing.models import DeliveryStatus, DisabledReason, WebhookDelivery, WebhookEndpoint
from sharing.notifications import outbox
from sharing.notifications.webhooks import sending, signing
from tests.calls import Caller, problem
from tests.sharing.scene import Scene

BODY = {"organization": "telco", "name": "orders", "url": "https://hooks.telco.example/in"}


@pytest.fixture
def caller(scene: Scene) -> Caller:
    return Caller(scene.asker)


def test_a_secret_is_shown_once_and_kept_nowhere_in_clear(caller: Caller):
    made = caller.post("webhook-endpoints/", BODY)
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    shown = made.json()
    secret = shown.pop("secret")
    [endpoint] = WebhookEndpoint.objects.all()
    assert signing.unseal(endpoint.secret) == secret
    read = caller.get(made["Location"])
    assert read.json() == shown
    rotated = caller.post(f"webhook-endpoints/{endpoint.pk}/rotate/", {})
    assert rotated["Cache-Control"] == "no-store"
    assert rotated.json()["secret"].startswith("whsec_") and rotated.json()["secret"] != secret
    for answer in (caller.get("webhook-endpoints/"), caller.get(made["Location"])):
        assert "whsec_" not in answer.content.decode() and endpoint.secret not in answer.content.decode()


def test_where_events_go_is_for_tokens_that_decide(scene: Scene):
    """Who is told of all that happens to an organization is no draft."""
    expires = timezone.now() + timedelta(days=9)
    writer, decider = (
        Caller(secret=tokens.issue_personal(name="t", scopes=[scope], expires_at=expires, actor=scene.asker)[1])
        for scope in (Scope.WRITE, Scope.DECIDE)
    )
    problem(writer.post("webhook-endpoints/", BODY), 403, "scope_missing")
    assert decider.post("webhook-endpoints/", BODY).status_code == 201
    own = f"webhook-endpoints/{WebhookEndpoint.objects.get().pk}/"
    problem(writer.post(f"{own}rotate/", {}), 403, "scope_missing")
    problem(writer.patch(own, {"url": "https://elsewhere.example/in"}), 403, "scope_missing")
    problem(writer.delete(own), 403, "scope_missing")
    assert decider.post(f"{own}rotate/", {}).status_code == 200
    replay = f"webhook-deliveries/{decider.post(f'{own}test/').json()['id']}/replay/"
    WebhookDelivery.objects.update(status=DeliveryStatus.SENT, sent_at=timezone.now())
    problem(writer.post(replay), 403, "scope_missing")
    assert WebhookDelivery.objects.get().status == DeliveryStatus.SENT
    assert (decider.post(replay).status_code, WebhookDelivery.objects.get().status) == (202, DeliveryStatus.PENDING)


@pytest.mark.parametrize("path", ["webhook-endpoints/", "webhook-endpoints/{}/rotate/"])
def test_an_answer_with_a_secret_is_kept_under_no_idempotency_key(caller: Caller, path: str):
    endpoint = caller.post("webhook-endpoints/", BODY).json()
    again = caller.post(path.format(endpoint["id"]), {}, headers={"Idempotency-Key": "once"})
    assert problem(again, 400, "bad_input") == [("Idempotency-Key", "invalid")]
    tested = caller.post(f"webhook-endpoints/{endpoint['id']}/test/", headers={"Idempotency-Key": "once"})
    twice = caller.post(f"webhook-endpoints/{endpoint['id']}/test/", headers={"Idempotency-Key": "once"})
    assert (tested.status_code, twice.json()) == (202, tested.json())
    assert WebhookDelivery.objects.count() == 1


def test_a_change_of_what_has_changed_since_is_refused(caller: Caller):
    made = caller.post("webhook-endpoints/", BODY)
    etag = caller.get(made["Location"])["ETag"]
    changed = caller.patch(made["Location"], {"name": "planning"}, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["name"]) == (200, "planning")
    stale = caller.patch(made["Location"], {"name": "orders"}, headers={"If-Match": etag})
    assert problem(stale, 412, "precondition_failed") == [("If-Match", "invalid")]
    assert problem(caller.delete(made["Location"], headers={"If-Match": etag}), 412, "precondition_failed")
    assert caller.delete(made["Location"], headers={"If-Match": changed["ETag"]}).status_code == 204
    assert caller.get(made["Location"]).status_code == 404


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"url": "https://127.0.0.1/"}, ("#/url", "invalid")),
        ({"url": "http://hooks.telco.example/"}, ("#/url", "invalid")),
        ({"types": ["match.loved"]}, ("#/types/0", "invalid_choice")),
        ({"secret": "whsec_mine"}, ("#/secret", "unknown_field")),
        ({"organization": "no-such-party"}, ("#/organization", "does_not_exist")),
    ],
)
def test_bad_input_is_pointed_at(caller: Caller, change: dict, fault: tuple):
    assert problem(caller.post("webhook-endpoints/", {**BODY, **change}), 400, "bad_input") == [fault]
    assert not WebhookEndpoint.objects.exists()


def test_an_address_that_is_there_already_is_a_conflict(caller: Caller):
    assert caller.post("webhook-endpoints/", BODY).status_code == 201
    assert problem(caller.post("webhook-endpoints/", BODY), 409, "conflict") == [
        ("#", "webhook_url_is_unique_to_organization")
    ]


def test_actions_are_those_that_the_state_leaves_open(caller: Caller):
    endpoint = caller.post("webhook-endpoints/", BODY).json()
    assert endpoint["actions"] == ["change", "delete", "rotate", "test", "replay"]
    disabled = caller.patch(f"webhook-endpoints/{endpoint['id']}/", {"enabled": False}).json()
    assert (disabled["actions"], disabled["disabled_reason"]) == (["change", "delete", "rotate"], "manager")
    refused = caller.post(f"webhook-endpoints/{endpoint['id']}/test/")
    assert problem(refused, 409, "wrong_state") == []


def test_deliveries_are_filtered(caller: Caller, scene: Scene):
    endpoint = caller.post("webhook-endpoints/", BODY).json()
    tested = caller.post(f"webhook-endpoints/{endpoint['id']}/test/").json()
    for query, found in (
        ({"endpoint": endpoint["id"]}, 1), ({"endpoint": 2**40}, 0), ({"status": "pending"}, 1),
        ({"status": "sent"}, 0),
        ({"since": tested["created_at"]}, 1), ({"since": "2100-01-01T00:00:00Z"}, 0), ({"type": "list.matched"}, 0),
    ):  # fmt: skip
        assert len(caller.get("webhook-deliveries/", **query).json()["results"]) == found, query


def test_that_an_endpoint_was_disabled_is_history_to_its_managers_alone(caller: Caller, scene: Scene):
    endpoint = caller.post("webhook-endpoints/", BODY).json()
    sending.disable(WebhookEndpoint.objects.get(), DisabledReason.GONE, timezone.now())
    [event] = caller.get("events/", type="webhook.disabled").json()["results"]
    assert event["data"] == {"endpoint": endpoint["id"], "name": "orders", "reason": "gone"}
    assert (event["organization"], event["actor"], event["match"]) == ("telco", None, None)
    for other in (scene.drafter, scene.metro_manager, scene.officer):
        assert Caller(other).get("events/", type="webhook.disabled").json()["results"] == []
    outbox.dispatch()
    [told] = caller.get("notifications/").json()["results"]
    assert told["subject"] == "Webhook endpoint “orders” is disabled"
