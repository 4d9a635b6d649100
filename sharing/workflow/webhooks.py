"""The verbs on webhook endpoints and deliveries: for managers of the organization; for all others there are none."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry import security
from registry.models import Organization, Role, User
from registry.nudge import nudge_on_commit
from sharing.errors import BadInput, NotSeen, NotYours, WrongState
from sharing.models import DisabledReason, WebhookDelivery, WebhookEndpoint
from sharing.models.webhook_delivery import WebhookDeliveryQuerySet
from sharing.notifications import claims
from sharing.notifications.webhooks import queueing, sending, signing
from sharing.notifications.webhooks.target import BadAddress, parse

MOST_ENDPOINTS = 20
LONGEST_OVERLAP = timedelta(days=7)


@transaction.atomic
def create(
    organization: Organization, *, name: str, url: str, types: Sequence[str] = (), actor: User
) -> tuple[WebhookEndpoint, str]:
    """An endpoint that is told of the organization's events of these types (all, where none is named); with it the
    secret it verifies them by, shown this once.

    Raises BadInput for an address that no webhook may go to.
    """
    if organization.pk not in actor.organizations_as(Role.MANAGER):
        raise NotYours(_("Only a manager of the organization decides where its events are sent."))
    _check(url, organization.pk, actor)
    # One at a time for an organization, so that the count holds.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if organization.webhook_endpoints.count() >= MOST_ENDPOINTS:
        raise WrongState(_("An organization has at most %(most)d endpoints: delete one.") % {"most": MOST_ENDPOINTS})
    secret = signing.new_secret()
    endpoint = WebhookEndpoint.objects.create(
        organization=organization,
        name=name,
        url=url,
        types=_sorted(types),
        secret=signing.seal(secret),
        created_by=actor,
    )
    return endpoint, secret


@transaction.atomic
def change(
    endpoint: WebhookEndpoint,
    *,
    actor: User,
    name: str | None = None,
    url: str | None = None,
    types: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> WebhookEndpoint:
    """What is given. Disabling parks what waits; enabling sends from now on, and what was parked once it is replayed.

    Raises BadInput for an address that no webhook may go to.
    """
    endpoint = _locked(endpoint, actor)
    if url is not None:
        _check(url, endpoint.organization_id, actor)
    endpoint.name = endpoint.name if name is None else name
    endpoint.url = endpoint.url if url is None else url
    endpoint.types = endpoint.types if types is None else _sorted(types)
    endpoint.save(update_fields=["name", "url", "types"])
    if enabled is False and endpoint.disabled_at is None:
        sending.disable(endpoint, DisabledReason.MANAGER, timezone.now())
    if enabled and endpoint.disabled_at is not None:
        endpoint.disabled_at, endpoint.disabled_reason, endpoint.failing_since = None, "", None
        endpoint.save(update_fields=["disabled_at", "disabled_reason", "failing_since"])
        sending.wake(endpoint)
    return endpoint


@transaction.atomic
def delete(endpoint: WebhookEndpoint, *, actor: User) -> None:
    """Ends an endpoint for good, with the log of its deliveries and what waits."""
    _locked(endpoint, actor).delete()


@transaction.atomic
def rotate(
    endpoint: WebhookEndpoint, *, overlap: timedelta = timedelta(days=1), actor: User, replacing: str | None = None
) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown this once. The one before it signs too for the span of the overlap, older ones no more.

    replacing: the `secret_mark` of the one that is meant to go, where it is known.

    Raises BadInput for an overlap of more than a week, WrongState where another than the one meant is in use.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise BadInput(_("An overlap is 0 to 168 hours."), "overlap_hours")
    endpoint, secret = _locked(endpoint, actor), signing.new_secret()
    if replacing not in (None, endpoint.secret_mark):
        raise WrongState(_("A new secret was made already: the receivers need the newest one."))
    endpoint.previous_secret = endpoint.secret if overlap else ""
    endpoint.previous_secret_until = timezone.now() + overlap if overlap else None
    endpoint.secret = signing.seal(secret)
    endpoint.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    return endpoint, secret


@transaction.atomic
def test(endpoint: WebhookEndpoint, *, actor: User) -> WebhookDelivery:
    """Sends an event of no meaning, under the same rules as any other.

    Raises WrongState for an endpoint that is disabled.
    """
    endpoint = _enabled(_locked(endpoint, actor))
    sending.wake(endpoint)
    nudge_on_commit(queueing.SEND)
    return WebhookDelivery.objects.create(endpoint=endpoint)


@transaction.atomic
def replay(delivery: WebhookDelivery, *, actor: User) -> WebhookDelivery:
    """Sends a delivery at once, under its id: again, whether it arrived or failed, or before its next attempt.

    Raises WrongState where it is being sent, and for an endpoint that is disabled.
    """
    endpoint = _enabled(_locked(delivery.endpoint, actor))
    if not _revive(endpoint, endpoint.deliveries.filter(pk=delivery.pk)):
        raise WrongState(_("It is being sent: wait for the answer."))
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def replay_failed(endpoint: WebhookEndpoint, *, since: datetime, actor: User) -> int:
    """Sends at once all that failed of what was to be told since that moment, whether it was given up or would have
    been tried again; returns how many.

    Raises WrongState for an endpoint that is disabled.
    """
    endpoint = _enabled(_locked(endpoint, actor))
    return _revive(endpoint, endpoint.deliveries.failed().filter(created_at__gte=since))


def may_manage(endpoint: WebhookEndpoint, actor: User) -> bool:
    """Whether the verbs are this person's. A superuser sees every endpoint and decides on none."""
    return endpoint.organization_id in actor.organizations_as(Role.MANAGER)


def _locked(endpoint: WebhookEndpoint, actor: User) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.visible_to(actor).filter(pk=endpoint.pk).select_for_update(no_key=True).first()
    if found is None:
        raise NotSeen(_("There is no such endpoint."))
    if not may_manage(found, actor):
        raise NotYours(_("Only a manager of the organization decides where its events are sent."))
    return found


def _enabled(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    if endpoint.disabled_at is not None:
        raise WrongState(_("The endpoint is disabled: enable it first."))
    return endpoint


def _revive(endpoint: WebhookEndpoint, deliveries: WebhookDeliveryQuerySet) -> int:
    revived = claims.revive(deliveries.unclaimed(timezone.now()))
    if revived:
        sending.wake(endpoint)
        nudge_on_commit(queueing.SEND)
    return revived


def _check(url: str, organization_id: int, actor: User) -> None:
    try:
        parse(url)
    except BadAddress as error:
        security.note("webhook_address_refused", person=actor.pk, organization=organization_id)
        raise BadInput(str(error), "url") from error


def _sorted(types: Sequence[str]) -> list[str]:
    return sorted(set(types))
