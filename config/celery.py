"""The Celery application. Beat's timetable is config.timetable; tasks live in the rooms they serve."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("infrashare")
app.config_from_object("django.conf:settings", namespace="CELERY")
