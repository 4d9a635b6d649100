"""What a webhook tells: a CloudEvent 1.0 in structured JSON, made of ids and codes. Who is told reads the rest by the
API, as far as they may see it."""

import json
from typing import Any

from django.conf import settings

from sharing.models import Event, EventType, WebhookDelivery
from sharing.seen import REASONS, hides_owner_from

MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
PREFIX = "org.infrashare."
TEST = "webhook.test"
# Of an event's data: numbers, days and codes, never what a person wrote.
FACTS = (
    "deadline",
    "on",
    "number",
    "run",
    "matched",
    "demands",
    "lines",
    "joined",
    "parties",
    "instead_of",
    "endpoint",
    "report",
    "month",
)
# What a delivery's body reads.
RELATED = ("endpoint__organization__regulates", "event__organization", "event__consent", "event__agreement")


def type_of(event: EventType | str) -> str:
    """As CloudEvents name it.

    >>> type_of("match.approved")
    'org.infrashare.match.approved'
    """
    return f"{PREFIX}{event}"


def body_of(delivery: WebhookDelivery) -> str:
    """The body of every attempt. Needs what RELATED names."""
    event, endpoint = delivery.event, delivery.endpoint
    told: dict[str, Any] = {
        "specversion": "1.0",
        "id": delivery.webhook_id,
        "source": f"{settings.SITE_URL.rstrip('/')}/api/v1/",
        "type": type_of(event.type if event else TEST),
        "time": (event.occurred_at if event else delivery.created_at).isoformat(),
        "datacontenttype": "application/json",
    }
    if event is None:
        told |= {"subject": f"webhook-endpoints/{endpoint.pk}", "data": {"organization": endpoint.organization.code}}
    else:
        hidden = hides_owner_from(event, endpoint.organization)
        told |= {"subject": _subject(event, hidden), "data": _data(event, endpoint.organization.code, hidden)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


OF_ORGANIZATIONS = (EventType.REPORT_MADE, EventType.INVENTORY_OUTGROWN, EventType.REVIEW_DUE)


def _subject(event: Event, hidden: bool) -> str:
    """The event's object, as its address below the source."""
    if event.consent_id and not hidden:
        return f"consents/{event.consent_id}"
    if event.agreement_id:
        return f"agreements/{event.agreement_id}"
    if event.cobuild_group_id:
        return f"cobuild-groups/{event.cobuild_group_id}"
    if event.match_id:
        return f"matches/{event.match_id}"
    if event.demand_list_id:
        return f"demand-lists/{event.demand_list_id}"
    if event.type in OF_ORGANIZATIONS and event.organization:
        return f"organizations/{event.organization.code}"
    return f"webhook-endpoints/{event.data['endpoint']}"


def _data(event: Event, organization: str, hidden: bool) -> dict[str, Any]:
    """hidden: whether the owner it is about may not be named to that organization."""
    facts = {name: event.data[name] for name in FACTS if name in event.data}
    if event.data.get("reason") in REASONS:
        facts["reason"] = event.data["reason"]
    return {
        "organization": organization,
        "event": event.pk,
        "by": event.organization.code if event.organization and not hidden else None,
        "demand_list": event.demand_list_id,
        "match": event.match_id,
        "consent": None if hidden else event.consent_id,
        "agreement": event.agreement_id,
        "cobuild_group": event.cobuild_group_id,
        **facts,
    }
