"""Parties and the registry at one co-build group at once; the controls lack the lock."""

import threading
import time
from functools import partial

import pytest
from django.db import connection

from sharing.models import CobuildDemand, CobuildGroup, Event, EventType
from sharing.workflow import cobuild_groups, locks, regrouping
from tests.races.crowd import at_once, kinds
from tests.sharing.cobuild_scene import CobuildScene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(transactional_db: None) -> CobuildScene:
    return CobuildScene()


def join_at_once(scene: CobuildScene) -> tuple[CobuildGroup, list[object]]:
    group = scene.grouped()
    managers = (scene.asker, scene.rival_manager)
    outcomes = at_once([partial(cobuild_groups.join, group, actor=manager) for manager in managers])
    group.refresh_from_db()
    return group, outcomes


def test_of_two_who_join_at_once_the_later_makes_it_agreed(scene: CobuildScene):
    group, outcomes = join_at_once(scene)
    assert kinds(outcomes) == {"done": 2}
    assert (group.status, Event.objects.filter(type=EventType.COBUILD_AGREED).count()) == ("agreed", 1)


def test_control_without_the_lock_both_have_joined_and_nothing_is_agreed(scene: CobuildScene, monkeypatch):
    both_have_read = threading.Barrier(2)
    lock = locks.lock_group

    def read(group_id: int) -> CobuildGroup:
        with monkeypatch.context() as patched:
            patched.setattr(type(CobuildGroup.objects.all()), "select_for_update", lambda rows, **_: rows)
            found = lock(group_id)
            both_have_read.wait(60)
        return found

    monkeypatch.setattr(cobuild_groups, "lock_group", read)
    group, outcomes = join_at_once(scene)
    assert (kinds(outcomes), group.status) == ({"done": 2}, "open")
    assert [member.answer for member in group.members.all()] == ["joined", "joined"]


def test_many_regroupings_at_once_make_each_group_once(scene: CobuildScene):
    outcomes = at_once([regrouping.regroup] * 4)
    assert kinds(outcomes) == {"done": 4}
    assert sorted(done.proposed for done in outcomes) == [0, 0, 0, 1]
    assert CobuildDemand.objects.filter(live=True).count() == 2


def test_control_without_their_turn_the_database_refuses_the_second(scene: CobuildScene, monkeypatch):
    all_have_read = threading.Barrier(2)
    read = regrouping.unmet.read_demands

    def together(without):
        found = read(without)
        all_have_read.wait(60)
        return found

    monkeypatch.setattr(regrouping, "_ask", lambda query, key: True)
    monkeypatch.setattr(regrouping.unmet, "read_demands", together)
    outcomes = at_once([regrouping.regroup] * 2)
    assert kinds(outcomes) == {"IntegrityError": 1, "done": 1}
    assert CobuildGroup.objects.count() == 1


def test_a_call_that_need_not_wait_leaves_its_work_to_the_one_that_waits(scene: CobuildScene):
    at_work, may_end = threading.Event(), threading.Event()
    read = regrouping.unmet.read_facilities

    def slowly():
        at_work.set()
        assert may_end.wait(60)
        return read()

    def first() -> object:
        regrouping.unmet.read_facilities = slowly
        try:
            return regrouping.regroup(wait=False)
        finally:
            regrouping.unmet.read_facilities = read

    def second() -> object:
        assert at_work.wait(60)
        return regrouping.regroup(wait=False)

    def third() -> object:
        assert at_work.wait(60)
        until = time.monotonic() + 60
        while not waiting() and time.monotonic() < until:
            time.sleep(0.05)
        try:
            return regrouping.regroup(wait=False)
        finally:
            may_end.set()

    outcomes = at_once([first, second, third])
    assert [done if done is None else done.proposed for done in outcomes] == [1, 0, None]


def waiting() -> bool:
    """Whether a call holds the place of the one that waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [regrouping.WAITING]
        )
        return bool(cursor.fetchone()[0])
