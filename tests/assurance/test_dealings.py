"""All verbs of the workflow in made-up orders, by made-up people, while days go by, assets change and the engine runs:
after each step the books are right, and what was refused has changed nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
import time_machine
from django.contrib.gis.geos import Point
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from registry.kinds import LOADS, Kind
from registry.models import Allocation, Asset, Protection, Purpose, Role, Sector, User
from sharing.audit import findings
from sharing.errors import Refusal
from sharing.models import (
    IN_FORCE,
    Agreement,
    CobuildGroup,
    Consent,
    Demand,
    DemandList,
    Event,
    EventType,
    ListStatus,
    Match,
    MatchRun,
    Notification,
    RunStatus,
)
from sharing.notifications import outbox
from sharing.tasks.matching import carry_out
from sharing.workflow import agreements, approvals, cobuild_groups, consents, deadlines, lists, matches, rules
from sharing.workflow.fingerprint import asked_fingerprint, fingerprint_of
from sharing.workflow.regrouping import regroup
from sharing.workflow.rules import MATCH_FACTS, Standing, Subject, Verb
from tests import factories
from tests.assurance.conftest import Tell, times
from tests.sharing.scene import Scene, everything

# Each run is a transaction of its own: within one of all, each would be slower than the one before.
pytestmark = pytest.mark.django_db(transaction=True)

A_YEAR_AND_A_HALF = timedelta(days=550)
SWEEPS = (deadlines.remind, deadlines.escalate, deadlines.expire, deadlines.activate, deadlines.end,
          deadlines.announce_ends)  # fmt: skip
# What each verb leaves behind when it succeeds, so that no decision is without its event.
EVENTS: dict[Verb, tuple[EventType, ...]] = {
    Verb.SUBMIT: (EventType.LIST_SUBMITTED,),
    Verb.REOPEN: (EventType.LIST_REOPENED,),
    Verb.CLOSE: (EventType.LIST_CLOSED,),
    Verb.REQUEST: (EventType.MATCH_REQUESTED,),
    Verb.WITHDRAW: (EventType.MATCH_WITHDRAWN,),
    Verb.APPROVE: (EventType.MATCH_APPROVED, EventType.MATCH_COUNTERSIGNED),
    Verb.REJECT: (EventType.MATCH_REJECTED,),
    Verb.GRANT: (EventType.CONSENT_GRANTED,),
    Verb.REFUSE: (EventType.CONSENT_REFUSED,),
    Verb.END: (EventType.AGREEMENT_ENDED, EventType.AGREEMENT_ENDING),
    Verb.RENEW: (EventType.AGREEMENT_RENEWAL_ASKED,),
    Verb.JOIN: (EventType.COBUILD_JOINED,),
    Verb.DECLINE: (EventType.COBUILD_CLOSED,),
    Verb.LEAVE: (EventType.COBUILD_LEFT,),
    Verb.FINISH: (EventType.COBUILD_ENDED,),
}
# A draft is nobody's business but its party's, and what a run finds is told by the engine.
WITHOUT = {Verb.CREATE, Verb.EDIT, Verb.REMATCH}
ONWARD = (Verb.APPROVE, Verb.GRANT, Verb.REQUEST, Verb.RENEW)
TOGETHER = (Verb.JOIN, Verb.FINISH, Verb.LEAVE)
VERBS = tuple(Verb)
TITLES = st.sampled_from(("Poles", "Cabinets", " "))
LIMITS = ("capacity", *LOADS)
HERE, THERE = (114.3055, 30.5928), (114.3085, 30.5928)
"""About 290 m apart: one tower would do for both, where there is none yet of their height."""


class World(Scene):
    """Beside the scene's: a party that wants the same, and an asset that two regulators must agree to."""

    def __init__(self) -> None:
        super().__init__()
        self.rival = factories.organization("rival", sector=Sector.MUNICIPAL)
        self.bidder = factories.member(self.rival, Role.MANAGER, "bidder")
        self.core = factories.asset(self.grid, capacity=2, code="CORE", protection=Protection.CORE, weight_kg=60)
        self.rivals = factories.demand_list(self.rival, title="Sensors")
        wanted = factories.demand(
            self.rivals, name="Site 2", quantity=1, weight_kg=40, period=factories.period(-5, 90)
        )
        factories.match(wanted, [self.core])
        factories.match(wanted, [self.near], rank=2)
        both = factories.demand(self.list, name="Site 3", quantity=1, period=factories.period(3, None))
        factories.match(both, [self.near, self.far])
        self.harbour = factories.demand(self.list, at=HERE, name="Harbour", mounting_height_m=30.0)
        self.market = factories.demand(self.rivals, at=THERE, name="Market", mounting_height_m=20.0)
        factories.unmet(self.harbour)
        factories.unmet(self.market)
        regroup()
        self.people: list[User] = [
            self.asker, self.drafter, self.bidder, self.metro_manager, self.grid_manager, self.officer,
            self.second_officer, self.governor, self.stranger,
        ]  # fmt: skip
        self.assets = [self.near, self.far, self.core]
        self.standings = [Standing.of(person) for person in self.people]


class Dealings(RuleBasedStateMachine):
    """A step is a verb by a person on an object; a new demand; a change of an asset; or some days."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.travel = time_machine.travel(timezone.now(), tick=False)
        self.clock = self.travel.start()
        self.world = World()
        self.told: Counter[str] = Counter()
        self.refused = self.done = 0

    def teardown(self) -> None:
        """In the end every hold ends by itself."""
        try:
            self.pass_days(A_YEAR_AND_A_HALF)
            assert not Allocation.objects.filter(purpose=Purpose.HELD).exists()
            self.the_books_are_right()
        finally:
            self.travel.stop()
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # --- People -------------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def somebody_moves_a_match_on(self, data: st.DataObject) -> None:
        self.somebody_does(ONWARD, data)

    @rule(data=st.data())
    def somebody_builds_together(self, data: st.DataObject) -> None:
        self.somebody_does(TOGETHER, data)

    @rule(data=st.data())
    def somebody_does_what_is_open_to_them(self, data: st.DataObject) -> None:
        self.somebody_does(VERBS, data)

    def somebody_does(self, verbs: Sequence[Verb], data: st.DataObject) -> None:
        """The verb is chosen first, so that none goes under in what is open more often."""
        open_now: dict[Verb, list[tuple[Subject, User]]] = {verb: [] for verb in verbs}
        for subject in self.subjects():
            for standing in self.world.standings:
                for verb in open_now.keys() & set(rules.open_verbs(subject, standing)):
                    open_now[verb].append((subject, standing.user))
        if Verb.CREATE in open_now:
            open_now[Verb.CREATE] = [
                (new, standing.user)
                for new in self.new_lists()
                for standing in self.world.standings
                if rules.why_not(Verb.CREATE, new, standing) is None
            ]
        if chosen := [verb for verb in verbs if open_now[verb]]:
            verb = data.draw(st.sampled_from(chosen))
            self.attempt(verb, *data.draw(st.sampled_from(open_now[verb])), data)

    @rule(data=st.data())
    def somebody_tries_something(self, data: st.DataObject) -> None:
        verb = data.draw(st.sampled_from(VERBS))
        kind = rules.NOUNS[verb.partition(".")[0]]
        known = self.new_lists() if verb is Verb.CREATE else self.subjects()
        subjects = [subject for subject in known if type(subject) is kind]
        if subjects:
            self.attempt(
                verb, data.draw(st.sampled_from(subjects)), data.draw(st.sampled_from(self.world.people)), data
            )

    def attempt(self, verb: Verb, subject: Subject, actor: User, data: st.DataObject) -> None:
        """What the rules do not open is refused; what is refused changes nothing; what is done has its event."""
        is_open = rules.why_not(verb, subject, Standing.of(actor)) is None
        before = everything()
        falling = renewals_of(subject) if verb is Verb.END else []
        try:
            self.carry_out(verb, subject, actor, data)
        except Refusal as refusal:
            self.refused += 1
            assert refusal.message
            assert everything() == before
            return
        self.done += 1
        assert is_open, f"{actor} was let {verb} {subject}"
        self.told[verb] += 1
        for renewal in falling:
            self.told[Verb.END if renewal.status in IN_FORCE else Verb.WITHDRAW] += 1

    def carry_out(self, verb: Verb, subject: Any, actor: User, data: st.DataObject) -> None:
        today = timezone.localdate()
        stale = data.draw(st.integers(0, 5)) == 5

        def shown(fingerprint: str) -> str:
            return "0" * 64 if stale else fingerprint

        def match_again() -> None:
            carry_out(lists.rematch(subject, actor=actor).pk)

        def approve() -> None:
            approvals.approve(subject, fingerprint=shown(fingerprint_of(subject)), actor=actor)
            assert not stale

        def grant() -> None:
            consents.grant(subject, fingerprint=shown(asked_fingerprint(subject)), actor=actor)
            assert not stale

        doing: dict[Verb, Callable[[], Any]] = {
            Verb.CREATE: lambda: lists.create(subject.party, title=data.draw(TITLES), actor=actor),
            Verb.EDIT: lambda: self.edit(subject, actor, data),
            Verb.SUBMIT: lambda: lists.submit(subject, actor=actor),
            Verb.REMATCH: match_again,
            Verb.REOPEN: lambda: lists.reopen(subject, actor=actor),
            Verb.CLOSE: lambda: lists.close(subject, actor=actor),
            Verb.REQUEST: lambda: matches.request(subject, actor=actor),
            Verb.WITHDRAW: lambda: matches.withdraw(subject, actor=actor),
            Verb.GRANT: grant,
            Verb.REFUSE: lambda: consents.refuse(subject, reason="no_space", actor=actor),
            Verb.APPROVE: approve,
            Verb.REJECT: lambda: approvals.reject(subject, reason="planning", actor=actor),
            Verb.END: lambda: agreements.end(
                subject, reason="moved away", on=today + timedelta(days=data.draw(st.integers(-1, 40))), actor=actor
            ),
            Verb.RENEW: lambda: agreements.renew(
                subject, until=today + timedelta(days=data.draw(st.integers(1, 500))), actor=actor
            ),
            Verb.JOIN: lambda: cobuild_groups.join(subject, actor=actor),
            Verb.DECLINE: lambda: cobuild_groups.decline(subject, actor=actor),
            Verb.LEAVE: lambda: cobuild_groups.withdraw(subject, actor=actor),
            Verb.FINISH: lambda: cobuild_groups.close(
                subject, reason=data.draw(st.sampled_from(["built", "given_up", "whatever"])), actor=actor
            ),
        }
        doing[verb]()

    def edit(self, subject: DemandList, actor: User, data: st.DataObject) -> None:
        """A draft's title or lines; of a line that was matched before, nothing is taken away."""
        way = data.draw(st.sampled_from(("rename", "add", "change", "remove")))
        lines = list(subject.demands.order_by("pk"))
        if way == "rename":
            lists.rename(subject, title=data.draw(TITLES), actor=actor)
        elif way == "add" or not lines:
            new = Demand(
                kind=Kind.TOWER, location=Point(*HERE, srid=4326), radius_m=5000, period=factories.period(0, 60),
                quantity=data.draw(st.integers(0, 2)),
            )  # fmt: skip
            lists.add_demands(subject, [new], actor=actor)
        elif way == "change":
            line = data.draw(st.sampled_from(lines))
            line.quantity = data.draw(st.integers(0, 3))
            lists.change_demand(line, actor=actor)
        else:
            lists.remove_demands(subject, [data.draw(st.sampled_from(lines)).pk], actor=actor)

    def new_lists(self) -> list[DemandList]:
        return [DemandList(party=party) for party in (self.world.party, self.world.rival)]

    def subjects(self) -> list[Subject]:
        """Everything that a verb can be about, in the order in which it was made."""
        known = Match.objects.select_related("demand__list").prefetch_related(*MATCH_FACTS).order_by("pk")
        by_pk = {match.pk: match for match in known}
        found = [
            *DemandList.objects.order_by("pk"), *by_pk.values(),
            *Consent.objects.select_related("owner").order_by("pk"), *Agreement.objects.order_by("pk"),
            *CobuildGroup.objects.prefetch_related("members__party").order_by("pk"),
        ]  # fmt: skip
        for one in found:
            if isinstance(one, Consent | Agreement):
                one.match = by_pk[one.match_id]
        return found

    # --- What goes on beside them -------------------------------------------------------------------------------

    @precondition(lambda self: Match.objects.count() < 12)
    @rule(
        rivals=st.booleans(),
        legs=st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True),
        quantity=st.integers(1, 3),
        weight_kg=st.integers(0, 50),
        wind_area_m2=st.integers(0, 3),
        power_kw=st.integers(0, 3),
        start=st.integers(-10, 40),
        days=st.one_of(st.none(), st.integers(1, 200)),
    )
    def a_demand_is_matched(
        self, rivals: bool, legs: list[int], quantity: int, start: int, days: int | None, **loads: int
    ) -> None:
        asked = self.world.rivals if rivals else self.world.list
        waits = MatchRun.objects.filter(list=asked, status=RunStatus.QUEUED)
        if waits.exists() or DemandList.objects.get(pk=asked.pk).status == ListStatus.CLOSED:
            return
        demand = factories.demand(
            asked, quantity=quantity, period=factories.period(start, days), radius_m=5000, **loads
        )
        factories.match(demand, [self.world.assets[leg] for leg in legs])

    @rule(days=st.integers(1, 30))
    def days_go_by(self, days: int) -> None:
        self.pass_days(timedelta(days=days))

    def pass_days(self, days: timedelta) -> None:
        """Each sweep does nothing the second time."""
        self.clock.shift(days)
        for sweep in SWEEPS:
            sweep()
        before = everything()
        for sweep in SWEEPS:
            assert sweep() == 0, sweep
        assert everything() == before

    @rule()
    def the_engine_goes_on(self) -> None:
        """What was submitted is matched, and what stays unmet is grouped; the second time there is nothing to do."""
        for run in MatchRun.objects.filter(status=RunStatus.QUEUED).order_by("pk"):
            carry_out(run.pk)
        regroup()
        before = everything()
        again = regroup()
        assert again and not again.proposed and not again.closed
        assert everything() == before

    @rule(asset=st.integers(0, 2), limit=st.sampled_from(LIMITS), most=st.one_of(st.none(), st.integers(0, 120)))
    def a_limit_is_changed_in_the_database(self, asset: int, limit: str, most: int | None) -> None:
        """Up, down or away: never to less than is held on some day to come; what is refused stays as it was."""
        if limit == "capacity":
            most = 1 + (most or 0) % 5
        found = Asset.objects.get(pk=self.world.assets[asset].pk)
        held = self.most_held(found, limit)
        refused = False
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE registry_asset SET {limit} = %s WHERE id = %s", [most, found.pk])
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except DatabaseError:
            refused = True
        assert refused == (most is not None and held > most), f"{limit}: {held} held, {most} allowed"
        assert getattr(Asset.objects.get(pk=found.pk), limit) == (getattr(found, limit) if refused else most)

    def most_held(self, asset: Asset, limit: str) -> Decimal | int:
        """On any day from the database's today on, which made-up days do not move: the highest unit, or the load."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT CURRENT_DATE")
            [today] = cursor.fetchone()
        lines = [line for line in Allocation.objects.filter(asset=asset) if _is_held_on_or_after(line, today)]
        if limit == "capacity":
            return max((line.units.upper - 1 for line in lines), default=0)
        days = {max(line.period.lower, today) for line in lines}
        return max((sum(getattr(line, limit) for line in lines if day in line.period) for day in days), default=0)

    @rule()
    def everybody_is_told(self) -> None:
        """Once, by each way, of each event."""
        outbox.dispatch()
        assert not Event.objects.undispatched().exists()
        told = Notification.objects.values_list("event", "recipient", "channel")
        assert max(Counter(told).values(), default=1) == 1

    # --- What is always so --------------------------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        assert [finding.claim.code for finding in findings() if not finding.holds] == []

    @invariant()
    def each_decision_has_its_event(self) -> None:
        counted = Counter(Event.objects.filter(actor__isnull=False).values_list("type", flat=True))
        assert {verb: sum(counted[event] for event in EVENTS[verb]) for verb in EVENTS} == {
            verb: self.told[verb] for verb in EVENTS
        }

    @invariant()
    def no_demand_is_met_twice(self) -> None:
        live = Match.objects.live().filter(renews__isnull=True).values_list("demand", flat=True)
        assert max(Counter(live).values(), default=1) == 1


def renewals_of(agreement: Any) -> list[Match]:
    """What falls with an agreement that ends early: its renewals that are asked for or agreed on, and theirs."""
    found = list(agreement.renewals.live()) if isinstance(agreement, Agreement) else []
    further = Agreement.objects.filter(match__in=found)
    return [*found, *(renewal for later in further for renewal in renewals_of(later))]


def _is_held_on_or_after(line: Allocation, day: date) -> bool:
    return line.period.upper is None or line.period.upper > day


@pytest.mark.parametrize("part", range(times(1, 8)))
def test_whatever_is_done_by_whom_in_whichever_order(part: int, added: Tell):
    assert {*EVENTS} | WITHOUT == {*Verb}
    runs, steps = times(15, 1_250), 25
    done: Counter[str] = Counter()

    class Counted(Dealings):
        def teardown(self) -> None:
            super().teardown()
            done.update(self.told)
            done["refused"] += self.refused

    run_state_machine_as_test(
        Counted,
        settings=settings(
            max_examples=runs, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert done["refused"]
    added("made-up dealings: runs over all verbs", runs, "runs", None)
    added("made-up dealings: decisions done", sum(done.values()) - done["refused"], "decisions", None)
    added("made-up dealings: decisions refused, nothing changed", done["refused"], "decisions", None)
    # The rarest takes several others before it: of the 1,250 runs of a part it may be left out, though not of all.
    never_done = set(VERBS) - set(done)
    assert len(never_done) <= times(len(VERBS), 1), never_done
    added("made-up dealings: verbs that a part of the runs left out", len(never_done), "verbs", times(len(VERBS), 1))
