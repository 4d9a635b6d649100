"""Secrets in the database: sealed by an approved cipher, opened by nothing but their key for their purpose."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from registry.sealing import Unopened, seal, sealed_anew, unseal

TEXT, PURPOSE = "JBSWY3DPEHPK3PXP 密", b"apps"


def derived(key: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(key)


def test_what_is_sealed_is_sealed_by_aes_256_gcm():
    sealed = seal(TEXT, ["key"], PURPOSE)
    content = base64.urlsafe_b64decode(sealed.removeprefix("gcm:"))
    assert AESGCM(derived(b"key", b"appsgcm:")).decrypt(content[:12], content[12:], None).decode() == TEXT
    assert unseal(sealed, ["key"], PURPOSE) == TEXT


def test_the_same_is_never_sealed_alike():
    assert len({seal(TEXT, ["key"], PURPOSE)[:20] for _ in range(1_000)}) == 1_000


def test_it_is_sealed_by_the_first_key_and_opened_by_any():
    older = seal(TEXT, ["older"], PURPOSE)
    assert unseal(older, ["newer", "older"], PURPOSE) == TEXT
    anew = sealed_anew(older, ["newer", "older"], PURPOSE)
    assert unseal(anew, ["newer"], PURPOSE) == TEXT
    with pytest.raises(Unopened):
        unseal(anew, ["older"], PURPOSE)


def test_what_was_changed_or_is_of_another_key_or_purpose_is_not_opened():
    sealed = seal(TEXT, ["key"], PURPOSE)
    content = base64.urlsafe_b64decode(sealed.removeprefix("gcm:"))
    for at in range(len(content)):
        changed = bytes([*content[:at], content[at] ^ 1, *content[at + 1 :]])
        with pytest.raises(Unopened):
            unseal("gcm:" + base64.urlsafe_b64encode(changed).decode(), ["key"], PURPOSE)
    for text in ("gcm:", "gcm:x", sealed[:-8], sealed.removeprefix("gcm:"), ""):
        with pytest.raises(Unopened):
            unseal(text, ["key"], PURPOSE)
    for keys, purpose in ((["other"], PURPOSE), (["key"], b"webhooks")):
        with pytest.raises(Unopened):
            unseal(sealed, keys, purpose)


def test_what_an_older_key_had_sealed_is_sealed_anew_by_the_newest():
    anew = sealed_anew(seal(TEXT, ["key"], PURPOSE), ["newer", "key"], PURPOSE)
    assert unseal(anew, ["newer"], PURPOSE) == TEXT
