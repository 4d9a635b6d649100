"""Workers that look at changes of supply at once, or die over them: nothing missed, and told once."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from registry.models import SupplyChange
from sharing.models import Event, EventType, Opening
from sharing.workflow import supply
from tests import factories
from tests.races.crowd import PATIENCE_S, at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 6


@pytest.fixture
def demands(transactional_db: None) -> list[Any]:
    demand_list = factories.demand_list(factories.organization("asker"))
    return [factories.demand(demand_list) for _ in range(5)]


def sweep() -> None:
    supply.look()
    supply.tell()


def told() -> list[Any]:
    return [event.data["demands"] for event in Event.objects.filter(type=EventType.LIST_SUPPLIED)]


def test_workers_that_sweep_at_once_tell_each_list_once(demands: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supply, "BLOCKS", 1)
    owner = factories.organization("owner")
    for _ in range(12):
        factories.asset(owner)
    assert kinds(at_once([sweep] * WORKERS)) == {"done": WORKERS}
    sweep()
    assert (SupplyChange.objects.count(), told()) == (0, [5])
    assert Opening.objects.filter(event=None).count() == 0


def test_a_change_that_is_not_committed_yet_is_looked_at_once_it_is(demands: list[Any]) -> None:
    """However long the writer takes, and whatever is listed and looked at meanwhile."""
    owner = factories.organization("owner")
    with transaction.atomic():
        factories.asset(owner)
        assert kinds(at_once([sweep])) == {"done": 1}
        assert told() == []
    sweep()
    assert told() == [5]


def test_what_a_dying_worker_was_looking_at_is_looked_at_by_the_next(demands: list[Any]) -> None:
    factories.asset(factories.organization("owner"))
    ids = supply._waiting()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert supply._look_at(ids) == len(ids)
        assert Opening.objects.count() == 5
        assert kinds(at_once([sweep])) == {"done": 1}
        raise ZeroDivisionError
    assert (SupplyChange.objects.count(), Opening.objects.count(), told()) == (len(ids), 0, [])
    sweep()
    assert told() == [5]


def openings_found_anew_while_what_a_run_has_seen_is_forgotten(demands: list[Any]) -> int:
    """How many openings are left of five, which a run has seen, where an asset is listed while they are forgotten."""
    begun = timezone.now()
    Opening.objects.bulk_create(Opening(demand=demand, found_at=begun) for demand in demands)
    factories.match_run(demands[0].list, started_at=begun + timedelta(microseconds=1))
    factories.asset(factories.organization("owner"))
    forgetting = threading.Thread(target=at_once, args=([supply._forget_settled],))
    with transaction.atomic():
        supply.look()
        forgetting.start()
        wait_until_one_waits()
    forgetting.join()
    return Opening.objects.filter(event=None, found_at__gt=begun).count()


def wait_until_one_waits() -> None:
    """For a lock of this connection's transaction."""
    until = time.monotonic() + PATIENCE_S
    waiting = "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(f"SELECT EXISTS ({waiting})")
            if cursor.fetchall()[0][0]:
                return
            time.sleep(0.02)
    raise TimeoutError


def test_what_is_found_anew_while_a_run_has_seen_it_before_is_not_forgotten(demands: list[Any]) -> None:
    assert openings_found_anew_while_what_a_run_has_seen_is_forgotten(demands) == 5


def test_control_without_the_lock_it_is_forgotten(demands: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(Opening.objects.all()), "select_for_update", lambda rows, **_: rows)
    assert openings_found_anew_while_what_a_run_has_seen_is_forgotten(demands) == 0
