"""Secrets of endpoints: made, sealed for the database, and signed by (Standard Webhooks 1.0)."""

import base64
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from standardwebhooks import Webhook

PREFIX = "whsec_"
SECRET_BYTES = 32


class Unreadable(Exception):
    """A secret was sealed by a key that WEBHOOK_KEYS no longer holds."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal(secret: str) -> str:
    """The secret encrypted, as the database keeps it: a copy of the database alone signs nothing."""
    return _box(tuple(settings.WEBHOOK_KEYS)).encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises Unreadable."""
    try:
        return _box(tuple(settings.WEBHOOK_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable("the secret cannot be read by any of WEBHOOK_KEYS: rotate it") from error


def headers(sealed: Iterable[str], webhook_id: str, body: str, moment: datetime) -> dict[str, str]:
    """The three headers, with a signature by each of the secrets. Raises Unreadable."""
    moment = moment.astimezone(UTC)
    signatures = [Webhook(unseal(one)).sign(webhook_id, moment, body) for one in sealed]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    """Seals by the first of the keys, and opens what any of them has sealed."""
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"infrashare webhook secrets").derive(key.encode())
    return base64.urlsafe_b64encode(derived)
