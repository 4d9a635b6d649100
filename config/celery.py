"""The Celery application. Beat's timetable is config.timetable; tasks live in the rooms they serve."""

import logging
import os
from logging.config import dictConfig
from typing import Any

import django
from celery import Celery
from celery.signals import setup_logging, worker_init
from celery.utils.log import get_multiprocessing_logger
from django.conf import settings
from django.core.checks import run_checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Celery would run Django's checks as well, and heed none.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("infrashare")
app.config_from_object("django.conf:settings", namespace="CELERY")


@worker_init.connect
def heed_checks(**kwargs: Any) -> None:
    """Start no worker with settings by which manage.py would not start either. Raises SystemExit."""
    django.setup()
    wrong = [str(message) for message in run_checks() if message.is_serious() and not message.is_silenced()]
    if wrong:
        raise SystemExit("\n".join(wrong))


@setup_logging.connect
def log_as_set(loglevel: int, **kwargs: Any) -> None:
    """Keep the form and the discretion of the settings (config.logs), from `--loglevel` on. Celery would put handlers
    of its own in their place."""
    dictConfig(settings.LOGGING)
    logging.getLogger().setLevel(loglevel)
    # That of the pool has no handler, and passes nothing on.
    if pool := get_multiprocessing_logger():
        pool.setLevel(logging.ERROR)
        pool.propagate = True
