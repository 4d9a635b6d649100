"""Secrets of endpoints: made, sealed for the database, and signed by (Standard Webhooks 1.0)."""

import base64
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from standardwebhooks import Webhook

from registry import sealing
from sharing.models import WebhookEndpoint

PURPOSE = b"infrashare webhook secrets"
PREFIX = "whsec_"
SECRET_BYTES = 32


class Unreadable(Exception):
    """A secret was sealed by a key that WEBHOOK_KEYS no longer holds."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal(secret: str) -> str:
    """The secret encrypted, as the database keeps it: a copy of the database alone signs nothing."""
    return sealing.seal(secret, settings.WEBHOOK_KEYS, PURPOSE)


def unseal(sealed: str) -> str:
    """Raises Unreadable."""
    try:
        return sealing.unseal(sealed, settings.WEBHOOK_KEYS, PURPOSE)
    except sealing.Unopened as error:
        raise Unreadable("the secret cannot be read by any of WEBHOOK_KEYS: rotate it") from error


@transaction.atomic
def seal_anew() -> int:
    """The secrets of all endpoints, under the first of WEBHOOK_KEYS. Returns of how many. Raises Unopened, and
    changes nothing, where one was sealed by a key that is listed no longer."""
    endpoints = WebhookEndpoint.objects.select_for_update().order_by("pk")
    for endpoint in endpoints:
        for name in ("secret", "previous_secret"):
            if sealed := getattr(endpoint, name):
                setattr(endpoint, name, sealing.sealed_anew(sealed, settings.WEBHOOK_KEYS, PURPOSE))
        endpoint.save(update_fields=["secret", "previous_secret"])
    return len(endpoints)


def headers(sealed: Iterable[str], webhook_id: str, body: str, moment: datetime) -> dict[str, str]:
    """The three headers, with a signature by each of the secrets. Raises Unreadable."""
    moment = moment.astimezone(UTC)
    signatures = [Webhook(unseal(one)).sign(webhook_id, moment, body) for one in sealed]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
