"""When people want mail about which events."""

import pytest
from django.db import IntegrityError, transaction

from sharing.models import Channel, EventType, MailPreference, MailTiming, Notification
from sharing.notifications import outbox
from sharing.notifications.preferences import set_timings, timings_of
from tests.sharing.scene import Scene

MATCHED = EventType.LIST_MATCHED


def channels_of(scene: Scene, timing: MailTiming) -> set[str]:
    set_timings(scene.asker, {MATCHED: timing})
    outbox.record(MATCHED, scene.list, actor=None, matched=1, demands=1)
    outbox.dispatch()
    return set(Notification.objects.filter(recipient=scene.asker).values_list("channel", flat=True))


@pytest.mark.parametrize(
    ("timing", "channels"),
    [
        (MailTiming.AT_ONCE, {Channel.INBOX, Channel.EMAIL}),
        (MailTiming.DAILY, {Channel.INBOX, Channel.DIGEST}),
        (MailTiming.NEVER, {Channel.INBOX}),
    ],
)
def test_the_inbox_has_it_always_and_mail_comes_as_wanted(scene: Scene, timing: MailTiming, channels: set[str]):
    assert channels_of(scene, timing) == channels


def test_it_holds_for_one_person_and_one_type_only(scene: Scene):
    set_timings(scene.asker, {EventType.LIST_CLOSED: MailTiming.NEVER})
    set_timings(scene.drafter, {MATCHED: MailTiming.NEVER})
    outbox.record(MATCHED, scene.list, actor=None, matched=1, demands=1)
    outbox.dispatch()
    mailed = Notification.objects.filter(channel=Channel.EMAIL)
    assert list(mailed.values_list("recipient", flat=True)) == [scene.asker.pk]


def test_who_has_no_mail_address_is_told_in_the_inbox_only(scene: Scene):
    scene.asker.email = ""
    scene.asker.save()
    assert channels_of(scene, MailTiming.DAILY) == {Channel.INBOX}


def test_what_is_set_is_kept_and_at_once_needs_no_row(scene: Scene):
    set_timings(scene.asker, {MATCHED: MailTiming.DAILY, EventType.LIST_CLOSED: MailTiming.NEVER})
    set_timings(scene.asker, {MATCHED: MailTiming.NEVER, EventType.LIST_CLOSED: MailTiming.AT_ONCE})
    assert list(MailPreference.objects.values_list("person", "event_type", "timing")) == [
        (scene.asker.pk, MATCHED.value, "never")
    ]
    assert timings_of(scene.asker)[MATCHED] == MailTiming.NEVER
    assert timings_of(scene.asker)[EventType.LIST_CLOSED] == MailTiming.AT_ONCE


@pytest.mark.parametrize("wrong", [{"event_type": "list.unknown"}, {"timing": "sometimes"}, {}])
def test_the_database_keeps_one_known_answer_a_type(scene: Scene, wrong: dict[str, str]):
    MailPreference.objects.create(person=scene.asker, event_type=MATCHED, timing="daily")
    with pytest.raises(IntegrityError), transaction.atomic():
        MailPreference.objects.create(person=scene.asker, **{"event_type": MATCHED, "timing": "daily", **wrong})
