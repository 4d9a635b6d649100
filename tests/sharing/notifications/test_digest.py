"""The daily mail: one a person and day, whoever makes it and dies."""

from datetime import date, datetime, timedelta
from smtplib import SMTPServerDisconnected
from unittest.mock import Mock, patch
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from sharing.models import Channel, DeliveryStatus, Digest, EventType, MailTiming, Notification
from sharing.notifications import delivery, digest, outbox
from sharing.notifications.preferences import set_timings
from sharing.workflow import consents
from tests import factories
from tests.sharing.scene import Scene

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2027, 3, 2, 8, 0, tzinfo=SHANGHAI)


@pytest.fixture
def daily(scene: Scene, time_machine) -> Scene:
    """The asker wants one mail a day, and nobody else of the party is told; it is before the hour."""
    scene.party.memberships.exclude(user=scene.asker).delete()
    set_timings(scene.asker, dict.fromkeys(EventType, MailTiming.DAILY))
    time_machine.move_to(MORNING - timedelta(hours=2), tick=False)
    return scene


def tell(scene: Scene, matched: int = 3) -> None:
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None, matched=matched, demands=4)
    outbox.dispatch()


def send() -> int:
    digest.gather()
    return digest.deliver()


def test_the_messages_of_a_day_come_in_one_mail_from_the_hour_on(daily: Scene, time_machine):
    tell(daily, 2)
    tell(daily, 3)
    assert (delivery.deliver(), send()) == (0, 0)
    time_machine.move_to(MORNING, tick=False)
    assert (send(), send()) == (1, 0)
    [sent] = mail.outbox
    assert sent.to == ["asker@example.invalid"]
    assert sent.subject == "2 messages of 2 March 2027"
    first, second = sent.body.index("5G: 2 of 4 lines matched"), sent.body.index("5G: 3 of 4 lines matched")
    assert first < second
    assert "/inbox/settings/" in sent.body
    told = Notification.objects.filter(channel=Channel.DIGEST)
    assert set(told.values_list("status", "digest__day")) == {(DeliveryStatus.SENT, MORNING.date())}


def test_what_comes_later_waits_for_the_next_day(daily: Scene, time_machine):
    tell(daily)
    time_machine.move_to(MORNING, tick=False)
    send()
    tell(daily, 4)
    time_machine.move_to(MORNING + timedelta(hours=15, minutes=59), tick=False)
    assert send() == 0
    time_machine.move_to(MORNING + timedelta(days=1), tick=False)
    assert send() == 1
    assert [message.subject for message in mail.outbox] == ["1 message of 2 March 2027", "1 message of 3 March 2027"]


def test_it_is_in_the_language_of_the_person(daily: Scene, time_machine):
    daily.asker.language = "zh-hans"
    daily.asker.save()
    tell(daily)
    time_machine.move_to(MORNING, tick=False)
    send()
    assert "2027年3月2日" in mail.outbox[0].subject


def test_a_maker_that_dies_leaves_nothing_and_the_next_makes_it(daily: Scene, time_machine, monkeypatch):
    """It dies between the row of the day and its messages."""
    tell(daily)
    time_machine.move_to(MORNING, tick=False)
    with monkeypatch.context() as patched:
        # The first call chooses the people, the second is to give the messages to the day.
        patched.setattr(digest, "_waiting", Mock(side_effect=[digest._waiting(), ZeroDivisionError]))
        with pytest.raises(ZeroDivisionError):
            digest.gather()
    assert not Digest.objects.exists()
    assert send() == 1


def test_a_sender_that_dies_is_followed_by_another_with_the_same_message_id(daily: Scene, time_machine):
    tell(daily)
    time_machine.move_to(MORNING, tick=False)
    digest.gather()
    claimed = delivery._claim(digest.POST)
    assert claimed is not None
    assert digest.deliver() == 0
    time_machine.move_to(MORNING + delivery.LEASE + timedelta(seconds=1), tick=False)
    assert digest.deliver() == 1
    made = digest.mail_of(Digest.objects.get())
    assert mail.outbox[0].extra_headers["Message-ID"] == made.extra_headers["Message-ID"]
    assert Digest.objects.get().attempts == 2


def test_what_keeps_failing_is_parked_and_can_be_tried_again(daily: Scene, time_machine):
    tell(daily)
    now = MORNING
    time_machine.move_to(now, tick=False)
    digest.gather()
    with patch.object(EmailMessage, "send", side_effect=SMTPServerDisconnected("gone")):
        for _attempt in range(delivery.MAX_ATTEMPTS):
            assert digest.deliver() == 0
            now += delivery.LONGEST_PAUSE
            time_machine.move_to(now, tick=False)
    assert Digest.objects.get().status == DeliveryStatus.PARKED
    assert Notification.objects.get(channel=Channel.DIGEST).status == DeliveryStatus.PENDING
    assert delivery.retry(Digest.objects.all()) == 1
    assert digest.deliver() == 1


def test_it_leaves_out_what_the_person_may_no_longer_see(daily: Scene, time_machine):
    tell(daily, 1)
    daily.metro.memberships.create(user=daily.asker, role="editor")
    other = factories.demand_list(daily.metro, title="Cameras")
    outbox.record(EventType.LIST_MATCHED, other, actor=None, matched=2, demands=2)
    outbox.dispatch()
    daily.asker.memberships.filter(organization=daily.party).delete()
    time_machine.move_to(MORNING, tick=False)
    assert send() == 1
    [sent] = [message for message in mail.outbox if message.to == ["asker@example.invalid"]]
    assert sent.subject == "1 message of 2 March 2027"
    assert "Cameras" in sent.body and "5G" not in sent.body
    told = Notification.objects.filter(channel=Channel.DIGEST, recipient=daily.asker).order_by("pk")
    assert list(told.values_list("status", flat=True)) == [DeliveryStatus.WITHDRAWN, DeliveryStatus.SENT]


def test_it_does_not_leave_where_nothing_is_left_to_tell(daily: Scene, time_machine):
    tell(daily)
    daily.asker.is_active = False
    daily.asker.save()
    time_machine.move_to(MORNING, tick=False)
    assert (send(), mail.outbox) == (0, [])
    assert Digest.objects.get().status == DeliveryStatus.WITHDRAWN
    assert set(Notification.objects.filter(channel=Channel.DIGEST).values_list("status", flat=True)) == {"withdrawn"}


def test_the_database_keeps_one_a_day_and_only_messages_meant_for_it(daily: Scene):
    tell(daily)
    made = Digest.objects.create(recipient=daily.asker, day=MORNING.date())
    with pytest.raises(IntegrityError), transaction.atomic():
        Digest.objects.create(recipient=daily.asker, day=MORNING.date())
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.filter(channel=Channel.INBOX).update(digest=made)


def test_it_names_no_owner_that_the_person_may_not_know_of(daily: Scene, time_machine):
    factories.protect(daily.near, "core")
    consent = daily.requested().consents.get()
    consents.refuse(consent, reason="no_space", actor=daily.metro_manager)
    outbox.dispatch()
    time_machine.move_to(MORNING, tick=False)
    send()
    [sent] = [message for message in mail.outbox if message.to == ["asker@example.invalid"]]
    assert "Site 1: refused by an owner" in sent.body
    assert "metro" not in sent.body


def test_it_costs_the_same_for_many_messages(daily: Scene, time_machine):
    counts = []
    for day, messages in ((0, 2), (1, 9)):
        for _n in range(messages):
            tell(daily)
        time_machine.move_to(MORNING + timedelta(days=day), tick=False)
        digest.gather()
        with CaptureQueriesContext(connection) as asked:
            assert digest.deliver() == 1
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_person_s_mails_go_with_them(daily: Scene, time_machine):
    tell(daily)
    time_machine.move_to(MORNING, tick=False)
    send()
    daily.asker.delete()
    assert not Digest.objects.exists()


def test_the_hour_and_the_day_are_those_of_where_the_person_is(daily: Scene, time_machine):
    daily.asker.time_zone = "America/New_York"
    daily.asker.save()
    tell(daily)
    time_machine.move_to(MORNING, tick=False)  # the evening before, in New York
    assert send() == 1
    assert Digest.objects.get().day == date(2027, 3, 1)
    tell(daily)
    time_machine.move_to(MORNING + timedelta(hours=12, minutes=59), tick=False)
    assert send() == 0
    time_machine.move_to(MORNING + timedelta(hours=13), tick=False)  # 8 o'clock of the next day there
    assert send() == 1
