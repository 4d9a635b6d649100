"""Real Celery workers are killed while webhooks are under way, and the receiver of the documentation is told."""

import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from standardwebhooks import Webhook

from sharing.models import DeliveryStatus, Event, EventType, WebhookDelivery, WebhookEndpoint
from sharing.notifications import outbox
from sharing.notifications.webhooks import sending
from sharing.workflow import webhooks
from tests.journeys import services
from tests.journeys.services import Service, wait_for
from tests.receiver import Receiver, Session, Told, receiver
from tests.sharing.scene import Scene

EVENTS = 60
PAGE = settings.BASE_DIR / "docs" / "webhooks.md"


@pytest.fixture(autouse=True)
def own_network(settings: Any) -> None:
    settings.WEBHOOK_EXTRA_NETWORKS, settings.WEBHOOK_ALLOW_HTTP = [ip_network("127.0.0.0/8")], True


@pytest.fixture
def worker(transactional_db: None, folder: Path, redis: Service) -> Iterator[Service]:
    service = services.worker(
        folder, 2, EMAIL_URL="dummymail://", WEBHOOK_EXTRA_NETWORKS="127.0.0.0/8", WEBHOOK_ALLOW_HTTP="1"
    )
    service.start()
    yield service
    service.kill()


@pytest.fixture
def scene(worker: Service, nudging: None) -> Scene:
    return Scene()


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


def produce(scene: Scene) -> None:
    for _event in range(EVENTS):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)


def waiting() -> int:
    # Events first: one told between the two counts is then counted twice, never missed.
    untold = Event.objects.undispatched().count()
    return untold + WebhookDelivery.objects.filter(status=DeliveryStatus.PENDING).count()


def test_killed_workers_lose_no_webhook_and_a_double_has_the_same_id(scene: Scene, worker: Service, hooks: Receiver):
    endpoint, secret = webhooks.create(scene.party, name="orders", url=hooks.url, actor=scene.asker)
    hold = [False]

    def holding(session: Session, told: Told) -> None:
        """It has the message, but its sender does not know yet."""
        if hold[0]:
            session.rfile.read(1)  # until the sender is dead
        else:
            session.reply(204)

    hooks.answer = holding
    unanswered = set()
    for arrived in (15, 45):
        produce(scene)
        wait_for(lambda arrived=arrived: len(hooks.told) >= arrived, "the first webhooks")
        hold[0], before = True, len(hooks.told)
        wait_for(lambda before=before: len(hooks.told) > before, "a webhook in the send window")
        worker.kill()
        unanswered |= {told.webhook_id for told in hooks.told[before:]}
        hold[0] = False
        assert waiting() > 0
        # Nobody is left who sends, so every lease is that of a dead sender: let them run out now.
        now = timezone.now()
        assert WebhookDelivery.objects.filter(leased_until__isnull=False).update(leased_until=now) >= 1
        WebhookEndpoint.objects.update(next_call_at=now)
        worker.start()
    wait_for(lambda: waiting() == 0, "everything to be told")

    times = Counter(told.webhook_id for told in hooks.told)
    assert times.keys() == {delivery.webhook_id for delivery in WebhookDelivery.objects.all()}
    assert len(times) == 2 * EVENTS == WebhookDelivery.objects.filter(status=DeliveryStatus.SENT).count()
    doubles = {webhook_id for webhook_id, count in times.items() if count > 1}
    assert unanswered <= doubles
    assert len(doubles) <= 2 * 2  # those in the air when a sender was killed
    for told in hooks.told:
        age = time.time() - int(told.headers["webhook-timestamp"])
        if age < timedelta(minutes=4).total_seconds():
            assert Webhook(secret).verify(told.body, told.headers)["id"] == told.webhook_id
    assert sending.claim() is None
    assert endpoint.deliveries.count() == 2 * EVENTS


def test_the_receiver_of_the_documentation_takes_a_test_and_a_double_once(scene: Scene, tmp_path: Path):
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 16
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    endpoint, secret = webhooks.create(
        scene.party, name="orders", url=f"http://127.0.0.1:{port}/in", actor=scene.asker
    )
    (tmp_path / "receiver.py").write_text(code, "utf-8")
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "receiver.py")],
        env={**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            wait_for(lambda: listens(port), "the receiver")
            delivery = webhooks.test(endpoint, actor=scene.asker)
            wait_for(lambda: is_sent(delivery), "the test")
            webhooks.replay(delivery, actor=scene.asker)
            wait_for(lambda: is_sent(delivery) and delivery.log.count() == 2, "the double")
            other_secret, _new = webhooks.rotate(endpoint, overlap=timedelta(0), actor=scene.asker)
            refused = webhooks.test(other_secret, actor=scene.asker)
            wait_for(lambda: refused.log.filter(status_code=500).exists(), "the refusal of a wrong signature")
        finally:
            process.kill()
        assert process.stdout is not None
        printed = process.stdout.read().splitlines()
    assert printed == [f"org.infrashare.webhook.test webhook-endpoints/{endpoint.pk}"]


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def is_sent(delivery: WebhookDelivery) -> bool:
    return WebhookDelivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.SENT).exists()
