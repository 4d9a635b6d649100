"""What Prometheus is told of the work that waits, and who is told."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from redis.exceptions import ConnectionError as RedisAway

from sharing import health
from sharing.models import Event, Match, Notification
from tests import factories
from tests.plans import plan_of
from tests.sharing.scene import Scene

TOKEN = "Bearer of-the-watch"


@pytest.fixture(autouse=True)
def watched(settings):
    settings.METRICS_TOKEN = "of-the-watch"
    health.note(health.BEAT_SEEN)
    health.note(health.WORKER_SEEN)
    yield
    cache.delete(health.BEAT_SEEN)


def read(client: Client) -> dict[tuple[str, ...], float]:
    """Name and labels' values -> value, of what is ours."""
    answer = client.get("/metrics/", headers={"Authorization": TOKEN})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return {
        (sample.name.removeprefix("infrashare_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
        if sample.name.startswith("infrashare_")
    }


def test_to_who_brings_no_token_there_is_no_such_page(client: Client, db, settings):
    assert client.get("/metrics/").status_code == 404
    assert client.get("/metrics/", headers={"Authorization": "Bearer of-another"}).status_code == 404
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics/", headers={"Authorization": "Bearer "}).status_code == 404


def test_an_idle_registry_has_nothing_waiting(client: Client, db):
    told = read(client)

    assert 0 <= told.pop(("beat_age_seconds",)) < 60
    assert 0 <= told.pop(("worker_age_seconds",)) < 60
    assert ("outbox_age_seconds",) not in told
    assert set(told.values()) == {0}


def test_what_waits_is_counted(client: Client, scene: Scene):
    scene.consented()
    scene.requested(factories.match(factories.demand(scene.list, name="Site 2", line=2), [scene.far]))
    Match.objects.filter(pk=scene.match.pk).update(deadline=timezone.now() - timedelta(days=1))
    told = read(client)

    assert told[("outbox_events",)] == Event.objects.count() > 0
    assert 0 <= told[("outbox_age_seconds",)] < 60
    assert told[("answers", "consent", "in time")] == 1
    assert told[("answers", "decision", "late")] == 1
    assert told[("answers", "decision", "in time")] == 0


def test_redis_away_leaves_out_the_age_of_beat(client: Client, db, monkeypatch):
    def away(*_args: object) -> None:
        raise RedisAway

    monkeypatch.setattr(cache, "get", away)
    assert ("beat_age_seconds",) not in read(client)


def test_reading_takes_one_query_a_table_and_status(client: Client, db, django_assert_num_queries):
    with django_assert_num_queries(15):
        read(client)


def test_answers_of_the_site_are_timed(client: Client, db):
    client.get("/health/live/")
    answer = client.get("/metrics/", headers={"Authorization": TOKEN}).content.decode()
    timed = [line for line in answer.splitlines() if line.startswith("django_http_requests_latency_seconds_by_view")]

    assert any('view="live"' in line for line in timed)


def test_processes_that_share_a_folder_are_counted_together(client: Client, db, tmp_path, monkeypatch):
    """Two processes count two and three answers; each tells five."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    count = "from prometheus_client import Counter; import sys; Counter('told', 'By one.').inc(int(sys.argv[1]))"
    for times in ("2", "3"):
        subprocess.run([sys.executable, "-c", count, times], check=True)
    answer = client.get("/metrics/", headers={"Authorization": TOKEN}).content.decode()

    assert "told_total 5.0" in answer.splitlines()


def test_deliveries_are_counted_by_indexes_of_what_is_not_over(db: None):
    for status, index in (("pending", "notification_waiting"), ("parked", "notification_parked")):
        assert index in plan_of(Notification.objects.filter(status=status).order_by())
