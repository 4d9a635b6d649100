import ssl
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import trustme

from sharing.models import WebhookEndpoint
from sharing.notifications.webhooks import signing
from tests.receiver import Receiver, receiver
from tests.sharing.scene import Scene

NAME = "hooks.example.test"


@pytest.fixture
def own_network(settings: Any) -> None:
    """Receivers of this machine are allowed, by http too."""
    settings.WEBHOOK_EXTRA_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.WEBHOOK_ALLOW_HTTP = True


@pytest.fixture
def hooks(own_network: None) -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this process trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


@pytest.fixture
def secure_hooks(own_network: None, authority: trustme.CA) -> Iterator[Receiver]:
    """By TLS, under NAME, which is known to no DNS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(context)
    with receiver(context, NAME) as server:
        yield server


@pytest.fixture
def secret() -> str:
    return signing.new_secret()


@pytest.fixture
def endpoint(scene: Scene, hooks: Receiver, secret: str) -> WebhookEndpoint:
    """Of the demanding party, told of all its events."""
    return WebhookEndpoint.objects.create(
        organization=scene.party, name="orders", url=hooks.url, secret=signing.seal(secret), created_by=scene.asker
    )
