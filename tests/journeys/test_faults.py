"""Real Celery workers and a Redis of their own are killed while hundreds of notifications are under way: every one
arrives, in the inbox exactly once, and by mail twice only where its sender died before it had the server's reply."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from sharing.models import Channel, DeliveryStatus, Event, EventType, Notification
from sharing.notifications import outbox
from tests.journeys import services
from tests.journeys.mail_server import MailServer, mail_server
from tests.journeys.services import Service, wait_for
from tests.sharing.scene import Scene

EVENTS = 100
SENDERS = 2


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def worker(transactional_db: None, folder: Path, redis: Service, mails: MailServer) -> Iterator[Service]:
    service = services.worker(folder, SENDERS, EMAIL_URL=mails.url)
    service.start()
    yield service
    service.kill()


@pytest.fixture
def scene(worker: Service, nudging: None) -> Scene:
    return Scene()


def produce(scene: Scene) -> None:
    for _event in range(EVENTS):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)


def waiting() -> int:
    # Events first: one told between the two counts is then counted twice, never missed.
    untold = Event.objects.undispatched().count()
    return untold + Notification.objects.filter(status=DeliveryStatus.PENDING).count()


def wait_with(worker: Service, condition: Callable[[], bool], what: str) -> None:
    """For what a worker does whose Redis was lost: it may end of that, and is started again."""

    def met() -> bool:
        worker.keep_up()
        return condition()

    wait_for(met, what)


def kill_between_sending_and_marking(worker: Service, mails: MailServer) -> None:
    mails.fall_silent()
    wait_for(lambda: bool(mails.unanswered), "a mail in the send window")
    worker.kill()
    mails.answering.set()
    # Nobody is left who sends, so every lease is that of a dead sender: let them run out now.
    leased = Notification.objects.filter(status=DeliveryStatus.PENDING, leased_until__isnull=False)
    assert leased.update(leased_until=timezone.now()) >= len(mails.unanswered)
    assert waiting() > 0


def test_killed_workers_and_a_killed_and_emptied_redis_lose_no_notification(
    scene: Scene, worker: Service, redis: Service, mails: MailServer, folder: Path
):
    produce(scene)
    wait_for(lambda: len(mails.received) >= 20, "the first mails")
    kill_between_sending_and_marking(worker, mails)
    worker.start()
    wait_for(lambda: len(mails.received) >= 60, "mails of the second worker")

    redis.kill()
    produce(scene)  # while there is no broker
    redis.start()
    wait_with(worker, lambda: len(mails.received) >= 3 * EVENTS, "mails after Redis came back with its data")

    produce(scene)
    redis.kill()
    shutil.rmtree(folder / "redis")
    (folder / "redis").mkdir()
    redis.start()
    produce(scene)
    wait_with(worker, lambda: waiting() == 0, "everything to be told")

    events = list(Event.objects.values_list("pk", flat=True))
    assert len(events) == 4 * EVENTS
    inbox = Counter(Notification.objects.filter(channel=Channel.INBOX).values_list("event", "recipient__username"))
    assert inbox == {(event, person): 1 for event in events for person in ("asker", "drafter")}
    mailed = Notification.objects.filter(channel=Channel.EMAIL, status=DeliveryStatus.SENT).values_list(
        "pk", flat=True
    )
    assert set(mails.received) == {f"<notification-{pk}@infrashare.invalid>" for pk in mailed}
    assert len(mailed) == 8 * EVENTS
    doubles = {message_id for message_id, times in mails.received.items() if times > 1}
    assert mails.unanswered <= doubles
    assert len(doubles) <= SENDERS  # one a killed sender, at most
    assert not Notification.objects.filter(status=DeliveryStatus.PARKED).exists()
