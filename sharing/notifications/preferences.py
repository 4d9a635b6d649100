"""When people want mail about which events. What nothing is said about is mailed at once."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from registry.models import User
from sharing.models import EventType, MailPreference, MailTiming


def timings(people: Iterable[User]) -> dict[tuple[int, str], str]:
    """What people said, by the id of each and the type of event. One query."""
    rows = MailPreference.objects.filter(person__in={person.pk for person in people})
    return {(person, kind): timing for person, kind, timing in rows.values_list("person_id", "event_type", "timing")}


def timings_of(person: User) -> dict[EventType, MailTiming]:
    """When one person wants mail about each type of event."""
    said = timings([person])
    return {kind: MailTiming(said.get((person.pk, kind.value), MailTiming.AT_ONCE)) for kind in EventType}


@transaction.atomic
def set_timings(person: User, wanted: Mapping[EventType, MailTiming]) -> None:
    """Keeps what a person wants of the types in `wanted`; of others it changes nothing. Told of what comes from now
    on: what waits for today's mail stays in it."""
    at_once = [kind for kind, timing in wanted.items() if timing == MailTiming.AT_ONCE]
    MailPreference.objects.filter(person=person, event_type__in=at_once).delete()
    MailPreference.objects.bulk_create(
        [
            MailPreference(person=person, event_type=kind, timing=timing)
            for kind, timing in wanted.items()
            if timing != MailTiming.AT_ONCE
        ],
        update_conflicts=True,
        unique_fields=["person", "event_type"],
        update_fields=["timing"],
    )
