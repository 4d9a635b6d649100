"""Senders are killed at every point of delivery, a thousand times in the long run: nothing is lost, the inbox has each
event once, and a mail or a webhook is doubled only where its sender died between its arrival and its mark."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

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
from sharing.workflow import webhooks
from tests.assurance.conftest import LONG, Tell, times
from tests.journeys.mail_server import MailServer, mail_server
from tests.receiver import Receiver, receiver
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)

LONGEST_LIFE = 80
"""Things that a sender does before it dies: more than telling one event by every way takes."""


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture
def sender(transactional_db: None, mails: MailServer) -> Iterator[Callable[[int, bool], str]]:
    """Lets one sender live until its Nth deed; says where it ended."""
    database = os.environ.get("DATABASE_URL", "postgis:///infrashare").rpartition("/")[0]
    environment = {
        **os.environ,
        "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}",
        "EMAIL_URL": mails.url,
        "WEBHOOK_EXTRA_NETWORKS": "127.0.0.0/8",
        "WEBHOOK_ALLOW_HTTP": "1",
    }
    command = [sys.executable, "-m", "tests.assurance.mortal"]
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout
    orders, ends = process.stdin, process.stdout

    def live(deeds: int, calls_first: bool) -> str:
        orders.write(f"{deeds} {calls_first:d}\n")
        orders.flush()
        return ends.readline().strip()

    yield live
    orders.close()
    process.wait()
    ends.close()


@dataclass(frozen=True)
class Death:
    """unmarked: messages that had arrived, while no row said so; underway: calls that may have."""

    unmarked: int
    underway: int
    where: str

    @classmethod
    def told(cls, line: str) -> "Death | None":
        """None of a sender that had nothing left to do."""
        unmarked, underway, where = line.split(" ", 2)
        return None if where == "at the end" else cls(int(unmarked), int(underway), where)


def let_leases_run_out() -> None:
    """Nobody is left who sends, so every lease is that of a dead sender."""
    now = timezone.now()
    for rows in (Notification.objects, WebhookDelivery.objects):
        rows.filter(status=DeliveryStatus.PENDING).update(leased_until=None, next_attempt_at=now)
    WebhookEndpoint.objects.update(next_call_at=now)


def waiting() -> bool:
    return Notification.objects.pending().exists() or WebhookDelivery.objects.pending().exists()


def test_nothing_is_lost_wherever_senders_die(
    sender: Callable[[int, bool], str], mails: MailServer, hooks: Receiver, told: Tell, settings: Any
):
    settings.WEBHOOK_EXTRA_NETWORKS, settings.WEBHOOK_ALLOW_HTTP = [ip_network("127.0.0.0/8")], True
    scene, chance, wished = Scene(), random.Random(165), times(40, 1_000)
    webhooks.create(scene.party, name="orders", url=hooks.url, actor=scene.asker)
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    assert sender(0, True) == "warm"
    deaths: list[Death] = []
    while len(deaths) < wished:
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
        if death := Death.told(sender(chance.randint(1, LONGEST_LIFE), chance.random() < 0.5)):
            deaths.append(death)
        let_leases_run_out()
    while Death.told(sender(10**9, True)) or waiting():
        let_leases_run_out()

    events = list(Event.objects.filter(type=EventType.LIST_MATCHED).values_list("pk", flat=True))
    inbox = Counter(Notification.objects.filter(channel=Channel.INBOX).values_list("event", "recipient__username"))
    assert inbox == {(event, person): 1 for event in events for person in ("asker", "drafter")}
    mailed = Notification.objects.filter(channel=Channel.EMAIL)
    assert {row.status for row in mailed} == {DeliveryStatus.SENT}
    assert set(mails.received) == {f"<notification-{row.pk}@infrashare.invalid>" for row in mailed}
    assert len(mailed) == 2 * len(events)
    calls = Counter(call.webhook_id for call in hooks.told)
    assert set(calls) == {row.webhook_id for row in WebhookDelivery.objects.all()}
    assert len(calls) == len(events)
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {DeliveryStatus.SENT}
    assert WebhookAttempt.objects.count() == len(events), "one that was marked for each that has arrived"

    doubles = sum(arrived - 1 for arrived in [*mails.received.values(), *calls.values()])
    unmarked, underway = sum(death.unmarked for death in deaths), sum(death.underway for death in deaths)
    assert 0 < unmarked <= doubles <= unmarked + underway
    points = {(death.unmarked > 0, death.where) for death in deaths}
    if LONG:  # of few deaths none may fall there
        assert {(True, "after the mail"), (True, "after the call"), (True, "before a commit")} <= points
    told("senders killed at points of delivery", len(deaths), "deaths", None)
    told("the same, different points", len(points), "points", None)
    told("the same, events lost, or twice in an inbox", 0, "events", 0)
    told("the same, mails and webhooks doubled, each by a death before its mark", doubles, "messages", None)
