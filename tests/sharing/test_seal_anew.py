"""A key that was exchanged can be thrown away, once all that it sealed is sealed by the new one."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from registry.models import Role, User
from sharing.models import WebhookEndpoint
from sharing.notifications.webhooks import signing
from sharing.workflow import webhooks
from tests import factories
from tests.registry.web.account.conftest import code, with_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(settings) -> User:
    """With an app and an endpoint, sealed by the old key."""
    settings.SECOND_FACTOR_KEYS = settings.WEBHOOK_KEYS = ["old"]
    made = with_app(factories.member(factories.organization("mobile"), Role.MANAGER))
    endpoint, _secret = webhooks.create(
        made.memberships.get().organization, name="x", url="https://example.com/", actor=made
    )
    webhooks.rotate(endpoint, actor=made)
    return made


def opened(manager: User) -> tuple[bool, list[str]]:
    """Whether the app's code is taken, and the endpoint's secrets."""
    endpoint = WebhookEndpoint.objects.get()
    taken = Authenticator.objects.get(user=manager).wrap().validate_code(code())
    return taken, [signing.unseal(endpoint.secret), signing.unseal(endpoint.previous_secret)]


def test_afterwards_the_new_key_alone_opens_everything(manager: User, settings, capsys):
    endpoint = WebhookEndpoint.objects.get()
    before = [signing.unseal(endpoint.secret), signing.unseal(endpoint.previous_secret)]
    settings.SECOND_FACTOR_KEYS = settings.WEBHOOK_KEYS = ["new", "old"]

    call_command("seal_anew")

    assert capsys.readouterr().out == "Sealed anew: secrets of 1 apps and of 1 webhooks.\n"
    settings.SECOND_FACTOR_KEYS = settings.WEBHOOK_KEYS = ["new"]
    assert opened(manager) == (True, before)


def test_where_a_key_is_missing_nothing_is_sealed_anew(manager: User, settings):
    settings.SECOND_FACTOR_KEYS, settings.WEBHOOK_KEYS = ["new", "old"], ["new"]

    with pytest.raises(CommandError, match="sealed by a key that is listed no longer"):
        call_command("seal_anew")

    settings.SECOND_FACTOR_KEYS = settings.WEBHOOK_KEYS = ["old"]
    assert opened(manager)[0]
