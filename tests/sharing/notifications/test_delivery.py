import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings as site
from django.core import mail
from django.db import connection
from django.utils import timezone

from sharing.models import Channel, DeliveryStatus, EventType, Notification
from sharing.notifications import delivery, outbox
from sharing.tasks import notifications as tasks
from sharing.workflow import consents
from tests import factories
from tests.plans import plan_of
from tests.sharing.scene import Scene


@pytest.fixture
def pending(scene: Scene) -> Notification:
    scene.party.memberships.exclude(user=scene.asker).delete()
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None, matched=3, demands=4)
    outbox.dispatch()
    return Notification.objects.get(channel=Channel.EMAIL)


def test_a_mail_is_sent_once(pending: Notification):
    assert (delivery.deliver(), delivery.deliver()) == (1, 0)
    [sent] = mail.outbox
    assert sent.to == ["asker@example.invalid"]
    assert sent.subject == "5G: 3 of 4 lines matched"
    pending.refresh_from_db()
    assert (pending.status, pending.attempts, pending.leased_until) == (DeliveryStatus.SENT, 1, None)
    assert pending.sent_at is not None


def test_its_message_id_is_the_same_at_every_attempt(pending: Notification, settings):
    settings.DEFAULT_FROM_EMAIL = "Registry <registry@share.example>"
    first, again = delivery.mail_of(pending).message(), delivery.mail_of(pending).message()
    assert first["Message-ID"] == again["Message-ID"] == f"<notification-{pending.pk}@share.example>"


def test_a_leased_mail_is_left_to_its_sender_until_the_lease_runs_out(pending: Notification, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    assert delivery.claim() == pending
    assert delivery.claim() is None
    time_machine.move_to(now + delivery.LEASE, tick=False)
    assert delivery.claim() is None
    time_machine.move_to(now + delivery.LEASE + timedelta(seconds=1), tick=False)
    claimed = delivery.claim()
    assert claimed == pending
    assert claimed.attempts == 2


def test_a_lease_outlasts_the_slowest_mail():
    """Greeting, EHLO, STARTTLS, two of its handshake, EHLO, three of AUTH, MAIL, RCPT, DATA, its end, QUIT."""
    assert timedelta(seconds=14 * site.EMAIL_TIMEOUT) < delivery.LEASE


def test_a_sender_gives_way_after_a_round_and_asks_for_the_next(scene: Scene, monkeypatch):
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    outbox.dispatch()
    nudges: list[str] = []
    monkeypatch.setattr(tasks, "nudge", nudges.append)
    monkeypatch.setattr(delivery, "ROUND_S", 0)
    tasks.send_mails()
    assert (len(mail.outbox), nudges) == (1, ["sharing.send_mails"])
    tasks.send_mails()
    assert (len(mail.outbox), nudges) == (2, ["sharing.send_mails"])


class Refusing(socketserver.StreamRequestHandler):
    """A mail server that takes nobody."""

    def handle(self) -> None:
        self.wfile.write(b"421 closed for the day\r\n")


class Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def serving(settings, handler: type[socketserver.StreamRequestHandler]) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with Threads(("127.0.0.1", 0), handler) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def closed_mail_server(settings) -> Iterator[None]:
    with serving(settings, Refusing):
        yield


def test_a_mail_that_fails_waits_longer_each_time_then_is_parked_and_can_be_revived(
    pending: Notification, closed_mail_server, settings, time_machine, caplog
):
    now = timezone.now()
    pauses = []
    for attempt in range(1, delivery.MAX_ATTEMPTS + 1):
        time_machine.move_to(now, tick=False)
        assert delivery.deliver() == 0
        pending.refresh_from_db()
        assert pending.attempts == attempt
        pauses.append((pending.next_attempt_at - now).total_seconds())
        now = pending.next_attempt_at
    assert pauses[:4] == [30, 60, 120, 240]
    assert max(pauses) == 4 * 3600
    assert pending.status == DeliveryStatus.PARKED
    assert "421" in pending.last_error
    assert "is parked" in caplog.text
    time_machine.move_to(now + timedelta(days=9), tick=False)
    assert delivery.claim() is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert delivery.retry(Notification.objects.all()) == 1
    assert delivery.deliver() == 1
    pending.refresh_from_db()
    assert (pending.status, pending.last_error) == (DeliveryStatus.SENT, "")


def test_where_the_mail_server_is_away_one_mail_finds_out_for_all(scene: Scene, closed_mail_server):
    for _event in range(3):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    outbox.dispatch()
    assert (delivery.deliver(), delivery.deliver()) == (0, 0)
    rows = Notification.objects.filter(channel=Channel.EMAIL)
    assert sorted(rows.values_list("attempts", flat=True)) == [0] * (rows.count() - 1) + [1]
    assert all(row.next_attempt_at > timezone.now() for row in rows)


class Cutting(socketserver.StreamRequestHandler):
    """A mail server that hangs up after each mail, without a word."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for command in self.rfile:
            if command.strip().upper() != b"DATA":
                self.wfile.write(b"250 ok\r\n")
                continue
            self.wfile.write(b"354 go on\r\n")
            while self.rfile.readline() != b".\r\n":
                pass
            self.wfile.write(b"250 kept\r\n")
            return


def test_after_a_cut_connection_the_next_mail_takes_a_new_one(scene: Scene, settings):
    for _event in range(2):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    outbox.dispatch()
    with serving(settings, Cutting):
        assert delivery.deliver() == 2
    rows = Notification.objects.filter(channel=Channel.EMAIL).order_by("next_attempt_at", "pk")
    assert sorted(row.status for row in rows) == ["pending", "pending", "sent", "sent"]
    assert all("Disconnected" in row.last_error for row in rows if row.status == DeliveryStatus.PENDING)


def test_one_mail_that_fails_does_not_hold_up_the_others(scene: Scene, pending: Notification):
    scene.asker.email = "not an address\r\nBcc: everybody@example.com"
    scene.asker.save()
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    outbox.dispatch()
    other = Notification.objects.filter(channel=Channel.EMAIL).exclude(pk=pending.pk).get()
    other.recipient = scene.drafter
    other.save()
    scene.party.memberships.create(user=scene.drafter, role="editor")
    assert delivery.deliver() == 1
    pending.refresh_from_db()
    other.refresh_from_db()
    assert (pending.status, other.status) == (DeliveryStatus.PENDING, DeliveryStatus.SENT)
    assert "BadHeaderError" in pending.last_error


def test_a_mail_that_cannot_be_composed_fails_alone_with_its_reason(scene: Scene, pending: Notification):
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None, on="someday")
    outbox.dispatch()
    odd = Notification.objects.filter(channel=Channel.EMAIL).exclude(pk=pending.pk).get()
    Notification.objects.filter(pk=odd.pk).update(next_attempt_at=timezone.now() - timedelta(minutes=1))
    assert delivery.deliver() == 1
    pending.refresh_from_db()
    odd.refresh_from_db()
    assert (pending.status, odd.status) == (DeliveryStatus.SENT, DeliveryStatus.PENDING)
    assert (odd.attempts, odd.leased_until) == (1, None)
    assert odd.last_error == "ValueError: Invalid isoformat string: 'someday'"


def test_a_mail_whose_senders_all_died_is_parked(pending: Notification):
    Notification.objects.filter(pk=pending.pk).update(attempts=delivery.MAX_ATTEMPTS)
    assert delivery.deliver() == 0
    pending.refresh_from_db()
    assert (pending.status, pending.last_error) == (DeliveryStatus.PARKED, "its senders died")
    assert mail.outbox == []


def test_a_sender_whose_lease_ran_out_does_not_undo_what_another_finished(pending: Notification):
    late = delivery.claim()
    Notification.objects.filter(pk=pending.pk).update(leased_until=None)
    delivery.deliver()
    assert late is not None
    delivery._fail(late, "too late")
    pending.refresh_from_db()
    assert (pending.status, pending.last_error) == (DeliveryStatus.SENT, "")


def leave(scene: Scene) -> None:
    scene.asker.memberships.all().delete()


def close_account(scene: Scene) -> None:
    scene.asker.is_active = False
    scene.asker.save()


@pytest.mark.parametrize("gone", [leave, close_account])
def test_who_has_left_or_whose_account_is_closed_gets_no_mail(scene: Scene, pending: Notification, gone):
    gone(scene)
    assert delivery.deliver() == 0
    pending.refresh_from_db()
    assert (pending.status, pending.leased_until, mail.outbox) == (DeliveryStatus.WITHDRAWN, None, [])
    assert (delivery.deliver(), delivery.retry(Notification.objects.all())) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_mail_is_sent_outside_of_any_transaction(scene: Scene, pending: Notification, monkeypatch):
    states = []
    send = mail.EmailMessage.send

    def watching(self, *args, **options):
        states.append(connection.in_atomic_block)
        return send(self, *args, **options)

    monkeypatch.setattr(mail.EmailMessage, "send", watching)
    delivery.deliver()
    assert states == [False]


def test_a_mail_names_the_owner_of_a_core_asset_to_its_own_people_only(scene: Scene, mailoutbox):
    scene.metro.name = "Guarded Grid"
    scene.metro.save()
    colleague = factories.member(scene.metro, "editor")
    core = factories.asset(scene.metro, protection="core")
    match = scene.requested(factories.match(factories.demand(scene.list, name="Site 2"), [core]))
    consents.refuse(match.consents.get(), reason="no_space", actor=scene.metro_manager)
    outbox.dispatch()
    delivery.deliver()
    told = {sent.to[0] for sent in mailoutbox if "Guarded Grid" in sent.subject + sent.body}
    assert told == {colleague.email}
    [refused] = [sent for sent in mailoutbox if sent.to == [scene.asker.email] and "refused" in sent.subject]
    assert refused.subject.endswith("refused by an owner")


def test_a_claim_passes_over_no_message_that_waits_for_a_daily_mail(db: None):
    plan = plan_of(delivery.POST.due().order_by("next_attempt_at", "pk")[:1])
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "Index Scan using notification_waiting" in plan
    assert "(channel)::text = 'email'::text" in condition
    assert "Sort" not in plan
