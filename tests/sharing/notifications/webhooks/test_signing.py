import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from sharing.notifications.webhooks import signing

BODY = '{"name":"东湖路"}'


def now() -> datetime:
    return datetime.now(tz=timezone(timedelta(hours=8)))


def test_a_secret_is_random_and_of_the_form_of_the_specification():
    first, second = signing.new_secret(), signing.new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_what_is_signed_verifies_by_the_package_in_any_time_zone():
    secret = signing.new_secret()
    headers = signing.headers([signing.seal(secret)], "msg_1", BODY, now())
    assert Webhook(secret).verify(BODY.encode(), headers) == {"name": "东湖路"}
    assert abs(int(headers["webhook-timestamp"]) - datetime.now(tz=UTC).timestamp()) < 5


def test_the_signature_is_that_of_the_specification():
    """Id, time and body with full stops between, by HMAC-SHA256; the figures are of hmac and base64 alone."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    moment = datetime(2021, 2, 25, 11, 32, 37, tzinfo=UTC)
    headers = signing.headers([signing.seal(secret)], "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', moment)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614252757",
        "webhook-signature": "v1," + expected(
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614252757.{"test": 2432232314}'
        ),
    }  # fmt: skip


def expected(key: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(base64.b64decode(key), signed, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_nothing_that_is_signed_can_be_changed(changed: str):
    secret = signing.new_secret()
    headers = signing.headers([signing.seal(secret)], "msg_1", BODY, now())
    headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + (changed == "webhook-timestamp"))
    headers["webhook-id"] += "x" * (changed == "webhook-id")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + " " * (changed == "body"), headers)


def test_while_two_secrets_are_valid_each_of_them_verifies():
    secrets = [signing.new_secret(), signing.new_secret()]
    headers = signing.headers(map(signing.seal, secrets), "msg_1", BODY, now())
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in secrets:
        assert Webhook(secret).verify(BODY, headers) == {"name": "东湖路"}
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(BODY, headers)


def test_what_is_kept_is_no_secret():
    secret = signing.new_secret()
    sealed = signing.seal(secret)
    assert secret.removeprefix("whsec_")[:8] not in sealed
    assert sealed != signing.seal(secret)
    assert signing.unseal(sealed) == secret


def test_a_new_key_opens_what_an_older_one_sealed_as_long_as_that_is_listed(settings):
    settings.WEBHOOK_KEYS = ["old"]
    secret = signing.new_secret()
    sealed = signing.seal(secret)
    settings.WEBHOOK_KEYS = ["new", "old"]
    assert signing.unseal(sealed) == secret
    again = signing.seal(secret)
    settings.WEBHOOK_KEYS = ["new"]
    assert signing.unseal(again) == secret
    with pytest.raises(signing.Unreadable, match="rotate it"):
        signing.unseal(sealed)
