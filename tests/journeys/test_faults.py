"""Real Celery workers and a Redis of their own are killed while hundreds of notifications are under way: every one
arrives, in the inbox exactly once, and by mail twice only where its sender died before it had the server's reply."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from django.utils import timezone

from registry import nudge
from sharing.models import Channel, DeliveryStatus, Event, EventType, Notification
from sharing.notifications import outbox
from tests.journeys.mail_server import MailServer, mail_server
from tests.sharing.scene import Scene

PATIENCE_S = 90
EVENTS = 100
SENDERS = 2


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


class Service:
    """A process group that is started, and killed without a warning."""

    def __init__(self, folder: Path, command: list[str], environment: dict[str, str]) -> None:
        self.folder, self.command, self.environment = folder, command, environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's: a socket's path may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="faults") as path:
        yield Path(path)


@pytest.fixture
def redis(folder: Path) -> Iterator[Service]:
    binary = shutil.which("redis-server")
    assert binary, "redis-server is needed to be killed; make up installs it"
    (folder / "redis").mkdir()
    arguments = ["--port", "0", "--unixsocket", str(folder / "sock"), "--appendonly", "yes", "--save", ""]
    service = Service(folder, [binary, *arguments, "--dir", str(folder / "redis")], dict(os.environ))
    service.start()
    wait_for((folder / "sock").exists, "Redis")
    yield service
    service.kill()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def worker(transactional_db: None, folder: Path, redis: Service, mails: MailServer) -> Iterator[Service]:
    database = os.environ.get("DATABASE_URL", "postgis:///infrashare").rpartition("/")[0]
    environment = {
        **os.environ,
        "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}",
        "REDIS_URL": f"unix://{folder}/sock?db=0",
        "EMAIL_URL": mails.url,
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--beat", "--concurrency", str(SENDERS)]
    service = Service(folder, [*command, "--schedule", str(folder / "schedule")], environment)
    service.start()
    yield service
    service.kill()


@pytest.fixture
def scene(worker: Service, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The verbs of this process nudge the workers of this test."""
    monkeypatch.setattr(nudge, "current_app", Celery(broker=f"redis+socket://{folder}/sock", set_as_current=False))
    monkeypatch.setattr(nudge.nudge, "quiet_until", 0.0)
    return Scene()


def produce(scene: Scene) -> None:
    for _event in range(EVENTS):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)


def waiting() -> int:
    # Events first: one told between the two counts is then counted twice, never missed.
    untold = Event.objects.undispatched().count()
    return untold + Notification.objects.filter(status=DeliveryStatus.PENDING).count()


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
    wait_for(lambda: len(mails.received) >= 3 * EVENTS, "mails after Redis came back with its data")

    produce(scene)
    redis.kill()
    shutil.rmtree(folder / "redis")
    (folder / "redis").mkdir()
    redis.start()
    produce(scene)
    wait_for(lambda: waiting() == 0, "everything to be told")

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
