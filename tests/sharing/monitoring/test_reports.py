"""Monthly reports: made once, of what stood then, told to the regulator's people."""

from datetime import date
from threading import Thread

import pytest
import time_machine
from django.db import connection

from registry.models import Role
from sharing.errors import BadInput, NotYours
from sharing.models import Event, EventType, Notification, Report
from sharing.monitoring import reports
from sharing.notifications import outbox
from sharing.tasks.monitoring import make_reports
from tests import factories
from tests.sharing.scene import Scene


def test_each_regulator_gets_last_months_report_once(scene: Scene):
    scene.approved()
    outbox.dispatch()
    month = date.today().replace(day=1)
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    with time_machine.travel(f"{after:%Y-%m-%d} 04:20:00+00:00", tick=False):
        make_reports()
        make_reports()
        outbox.dispatch()
    found = {report.organization: report for report in Report.objects.all()}
    assert set(found) == {scene.city, scene.province}
    city = found[scene.city]
    assert (city.month, city.made_by) == (month, None)
    assert city.figures["builds-avoided"]["sectors"] == [
        [
            "transport>telecom",
            {"builds_shared": 1, "builds_together": 0, "km_shared": 0, "cost": 165000, "co2_t": 25.5},
        ]
    ]
    told = Notification.objects.filter(event__type=EventType.REPORT_MADE, channel="inbox")
    assert {one.recipient for one in told} == {scene.officer, scene.second_officer, scene.governor}
    assert Event.objects.filter(type=EventType.REPORT_MADE).count() == 2


def test_what_was_reported_stays_though_the_rows_move_on(scene: Scene):
    month = date(2026, 1, 1)
    made = reports.make(scene.city, month, actor=scene.officer)
    before = made.figures
    scene.approved()
    assert reports.make(scene.city, month, actor=scene.second_officer) == made
    made.refresh_from_db()
    assert made.figures == before and made.made_by == scene.officer


def test_it_is_for_editors_of_the_regulator_and_for_months_that_have_ended(scene: Scene):
    past = date(2026, 1, 1)
    for actor in (scene.asker, scene.governor, factories.member(scene.city, Role.VIEWER)):
        with pytest.raises(NotYours):
            reports.make(scene.city, past, actor=actor)
    with pytest.raises(NotYours):
        reports.make(scene.party, past, actor=scene.asker)
    with pytest.raises(BadInput):
        reports.make(scene.city, date.today(), actor=scene.officer)
    assert not Report.objects.exists()


def test_a_worker_that_is_killed_leaves_nothing_and_the_next_makes_it(scene: Scene, monkeypatch):
    def killed(scope):
        raise SystemExit

    monkeypatch.setattr(reports, "_figures", killed)
    with pytest.raises(SystemExit):
        reports.make_due()
    assert not Report.objects.exists() and not Event.objects.filter(type=EventType.REPORT_MADE).exists()
    monkeypatch.undo()
    assert reports.make_due() == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one(transactional_db):
    factories.regulator("city")
    made: list[int] = []

    def work() -> None:
        try:
            made.append(reports.make_due())
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(made) == [0, 0, 1]
    assert Report.objects.count() == 1 and Event.objects.filter(type=EventType.REPORT_MADE).count() == 1


def test_strangers_see_no_report(scene: Scene):
    reports.make(scene.city, date(2026, 1, 1), actor=scene.officer)
    assert Report.objects.visible_to(scene.second_officer).count() == 1
    for person in (scene.asker, scene.governor, scene.stranger):
        assert not Report.objects.visible_to(person).exists()
        assert not Event.objects.visible_to(person).filter(type=EventType.REPORT_MADE).exists()
