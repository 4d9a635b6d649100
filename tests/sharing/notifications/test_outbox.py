from datetime import timedelta

import pytest
from celery import Celery
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from registry import nudge
from sharing.models import Channel, DeliveryStatus, Event, EventType, Notification
from sharing.notifications import outbox
from sharing.workflow import matches
from tests.sharing.scene import Scene


def test_an_event_becomes_a_row_per_person_and_channel_and_the_inbox_has_it_at_once(scene: Scene):
    event = outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    assert outbox.dispatch() == 1
    rows = Notification.objects.order_by("recipient", "channel")
    assert [(row.event, row.recipient.username, row.channel, row.status, row.sent_at is None) for row in rows] == [
        (event, "asker", "email", "pending", True),
        (event, "asker", "inbox", "sent", False),
        (event, "drafter", "email", "pending", True),
        (event, "drafter", "inbox", "sent", False),
    ]
    event.refresh_from_db()
    assert event.dispatched_at is not None


def test_who_has_no_address_is_told_by_inbox_alone(scene: Scene):
    scene.party.memberships.exclude(user=scene.asker).delete()
    scene.asker.email = ""
    scene.asker.save()
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    outbox.dispatch()
    assert [row.channel for row in Notification.objects.all()] == [Channel.INBOX]


def test_dispatching_twice_tells_once(scene: Scene):
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    assert (outbox.dispatch(), outbox.dispatch()) == (1, 0)
    assert Notification.objects.count() == 4


def test_what_was_told_before_a_crash_is_not_told_again(scene: Scene):
    """Rows of an earlier dispatcher are there, its mark is not: the unique constraint keeps them single."""
    event = outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    Notification.objects.create(
        event=event, recipient=scene.asker, channel=Channel.INBOX, status=DeliveryStatus.SENT, read_at=timezone.now()
    )
    outbox.dispatch()
    assert Notification.objects.count() == 4
    assert Notification.objects.filter(read_at__isnull=False).count() == 1


def test_an_event_without_an_audience_is_dispatched_all_the_same(scene: Scene):
    scene.party.memberships.all().delete()
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    assert outbox.dispatch() == 1
    assert not Event.objects.undispatched().exists()


def test_more_events_than_a_batch_holds_are_all_told(scene: Scene, monkeypatch):
    monkeypatch.setattr(outbox, "BATCH", 3)
    for _event in range(7):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    assert outbox.dispatch() == 7
    assert Notification.objects.filter(channel=Channel.INBOX).count() == 14


def test_a_verb_that_is_undone_leaves_no_event(scene: Scene):
    before = Event.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        matches.request(scene.match, actor=scene.asker)
        raise ZeroDivisionError
    assert Event.objects.count() == before


def test_many_events_of_one_transaction_nudge_once(scene: Scene, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        for _event in range(20):
            outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    assert [callback.args for callback in callbacks] == [("sharing.sweep_outbox",)]


def test_an_undone_savepoint_takes_its_nudge_along_and_the_next_event_nudges_again(
    scene: Scene, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
            raise ZeroDivisionError
        assert callbacks == []
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    assert len(callbacks) == 1


@pytest.fixture
def broken_broker(monkeypatch, tmp_path):
    """Celery's own client, at a socket where no Redis listens."""
    broken = Celery("broken", broker=f"redis+socket://{tmp_path}/nobody.sock", set_as_current=False)
    monkeypatch.setattr(nudge, "current_app", broken)
    monkeypatch.setattr(nudge.nudge, "quiet_until", 0.0)
    return broken


def test_a_broken_broker_fails_no_verb_and_is_left_alone_for_a_while(
    scene: Scene, broken_broker, caplog, django_capture_on_commit_callbacks
):
    with pytest.raises((OperationalError, OSError)):
        broken_broker.send_task("sharing.sweep_outbox", retry=False)
    with django_capture_on_commit_callbacks(execute=True):
        matches.request(scene.match, actor=scene.asker)
    assert "Celery was not nudged" in caplog.text
    caplog.clear()
    with django_capture_on_commit_callbacks(execute=True):
        matches.withdraw(scene.match, actor=scene.asker)
    assert caplog.text == ""
    assert Event.objects.undispatched().count() == 3


def test_history_does_not_change(scene: Scene):
    event = outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    outbox.dispatch()
    for change in (
        "UPDATE sharing_event SET type = 'list.closed'",
        "UPDATE sharing_event SET dispatched_at = NULL",
        "DELETE FROM sharing_event",
    ):
        with pytest.raises(Exception, match="is history and cannot change"), transaction.atomic():
            connection.cursor().execute(change)
    event.refresh_from_db()
    assert event.type == EventType.LIST_MATCHED
    assert event.occurred_at > timezone.now() - timedelta(hours=1)
