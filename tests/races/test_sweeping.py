"""Workers that sweep at once tell, send and move everything exactly once."""

import threading
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from sharing.models import (
    Agreement,
    Channel,
    Consent,
    DeliveryStatus,
    Event,
    EventType,
    MailTiming,
    Match,
    MatchStatus,
    Notification,
    WebhookDelivery,
    WebhookEndpoint,
)
from sharing.notifications import delivery, digest, outbox
from sharing.notifications.preferences import set_timings
from sharing.notifications.webhooks import sending, signing
from sharing.workflow import deadlines, webhooks
from tests import factories
from tests.races.crowd import at_once, kinds
from tests.receiver import Session, Told, receiver
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 8


def test_eight_dispatchers_and_senders_tell_each_person_once(scene: Scene, monkeypatch):
    monkeypatch.setattr(outbox, "BATCH", 7)
    for _event in range(100):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    told = at_once([outbox.dispatch] * WORKERS)
    assert (kinds(told), sum(told)) == ({"done": WORKERS}, 100)
    assert Notification.objects.count() == 400
    monkeypatch.setattr(delivery, "ROUND_S", 60)
    sent = at_once([delivery.deliver] * WORKERS)
    assert (kinds(sent), sum(sent)) == ({"done": WORKERS}, 200)
    ids = Counter(message.extra_headers["Message-ID"] for message in mail.outbox)
    assert (len(ids), set(ids.values())) == (200, {1})
    assert set(Notification.objects.values_list("status", "attempts")) == {("sent", 1), ("sent", 0)}


def test_an_event_that_a_dying_dispatcher_holds_is_told_by_the_next(scene: Scene):
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert outbox._dispatch_batch() == 1
        assert at_once([outbox.dispatch]) == [0]
        raise ZeroDivisionError
    assert outbox.dispatch() == 1
    assert Notification.objects.filter(channel=Channel.INBOX, status=DeliveryStatus.SENT).count() == 2


def test_the_clock_passes_over_what_a_verb_holds_and_comes_back_to_it(scene: Scene):
    consent = scene.requested().consents.get()
    Consent.objects.update(deadline=timezone.now() - timedelta(days=1))
    with transaction.atomic():
        Consent.objects.select_for_update().get(pk=consent.pk)
        assert at_once([deadlines.escalate]) == [0]
    assert deadlines.escalate() == 1


def test_the_clock_that_ticks_eight_times_at_once_does_everything_once(scene: Scene):
    tower = factories.asset(scene.metro, capacity=40)
    late, soon, over = (
        [scene.requested(factories.match(factories.demand(scene.list), [tower])) for _match in range(5)]
        for _group in range(3)
    )
    now = timezone.now()
    for group, deadline in (
        (late, now - timedelta(days=1)),
        (soon, now + timedelta(hours=1)),
        (over, now - timedelta(days=60)),
    ):
        Match.objects.filter(pk__in=[match.pk for match in group]).update(deadline=deadline)
        Consent.objects.filter(match__in=group).update(deadline=deadline)
    begun = [scene.approved(factories.match(factories.demand(scene.list), [tower])) for _match in range(5)]
    Agreement.objects.filter(pk__in=[agreement.pk for agreement in begun]).update(period=factories.period(0))
    before = Event.objects.count()

    def tick() -> None:
        for verb in (deadlines.remind, deadlines.escalate, deadlines.expire, deadlines.activate, deadlines.end):
            verb()

    assert kinds(at_once([tick] * WORKERS)) == {"done": WORKERS}
    new = Counter(Event.objects.order_by("pk").values_list("type", flat=True)[before:])
    assert new == {
        "consent.due": 5,
        "consent.overdue": 10,
        "match.expired": 5,
        "agreement.activated": 5,
    }
    assert Counter(Match.objects.values_list("status", flat=True)) == {
        MatchStatus.PROPOSED: 2,
        MatchStatus.REQUESTED: 10,
        MatchStatus.EXPIRED: 5,
        MatchStatus.ACTIVE: 5,
    }


def test_eight_senders_of_webhooks_send_each_delivery_once_and_one_at_a_time_to_an_endpoint(scene: Scene, settings):
    settings.WEBHOOK_EXTRA_NETWORKS, settings.WEBHOOK_ALLOW_HTTP = [ip_network("127.0.0.0/8")], True
    lock, under_way, most = threading.Lock(), Counter[str](), Counter[str]()

    def counting(session: Session, told: Told) -> None:
        with lock:
            under_way[told.path] += 1
            most[told.path] = max(most[told.path], under_way[told.path])
        time.sleep(0.002)
        with lock:
            under_way[told.path] -= 1
        session.reply(204)

    with receiver() as hooks:
        hooks.answer = counting
        for number in range(5):
            WebhookEndpoint.objects.create(
                organization=scene.party, name="orders", url=f"{hooks.url}/{number}",
                secret=signing.seal(signing.new_secret()),
            )  # fmt: skip
        for _event in range(20):
            outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
        outbox.dispatch()
        sent = at_once([sending.deliver] * WORKERS)
    assert (kinds(sent), sum(sent)) == ({"done": WORKERS}, 100)
    assert set(Counter(told.webhook_id for told in hooks.told).values()) == {1}
    assert set(WebhookDelivery.objects.values_list("status", "attempts")) == {("sent", 1)}
    assert (len(most), set(most.values())) == (5, {1})


def test_endpoints_made_at_once_stay_within_the_most(scene: Scene, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST_ENDPOINTS", 5)

    def make(number: int) -> Any:
        return webhooks.create(scene.party, name="x", url=f"https://a.example/{number}", actor=scene.asker)

    made = at_once([partial(make, number) for number in range(WORKERS)])
    assert kinds(made) == {"WrongState": 3, "done": 5}
    assert WebhookEndpoint.objects.count() == 5


def test_eight_makers_and_senders_of_daily_mails_tell_each_person_once_a_day(scene: Scene, settings):
    settings.DIGEST_HOUR = 0
    for person in (scene.asker, scene.drafter):
        set_timings(person, {EventType.LIST_MATCHED: MailTiming.DAILY})
    for _event in range(20):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    outbox.dispatch()
    made = at_once([digest.gather] * WORKERS)
    assert (kinds(made), sum(made)) == ({"done": WORKERS}, 2)
    sent = at_once([digest.deliver] * WORKERS)
    assert (kinds(sent), sum(sent)) == ({"done": WORKERS}, 2)
    assert sorted(message.to[0] for message in mail.outbox) == ["asker@example.invalid", "drafter@example.invalid"]
    told = Notification.objects.filter(channel=Channel.DIGEST)
    assert set(told.values_list("status", "digest__attempts")) == {("sent", 1)}
    assert told.count() == 40
