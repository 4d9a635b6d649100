"""Sends webhooks: claims an endpoint that is due and its oldest delivery, calls outside any transaction, marks.

An endpoint is called by one sender at a time, and the endpoint longest without a call comes first, so that neither a
slow receiver nor one with thousands of deliveries holds up the others. Calls are threads that know no database.
"""

import logging
import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop

from sharing.models import (
    DeliveryStatus,
    DisabledReason,
    EventType,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from sharing.notifications import claims, outbox
from sharing.notifications.webhooks import payload, signing
from sharing.notifications.webhooks.calling import Answer, Caller

log = logging.getLogger(__name__)
LOCK = 2026_171
# Longer than a call may take: WEBHOOK_TIMEOUT_S, and what a look-up in DNS may take beyond it.
LEASE = timedelta(minutes=2)
# The schedule that Standard Webhooks proposes: ten attempts in 75 hours and 35 minutes.
PAUSES = [
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
]
TERMS = claims.Terms(LEASE, PAUSES)
SPAN = sum(PAUSES, timedelta(0))
# Lengthens a pause by up to a twentieth, so that deliveries that failed together do not come back together.
JITTER = 0.05
# After a failed call, before an endpoint's next delivery is tried.
REST = timedelta(seconds=10)
AT_ONCE = 32
# How long one sender goes on claiming, so that its worker is free for other tasks now and then.
ROUND_S = 60.0


@dataclass(frozen=True)
class Call:
    """A claimed delivery, and what is posted where; or why it cannot be."""

    delivery: WebhookDelivery
    url: str
    headers: dict[str, str]
    body: bytes
    error: str = ""

    def made_by(self, caller: Caller) -> Answer:
        if self.error:
            return Answer(timezone.now(), 0, error=self.error)
        return caller.post(self.url, self.headers, self.body)


def deliver(caller: Caller | None = None) -> int:
    """Makes every call that is due; returns how many deliveries arrived. Any number of senders may run at once."""
    caller = caller or Caller()
    arrived, until = 0, time.monotonic() + ROUND_S
    flying: dict[Future[Answer], WebhookDelivery] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            while len(flying) < AT_ONCE and time.monotonic() < until and (claimed := claim()):
                flying[pool.submit(_call_of(claimed).made_by, caller)] = claimed
            if not flying:
                return arrived
            done, _under_way = wait(flying, timeout=1, return_when=FIRST_COMPLETED)
            for future in done:
                arrived += _settle(flying.pop(future), future.result())


@transaction.atomic
def claim() -> WebhookDelivery | None:
    """Takes the oldest due delivery of the endpoint that waits longest for a call, or None where nothing is due."""
    now = timezone.now()
    due = WebhookDelivery.objects.due(now)
    free = WebhookEndpoint.objects.enabled().filter(Exists(due.filter(endpoint=OuterRef("pk"))), next_call_at__lte=now)
    endpoint = free.order_by("next_call_at", "pk").select_for_update(skip_locked=True, no_key=True).first()
    if endpoint is None:
        return None
    delivery: WebhookDelivery | None = claims.claim(due.filter(endpoint=endpoint), TERMS)
    if delivery is not None:
        endpoint.next_call_at = now + LEASE
        endpoint.save(update_fields=["next_call_at"])
    return delivery


def _call_of(claimed: WebhookDelivery) -> Call:
    """What cannot be put into words fails by itself: the deliveries beside it can."""
    try:
        return call_of(claimed)
    except Exception as error:
        log.exception("Webhook delivery %s could not be put into words", claimed.pk)
        return Call(claimed, "", {}, b"", f"an error of the registry's own: {type(error).__name__}")


def _settle(delivery: WebhookDelivery, answer: Answer) -> bool:
    """What cannot be written is called again once its lease has run out: the results beside it are kept."""
    try:
        return settle(delivery, answer)
    except Exception:
        log.exception("What came of webhook delivery %s could not be written", delivery.pk)
        return False


def call_of(claimed: WebhookDelivery) -> Call:
    """Signed at this moment: receivers refuse what was signed more than five minutes ago."""
    if claims.exhausted(claimed, TERMS):
        return Call(claimed, "", {}, b"", claimed.last_error or gettext_noop("its senders died"))
    delivery = WebhookDelivery.objects.select_related(*payload.RELATED).filter(pk=claimed.pk).first()
    if delivery is None:
        return Call(claimed, "", {}, b"", gettext_noop("deleted meanwhile"))
    endpoint, now = delivery.endpoint, timezone.now()
    body = payload.body_of(delivery)
    try:
        headers = signing.headers(endpoint.secrets_at(now), delivery.webhook_id, body, now)
    except signing.Unreadable as error:
        return Call(claimed, "", {}, b"", str(error))
    return Call(claimed, endpoint.url, {**headers, "Content-Type": payload.MEDIA_TYPE}, body.encode())


@transaction.atomic
def settle(delivery: WebhookDelivery, answer: Answer) -> bool:
    """Writes what came of a call to the log, the delivery and the endpoint; whether the delivery arrived by it."""
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=delivery.endpoint_id).first()
    if endpoint is None:
        return False  # deleted meanwhile, with its deliveries
    WebhookAttempt.objects.create(
        delivery=delivery,
        started_at=answer.started_at,
        duration_ms=answer.duration_ms,
        status_code=answer.status_code,
        answer=answer.text,
        error=answer.error[:1000],
    )
    now = timezone.now()
    if answer.succeeded:
        arrived = claims.sent(delivery)
        endpoint.failing_since, endpoint.next_call_at = None, now if arrived else endpoint.next_call_at
        endpoint.save(update_fields=["failing_since", "next_call_at"])
        return arrived
    jitter = TERMS.pause(delivery.attempts) * random.uniform(1, 1 + JITTER)
    if not claims.failed(delivery, answer.error, TERMS, final=answer.gone, at_least=max(jitter, answer.wait)):
        return False  # finished by another sender, which has told the endpoint's state too
    endpoint.failing_since = endpoint.failing_since or answer.started_at
    endpoint.next_call_at = now + max(REST, answer.wait)
    endpoint.save(update_fields=["failing_since", "next_call_at"])
    if endpoint.disabled_at is None and (answer.gone or now - endpoint.failing_since >= SPAN):
        disable(endpoint, DisabledReason.GONE if answer.gone else DisabledReason.FAILING, now)
    return False


def wake(endpoint: WebhookEndpoint) -> None:
    """Ends a locked endpoint's rest, since a person asks for a call; unless a call is under way."""
    now = timezone.now()
    if not endpoint.deliveries.pending().filter(leased_until__gte=now).exists():
        endpoint.next_call_at = now
        endpoint.save(update_fields=["next_call_at"])


def disable(endpoint: WebhookEndpoint, reason: DisabledReason, now: datetime) -> None:
    """Calls a locked endpoint no more, parks what waits for it, and tells its managers where no one of them did it."""
    endpoint.disabled_at, endpoint.disabled_reason = now, reason
    endpoint.save(update_fields=["disabled_at", "disabled_reason"])
    endpoint.deliveries.filter(status=DeliveryStatus.PENDING).update(
        status=DeliveryStatus.PARKED, leased_until=None, last_error=gettext_noop("the endpoint was disabled")
    )
    if reason != DisabledReason.MANAGER:
        outbox.record(EventType.WEBHOOK_DISABLED, endpoint, actor=None, reason=reason.value)
