"""What others do to the registry: mail servers and receivers that are away, slow or failing for an hour, and clocks
that jump. Nothing is lost, the inbox has each event once, and what arrives twice is counted."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from registry.models import Allocation
from sharing.models import (
    Channel,
    DeliveryStatus,
    Event,
    EventType,
    Match,
    MatchStatus,
    Notification,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from sharing.notifications import delivery, outbox
from sharing.notifications.webhooks import sending
from sharing.tasks import notifications as tasks
from sharing.workflow import deadlines, webhooks
from tests.assurance.conftest import Tell, times
from tests.journeys.mail_server import mail_server
from tests.journeys.services import wait_for
from tests.receiver import Receiver, Session, Told, receiver, with_status
from tests.sharing.scene import Scene, free

pytestmark = pytest.mark.django_db(transaction=True)

OUTAGE = timedelta(hours=1)
SWEEP = timedelta(seconds=times(90, 15))
MORNING = datetime(2026, 11, 30, 9, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def scene(settings: Any, time_machine: Any) -> Scene:
    time_machine.move_to(MORNING, tick=False)
    settings.WEBHOOK_EXTRA_NETWORKS, settings.WEBHOOK_ALLOW_HTTP = [ip_network("127.0.0.0/8")], True
    settings.WEBHOOK_TIMEOUT_S = 0.1
    return Scene()


def happen(scene: Scene, count: int = 1) -> None:
    for _event in range(count):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)


def swept() -> None:
    outbox.dispatch()
    delivery.deliver()
    sending.deliver()


def hour_of(clock: Any, scene: Scene, begin: datetime, events: int) -> datetime:
    """An hour of sweeps, in which events happen all the time; returns its end."""
    moments = [begin + SWEEP * n for n in range(int(OUTAGE / SWEEP))]
    for number, moment in enumerate(moments):
        clock.move_to(moment, tick=False)
        if number % (len(moments) // events) == 0:
            happen(scene)
        swept()
    return begin + OUTAGE


def inbox() -> Counter[tuple[int, str]]:
    rows = Notification.objects.filter(channel=Channel.INBOX)
    return Counter(rows.values_list("event", "recipient__username"))


def each_event_once() -> dict[tuple[int, str], int]:
    events = Event.objects.filter(type=EventType.LIST_MATCHED).values_list("pk", flat=True)
    return {(event, person): 1 for event in events for person in ("asker", "drafter")}


def test_a_mail_server_that_is_away_for_an_hour_costs_no_mail_and_doubles_none(
    scene: Scene, time_machine: Any, settings: Any, told: Tell
):
    with mail_server() as before:
        port = before.server_address[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1
    end = hour_of(time_machine, scene, MORNING, events=times(8, 120))
    assert inbox() == each_event_once(), "the inbox waits for no mail server"
    assert not Notification.objects.filter(channel=Channel.EMAIL).exclude(status=DeliveryStatus.PENDING).exists()
    with mail_server(port) as server:
        moment = end
        while Notification.objects.filter(status=DeliveryStatus.PENDING).exists():
            assert moment < end + OUTAGE, "a mail waits longer than the outage was"
            time_machine.move_to(moment, tick=False)
            swept()
            moment += SWEEP
        mailed = Notification.objects.filter(channel=Channel.EMAIL, status=DeliveryStatus.SENT)
        assert server.received == {f"<notification-{row.pk}@infrashare.invalid>": 1 for row in mailed}
        assert len(mailed) == len(each_event_once())
    told("mail server away for an hour: mails that waited", len(mailed), "mails", None)
    told("the same, lost or doubled", 0, "mails", 0)
    told("the same, minutes until the last had arrived", (moment - end).total_seconds() / 60, "min", 60)


def test_a_slow_mail_server_holds_up_one_worker_and_no_inbox(scene: Scene, settings: Any):
    def mailing() -> None:
        try:
            tasks.send_mails()
        finally:
            connection.close()

    happen(scene)
    tasks.sweep_outbox()
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = *server.server_address, 60
        server.fall_silent()
        worker = threading.Thread(target=mailing)
        worker.start()
        try:
            wait_for(lambda: bool(server.received), "a mail that waits for its reply")
            happen(scene)
            tasks.sweep_outbox()
            assert inbox() == each_event_once()
            tasks.send_mails()  # finds that another worker does
            assert server.received.total() == 1
        finally:
            server.answering.set()
            worker.join()
        tasks.send_mails()
    mailed = Notification.objects.filter(channel=Channel.EMAIL, status=DeliveryStatus.SENT)
    assert server.received == {f"<notification-{row.pk}@infrashare.invalid>": 1 for row in mailed}
    assert len(mailed) == len(each_event_once())


@pytest.fixture
def three(scene: Scene) -> Iterator[dict[str, Receiver]]:
    """Endpoints of the party, told of the same events: one that is slow, one that fails, one that is well."""
    with ExitStack() as stack:
        made = {name: stack.enter_context(receiver()) for name in ("slow", "failing", "well")}
        for name, server in made.items():
            webhooks.create(scene.party, name=name, url=server.url, actor=scene.asker)
        yield made


def test_slow_and_failing_receivers_lose_nothing_and_hold_up_nobody(
    scene: Scene, three: dict[str, Receiver], time_machine: Any, told: Tell
):
    def slow(session: Session, call: Told) -> None:
        session.rfile.read(1)  # for ever, as nothing more comes

    three["slow"].answer, three["failing"].answer = slow, with_status(500)
    end = hour_of(time_machine, scene, MORNING, events=times(8, 120))
    of_well = WebhookDelivery.objects.filter(endpoint__name="well")
    assert set(of_well.values_list("status", flat=True)) == {DeliveryStatus.SENT}
    assert not WebhookDelivery.objects.exclude(endpoint__name="well").exclude(status=DeliveryStatus.PENDING).exists()
    arrived_unmarked = len(three["slow"].told)
    for name in ("slow", "failing"):
        three[name].answer = with_status(204)
    moment = end
    while WebhookDelivery.objects.exclude(status=DeliveryStatus.SENT).exists():
        assert moment < end + timedelta(hours=6)
        time_machine.move_to(moment, tick=False)
        swept()
        moment += SWEEP
    events = Event.objects.filter(type=EventType.LIST_MATCHED).count()
    for name, server in three.items():
        ids = {row.webhook_id for row in WebhookDelivery.objects.filter(endpoint__name=name)}
        assert len(ids) == events
        assert {call.webhook_id for call in server.told} == ids, name
    # On a busy machine the well one may be late as well, which the log then says.
    calls = WebhookAttempt.objects.filter(delivery__endpoint__name="well")
    assert calls.filter(error="").count() == events
    assert events <= len(three["well"].told) <= calls.count()
    doubles = len(three["slow"].told) - events
    assert 0 < doubles <= arrived_unmarked
    assert not WebhookEndpoint.objects.exclude(disabled_at=None).exists()
    told("receivers slow and failing for an hour: events lost", 0, "events", 0)
    told("the same, calls that a slow receiver got again, under the same id", doubles, "calls", None)


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=-30), timedelta(hours=1)])
def test_a_clock_that_jumps_loses_no_event_and_tells_none_twice(
    jump: timedelta, scene: Scene, time_machine: Any, mailoutbox: list[Any]
):
    happen(scene, 2)
    swept()
    happen(scene, 2)  # which nobody has told of when the clock jumps
    time_machine.move_to(MORNING + jump, tick=False)
    happen(scene, 2)
    swept()
    happen(scene, 2)
    swept()
    assert inbox() == each_event_once()
    time_machine.move_to(MORNING + timedelta(hours=2), tick=False)
    swept()
    assert inbox() == each_event_once()
    ids = Counter(mail.message()["Message-ID"] for mail in mailoutbox)
    assert (len(ids), set(ids.values())) == (len(each_event_once()), {1})


def test_a_clock_that_was_a_month_fast_ends_requests_once_and_what_it_ended_stays(scene: Scene, time_machine: Any):
    def sweep() -> None:
        for verb in (deadlines.remind, deadlines.escalate, deadlines.expire, deadlines.activate, deadlines.end):
            verb()

    scene.requested()
    for days in (40, 0, 9, 15, 29, 40):  # fast, then put right, then the days as they come
        time_machine.move_to(MORNING + timedelta(days=days), tick=False)
        sweep()
    assert Match.objects.get(pk=scene.match.pk).status == MatchStatus.EXPIRED
    assert free(scene.near) == 2
    told = Counter(Event.objects.filter(match=scene.match).values_list("type", flat=True))
    assert told[EventType.MATCH_EXPIRED] == 1
    assert set(told.values()) == {1}


@pytest.mark.parametrize(
    ("asked", "last"), [("2027-03-19", "2027-04-02"), ("2027-10-22", "2027-11-05")], ids=["to summer", "to winter"]
)
def test_deadlines_and_holds_end_with_their_day_across_a_change_of_summer_time(
    asked: str, last: str, scene: Scene, time_machine: Any, settings: Any
):
    settings.TIME_ZONE = "Europe/Paris"
    zone = timezone.get_default_timezone()

    def at(day: str, clock: str) -> datetime:
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)

    time_machine.move_to(at(asked, "09:00:00"), tick=False)
    match = scene.requested()
    assert match.deadline == at(last, "23:59:59.999999")
    [held] = Allocation.objects.values_list("held_until", flat=True)
    assert timezone.localtime(held).time() == datetime.max.time()
    time_machine.move_to(at(last, "23:59:59"), tick=False)
    assert deadlines.escalate() == 0
    time_machine.move_to(at(last, "23:59:59") + timedelta(seconds=2), tick=False)
    assert (deadlines.escalate(), deadlines.escalate()) == (1, 0)
