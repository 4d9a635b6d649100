"""A key that answers, and whether it has verified whose hand holds it (WebAuthn's flag UV)."""

import json
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from registry.models import Role, User
from tests import factories
from tests.registry.web.account.conftest import PASSWORD, knowing, with_app

BY_PASSKEY = "/account/sign-in/passkey/"
HOST, ID = "testserver", b"key"
FLAG = AuthenticatorData.FLAG


class Key:
    """A security key of a person, as it was set up."""

    def __init__(self, person: User) -> None:
        self.person, self.secret = person, ec.generate_private_key(ec.SECP256R1())
        made = AttestedCredentialData.create(Aaguid.NONE, ID, ES256.from_cryptography_key(self.secret.public_key()))
        told = AuthenticatorData.create(sha256(HOST.encode()), FLAG.UP | FLAG.UV | FLAG.AT, 0, made)
        response = {
            "clientDataJSON": self.client_data("webauthn.create", b"any"),
            "attestationObject": AttestationObject.create("none", told, {}),
        }
        Authenticator.objects.create(
            user=person,
            type=Authenticator.Type.WEBAUTHN,
            data={"name": "Key", "credential": self.credential(response)},
        )

    def answers(self, challenge: str, *, verified: bool) -> str:
        """To a challenge of the site; verified: whether it asked for a PIN or a finger."""
        told = AuthenticatorData.create(sha256(HOST.encode()), FLAG.UP | (FLAG.UV if verified else FLAG(0)), 1)
        client_data = self.client_data("webauthn.get", challenge)
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": told,
            "signature": self.secret.sign(bytes(told) + sha256(client_data), ec.ECDSA(SHA256())),
            "userHandle": user_pk_to_url_str(self.person).encode(),
        }
        return json.dumps(self.credential(response))

    @staticmethod
    def client_data(type: str, challenge: bytes | str) -> CollectedClientData:
        return CollectedClientData.create(type, challenge, f"https://{HOST}")

    @staticmethod
    def credential(response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": websafe_encode(ID), "rawId": websafe_encode(ID), "type": "public-key", "clientExtensionResults": {},
            "response": {name: websafe_encode(value) for name, value in response.items()},
        }  # fmt: skip


@pytest.fixture
def key(db: None) -> Key:
    return Key(knowing(factories.member(factories.organization("mobile"), Role.MANAGER, "manager")))


def challenge(client: Client) -> str:
    told = client.get(BY_PASSKEY, headers={"X-Requested-With": "XMLHttpRequest"}).json()
    assert told["request_options"]["publicKey"]["userVerification"] == "required"
    return told["request_options"]["publicKey"]["challenge"]


def goes_on(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_key_that_verified_its_person_signs_them_in(browser: Client, key: Key):
    browser.post(BY_PASSKEY, {"credential": key.answers(challenge(browser), verified=True)})
    assert goes_on(browser)


def test_a_key_in_any_hand_signs_nobody_in(browser: Client, key: Key):
    browser.post(BY_PASSKEY, {"credential": key.answers(challenge(browser), verified=False)})
    assert not goes_on(browser)


@pytest.mark.parametrize("verified", [True, False])
def test_nor_does_it_by_the_challenge_of_a_second_factor_which_asks_for_no_verification(
    browser: Client, key: Key, verified: bool, settings: Any
):
    """Which a colleague's own sign-in leaves in the session, once it is over its time."""
    colleague = knowing(factories.member(factories.organization("metro"), Role.MANAGER, "colleague"))
    Key(with_app(colleague))
    browser.post("/account/sign-in/", {"login": colleague.username, "password": PASSWORD})
    page = browser.get("/account/sign-in/second-factor/")
    asked = page.context["js_data"]["request_options"]["publicKey"]
    assert asked["userVerification"] == "preferred"
    settings.ACCOUNT_LOGIN_TIMEOUT = 0

    browser.post(BY_PASSKEY, {"credential": key.answers(asked["challenge"], verified=verified)})
    assert goes_on(browser) == verified
