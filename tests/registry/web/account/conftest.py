import itertools
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from registry.models import User

PASSWORD = "a-long-password-of-mine"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_hosts = itertools.count(1)


def knowing(user: User) -> User:
    """The person with a password."""
    user.set_password(PASSWORD)
    user.save()
    return user


def with_app(user: User) -> User:
    """The person with an authenticator app that holds SECRET."""
    TOTP.activate(user, SECRET)
    return user


def code(steps: int = 0, secret: str = SECRET) -> str:
    """What the app shows now, or some steps of half a minute from now. Not at the very end of a step, as it is taken
    within its own alone."""
    if time.time() % 30 > 29:
        time.sleep(1.1)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


@pytest.fixture(autouse=True)
def quick_hashes(settings):
    """Argon2 takes a tenth of a second and 100 MB a password on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True)
def guesses_are_counted(settings):
    settings.AXES_ENABLED = True


@pytest.fixture
def browser() -> Client:
    """At an address of its own, so that the limits of calls from one address are those of one test."""
    number = next(_hosts)
    return Client(REMOTE_ADDR=f"2001:db8:{number:x}:{int(time.time()) % 65536:x}::1")
