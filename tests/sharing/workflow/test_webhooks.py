from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from sharing.errors import BadInput, NotSeen, NotYours, WrongState
from sharing.models import DeliveryStatus, WebhookDelivery, WebhookEndpoint
from sharing.notifications.webhooks import sending, signing
from sharing.workflow import webhooks
from tests import factories
from tests.sharing.scene import Scene, refused

URL = "https://hooks.telco.example/in"


@pytest.fixture
def endpoint(scene: Scene) -> WebhookEndpoint:
    return webhooks.create(scene.party, name="orders", url=URL, actor=scene.asker)[0]


def parked(endpoint: WebhookEndpoint, count: int = 1) -> list[WebhookDelivery]:
    rows = [WebhookDelivery(endpoint=endpoint, status=DeliveryStatus.PARKED, attempts=10) for _row in range(count)]
    return WebhookDelivery.objects.bulk_create(rows)


def test_an_endpoint_is_made_with_a_secret_that_only_its_answer_holds(scene: Scene):
    endpoint, secret = webhooks.create(
        scene.party, name="orders", url=URL, types=["match.approved", "list.matched", "match.approved"],
        actor=scene.asker,
    )  # fmt: skip
    endpoint.refresh_from_db()
    assert signing.unseal(endpoint.secret) == secret
    assert secret not in endpoint.secret
    assert (endpoint.types, endpoint.created_by) == (["list.matched", "match.approved"], scene.asker)


@pytest.mark.parametrize("url", ["http://hooks.telco.example/", "https://10.0.0.1/", "https://a.example:22/"])
def test_an_address_that_no_webhook_may_go_to_is_bad_input(scene: Scene, endpoint: WebhookEndpoint, url: str):
    with refused(BadInput) as info:
        webhooks.create(scene.party, name="x", url=url, actor=scene.asker)
    assert info.value.field == "url"  # type: ignore[attr-defined]
    with refused(BadInput):
        webhooks.change(endpoint, url=url, actor=scene.asker)
    assert WebhookEndpoint.objects.get().url == URL


def test_the_database_keeps_an_address_single_to_its_organization(scene: Scene, endpoint: WebhookEndpoint):
    webhooks.create(scene.metro, name="orders", url=URL, actor=scene.metro_manager)
    with pytest.raises(IntegrityError, match="webhook_url_is_unique_to_organization"), transaction.atomic():
        webhooks.create(scene.party, name="orders", url=URL, actor=scene.asker)


def test_managers_alone_decide_and_for_others_there_is_no_endpoint(scene: Scene, endpoint: WebhookEndpoint):
    [delivery] = parked(endpoint)
    root = factories.user("root", is_superuser=True)
    for person, error in ((scene.drafter, NotSeen), (scene.metro_manager, NotSeen), (root, NotYours)):
        for verb in (
            lambda person=person: webhooks.change(endpoint, enabled=False, actor=person),
            lambda person=person: webhooks.delete(endpoint, actor=person),
            lambda person=person: webhooks.rotate(endpoint, actor=person),
            lambda person=person: webhooks.test(endpoint, actor=person),
            lambda person=person: webhooks.replay(delivery, actor=person),
            lambda person=person: webhooks.replay_failed(endpoint, since=timezone.now(), actor=person),
        ):
            with refused(error):
                verb()
        with refused(NotYours):
            webhooks.create(scene.party, name="x", url="https://b.example/", actor=person)
    after = WebhookEndpoint.objects.get()
    assert (after.secret, after.disabled_at, after.deliveries.get().status) == (endpoint.secret, None, "parked")


def test_an_organization_has_at_most_twenty_endpoints(scene: Scene, monkeypatch):
    for number in range(webhooks.MOST_ENDPOINTS):
        webhooks.create(scene.party, name="x", url=f"{URL}/{number}", actor=scene.asker)
    with refused(WrongState):
        webhooks.create(scene.party, name="x", url=URL, actor=scene.asker)
    assert webhooks.MOST_ENDPOINTS == WebhookEndpoint.objects.count() == 20


def test_a_rotation_keeps_the_old_secret_for_its_overlap(scene: Scene, endpoint: WebhookEndpoint, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    old = signing.unseal(endpoint.secret)
    endpoint, new = webhooks.rotate(endpoint, overlap=timedelta(hours=1), actor=scene.asker)
    assert opened(endpoint, now + timedelta(minutes=59)) == [new, old]
    assert opened(endpoint, now + timedelta(hours=1)) == [new]
    endpoint, newest = webhooks.rotate(endpoint, actor=scene.asker)
    assert opened(endpoint, now) == [newest, new]
    endpoint, last = webhooks.rotate(endpoint, overlap=timedelta(0), actor=scene.asker)
    assert opened(endpoint, now) == [last]
    for hours in (-1, 169):
        with refused(BadInput):
            webhooks.rotate(endpoint, overlap=timedelta(hours=hours), actor=scene.asker)


def opened(endpoint: WebhookEndpoint, moment) -> list[str]:
    endpoint.refresh_from_db()
    return [signing.unseal(one) for one in endpoint.secrets_at(moment)]


def test_disabling_parks_what_waits_and_enabling_replays_nothing_by_itself(scene: Scene, endpoint: WebhookEndpoint):
    delivery = webhooks.test(endpoint, actor=scene.asker)
    webhooks.change(endpoint, enabled=False, actor=scene.asker)
    delivery.refresh_from_db()
    assert (delivery.status, WebhookEndpoint.objects.get().disabled_reason) == (DeliveryStatus.PARKED, "manager")
    for verb in (
        lambda: webhooks.test(endpoint, actor=scene.asker),
        lambda: webhooks.replay(delivery, actor=scene.asker),
        lambda: webhooks.replay_failed(endpoint, since=delivery.created_at, actor=scene.asker),
    ):
        with refused(WrongState) as info:
            verb()
        assert "enable it first" in info.value.message
    webhooks.change(endpoint, enabled=True, actor=scene.asker)
    delivery.refresh_from_db()
    after = WebhookEndpoint.objects.get()
    assert (delivery.status, after.disabled_at, after.disabled_reason) == (DeliveryStatus.PARKED, None, "")


def test_a_replay_keeps_the_id_and_begins_with_all_attempts(scene: Scene, endpoint: WebhookEndpoint):
    [delivery] = parked(endpoint)
    again = webhooks.replay(delivery, actor=scene.asker)
    assert (again.status, again.attempts, again.webhook_id) == (DeliveryStatus.PENDING, 0, delivery.webhook_id)
    WebhookDelivery.objects.update(status=DeliveryStatus.SENT)
    assert webhooks.replay(delivery, actor=scene.asker).status == DeliveryStatus.PENDING


def test_a_replay_hurries_what_waits_and_leaves_what_is_being_sent(scene: Scene, endpoint: WebhookEndpoint):
    now = timezone.now()
    later = now + timedelta(hours=20)
    [delivery] = parked(endpoint)
    WebhookDelivery.objects.update(status=DeliveryStatus.PENDING, attempts=8, next_attempt_at=later)
    WebhookEndpoint.objects.update(next_call_at=later)
    assert webhooks.replay(delivery, actor=scene.asker).next_attempt_at < timezone.now()
    assert sending.claim() == delivery
    with refused(WrongState) as info:
        webhooks.replay(delivery, actor=scene.asker)
    assert "is being sent" in info.value.message
    assert webhooks.replay_failed(endpoint, since=now - timedelta(hours=1), actor=scene.asker) == 0
    assert WebhookDelivery.objects.get().attempts == 1


def test_no_verb_lets_a_second_sender_call_an_endpoint(scene: Scene, endpoint: WebhookEndpoint):
    first, second = webhooks.test(endpoint, actor=scene.asker), webhooks.test(endpoint, actor=scene.asker)
    assert sending.claim() == first
    webhooks.replay(second, actor=scene.asker)
    webhooks.test(endpoint, actor=scene.asker)
    webhooks.change(endpoint, enabled=True, actor=scene.asker)
    assert sending.claim() is None


def test_all_that_failed_since_a_moment_is_replayed(scene: Scene, endpoint: WebhookEndpoint):
    early, _late, sent, waiting = parked(endpoint, 4)
    other = webhooks.create(scene.party, name="other", url="https://other.example/", actor=scene.asker)[0]
    parked(other)
    now = timezone.now()
    WebhookDelivery.objects.filter(pk=early.pk).update(created_at=now - timedelta(hours=2))
    WebhookDelivery.objects.filter(pk=sent.pk).update(status=DeliveryStatus.SENT)
    WebhookDelivery.objects.filter(pk=waiting.pk).update(status=DeliveryStatus.PENDING, attempts=3)
    assert webhooks.replay_failed(endpoint, since=now - timedelta(hours=1), actor=scene.asker) == 2
    rows = WebhookDelivery.objects.order_by("pk").values_list("status", "attempts")
    assert list(rows) == [("parked", 10), ("pending", 0), ("sent", 10), ("pending", 0), ("parked", 10)]


def test_deleting_takes_the_log_along(scene: Scene, endpoint: WebhookEndpoint):
    parked(endpoint, 2)
    webhooks.delete(endpoint, actor=scene.asker)
    assert not WebhookEndpoint.objects.exists() and not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"disabled_at": "2026-01-01T00:00Z"}, "webhook_disabled_for_a_reason"),
        ({"disabled_reason": "gone"}, "webhook_disabled_for_a_reason"),
        ({"disabled_at": "2026-01-01T00:00Z", "disabled_reason": "mood"}, "webhook_disabled_for_a_reason"),
        ({"types": ["match.loved"]}, "webhook_types_are_known"),
        ({"previous_secret": "x"}, "webhook_previous_secret_ends"),
        ({"previous_secret_until": "2026-01-01T00:00Z"}, "webhook_previous_secret_ends"),
    ],
)
def test_the_database_refuses_what_cannot_be(endpoint: WebhookEndpoint, columns: dict, constraint: str):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        WebhookEndpoint.objects.update(**columns)
