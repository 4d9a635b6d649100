"""Secrets that must be read again, encrypted for the database: a copy of the database alone tells nothing."""

import base64
import binascii
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# By what it was sealed, so that another can come after it: AES-256-GCM, which ASVS 5.0, appendix C, approves of.
MARK = "gcm:"
NONCE_BYTES = 12  # NIST SP 800-38D, 8.2.2: random ones suit far more secrets than there will be


class Unopened(Exception):
    """Sealed by a key that is not listed, for another purpose, or changed since."""


def seal(text: str, keys: Sequence[str], purpose: bytes) -> str:
    """By the first of the keys."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + AESGCM(_derived(keys[0], purpose + MARK.encode())).encrypt(nonce, text.encode(), None)
    return MARK + base64.urlsafe_b64encode(sealed).decode()


def unseal(sealed: str, keys: Sequence[str], purpose: bytes) -> str:
    """What any of the keys has sealed for the same purpose. Raises Unopened."""
    if not sealed.startswith(MARK):
        raise Unopened
    try:
        content = base64.urlsafe_b64decode(sealed.removeprefix(MARK))
    except binascii.Error as error:
        raise Unopened from error
    for key in keys:
        try:
            box = AESGCM(_derived(key, purpose + MARK.encode()))
            return box.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], None).decode()
        except (InvalidTag, ValueError):
            continue
    raise Unopened


def sealed_anew(sealed: str, keys: Sequence[str], purpose: bytes) -> str:
    """The same secret under the first of the keys. Raises Unopened where none of them opens it."""
    return seal(unseal(sealed, keys, purpose), keys, purpose)


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
