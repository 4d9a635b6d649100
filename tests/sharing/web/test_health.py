"""What a watching program is told: of a process that lives, that can serve, and of work that goes on."""

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisAway

from sharing import health
from sharing.models import Event, EventType
from sharing.tasks.health import note_beat, note_worker
from sharing.web import health as pages
from tests import factories


@pytest.fixture(autouse=True)
def unseen():
    both = (health.BEAT_SEEN, health.WORKER_SEEN)
    cache.delete_many(both)
    yield
    cache.delete_many(both)


def test_it_lives_whatever_else_is_away(client: Client):
    assert client.get("/health/live/").json() == {"live": True}


def test_it_is_ready_where_database_and_redis_answer(client: Client, db, monkeypatch):
    assert client.get("/health/ready/").json() == {"ready": True, "database": True, "redis": True}

    def away(*_args: object) -> None:
        raise RedisAway

    def down() -> None:
        raise DatabaseError

    monkeypatch.setattr(cache, "get", away)
    monkeypatch.setattr(pages, "_ask_database", down)
    answer = client.get("/health/ready/")

    assert (answer.status_code, answer.json()) == (503, {"ready": False, "database": False, "redis": False})


def test_work_goes_on_while_beat_is_seen_and_events_are_told(client: Client, db):
    never = client.get("/health/work/")
    assert (never.status_code, never.json()) == (503, {
        "working": False, "outbox_age_s": None, "beat_age_s": None, "worker_age_s": None,
    })  # fmt: skip

    note_beat()
    assert client.get("/health/work/").status_code == 503
    note_worker()
    seen = client.get("/health/work/")
    assert seen.status_code == 200 and 0 <= seen.json()["beat_age_s"] < 5

    listed = factories.demand_list(factories.organization("mobile"))
    event = Event.objects.create(type=EventType.LIST_SUBMITTED, demand_list=listed)
    assert client.get("/health/work/").status_code == 200
    late = client.get("/health/work/").json()["outbox_age_s"]
    assert 0 <= late < 60 and event.dispatched_at is None


def test_who_does_long_work_may_be_full_for_twenty_minutes(client: Client, db, time_machine):
    note_worker()
    begun = time.time()
    for passed, status in ((1190, 200), (1201, 503)):
        time_machine.move_to(begun + passed, tick=False)
        note_beat()
        assert client.get("/health/work/").status_code == status


def test_work_that_has_stopped_is_told(client: Client, db, time_machine):
    note_beat()
    note_worker()
    Event.objects.create(
        type=EventType.LIST_SUBMITTED, demand_list=factories.demand_list(factories.organization("mobile"))
    )

    time_machine.move_to(timezone.now() + timedelta(seconds=61), tick=False)
    waits = client.get("/health/work/")
    assert (waits.status_code, waits.json()["outbox_age_s"] >= 60) == (503, True)

    Event.objects.update(dispatched_at=timezone.now())
    assert client.get("/health/work/").status_code == 200
    time_machine.move_to(time.time() + 121, tick=False)
    assert client.get("/health/work/").status_code == 503
