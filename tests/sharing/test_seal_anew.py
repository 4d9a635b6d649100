"""A key that was exchanged can be thrown away, once all that it sealed is sealed by the new one."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
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
    """With an app, recovery codes and an endpoint, all sealed by the old key."""
    settings.SECOND_FACTOR_KEYS = settings.WEBHOOK_KEYS = ["old"]
    made = with_app(factories.member(factories.organization("mobile"), Role.MANAGER))
    RecoveryCodes.activate(made)
    endpoint, _secret = webhooks.create(
        made.memberships.get().organization, name="x", url="https://example.com/", actor=made
    )
    webhooks.rotate(endpoint, actor=made)
    return made


def opened(manager: User) -> tuple[bool, list[str], list[str]]:
    """Whether the app's code is taken, the recovery codes, and the endpoint's secrets."""
    by_kind = {one.type: one.wrap() for one in Authenticator.objects.filter(user=manager)}
    endpoint = WebhookEndpoint.objects.get()
    codes = by_kind["recovery_codes"].get_unused_codes()
    taken = by_kind["totp"].validate_code(code())
    return taken, codes, [signing.unseal(endpoint.secret), signing.unseal(endpoint.previous_secret)]


def test_afterwards_the_new_key_alone_opens_everything(manager: User, settings, capsys):
    endpoint = WebhookEndpoint.objects.get()
    before = [signing.unseal(endpoint.secret), signing.unseal(endpoint.previous_secret)]
    settings.SECOND_FACTOR_KEYS = settings.WEBHOOK_KEYS = ["new", "old"]

    call_command("seal_anew")

    assert capsys.readouterr().out == "Sealed anew: second factors of 2, secrets of 1 webhooks.\n"
    settings.SECOND_FACTOR_KEYS = settings.WEBHOOK_KEYS = ["new"]
    taken, codes, after = opened(manager)
    assert (taken, len(codes), after) == (True, 10, before)


def test_where_a_key_is_missing_nothing_is_sealed_anew(manager: User, settings):
    settings.SECOND_FACTOR_KEYS, settings.WEBHOOK_KEYS = ["new", "old"], ["new"]

    with pytest.raises(CommandError, match="sealed by a key that is listed no longer"):
        call_command("seal_anew")

    settings.SECOND_FACTOR_KEYS = settings.WEBHOOK_KEYS = ["old"]
    assert opened(manager)[0]
