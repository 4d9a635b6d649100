"""A real streaming replica: what may lag is read there, nobody sees the registry go back, and where it lags, is away
or is a replica no more, the primary is read."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from config.local import postgresql
from registry import replicas
from tests.assurance.clusters import APPLICATION, Cluster, own_cluster, standby_of

LAG_S = 3.0
PATIENCE_S = 60.0
LISTS = ("/assets/", "/monitoring/", "/ogc/collections/towers/items", "/api/v1/assets/?format=csv")


class Registry:
    """The process of tests.assurance.reading."""

    def __init__(self, primary: Cluster, standby: Cluster, media: Path) -> None:
        url = standby.instance.url.replace(f"//{postgresql.NAME}@", f"//{APPLICATION}@")
        environment = primary.environment(APPLICATION) | {
            "REPLICA_URL": url, "REPLICA_LAG_S": str(LAG_S), "MEDIA_ROOT": str(media),
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.assurance.reading"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **pipes)
        world = self.tell(make=True)
        self.asset, self.tokens = world["asset"], world["tokens"]

    def tell(self, **call: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the registry's process has died"
        return json.loads(line)

    def get(self, path: str, who: str = "metro-manager", **call: Any) -> Any:
        answer = self.tell(**{"as": who, "path": path}, **call)
        assert answer["status"] == 200, answer
        return answer

    def rename(self, name: str) -> None:
        """Nothing of it is read from the replica."""
        path = f"/api/v1/assets/{self.asset}/"
        answer = self.tell(**{"as": "metro-manager", "method": "PATCH", "path": path, "data": {"name": name}})
        assert (answer["status"], answer.get("replica", 0)) == (200, 0), answer

    def reads_from_replica(self, who: str = "metro-manager") -> bool:
        return self.get("/assets/", who).get("replica", 0) > 0


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    with own_cluster() as made:
        yield made


@pytest.fixture(scope="module")
def standby(primary: Cluster) -> Iterator[Cluster]:
    with standby_of(primary) as made:
        yield made


@pytest.fixture(scope="module")
def registry(primary: Cluster, standby: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    made = Registry(primary, standby, tmp_path_factory.mktemp("media"))
    yield made
    made.process.kill()
    made.process.communicate()


@pytest.fixture(autouse=True)
def near(registry: Registry, standby: Cluster) -> None:
    """The replica has caught up."""
    wait_for(registry.reads_from_replica, "the replica to be read")


def wait_for(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.1)


@pytest.mark.parametrize("path", LISTS)
def test_what_may_lag_is_read_from_the_replica_and_who_calls_from_the_primary(registry: Registry, path: str) -> None:
    answers = [registry.get(path) for _ in range(3)]
    assert max(answer.get("replica", 0) for answer in answers) > 0
    assert min(answer["default"] for answer in answers) > 0


def test_a_filter_has_its_time_limit_on_the_replica(registry: Registry) -> None:
    wait_for(registry.reads_from_replica, "the replica to be read")
    items = LISTS[2]
    plain, filtered = (
        min((registry.get(path) for _ in range(5)), key=lambda answer: answer["default"])
        for path in (items, f"{items}?filter=capacity%3E0")
    )
    assert filtered["default"] <= plain["default"]
    assert filtered["replica"] > plain["replica"]


@pytest.mark.parametrize("path", ["/", "/lists/", "/consents/", "/inbox/", "/api/v1/assets/", "/api/v1/me/"])
def test_all_else_is_read_from_the_primary(registry: Registry, path: str) -> None:
    assert registry.get(path).get("replica", 0) == 0


def test_who_has_just_written_is_shown_it(registry: Registry) -> None:
    from_replica = 0
    for number in range(30):
        registry.rename(f"name-{number}-")
        answer = registry.get("/assets/")
        assert f"name-{number}-" in answer["text"]
        from_replica += answer.get("replica", 0) > 0
        time.sleep(0.01 * (number % 5))
    assert registry.reads_from_replica() or from_replica


def test_others_may_be_shown_what_was_for_the_limit_and_no_longer(registry: Registry, standby: Cluster) -> None:
    registry.rename("before")
    wait_for(lambda: registry.reads_from_replica("asker"), "the replica to be read")
    standby.sql("SELECT pg_wal_replay_pause()")
    try:
        registry.rename("after")
        written = time.monotonic()
        assert "after" in registry.get("/assets/")["text"]
        old = 0
        while "after" not in (seen := registry.get("/assets/", "asker"))["text"]:
            assert time.monotonic() < written + LAG_S + 1, "shown what was for longer than the limit"
            old += seen.get("replica", 0) > 0
            time.sleep(0.05)
        assert old > 0
        assert seen.get("replica", 0) == 0
    finally:
        standby.sql("SELECT pg_wal_replay_resume()")
    wait_for(lambda: registry.reads_from_replica("asker"), "the replica to be read again")


def test_who_was_shown_something_by_the_primary_does_not_see_it_undone(registry: Registry, standby: Cluster) -> None:
    registry.rename("once")
    wait_for(lambda: registry.reads_from_replica("asker"), "the replica to be read")
    standby.sql("SELECT pg_wal_replay_pause()")
    try:
        registry.rename("twice")
        assert "twice" in registry.get(f"/assets/{registry.asset}/", "asker")["text"]
        assert "twice" in registry.get("/assets/", "asker")["text"]
    finally:
        standby.sql("SELECT pg_wal_replay_resume()")


def test_a_token_that_can_write_reads_the_primary(registry: Registry) -> None:
    path = "/ogc/collections/towers/items"
    for name, expected in (("writer", False), ("reader", True)):
        answers = [registry.get(path, name, token=registry.tokens[name]) for _ in range(3)]
        assert any(answer.get("replica", 0) for answer in answers) == expected


def test_an_export_in_the_background_holds_what_was_written_before_it_was_ordered(registry: Registry) -> None:
    sources = set()
    for number in range(10):
        registry.rename(f"ordered-{number}-")
        order = {"resource": "assets", "format": "csv"}
        call = {"as": "metro-manager", "method": "POST", "path": "/api/v1/export-jobs/", "data": order}
        assert registry.tell(**call)["status"] == 202
        time.sleep(0.02 * number)
        made = registry.tell(export=True)
        assert f"ordered-{number}-" in made["text"]
        sources.add(made.get("replica", 0) > 1)
    assert True in sources


def test_a_replica_that_is_away_is_done_without(registry: Registry, standby: Cluster) -> None:
    standby.kill()
    began = time.monotonic()
    for path in LISTS:
        assert registry.get(path).get("replica", 0) == 0
    assert time.monotonic() - began < 20
    postgresql.start(standby.instance, standby.programs)
    wait_for(registry.reads_from_replica, f"the replica to be asked again after {replicas.AWAY_S} s")


def test_a_replica_that_was_promoted_is_one_no_more(registry: Registry, standby: Cluster) -> None:
    standby.sql("SELECT pg_promote()")
    wait_for(lambda: standby.sql("SELECT pg_is_in_recovery()") == "f", "the promotion")
    registry.rename("promoted")
    answer = registry.get("/assets/")
    assert ("promoted" in answer["text"], answer.get("replica", 0)) == (True, 0)
