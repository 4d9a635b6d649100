"""What the settings make of the environment, each in a process of its own."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import version
from typing import Any

import pytest
from django.core.checks import run_checks
from packaging.requirements import Requirement

from config.celery import app
from config.settings import BASE_DIR
from config.timetable import ROUTES


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


@pytest.mark.parametrize("address", ["redis://redis.example:6380/3", "unix:///run/redis.sock", "rediss://r.example/0"])
def test_celery_counts_the_parts_of_long_runs_in_the_same_redis(address: str):
    code = "from config.celery import app; print(type(app.backend).__name__)"
    clean = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "REDIS_URL": address}
    made = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True, timeout=60)
    assert (made.stdout.strip(), made.returncode) == ("RedisBackend", 0)


def test_a_server_process_loads_no_solver():
    """Solvers and the compiler of searches take 100 MB, which only workers that match need."""
    code = (
        "import django, sys; django.setup(); import config.urls;"
        "print([name for name in ('ortools', 'highspy', 'numba', 'scipy', 'weasyprint') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout == "[]\n"


def test_in_production_browsers_take_cookies_from_this_host_alone():
    names = "[settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME]"
    made = setting(f"COOKIE_PREFIX, {names}", DEBUG="0", SECRET_KEY="x" * 50, ALLOWED_HOSTS="infrashare.example")
    assert made == "__Host- ['__Host-sessionid', '__Host-csrftoken', '__Host-django_language']"
    assert setting("SESSION_COOKIE_NAME", DEBUG="1") == "sessionid"
    cookies = setting(
        "SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.LANGUAGE_COOKIE_SECURE, "
        "settings.SESSION_COOKIE_DOMAIN, settings.CSRF_COOKIE_DOMAIN",
        DEBUG="0", SECRET_KEY="x" * 50,
    )  # fmt: skip
    assert cookies == "True True True None None"


def test_a_secret_may_stand_in_a_file_as_credentials_of_systemd_do(tmp_path):
    (tmp_path / "key").write_text("k" * 50 + "\n")
    (tmp_path / "keys").write_text("new,old\n")
    environment = {
        "DEBUG": "0", "SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key"),
        "SECOND_FACTOR_KEYS_FILE": str(tmp_path / "keys"),
    }  # fmt: skip
    assert setting("SECRET_KEY, settings.SECOND_FACTOR_KEYS", **environment) == f"{'k' * 50} ['new', 'old']"


def test_an_older_key_still_opens_what_it_signed_and_sealed():
    made = setting(
        "SECRET_KEY_FALLBACKS, settings.WEBHOOK_KEYS, settings.SECOND_FACTOR_KEYS",
        DEBUG="0", SECRET_KEY="new", SECRET_KEY_FALLBACKS="old",
    )  # fmt: skip
    assert made == "['old'] ['new', 'old'] ['new', 'old']"


@pytest.mark.parametrize(("seconds", "refused"), [(841, False), (840, True), (60, True)])
def test_a_broker_that_would_hand_out_running_tasks_again_is_refused_at_start(
    settings: Any, seconds: int, refused: bool
):
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {
        "visibility_timeout": seconds
    }
    found = [one for one in run_checks() if one.id == "registry.E003"]

    assert bool(found) == refused
    assert all(f"CELERY_VISIBILITY_TIMEOUT_S is {seconds}" in one.msg and one.is_serious() for one in found)


def test_a_task_whose_worker_dies_is_handed_out_again():
    made = app.conf
    assert (made.task_acks_late, made.task_reject_on_worker_lost) == (True, True)
    assert (made.worker_prefetch_multiplier, made.task_ignore_result) == (1, True)
    assert (made.task_soft_time_limit, made.task_time_limit) == (780, 840)
    assert made.broker_transport_options["visibility_timeout"] == 900 > made.task_time_limit
    assert [
        name
        for name, task in app.tasks.items()
        if not (task.acks_late and task.reject_on_worker_lost and task.acks_on_failure_or_timeout)
    ] == []


def test_a_worker_that_is_told_of_no_queue_serves_all():
    assert set(app.amqp.queues.consume_from) == {"celery", "post"}


def test_what_tells_people_has_a_queue_of_its_own_by_whichever_way_it_is_asked_for():
    app.loader.import_default_modules()
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks}
    assert {name for name, queue in queues.items() if queue == "post"} == set(ROUTES)
    assert {queues[name] for name in ("registry.import_assets", "registry.make_exports", "sharing.match")} == {
        "celery"
    }


def test_celery_is_of_5_7_or_later():
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    [stated] = [one for one in map(Requirement, project["dependencies"]) if one.name == "celery"]
    assert ("5.6.99" in stated.specifier, "5.7.0" in stated.specifier) == (False, True)
    assert version("celery") in stated.specifier


def test_no_worker_starts_with_settings_that_are_refused():
    ended = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "solo"],
        env=os.environ | {"CELERY_VISIBILITY_TIMEOUT_S": "60"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 1 and "(registry.E003)" in ended.stderr
