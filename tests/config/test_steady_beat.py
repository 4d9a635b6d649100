"""The timetable while the clock jumps: set back, set forward, and where summer time begins and ends."""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import Celery
from celery.beat import PersistentScheduler
from celery.schedules import crontab

from config.steady_beat import Scheduler
from config.timetable import TIMETABLE

NOON = datetime(2027, 1, 15, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
PARIS = ZoneInfo("Europe/Paris")


class Beat:
    """A beat that counts in place of sending."""

    def __init__(self, kind: type[PersistentScheduler], folder: Path, zone: str, only: Any = None) -> None:
        app = Celery(set_as_current=False)
        app.conf.update(timezone=zone, enable_utc=True, broker_url="memory://", result_expires=None)
        schedule = {name: {**entry, "schedule": _of(app, entry["schedule"])} for name, entry in TIMETABLE.items()}
        app.conf.beat_schedule = {name: schedule[name] for name in only or schedule}
        self.sent: Counter[str] = Counter()
        self.scheduler = kind(app=app, schedule_filename=str(folder / "schedule"))
        self.scheduler.should_sync = lambda: False
        self.scheduler.apply_entry = lambda entry, producer=None: self.sent.update([entry.name])

    def run(self, clock: Any, moment: datetime, until: datetime, step: timedelta) -> Counter[str]:
        """What was sent, with the clock at each step between two moments."""
        self.sent.clear()
        while moment < until:
            clock.move_to(moment, tick=False)
            # Two that wait for the same moment ask for each other at once, as long as the clock stands.
            for _tick in range(4 * len(TIMETABLE)):
                if self.scheduler.tick():
                    break
            moment += step
        return Counter(self.sent)


def _of(app: Celery, schedule: Any) -> Any:
    if isinstance(schedule, crontab):
        schedule = copy(schedule)
        schedule.app = app
    return schedule


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Callable[..., Beat]]:
    beats: list[Beat] = []

    def begin(*arguments: Any, kind: type[PersistentScheduler] = Scheduler, **only: Any) -> Beat:
        beats.append(Beat(kind, tmp_path, *arguments, **only))
        return beats[-1]

    yield begin
    for beat in beats:
        beat.scheduler.close()


@pytest.mark.parametrize(("kind", "goes_on"), [(Scheduler, True), (PersistentScheduler, False)])
def test_a_clock_that_is_set_back_stops_no_sweep_as_it_would_otherwise(
    kind: type[PersistentScheduler], goes_on: bool, begun: Callable[..., Beat], time_machine: Any
):
    time_machine.move_to(NOON, tick=False)
    beat, minute, second = begun("Asia/Shanghai", kind=kind), timedelta(minutes=1), timedelta(seconds=1)
    before = beat.run(time_machine, NOON, NOON + minute, second)
    assert 10 <= before["sweep-outbox"] <= 13
    set_back = NOON - timedelta(hours=1)
    after = beat.run(time_machine, set_back, set_back + minute, second)
    assert (10 <= after["sweep-outbox"] <= 13, 10 <= after["send-webhooks"] <= 13) == (goes_on, goes_on)


def test_a_clock_that_is_set_forward_runs_each_task_once_and_goes_on(begun: Callable[..., Beat], time_machine: Any):
    time_machine.move_to(NOON, tick=False)
    beat = begun("Asia/Shanghai")
    beat.run(time_machine, NOON, NOON + timedelta(seconds=10), timedelta(seconds=1))
    later = NOON + timedelta(days=1)
    assert set(beat.run(time_machine, later, later + timedelta(seconds=1), timedelta(seconds=1)).values()) == {1}
    assert set(beat.sent) == set(TIMETABLE)


@pytest.mark.parametrize(("day", "hours"), [("2027-03-28", 23), ("2027-10-31", 25), ("2027-06-15", 24)])
def test_summer_time_leaves_out_no_hour_and_no_day(
    day: str, hours: int, begun: Callable[..., Beat], time_machine: Any
):
    begin = datetime.fromisoformat(day).replace(tzinfo=PARIS).astimezone(ZoneInfo("UTC"))
    clocked = {name: entry["schedule"] for name, entry in TIMETABLE.items() if isinstance(entry["schedule"], crontab)}
    time_machine.move_to(begin, tick=False)
    beat = begun("Europe/Paris", only=clocked)
    sent = beat.run(time_machine, begin, begin + timedelta(hours=hours), timedelta(minutes=1))
    assert sent == {name: 1 if len(schedule.hour) == 1 else hours for name, schedule in clocked.items()}
