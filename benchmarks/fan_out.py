"""A long list matched in one process, and in parts by one and by two worker processes of Celery: the same answers, and
how much sooner. Seconds are the clock's, of a machine that should do nothing else meanwhile."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from celery import Celery
from django.conf import settings
from django.db import connection
from django.db.models import F

from benchmarks.country.catalogue import Size, fill
from benchmarks.country.lists import demand_list
from benchmarks.figures import figure
from benchmarks.processor import busy_ms
from sharing.matching import engine
from sharing.matching.fan_out.carrying import carry_out
from sharing.models import Demand, DemandList, ListStatus, Match, MatchRun, MatchStatus, RunStatus

SIZE = Size(towers=300_000, ducts=1_000, leases=30_000)
LINES = 50_000
LEAST_SPEED_UP = 1.5
ROUNDS = 2
PATIENCE_S = 120


def fan_out() -> list[dict[str, Any]]:
    """Seconds of the run in one and in parts, the second time each, when places are in memory; the speed-up; and what
    all the work in parts takes the processor, with what of it allows no second process."""
    fill(SIZE)
    asked = demand_list(LINES)
    # As many towers near each demand as in the country, which has three times as many.
    Demand.objects.filter(list=asked).update(radius_m=F("radius_m") * 2)
    # A closed list is matched all the same, but no one is told, and no demands are grouped meanwhile.
    DemandList.objects.filter(pk=asked.pk).update(status=ListStatus.CLOSED)
    whole, single = _least(asked, lambda run: engine.run(run.pk))
    work, alone, of_one = _work(asked)
    seconds = {}
    for processes in (1, 2):
        with _workers(processes) as app:
            fanned, seconds[processes] = _least(asked, lambda run, app=app: _handed_out(run, app))
        if _said(fanned) != _said(whole):
            raise RuntimeError(f"run {fanned.pk} in parts says something else than run {whole.pk} in one")
    speed_up = seconds[1] / seconds[2]
    name = f"run of {LINES:,} demands"
    in_parts = f"{name}, in {fanned.figures['parts']} parts"
    return [
        figure(f"{name}, in one", single, "s", None, None, None),
        figure(f"{in_parts}, one worker process", seconds[1], "s", None, single, None),
        figure(f"{in_parts}, two worker processes", seconds[2], "s", None, single, None),
        figure(f"{name}, left to the border", 100 * fanned.figures["border"] / LINES, "%", None, None, None),
        figure(f"{in_parts}, work on the processor", work, "s", None, of_one, None),
        figure(f"{in_parts}, of which in one process only", alone, "s", None, work, None),
        figure(
            f"{name}, speed-up from one to two worker processes", speed_up, "", LEAST_SPEED_UP, None,
            speed_up >= LEAST_SPEED_UP,
        ),
    ]  # fmt: skip


def _work(asked: DemandList) -> tuple[float, float, float]:
    """Seconds on the processor, of this process and of its server process: of all the work in parts, of laying out and
    of the border alone, and of the run in one."""
    began = busy_ms()
    engine.run(MatchRun.objects.create(list=asked).pk)
    in_one = busy_ms() - began
    run = MatchRun.objects.create(list=asked)
    began = busy_ms()
    engine.run(run.pk, fan_out=lambda run: None)
    laid_out = busy_ms()
    border, *others = run.parts.order_by("number").values_list("pk", flat=True)
    for part in others:
        carry_out(part)
    answered = busy_ms()
    carry_out(border)
    ended = busy_ms()
    alone = (laid_out - began) + (ended - answered)
    return (ended - began) / 1000, alone / 1000, in_one / 1000


def _least(asked: DemandList, carry_out: Callable[[MatchRun], object]) -> tuple[MatchRun, float]:
    """The last of several runs, and the least seconds of one: what others on the machine do only ever adds."""
    least = float("inf")
    for _ in range(ROUNDS):
        run = MatchRun.objects.create(list=asked)
        carry_out(run)
        run.refresh_from_db()
        if run.status != RunStatus.DONE:
            raise RuntimeError(f"run {run.pk} is {run.status}: {run.error}")
        least = min(least, run.figures["seconds"]["total"])
    return run, least


@contextmanager
def _workers(processes: int) -> Iterator[Celery]:
    """A Celery worker of so many processes on this database, with a Redis of its own; yields who sends it tasks."""
    database = os.environ.get("DATABASE_URL", "postgis:///infrashare").rpartition("/")[0]
    redis = shutil.which("redis-server")
    if not redis:
        raise RuntimeError("redis-server is needed; make up installs it")
    with TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log, ExitStack() as programs:
        environment = {
            **os.environ,
            "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}",
            "REDIS_URL": f"unix://{folder}/sock?db=0",
            "MATCH_FAN_OUT_LINES": "1",
        }
        commands = (
            [redis, "--port", "0", "--unixsocket", f"{folder}/sock", "--save", "", "--dir", folder],
            [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", str(processes)],
        )
        for command in commands:
            program = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log, start_new_session=True
            )
            programs.callback(program.wait, PATIENCE_S)
            # With its child processes, and at once: all that was to be done is done.
            programs.callback(os.killpg, program.pid, signal.SIGKILL)
        while not (Path(folder) / "sock").exists():
            time.sleep(0.05)
        try:
            yield Celery(broker=f"redis+socket://{folder}/sock", set_as_current=False)
        except TimeoutError as error:
            error.add_note((Path(folder) / "log").read_text(errors="replace")[-4000:])
            raise


def _handed_out(run: MatchRun, app: Celery) -> None:
    """Waits until the worker is done with the run, and with telling of it."""
    app.send_task("sharing.match", [run.pk], ignore_result=True)
    end = time.monotonic() + PATIENCE_S
    proposed = Match.objects.filter(run=run, status=MatchStatus.PROPOSED)
    while not MatchRun.objects.filter(pk=run.pk, finished_at__isnull=False).exists() or proposed.exists():
        if time.monotonic() > end:
            raise TimeoutError(f"run {run.pk} is not done")
        time.sleep(0.1)


def _said(run: MatchRun) -> tuple[object, ...]:
    """What a run says of every demand, as a digest, and what it proved."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, {"run": run.pk})
        return (run.value, run.bound, run.gap, *cursor.fetchone())


_DIGEST = """
SELECT
    (SELECT md5(string_agg(md5(row(demand_id, rank, score, score_parts, match.cost_per_year, distance_m, position,
            asset_id, quantity, leg.cost_per_year, geometry, leg.weight_kg)::text), ''
            ORDER BY demand_id, rank, position))
        FROM sharing_match AS match JOIN sharing_matchleg AS leg ON match_id = match.id WHERE run_id = %(run)s),
    (SELECT md5(string_agg(md5(row(demand_id, met, reason, funnel, nearest_miss, change, other_changes)::text), ''
            ORDER BY demand_id))
        FROM sharing_outcome WHERE run_id = %(run)s)
"""
