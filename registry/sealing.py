"""Secrets that must be read again, encrypted for the database: a copy of the database alone tells nothing."""

import base64
from collections.abc import Sequence
from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def box(keys: Sequence[str], purpose: bytes) -> MultiFernet:
    """Seals by the first of the keys, and opens what any of them has sealed for the same purpose."""
    return _box(tuple(keys), purpose)


def sealed_anew(sealed: str, keys: Sequence[str], purpose: bytes) -> str:
    """The same secret under the first of the keys. Raises InvalidToken where none of them opens it."""
    return box(keys, purpose).rotate(sealed.encode()).decode()


@cache
def _box(keys: tuple[str, ...], purpose: bytes) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: bytes) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
