"""Which endpoints are told of an event: those of the organizations that it tells, and that asked for its type."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from registry.nudge import nudge_on_commit
from sharing.models import Event, WebhookDelivery, WebhookEndpoint

SEND = "sharing.send_webhooks"


def queue(told: Sequence[tuple[Event, Collection[int]]]) -> int:
    """Writes a delivery for each of the events and each endpoint that wants it, in the caller's transaction; returns
    how many. told: events, each with the ids of the organizations that it tells. Two queries, however many."""
    organizations = {organization for _event, those in told for organization in those}
    endpoints: defaultdict[int, list[WebhookEndpoint]] = defaultdict(list)
    for endpoint in WebhookEndpoint.objects.enabled().filter(organization__in=organizations):
        endpoints[endpoint.organization_id].append(endpoint)
    rows = [
        WebhookDelivery(endpoint=endpoint, event=event)
        for event, those in told
        for organization in sorted(those)
        for endpoint in endpoints[organization]
        if not endpoint.types or event.type in endpoint.types
    ]
    if rows:
        WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
        nudge_on_commit(SEND)
    return len(rows)
