from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from registry import capacity
from registry.models import Allocation, Purpose
from sharing.models import Agreement, Consent, Event, Match, MatchStatus
from sharing.workflow import agreements, approvals, calendar, consents, deadlines, matches
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories
from tests.plans import plan_of
from tests.sharing.scene import Scene, events, free

MONDAY = datetime(2026, 11, 30, 9, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def clock(time_machine):
    """Stands at a Monday, 9 o'clock; clock(day=n) moves it to 9 o'clock n days later."""

    def move(day: int, at: time = time(9)) -> None:
        moment = datetime.combine(MONDAY.date() + timedelta(days=day), at, tzinfo=MONDAY.tzinfo)
        time_machine.move_to(moment, tick=False)

    move(0)
    return move


def sweep() -> dict[str, int]:
    """All verbs of the clock once; and once more, when they must find nothing to do."""
    verbs = (
        deadlines.remind,
        deadlines.escalate,
        deadlines.expire,
        deadlines.activate,
        deadlines.end,
        deadlines.announce_ends,
        deadlines.release_lapsed,
    )
    done = {verb.__name__: verb() for verb in verbs}
    before = events()
    assert not any(verb() for verb in verbs)
    assert events() == before
    return {name: number for name, number in done.items() if number}


def test_an_owner_is_reminded_then_overdue_then_the_request_expires(scene: Scene, clock):
    """Asked on Monday 30 November, due on Monday 14 December (10 working days); grace until Monday 28."""
    match = scene.requested()
    assert timezone.localtime(match.deadline).date().isoformat() == "2026-12-14"
    clock(day=8)  # Tuesday 8: Thursday, Friday, Monday would be three working days away, the deadline is the fourth
    assert sweep() == {}
    clock(day=9)
    assert sweep() == {"remind": 1}
    assert Event.objects.first().consent == Consent.objects.get()
    clock(day=14, at=time(23, 59))
    assert sweep() == {}
    clock(day=15, at=time(0, 0))
    assert sweep() == {"escalate": 1}
    assert events()[-2:] == ["consent.due", "consent.overdue"]
    clock(day=28, at=time(23, 59))
    assert sweep() == {}
    assert free(scene.near) == 0
    clock(day=29, at=time(0, 0))
    assert sweep() == {"expire": 1}
    match.refresh_from_db()
    assert match.status == MatchStatus.EXPIRED
    assert free(scene.near) == 2
    assert events()[-2:] == ["match.expired", "match.offered"]


def test_a_regulator_is_reminded_then_overdue_then_the_request_expires(scene: Scene, clock):
    match = scene.consented()
    clock(day=9)
    assert sweep() == {"remind": 1}
    assert events()[-1] == "approval.due"
    clock(day=15)
    assert sweep() == {"escalate": 1}
    assert events()[-1] == "approval.overdue"
    clock(day=29)
    assert sweep() == {"expire": 1}
    match.refresh_from_db()
    assert match.status == MatchStatus.EXPIRED


def test_a_match_that_the_database_refuses_does_not_keep_others_from_expiring(scene: Scene, clock, monkeypatch):
    stuck = scene.requested()
    other = scene.requested(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    give_up = matches.give_up

    def deadlocked(match, status):
        if match == stuck:
            raise OperationalError("deadlock detected")
        give_up(match, status)

    monkeypatch.setattr(matches, "give_up", deadlocked)
    clock(day=29)
    assert deadlines.expire() == 1
    statuses = {match.pk: match.status for match in Match.objects.filter(pk__in=[stuck.pk, other.pk])}
    assert statuses == {stuck.pk: MatchStatus.REQUESTED, other.pk: MatchStatus.EXPIRED}
    monkeypatch.undo()
    assert deadlines.expire() == 1


def test_an_overdue_owner_can_still_answer(scene: Scene, clock):
    consent = scene.requested().consents.get()
    clock(day=20)
    assert sweep() == {"escalate": 1}
    consents.grant(consent, actor=scene.metro_manager)
    scene.match.refresh_from_db()
    assert scene.match.status == MatchStatus.CONSENTED
    assert sweep() == {}
    # Sunday 20 December: the regulator has until Friday 1 January, and the units stay held two weeks more.
    assert timezone.localtime(scene.match.deadline).date().isoformat() == "2027-01-01"
    assert timezone.localtime(Allocation.objects.get().held_until).date().isoformat() == "2027-01-15"


def test_a_sweep_that_comes_late_escalates_without_reminding_of_what_is_past(scene: Scene, clock):
    scene.requested()
    clock(day=16)
    assert sweep() == {"escalate": 1}


def test_who_has_answered_is_not_reminded(scene: Scene, clock):
    match = scene.requested(factories.match(scene.demand, [scene.near, scene.far], rank=3))
    consents.grant(match.consents.get(owner=scene.metro), actor=scene.metro_manager)
    clock(day=9)
    assert sweep() == {"remind": 1}
    assert Event.objects.first().consent.owner == scene.grid


def test_holidays_move_a_deadline(scene: Scene, clock):
    calendar.load("CN", [2027])
    clock(day=30)  # Wednesday 30 December; Friday 1 January is a holiday
    due = timezone.localtime(scene.requested().deadline).date()
    before = MONDAY.date() + timedelta(days=30)
    assert due == calendar.add_working_days(before, 10)
    assert due.isoformat() > "2027-01-13"


def test_an_agreement_activates_on_its_day_and_ends_on_its_own(scene: Scene, clock):
    scene.demand.period = factories.period(30, 100)
    scene.demand.save()
    agreement = scene.approved()
    clock(day=29)
    assert sweep() == {}
    clock(day=30)
    assert sweep() == {"activate": 1}
    agreement.match.refresh_from_db()
    assert agreement.match.status == MatchStatus.ACTIVE
    clock(day=69)
    assert sweep() == {}
    clock(day=70)
    assert sweep() == {"announce_ends": 1}
    assert Event.objects.first().data == {"on": agreement.period.upper.isoformat()}
    clock(day=129)
    assert sweep() == {}
    clock(day=130)
    assert sweep() == {"end": 1}
    agreement = Agreement.objects.get()
    assert agreement.match.status == MatchStatus.ENDED
    assert agreement.ended_on == agreement.period.upper
    line = Allocation.objects.get()
    assert line.period == scene.demand.period


def test_that_the_regulator_was_reminded_does_not_keep_the_end_from_being_announced(scene: Scene, clock):
    scene.demand.period = factories.period(9, 30)
    scene.demand.save()
    match = scene.consented()
    clock(day=9)
    assert sweep() == {"remind": 1}
    approvals.approve(match, fingerprint=fingerprint_of(match), actor=scene.officer)
    assert sweep() == {"announce_ends": 1}


def test_days_that_were_missed_are_made_up_for(scene: Scene, clock):
    scene.demand.period = factories.period(30, 10)
    scene.demand.save()
    scene.approved()
    clock(day=35)
    assert sweep() == {"activate": 1, "announce_ends": 1}
    clock(day=50)
    assert sweep() == {"end": 1}


def test_an_end_is_not_announced_to_who_is_renewing(scene: Scene, clock):
    scene.demand.period = factories.period(0, 20)
    scene.demand.save()
    agreement = scene.approved()
    agreements.renew(agreement, until=None, actor=scene.asker)
    clock(day=1)
    assert sweep() == {}


def test_an_end_that_somebody_set_is_told_again_where_it_was_far_ahead(scene: Scene, clock):
    scene.demand.period = factories.period(0)
    scene.demand.save()
    agreement = scene.approved()
    agreements.end(agreement, reason="Moves.", on=MONDAY.date() + timedelta(days=61), actor=scene.asker)
    assert sweep() == {}
    clock(day=1)
    assert sweep() == {"announce_ends": 1}
    agreements.end(agreement, reason="Sooner.", on=MONDAY.date() + timedelta(days=30), actor=scene.asker)
    assert sweep() == {}
    assert events()[-3:] == ["agreement.ending"] * 3


@pytest.mark.parametrize("begins", [0, 5])
def test_an_end_that_was_told_is_not_announced(scene: Scene, clock, begins: int):
    scene.demand.period = factories.period(begins)
    scene.demand.save()
    agreements.end(scene.approved(), reason="Moves.", on=MONDAY.date() + timedelta(days=60), actor=scene.asker)
    clock(day=5)
    assert sweep() == ({"activate": 1} if begins else {})


def test_an_early_end_in_the_future_comes_on_its_own(scene: Scene, clock):
    scene.demand.period = factories.period(0)
    scene.demand.save()
    agreements.end(scene.approved(), reason="Moves.", on=MONDAY.date() + timedelta(days=90), actor=scene.asker)
    clock(day=90)
    assert sweep() == {"end": 1}
    assert Agreement.objects.get().ended_on == MONDAY.date() + timedelta(days=90)


def test_what_the_ledger_holds_beyond_an_end_does_not_keep_agreements_from_ending(scene: Scene, clock):
    scene.demand.period = factories.period(0, 10)
    scene.demand.save()
    agreement = scene.approved()
    other = scene.approved(factories.match(factories.demand(scene.list, period=scene.demand.period), [scene.far]))
    line = Allocation.objects.get(asset=scene.near)
    Allocation.objects.filter(pk=line.pk).update(period=DateRange(line.period.lower, None))
    Allocation.objects.create(
        asset=scene.near,
        units=line.units,
        period=DateRange(line.period.lower - timedelta(days=5), line.period.lower),
        holder=line.holder,
        purpose=Purpose.GRANTED,
        reference=line.reference,
    )
    clock(day=20)
    assert sweep() == {"end": 2}
    other.match.refresh_from_db()
    assert other.match.status == MatchStatus.ENDED
    ends = Allocation.objects.filter(asset=scene.near).order_by("period").values_list("period__endswith", flat=True)
    assert [*ends] == [agreement.period.lower, agreement.period.upper]


def test_what_is_held_for_no_match_under_way_is_freed_when_its_time_is_over(scene: Scene, clock):
    other = factories.asset(scene.metro, capacity=3)

    def held(reference: UUID | None) -> None:
        claim = capacity.Claim(other.pk, 1, MONDAY.date(), None, scene.party.pk, reference)
        capacity.hold([claim], until=MONDAY + timedelta(days=10))

    for reference in (None, uuid4(), scene.runner_up.legs.get().reference):
        held(reference)
    match = scene.requested()
    clock(day=10)
    assert sweep() == {"remind": 1}
    assert (free(other), free(scene.near)) == (0, 0)
    clock(day=11)
    assert sweep() == {"release_lapsed": 3}
    assert (free(other), free(scene.near)) == (3, 0)
    Allocation.objects.filter(asset=scene.near).update(held_until=MONDAY)
    assert sweep() == {}
    match.refresh_from_db()
    assert match.status == MatchStatus.REQUESTED


def test_what_has_no_end_does_not_end(scene: Scene, clock):
    scene.demand.period = factories.period(0, None)
    scene.demand.save()
    scene.approved()
    clock(day=5000)
    assert sweep() == {}


def test_what_is_due_is_found_by_indexes_of_what_waits(db: None):
    past = timezone.now()
    assert "consent_to_answer" in plan_of(Consent.objects.pending().filter(deadline__lt=past))
    assert "allocation_held" in plan_of(
        Allocation.objects.filter(purpose=Purpose.HELD, held_until__lt=past).order_by()
    )
