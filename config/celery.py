"""The Celery application. Beat's timetable is config.timetable; tasks live in the rooms they serve."""

import os
from typing import Any

import django
from celery import Celery
from celery.signals import worker_init
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
