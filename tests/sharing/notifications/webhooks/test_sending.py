"""From an event to a receiver of this machine, and what becomes of a delivery and its endpoint by what it answers."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, connection
from django.utils import timezone
from standardwebhooks import Webhook

from sharing.models import (
    Channel,
    DeliveryStatus,
    Event,
    EventType,
    Notification,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from sharing.notifications import outbox
from sharing.notifications.webhooks import sending, signing
from sharing.notifications.webhooks.calling import Caller
from sharing.workflow import webhooks
from tests.receiver import Receiver, Session, Told, receiver, with_status
from tests.sharing.scene import Scene


@pytest.fixture
def delivery(scene: Scene, endpoint: WebhookEndpoint) -> WebhookDelivery:
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None, matched=3, demands=4)
    outbox.dispatch()
    return WebhookDelivery.objects.get()


def test_an_event_arrives_once_signed_so_that_the_package_verifies_it(
    delivery: WebhookDelivery, hooks: Receiver, secret: str
):
    assert (sending.deliver(), sending.deliver()) == (1, 0)
    [told] = hooks.told
    event = Webhook(secret).verify(told.body, told.headers)
    assert event["type"] == "org.infrashare.list.matched"
    assert (event["data"]["matched"], event["data"]["demands"]) == (3, 4)
    assert event["id"] == told.webhook_id == delivery.webhook_id
    assert told.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.leased_until) == (DeliveryStatus.SENT, 1, None)
    attempt = WebhookAttempt.objects.get()
    assert (attempt.delivery, attempt.status_code, attempt.error) == (delivery, 204, "")
    assert delivery.sent_at and attempt.started_at <= delivery.sent_at


def test_a_failure_is_tried_again_for_three_days_under_the_same_id_then_ends_the_endpoint(
    delivery: WebhookDelivery, hooks: Receiver, secret: str, time_machine: Any, scene: Scene
):
    """The schedule of Standard Webhooks, each pause up to a twentieth longer; each attempt is signed anew."""
    hooks.answer = with_status(500, b"broken")
    now = timezone.now()
    pauses = []
    for attempt in range(1, 11):
        time_machine.move_to(now, tick=False)
        assert sending.deliver() == 0
        assert Webhook(secret).verify(hooks.told[-1].body, hooks.told[-1].headers)
        delivery.refresh_from_db()
        assert delivery.attempts == attempt
        if attempt < 10:
            time_machine.move_to(delivery.next_attempt_at - timedelta(seconds=1), tick=False)
            assert (sending.deliver(), len(hooks.told)) == (0, attempt)
            pauses.append(delivery.next_attempt_at - now)
            now = max(delivery.next_attempt_at, WebhookEndpoint.objects.get().next_call_at)
    hours = [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]
    for hour, pause in zip(hours, pauses, strict=True):
        assert timedelta(hours=hour) <= pause <= timedelta(hours=hour * 1.051)
    assert {told.webhook_id for told in hooks.told} == {delivery.webhook_id}
    assert len({told.headers["webhook-timestamp"] for told in hooks.told}) == 10
    assert (delivery.status, delivery.last_error) == (DeliveryStatus.PARKED, "HTTP 500")
    assert list(WebhookAttempt.objects.values_list("status_code", "answer")) == [(500, "broken")] * 10
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.disabled_reason, endpoint.disabled_at) == ("failing", timezone.now())
    assert_managers_are_told(scene, "failing")


def assert_managers_are_told(scene: Scene, reason: str) -> None:
    event = Event.objects.get(type=EventType.WEBHOOK_DISABLED)
    endpoint = WebhookEndpoint.objects.get()
    assert event.data == {"endpoint": endpoint.pk, "name": "orders", "reason": reason}
    assert event.organization == scene.party
    outbox.dispatch()
    told = Notification.objects.filter(event=event, channel=Channel.EMAIL)
    assert list(told.values_list("recipient__username", flat=True)) == ["asker"]
    assert not WebhookDelivery.objects.filter(event=event).exists()


def test_410_disables_the_endpoint_at_once_parks_what_waits_and_tells_its_managers(
    delivery: WebhookDelivery, hooks: Receiver, scene: Scene
):
    outbox.record(EventType.LIST_CLOSED, scene.list, actor=None)
    outbox.dispatch()
    hooks.answer = with_status(410)
    assert (sending.deliver(), sending.deliver(), len(hooks.told)) == (0, 0, 1)
    assert WebhookEndpoint.objects.get().disabled_reason == "gone"
    rows = WebhookDelivery.objects.order_by("pk").values_list("status", "attempts", "last_error")
    assert list(rows) == [("parked", 1, "HTTP 410"), ("parked", 0, "the endpoint was disabled")]
    assert_managers_are_told(scene, "gone")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_tried_again_as_any_failure_is(delivery: WebhookDelivery, hooks: Receiver, status: int):
    hooks.answer = with_status(status, Location=hooks.url)
    assert (sending.deliver(), len(hooks.told)) == (0, 1)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error) == (DeliveryStatus.PENDING, f"HTTP {status}")


def test_a_receiver_that_is_well_again_gets_what_it_missed(delivery: WebhookDelivery, hooks: Receiver, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    hooks.answer = with_status(503)
    sending.deliver()
    assert WebhookEndpoint.objects.get().failing_since is not None
    hooks.answer = with_status(200)
    time_machine.shift(timedelta(minutes=1))
    assert sending.deliver() == 1
    assert WebhookEndpoint.objects.get().failing_since is None
    assert hooks.told[0].webhook_id == hooks.told[1].webhook_id


def test_one_message_that_fails_for_three_days_among_others_that_arrive_does_not_end_the_endpoint(
    delivery: WebhookDelivery, hooks: Receiver, scene: Scene, time_machine
):
    now = timezone.now()
    WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=9, created_at=now - timedelta(days=4))
    WebhookEndpoint.objects.update(failing_since=now - timedelta(days=1))
    hooks.answer = with_status(400)
    sending.deliver()
    delivery.refresh_from_db()
    assert (delivery.status, WebhookEndpoint.objects.get().disabled_at) == (DeliveryStatus.PARKED, None)


def test_a_receiver_that_asks_for_time_gets_it(delivery: WebhookDelivery, hooks: Receiver, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    hooks.answer = with_status(429, Retry_After="3600")
    sending.deliver()
    delivery.refresh_from_db()
    assert delivery.next_attempt_at == WebhookEndpoint.objects.get().next_call_at == now + timedelta(hours=1)


def test_after_a_failure_an_endpoint_rests_and_its_other_deliveries_come_later(
    delivery: WebhookDelivery, hooks: Receiver, scene: Scene, time_machine
):
    outbox.record(EventType.LIST_CLOSED, scene.list, actor=None)
    outbox.dispatch()
    hooks.answer = with_status(500)
    time_machine.move_to(timezone.now(), tick=False)
    assert (sending.deliver(), len(hooks.told)) == (0, 1)
    time_machine.shift(sending.REST)
    hooks.answer = with_status(204)
    assert (sending.deliver(), len(hooks.told)) == (2, 3)


def test_deliveries_of_an_endpoint_come_one_after_the_other_in_the_order_of_their_events(
    endpoint: WebhookEndpoint, hooks: Receiver, scene: Scene
):
    events = [outbox.record(EventType.LIST_MATCHED, scene.list, actor=None) for _event in range(20)]
    outbox.dispatch()
    under_way, most = [0], [0]

    def counting(session: Session, told: Told) -> None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        time.sleep(0.005)
        under_way[0] -= 1
        session.reply(204)

    hooks.answer = counting
    assert sending.deliver() == 20
    assert [told.event["data"]["event"] for told in hooks.told] == [event.pk for event in events]
    assert most == [1]


def test_slow_receivers_and_long_queues_do_not_hold_up_others(
    endpoint: WebhookEndpoint, hooks: Receiver, scene: Scene, settings
):
    """Twenty that never answer, and one with a hundred deliveries, before one that has a single one."""
    settings.WEBHOOK_TIMEOUT_S = 4
    sealed = signing.seal(signing.new_secret())
    with receiver() as mute, receiver() as quick:
        mute.answer = lambda session, told: session.rfile.read(1)
        for number in range(20):
            of_mute = WebhookEndpoint.objects.create(
                organization=scene.grid, name="mute", url=f"{mute.url}/{number}", secret=sealed
            )
            WebhookDelivery.objects.create(endpoint=of_mute)
        WebhookDelivery.objects.bulk_create(WebhookDelivery(endpoint=endpoint) for _one in range(100))
        last = WebhookEndpoint.objects.create(organization=scene.metro, name="last", url=quick.url, secret=sealed)
        WebhookDelivery.objects.create(endpoint=last)
        begun = time.monotonic()
        arrived: list[float] = []

        def note(session: Session, told: Told) -> None:
            arrived.append(time.monotonic() - begun)
            session.reply(204)

        quick.answer = note
        assert sending.deliver() == 101
    assert len(hooks.told) == 100
    assert arrived and arrived[0] < 4
    assert time.monotonic() - begun < 30  # the mute ones cost their time limit once, not twenty times
    assert set(WebhookDelivery.objects.filter(endpoint__name="mute").values_list("last_error", flat=True)) == {
        "no answer in time"
    }


def test_a_claimed_delivery_and_its_endpoint_are_left_alone_until_the_lease_runs_out(
    delivery: WebhookDelivery, scene: Scene, time_machine
):
    outbox.record(EventType.LIST_CLOSED, scene.list, actor=None)
    outbox.dispatch()
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    assert sending.claim() == delivery
    assert sending.claim() is None
    time_machine.move_to(now + sending.LEASE, tick=False)
    claimed = sending.claim()
    assert claimed is not None and claimed != delivery  # the first one's lease has its last moment
    time_machine.move_to(now + 2 * sending.LEASE + timedelta(seconds=1), tick=False)
    again = sending.claim()
    assert again == delivery and again.attempts == 2


def test_a_delivery_whose_senders_all_died_is_parked(delivery: WebhookDelivery, hooks: Receiver):
    WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=sending.TERMS.max_attempts)
    assert (sending.deliver(), hooks.told) == (0, [])
    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error) == (DeliveryStatus.PARKED, "its senders died")


def test_a_sender_whose_lease_ran_out_does_not_undo_what_another_finished(
    delivery: WebhookDelivery, hooks: Receiver, time_machine
):
    time_machine.move_to(timezone.now(), tick=False)
    late = sending.claim()
    assert late is not None
    time_machine.shift(sending.LEASE + timedelta(seconds=1))
    assert sending.deliver() == 1
    hooks.answer = with_status(500)
    answer = sending.call_of(late).made_by(Caller())
    assert sending.settle(late, answer) is False
    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error) == (DeliveryStatus.SENT, "")
    assert delivery.log.count() == 2


def test_an_endpoint_that_is_deleted_while_it_is_called_leaves_nothing(
    delivery: WebhookDelivery, hooks: Receiver, scene: Scene
):
    claimed = sending.claim()
    assert claimed is not None
    webhooks.delete(claimed.endpoint, actor=scene.asker)
    assert sending.call_of(claimed).made_by(Caller()).error == "deleted meanwhile"
    assert sending.settle(claimed, sending.Answer(timezone.now(), 5, 204)) is False
    assert not WebhookAttempt.objects.exists()


def test_what_arrives_while_its_endpoint_is_disabled_has_arrived(delivery: WebhookDelivery, scene: Scene):
    claimed = sending.claim()
    assert claimed is not None
    webhooks.change(claimed.endpoint, enabled=False, actor=scene.asker)
    assert sending.settle(claimed, sending.Answer(timezone.now(), 5, 204)) is True
    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error) == (DeliveryStatus.SENT, "")


def test_a_late_failure_does_not_end_the_lease_of_who_calls_now(delivery: WebhookDelivery, time_machine: Any):
    time_machine.move_to(timezone.now(), tick=False)
    late = sending.claim()
    time_machine.shift(sending.LEASE + timedelta(seconds=1))
    now_calling = sending.claim()
    assert late == now_calling == delivery and late is not None and now_calling is not None
    sending.settle(late, sending.Answer(timezone.now(), 5, 500, error="HTTP 500"))
    delivery.refresh_from_db()
    endpoint = WebhookEndpoint.objects.get()
    assert (delivery.leased_until, delivery.attempts) == (now_calling.leased_until, 2)
    assert (endpoint.next_call_at, endpoint.failing_since) == (timezone.now() + sending.LEASE, None)


def test_a_secret_that_no_key_opens_is_a_failure_that_says_what_to_do(
    delivery: WebhookDelivery, hooks: Receiver, settings
):
    settings.WEBHOOK_KEYS = ["another"]
    assert (sending.deliver(), hooks.told) == (0, [])
    delivery.refresh_from_db()
    assert (delivery.status, "rotate it" in delivery.last_error) == (DeliveryStatus.PENDING, True)


def test_during_a_rotation_both_secrets_sign_and_afterwards_the_new_one_alone(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, hooks: Receiver, secret: str, scene: Scene, time_machine
):
    time_machine.move_to(timezone.now(), tick=False)
    _endpoint, new = webhooks.rotate(endpoint, overlap=timedelta(hours=2), actor=scene.asker)
    sending.deliver()
    time_machine.shift(timedelta(hours=2, seconds=1))
    webhooks.replay(delivery, actor=scene.asker)
    assert sending.deliver() == 1
    during, after = hooks.told
    assert [verifies(one, during, time_machine) for one in (secret, new)] == [True, True]
    assert [verifies(one, after, time_machine) for one in (secret, new)] == [False, True]


def verifies(secret: str, told: Told, time_machine: Any) -> bool:
    time_machine.move_to(int(told.headers["webhook-timestamp"]), tick=False)
    try:
        return bool(Webhook(secret).verify(told.body, told.headers))
    except Exception:
        return False


def test_a_nul_in_an_answer_is_kept_from_the_database(delivery: WebhookDelivery, hooks: Receiver):
    hooks.answer = with_status(200, b"a\0b")
    assert sending.deliver() == 1
    assert WebhookAttempt.objects.get().answer == "a\N{REPLACEMENT CHARACTER}b"


@pytest.fixture
def beside(delivery: WebhookDelivery, scene: Scene) -> Iterator[tuple[WebhookDelivery, Receiver]]:
    """A delivery to another receiver, due at the same time."""
    with receiver() as other:
        endpoint = WebhookEndpoint.objects.create(
            organization=scene.grid, name="other", url=other.url, secret=signing.seal(signing.new_secret())
        )
        yield WebhookDelivery.objects.create(endpoint=endpoint), other


def test_a_receiver_that_answers_by_a_nul_costs_no_other_its_result(
    delivery: WebhookDelivery, hooks: Receiver, beside: tuple[WebhookDelivery, Receiver], time_machine: Any
):
    bad, other = beside
    other.answer = lambda session, told: session.wfile.write(b"\0\r\n")
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    assert sending.deliver() == 1
    time_machine.move_to(now + sending.LEASE + timedelta(seconds=1), tick=False)
    assert (sending.deliver(), len(hooks.told), len(other.told)) == (0, 1, 2)
    bad.refresh_from_db()
    nothing = "BadStatusLine: \N{REPLACEMENT CHARACTER}\r\n"
    assert (bad.status, bad.attempts, bad.last_error) == (DeliveryStatus.PENDING, 2, nothing)
    assert set(bad.log.values_list("status_code", "error")) == {(None, nothing)}


def test_a_result_that_cannot_be_written_costs_no_other_its_own(
    delivery: WebhookDelivery,
    hooks: Receiver,
    beside: tuple[WebhookDelivery, Receiver],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    bad, other = beside
    other.answer = with_status(500)

    def broken(*args: Any, **options: Any) -> bool:
        raise DataError("no way")

    monkeypatch.setattr(sending.claims, "failed", broken)
    assert (sending.deliver(), len(hooks.told), len(other.told)) == (1, 1, 1)
    bad.refresh_from_db()
    assert (bad.status, bad.attempts, bad.leased_until is None, bad.log.count()) == ("pending", 1, False, 0)
    assert f"What came of webhook delivery {bad.pk} could not be written" in caplog.text


def test_a_delivery_that_cannot_be_put_into_words_fails_alone(
    delivery: WebhookDelivery,
    hooks: Receiver,
    beside: tuple[WebhookDelivery, Receiver],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    bad, other = beside
    body_of = sending.payload.body_of

    def broken(row: WebhookDelivery) -> str:
        if row == bad:
            raise ArithmeticError("no way")
        return body_of(row)

    monkeypatch.setattr(sending.payload, "body_of", broken)
    assert (sending.deliver(), len(hooks.told), other.told) == (1, 1, [])
    bad.refresh_from_db()
    assert (bad.status, bad.attempts, bad.leased_until) == (DeliveryStatus.PENDING, 1, None)
    assert bad.last_error == "an error of the registry's own: ArithmeticError"
    assert f"Webhook delivery {bad.pk} could not be put into words" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_during_a_call(delivery: WebhookDelivery, hooks: Receiver):
    states: list[Any] = []

    def watching(session: Session, told: Told) -> None:
        states.append(open_transactions())
        session.reply(204)

    hooks.answer = watching
    assert sending.deliver() == 1
    assert states == [0]


def open_transactions() -> int:
    """As the server of the database sees them, from another connection: that of this thread."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND xact_start IS NOT NULL AND state LIKE 'idle in transaction%'"
            )
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


def test_a_receiver_that_keeps_ids_handles_a_double_once(delivery: WebhookDelivery, hooks: Receiver, scene: Scene):
    """As docs/webhooks.md tells receivers to."""
    handled: dict[str, Any] = {}
    hooks.answer = lambda session, told: (handled.setdefault(told.webhook_id, told.event), session.reply(204))[1]
    sending.deliver()
    webhooks.replay(delivery, actor=scene.asker)
    sending.deliver()
    assert (len(hooks.told), list(handled)) == (2, [delivery.webhook_id])
    assert hooks.told[0].body == hooks.told[1].body
