"""Real Celery workers are killed, and Redis is killed and emptied, while a list is matched in parts: the run ends as
one that was matched in one process, and no part of it is there twice."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from sharing.matching import engine
from sharing.models import DemandList, Match, MatchPart, MatchRun, Outcome, PartStatus, RunStatus
from sharing.workflow import lists
from tests.journeys import services
from tests.journeys.services import Service, wait_for
from tests.sharing.matching.fan_out.crowd import crowd, in_one, told

DEMANDS = 240


@pytest.fixture
def workers(transactional_db: None, folder: Path, redis: Service, nudging: None) -> Iterator[Service]:
    service = services.worker(folder, 2, MATCH_FAN_OUT_LINES="2", MATCH_PART_LINES="20")
    yield service
    service.kill()


@pytest.fixture
def asked(workers: Service) -> DemandList:
    return crowd(np.random.default_rng(7), towers=160, rooms=40, demands=DEMANDS)


def test_a_killed_worker_is_replaced_and_an_emptied_redis_missed_by_no_one(
    asked: DemandList, workers: Service, redis: Service, folder: Path
) -> None:
    expected = told(in_one(asked))
    run = lists.rematch(asked, actor=None)
    workers.start()
    under_way = MatchPart.objects.filter(run=run, status=PartStatus.RUNNING)
    wait_for(lambda: under_way.count() == 2, "two parts under way")
    workers.kill()
    left = list(under_way.values_list("pk", "attempts"))
    waiting = MatchPart.objects.filter(run=run, status=PartStatus.WAITING).count()
    assert [attempts for _, attempts in left] == [1, 1]
    assert waiting > 2
    let_leases_run_out(run)
    workers.start()

    def taken_up() -> bool:
        again = dict(MatchPart.objects.filter(pk__in=[pk for pk, _ in left]).values_list("pk", "attempts"))
        return all(again.get(pk, 2) == 2 for pk, _ in left)

    wait_for(taken_up, "what the dead left")
    redis.kill()
    shutil.rmtree(folder / "redis")
    (folder / "redis").mkdir()
    redis.start()
    let_leases_run_out(run)

    def done() -> bool:
        workers.keep_up()
        return MatchRun.objects.filter(pk=run.pk, status=RunStatus.DONE).exists()

    wait_for(done, "the run")
    run.refresh_from_db()
    assert told(run) == expected
    assert run.figures["parts"] > 10
    assert Outcome.objects.filter(run=run).count() == DEMANDS
    assert Match.objects.filter(run=run, rank=1).count() == run.figures["matched"]
    assert not MatchPart.objects.exists()


def let_leases_run_out(run: MatchRun) -> None:
    """Of the dead, and of nudges, so that no one waits for minutes. What lives is soon alive again."""
    long_ago = timezone.now() - 2 * engine.SILENT_FOR
    MatchPart.objects.filter(run=run, status=PartStatus.RUNNING).update(alive_at=long_ago)
    MatchRun.objects.filter(pk=run.pk).update(alive_at=long_ago)
