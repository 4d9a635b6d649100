"""What the log of deliveries no longer keeps, and what it keeps however old it is."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from config.celery import app
from sharing import tasks
from sharing.models import DeliveryStatus, Event, EventType, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from sharing.notifications import claims, outbox
from sharing.notifications.webhooks import forgetting, sending
from sharing.workflow import webhooks
from tests.sharing.scene import Scene

SENT, PARKED, PENDING = DeliveryStatus.SENT, DeliveryStatus.PARKED, DeliveryStatus.PENDING


@pytest.fixture
def now(time_machine: Any) -> datetime:
    moment = timezone.now()
    time_machine.move_to(moment, tick=False)
    return moment


def delivered(endpoint: WebhookEndpoint, status: DeliveryStatus, due: datetime) -> WebhookDelivery:
    """A delivery last due at that moment, with two attempts."""
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, status=status, attempts=2)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(next_attempt_at=due)
    for _attempt in range(2):
        WebhookAttempt.objects.create(delivery=delivery, started_at=due, duration_ms=3, status_code=204)
    return delivery


def test_what_is_over_is_forgotten_with_its_attempts_once_it_is_older_than_the_log_keeps(
    endpoint: WebhookEndpoint, now: datetime
):
    old, kept = now - timedelta(days=30, seconds=1), now - timedelta(days=30)
    for status in (SENT, PARKED):
        delivered(endpoint, status, old)
    young = [delivered(endpoint, status, kept) for status in (SENT, PARKED)]
    waiting = delivered(endpoint, PENDING, old)
    assert (forgetting.forget(), forgetting.forget()) == (2, 0)
    left = {*young, waiting}
    assert set(WebhookDelivery.objects.all()) == left
    assert {attempt.delivery for attempt in WebhookAttempt.objects.all()} == left
    assert WebhookAttempt.objects.count() == 6


def test_the_event_stays_when_its_delivery_is_forgotten(scene: Scene, endpoint: WebhookEndpoint, now: datetime):
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None, matched=3, demands=4)
    outbox.dispatch()
    old = now - timedelta(days=31)
    WebhookDelivery.objects.update(status=SENT, next_attempt_at=old, created_at=old)
    tasks.notifications.forget_webhooks()
    assert not WebhookDelivery.objects.exists()
    assert Event.objects.filter(type=EventType.LIST_MATCHED).count() == 1
    # Nor is it told again.
    outbox.dispatch()
    assert not WebhookDelivery.objects.exists()


def test_a_replay_keeps_an_old_delivery_in_the_log_anew(scene: Scene, endpoint: WebhookEndpoint, now: datetime):
    delivery = delivered(endpoint, PARKED, now - timedelta(days=40))
    webhooks.replay(delivery, actor=scene.asker)
    claims.sent(delivery)
    assert forgetting.forget() == 0
    assert WebhookDelivery.objects.get().status == SENT


def test_the_days_are_a_setting(endpoint: WebhookEndpoint, now: datetime, settings: Any):
    delivered(endpoint, SENT, now - timedelta(days=8))
    assert forgetting.forget() == 0
    settings.WEBHOOK_LOG_DAYS = 7
    assert forgetting.forget() == 1


def test_many_are_forgotten_in_small_transactions(
    endpoint: WebhookEndpoint, now: datetime, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
):
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    for _delivery in range(5):
        delivered(endpoint, SENT, now - timedelta(days=31))
    # Three transactions that choose, read and delete rows of two tables, and one that finds nothing.
    with django_assert_num_queries(3 * (2 + 4) + 3):
        assert forgetting.forget() == 5


def test_beat_asks_for_it_every_hour():
    entry = app.conf.beat_schedule["forget-webhooks"]
    assert entry["task"] == tasks.notifications.forget_webhooks.name
    assert (entry["schedule"].minute, len(entry["schedule"].hour)) == ({35}, 24)


@pytest.mark.django_db
def test_the_claims_read_their_rows_in_the_order_of_an_index(endpoint: WebhookEndpoint):
    """However many are due at one moment, as after a replay of all: sorting them at each claim would be quadratic."""
    now = timezone.now()
    due = WebhookDelivery.objects.due(now).filter(endpoint=endpoint).order_by("next_attempt_at", "pk")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off")
        plan = due.select_for_update(skip_locked=True)[:1].explain()
    assert "Index Scan using webhook_to_send" in plan
    assert "Sort" not in plan
    assert sending.claim() is None
