"""Real Celery workers and a Redis of their own are killed while hundreds of notifications are under way: every one
arrives, in the inbox exactly once, and by mail twice only where its sender died before it had the server's reply."""

import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from sharing.models import Channel, DeliveryStatus, Event, EventType, Notification
from sharing.notifications import outbox
from tests.assurance.conftest import Tell, times, told  # noqa: F401 - a fixture
from tests.journeys import services
from tests.journeys.mail_server import MailServer, mail_server
from tests.journeys.services import Service, wait_for
from tests.sharing.scene import Scene

EVENTS = 100
STRIKES, PER_STRIKE = times(2, 100), times(100, 40)
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


def produce(scene: Scene, events: int) -> None:
    for _event in range(events):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)


def waiting() -> int:
    # Events first: one told between the two counts is then counted twice, never missed.
    untold = Event.objects.undispatched().count()
    return untold + Notification.objects.filter(status=DeliveryStatus.PENDING).count()


def let_leases_run_out() -> int:
    """Once nobody is left who sends, so that every lease is that of a dead sender; how many there were."""
    leased = Notification.objects.filter(status=DeliveryStatus.PENDING, leased_until__isnull=False)
    return leased.update(leased_until=timezone.now())


def wait_with(worker: Service, condition: Callable[[], bool], what: str) -> int:
    """For what a worker does whose Redis was lost: it may end of that, and is started again; how often it was."""
    ended = 0

    def met() -> bool:
        nonlocal ended
        if worker.keep_up():
            ended += 1
            let_leases_run_out()
        return condition()

    try:
        wait_for(met, what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {waiting()} wait\n{worker.last_words()}") from error
    return ended


def kill_between_sending_and_marking(worker: Service, mails: MailServer) -> None:
    mails.fall_silent()
    wait_for(lambda: bool(mails.unanswered), "a mail in the send window")
    worker.kill()
    mails.answering.set()
    assert let_leases_run_out() >= len(mails.unanswered)
    assert waiting() > 0


def kill_or_empty(redis: Service, folder: Path, scene: Scene, *, emptied: bool) -> None:
    """With events under way before, during and after it."""
    produce(scene, PER_STRIKE // 2)
    redis.kill()
    if emptied:
        shutil.rmtree(folder / "redis")
        (folder / "redis").mkdir()
    produce(scene, PER_STRIKE // 4)  # while there is no broker
    redis.start()
    produce(scene, PER_STRIKE // 4)


def test_a_worker_outlives_a_redis_that_is_lost_while_it_sends(
    scene: Scene, worker: Service, redis: Service, mails: MailServer
):
    mails.fall_silent()
    produce(scene, 20)
    wait_for(lambda: bool(mails.unanswered), "a mail in the send window")
    redis.kill()
    wait_for(lambda: "Connection to broker lost" in worker.last_words(1_000), "the worker to miss Redis")
    redis.start()
    mails.answering.set()
    wait_for(lambda: waiting() == 0, "everything to be told")
    produce(scene, 20)
    wait_for(lambda: waiting() == 0, "what came later to be told")
    assert not worker.keep_up()
    log = worker.last_words(1_000)
    assert "Couldn't ack" in log
    assert not re.search(r"Unrecoverable|Error on", log)
    assert len(mails.received) == 80
    assert set(mails.received.values()) == {1}


def test_killed_workers_and_a_killed_and_emptied_redis_lose_no_notification(
    scene: Scene,
    worker: Service,
    redis: Service,
    mails: MailServer,
    folder: Path,
    told: Tell,  # noqa: F811
):
    produce(scene, EVENTS)
    wait_for(lambda: len(mails.received) >= 20, "the first mails")
    kill_between_sending_and_marking(worker, mails)
    worker.start()
    wait_for(lambda: len(mails.received) >= 60, "mails of the second worker")

    deaths, emptied, waits = 1, 0, []
    for strike in range(STRIKES):
        kill_or_empty(redis, folder, scene, emptied=bool(strike % 2))
        emptied += strike % 2
        began = time.monotonic()
        # Not all of it, so that the next strike finds mails under way.
        deaths += wait_with(worker, lambda: waiting() <= PER_STRIKE, "the worker to go on with Redis back")
        waits.append(time.monotonic() - began)
    deaths += wait_with(worker, lambda: waiting() == 0, "everything to be told")

    # Beat's clock may tell of others meanwhile, such as the reports of the first of a month.
    events = set(Event.objects.filter(type=EventType.LIST_MATCHED).values_list("pk", flat=True))
    assert len(events) == EVENTS + STRIKES * PER_STRIKE
    told_of = Notification.objects.filter(event__in=events)
    inbox = Counter(told_of.filter(channel=Channel.INBOX).values_list("event", "recipient__username"))
    wanted = {(event, person) for event in events for person in ("asker", "drafter")}
    assert set(inbox) <= wanted
    mailed = Notification.objects.filter(channel=Channel.EMAIL, status=DeliveryStatus.SENT).values_list(
        "pk", flat=True
    )
    assert set(mails.received) == {f"<notification-{pk}@infrashare.invalid>" for pk in mailed}
    assert told_of.filter(channel=Channel.EMAIL, status=DeliveryStatus.SENT).count() == 2 * len(events)
    doubles = {message_id for message_id, times in mails.received.items() if times > 1}
    assert mails.unanswered <= doubles
    assert len(doubles) <= SENDERS * deaths  # one a sender that died, at most
    assert not Notification.objects.filter(status=DeliveryStatus.PARKED).exists()
    told("Redis killed", STRIKES, "times", None)
    told("the same, emptied by it", emptied, "times", None)
    told("the same, the longest until most was told with Redis back", max(waits), "s", services.PATIENCE_S)
    told("the same, workers that ended of it", deaths - 1, "workers", None)
    told("Redis killed and emptied: events lost", len({event for event, _person in wanted - set(inbox)}), "events", 0)
    told("Redis killed and emptied: doubled in an inbox", sum(inbox.values()) - len(inbox), "notifications", 0)
    told("Redis killed and emptied: mails doubled, each by a worker that died", len(doubles), "mails", None)
