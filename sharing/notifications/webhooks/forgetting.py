"""Keeps the log of deliveries from growing for ever: what is over and old goes, with its attempts."""

from django.db import transaction
from django.utils import timezone

from sharing.models import WebhookDelivery

AT_ONCE = 2_000
"""Rows of one transaction, so that no lock is held for long."""


def forget() -> int:
    """Removes what the log no longer keeps; returns how many deliveries. Many may do it at once: each passes over what
    another, or a replay, has locked."""
    forgotten = 0
    while batch := _forget_batch():
        forgotten += batch
    return forgotten


@transaction.atomic
def _forget_batch() -> int:
    old = WebhookDelivery.objects.forgotten(timezone.now()).order_by("pk").select_for_update(skip_locked=True)
    ids = list(old.values_list("pk", flat=True)[:AT_ONCE])
    WebhookDelivery.objects.filter(pk__in=ids).delete()
    return len(ids)
