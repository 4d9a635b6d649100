"""Connections to other hosts: by TLS with a checked name, or the site does not start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.transport import refuse_clear, verify_database
from tests.config.test_settings import setting

REMOTE = "postgis://infrashare_app@db.example/infrashare"
PRODUCTION = {"DEBUG": "0", "SECRET_KEY": "x" * 50}


@pytest.mark.parametrize("host", ["", "/run/postgresql", "localhost", "127.0.0.1", "::1"])
def test_what_stays_on_this_host_needs_no_tls(host: str):
    database = {"HOST": host}
    verify_database(database)
    assert database == {"HOST": host}
    for url in ("redis://{}:6379/0", "smtp://{}:25"):
        refuse_clear("X", url.format(f"[{host}]" if ":" in host else host), instead="y")


def test_a_database_elsewhere_shows_that_it_is_the_host_that_was_meant():
    made = setting("DATABASES['default']['OPTIONS']['sslmode']", **PRODUCTION, DATABASE_URL=REMOTE)
    assert made == "verify-full"
    replica = setting("DATABASES['replica']['OPTIONS']['sslmode']", **PRODUCTION, REPLICA_URL=REMOTE)
    assert replica == "verify-full"


@pytest.mark.parametrize("mode", ["disable", "prefer", "require", "verify-ca"])
def test_a_database_elsewhere_that_shows_less_is_refused(mode: str):
    with pytest.raises(ImproperlyConfigured, match=f"db.example: with sslmode={mode}"):
        verify_database({"HOST": "db.example", "OPTIONS": {"sslmode": mode}})


@pytest.mark.parametrize(
    ("name", "url", "host", "instead"),
    [
        ("REDIS_URL", "redis://:x@redis.example:6379/0", "redis.example", "rediss://"),
        ("EMAIL_URL", "smtp://mail.example:25", "mail.example", "smtp+tls://"),
    ],
)
def test_redis_and_mail_elsewhere_are_refused_in_clear(name: str, url: str, host: str, instead: str):
    with pytest.raises(ImproperlyConfigured) as refused:
        refuse_clear(name, url, instead=instead)
    assert str(refused.value) == f"{name} leads to {host} in clear: use {instead}."
    refuse_clear(name, instead + url.partition("://")[2], instead=instead)


def test_production_does_not_start_with_redis_elsewhere_in_clear(capfd):
    with pytest.raises(Exception, match="returned non-zero exit status"):
        setting("DEBUG", **PRODUCTION, REDIS_URL="redis://redis.example:6379/0")
    assert setting("REDIS_URL", **PRODUCTION, REDIS_URL="rediss://redis.example:6379/0").startswith("rediss://")
