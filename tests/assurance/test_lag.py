"""How long an event waits until everybody is told of it, with real workers: while all is well, and once a Redis that
was away is back. Seconds are no matter of `make test`, so only the long run looks."""

import time
from pathlib import Path

import numpy as np
import pytest

from sharing.models import Event, EventType
from sharing.notifications import outbox
from tests.assurance.conftest import LONG, Tell
from tests.journeys.conftest import folder, nudging, redis  # noqa: F401 - fixtures
from tests.journeys.services import Service, wait_for
from tests.journeys.test_faults import mails, scene, waiting, worker  # noqa: F401 - fixtures
from tests.sharing.scene import Scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.skipif(not LONG, reason="measures seconds")]

EVENTS, APART_S, AWAY_S = 300, 0.1, 30.0


def lags_s(scene: Scene, after: int) -> np.ndarray:  # noqa: F811
    events = Event.objects.filter(demand_list=scene.list, pk__gt=after).values_list("occurred_at", "dispatched_at")
    return np.array([(told - happened).total_seconds() for happened, told in events])


def events_happen(scene: Scene, count: int) -> int:  # noqa: F811
    """The id before the first of them."""
    before = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for _event in range(count):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
        time.sleep(APART_S)
    return before


def test_an_event_is_told_within_seconds(scene: Scene, redis: Service, folder: Path, told: Tell):  # noqa: F811
    first = events_happen(scene, 1)
    wait_for(lambda: waiting() == 0, "the workers")
    first = events_happen(scene, EVENTS)
    wait_for(lambda: waiting() == 0, "everything to be told")
    told("seconds until an event is told, 99th percentile", float(np.percentile(lags_s(scene, first), 99)), "s", 5)

    redis.kill()
    events_happen(scene, EVENTS // 10)
    time.sleep(AWAY_S)
    redis.start()
    back = time.monotonic()
    wait_for(lambda: not Event.objects.undispatched().exists(), "what happened while Redis was away")
    told("seconds until all is told once Redis is back", time.monotonic() - back, "s", 60)
