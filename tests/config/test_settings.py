"""What the settings make of the environment, each in a process of its own."""

import os
import subprocess
import sys

import pytest


def setting(name: str, **environment: str) -> str:
    code = f"from django.conf import settings; print(settings.{name})"
    clean = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=clean | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout.strip()  # fmt: skip


@pytest.mark.parametrize(
    ("address", "broker"),
    [
        ("redis://:secret@redis.example:6380/3", "redis://:secret@redis.example:6380/3"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix://:secret@/run/redis.sock?db=3", "redis+socket://:secret@/run/redis.sock?virtual_host=3"),
    ],
)
def test_celery_uses_the_redis_that_redis_url_names(address: str, broker: str):
    assert setting("CELERY_BROKER_URL", REDIS_URL=address) == broker
