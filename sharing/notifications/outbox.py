"""The outbox: events not yet told. A verb's event row, in the verb's own transaction, guarantees that people are told;
Celery is only nudged, and beat's sweep finds what a nudge did not."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.models import Organization, User
from registry.nudge import nudge_on_commit
from sharing.models import (
    Agreement,
    Channel,
    CobuildGroup,
    Consent,
    DeliveryStatus,
    DemandList,
    Event,
    EventType,
    Inventory,
    MailTiming,
    Match,
    Notification,
    Report,
    WebhookEndpoint,
)
from sharing.notifications import delivery, recipients
from sharing.notifications.preferences import timings
from sharing.notifications.webhooks import queueing

Subject = DemandList | Match | Consent | Agreement | CobuildGroup | WebhookEndpoint | Report | Inventory

SWEEP = "sharing.sweep_outbox"
BATCH = 200
BY_MAIL = {MailTiming.AT_ONCE.value: Channel.EMAIL, MailTiming.DAILY.value: Channel.DIGEST}


def record(
    kind: EventType,
    subject: Subject,
    *,
    actor: User | None,
    organization: Organization | None = None,
    **data: Any,
) -> Event:
    """Writes the event of `kind` about `subject`, to be told once the transaction commits.

    actor None: the clock acted. organization: on whose behalf. data: JSON, for the texts and for history.
    """
    return record_all([draft(kind, subject, actor=actor, organization=organization, **data)])[0]


def record_all(events: Iterable[Event]) -> list[Event]:
    """Writes many drafts at once."""
    written = Event.objects.bulk_create(events)
    if written:
        nudge_on_commit(SWEEP)
    return written


def draft(
    kind: EventType,
    subject: Subject,
    *,
    actor: User | None,
    organization: Organization | None = None,
    **data: Any,
) -> Event:
    """An event not yet written, with every object that its subject belongs to."""
    event = Event(type=kind, actor=actor, organization=organization, data=data)
    match subject:
        case DemandList():
            event.demand_list = subject
            return event
        case WebhookEndpoint():
            # An endpoint may be deleted, its history may not.
            event.organization = subject.organization
            data |= {"endpoint": subject.pk, "name": subject.name}
            return event
        case Report():
            event.organization = subject.organization
            data |= {"report": subject.pk, "month": f"{subject.month:%Y-%m}"}
            return event
        case Inventory():
            event.organization = subject.organization
            data |= {"inventory": subject.pk, "on": f"{timezone.localdate(subject.taken_at)}"}
            return event
        case CobuildGroup():
            event.cobuild_group = subject
            return event
        case Match():
            event.match = subject
        case Consent():
            event.match, event.consent = subject.match, subject
        case Agreement():
            event.match, event.agreement = subject.match, subject
    event.demand_list = event.match.demand.list
    # Deadlines move on; the texts and the history tell the one that counted then.
    due = subject.match.deadline if isinstance(subject, Agreement) else subject.deadline
    if due:
        data["deadline"] = due.isoformat()
    return event


def dispatch() -> int:
    """Writes the notifications and webhook deliveries of all events not yet told; returns how many events that were.

    Safe at any time, many at once: an event is marked in the transaction that writes its notifications, and those
    that another dispatcher holds are passed over.
    """
    told = 0
    while batch := _dispatch_batch():
        told += batch
    return told


@transaction.atomic
def _dispatch_batch() -> int:
    events = list(Event.objects.undispatched().order_by("pk").select_for_update(skip_locked=True, no_key=True)[:BATCH])
    if not events:
        return 0
    now = timezone.now()
    audience = recipients.of([event.pk for event in events])
    wanted = timings(person for told in audience.values() for person in told.people)
    rows = [
        # The inbox is the row itself: it has arrived when it is written.
        Notification(
            event=event,
            recipient=person,
            channel=channel,
            status=DeliveryStatus.SENT if channel == Channel.INBOX else DeliveryStatus.PENDING,
            sent_at=now if channel == Channel.INBOX else None,
        )
        for event in events
        for person in audience[event.pk].people
        for channel in channels(person, wanted.get((person.pk, event.type), MailTiming.AT_ONCE))
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.channel == Channel.EMAIL for row in rows):
        nudge_on_commit(delivery.SEND)
    queueing.queue([(event, audience[event.pk].organizations) for event in events])
    return Event.objects.filter(pk__in=[event.pk for event in events]).update(dispatched_at=now)


def channels(person: User, timing: str) -> list[Channel]:
    """By which ways a person is told. timing: when they want mail about the event."""
    mail = BY_MAIL.get(timing) if person.email else None
    return [Channel.INBOX, mail] if mail else [Channel.INBOX]
