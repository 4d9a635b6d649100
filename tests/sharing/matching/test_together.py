"""Competing lists matched at once: shares, explanations, and the runs that carry them."""

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from sharing.errors import BadInput, NotYours, WrongState
from sharing.matching import engine
from sharing.models import Demand, DemandList, Event, EventType, ListStatus, Match, MatchRun, Outcome, RunStatus
from sharing.tasks.matching import carry_out
from sharing.workflow import lists
from tests import factories

pytestmark = pytest.mark.django_db


def list_of(party: str, count: int, **fields: Any) -> DemandList:
    demand_list = factories.demand_list(factories.organization(party), ListStatus.SUBMITTED)
    for _ in range(count):
        factories.demand(demand_list, **fields)
    return demand_list


def together(*demand_lists: DemandList) -> list[MatchRun]:
    leader = carry_out(lists.rematch_together(demand_lists, actor=None).pk)
    assert leader.status == RunStatus.DONE
    return [MatchRun.objects.get(list=one) for one in demand_lists]


def test_no_party_stays_below_its_share_while_another_is_above(db: None) -> None:
    greedy, modest = list_of("greedy", 4, priority=1), list_of("modest", 2, priority=9)
    factories.asset(factories.organization("owner"), capacity=3)
    first, second = together(greedy, modest)
    assert (first.figures["matched"], second.figures["matched"]) == (2, 1)
    told = {"parties": 2, "share": 0.5, "least_share": 0.5, "least_share_bound": 0.5, "cost_gap": 0, "exact": True}
    assert first.figures["fairness"] == second.figures["fairness"] == {"tower": told}
    assert (first.value, first.bound, first.gap) == (Decimal(2000), Decimal(2000), 0)
    assert Match.objects.filter(rank=1, status="proposed").count() == 3


def test_a_party_s_own_priorities_decide_which_of_its_demands_are_served(db: None) -> None:
    own, other = list_of("own", 1, priority=5), list_of("other", 2)
    urgent = factories.demand(own, priority=2)
    factories.asset(factories.organization("owner"), capacity=2)
    first, _second = together(own, other)
    assert first.matches.get(rank=1).demand == urgent


def test_two_lists_of_a_party_count_as_one(db: None) -> None:
    one, other = list_of("one", 2), list_of("other", 2)
    further = factories.demand_list(one.party, ListStatus.SUBMITTED)
    for _ in range(2):
        factories.demand(further)
    factories.asset(factories.organization("owner"), capacity=3)
    runs = together(one, further, other)
    shares = {run.list_id: run.figures["fairness"]["tower"]["share"] for run in runs}
    assert shares == {one.pk: 0.5, further.pk: 0.5, other.pk: 0.5}
    assert sum(run.figures["matched"] for run in runs) == 3


def test_what_another_list_got_is_not_offered_as_a_change(db: None) -> None:
    """Nor as a runner-up: two of three units go to two parties, and one is left for a demand of two."""
    one, other = list_of("one", 1), list_of("other", 1)
    large = factories.demand(one, quantity=3, priority=9)
    factories.asset(factories.organization("owner"), capacity=3)
    together(one, other)
    outcome = Outcome.objects.get(demand=large)
    assert (outcome.met, outcome.change["field"], outcome.change["to"]) == (False, "quantity", 1)
    assert not Match.objects.filter(rank__gt=1).exists()


def test_a_party_s_own_assets_stay_out_and_routes_are_answered_too(db: None) -> None:
    one, other = list_of("one", 1), list_of("other", 1)
    factories.asset(one.party, capacity=1)
    factories.demand(one, "duct", at=(114.30, 30.60), to=(114.31, 30.60))
    factories.asset(other.party, "duct", at=(114.30, 30.60), to=(114.31, 30.60))
    first, second = together(one, other)
    assert (first.figures["matched"], second.figures["matched"]) == (1, 1)
    assert first.matches.get().demand.kind == "duct"


def test_the_runs_are_carried_out_with_the_first_of_them_once_and_told_each(db: None) -> None:
    one, other = list_of("one", 1), list_of("other", 1)
    factories.asset(factories.organization("owner"))
    leader = lists.rematch_together([other, one], actor=None)
    [first, second] = leader.parameters["together"]
    assert first == leader.pk
    assert carry_out(second).status == RunStatus.QUEUED
    carry_out(first)
    carry_out(first)
    carry_out(second)
    assert list(Event.objects.filter(type=EventType.LIST_MATCHED).values_list("demand_list", flat=True)) == sorted(
        [one.pk, other.pk]
    )
    assert {run.attempts for run in MatchRun.objects.all()} == {1}


def test_a_list_that_was_reopened_meanwhile_is_left_out(db: None) -> None:
    one, other = list_of("one", 1), list_of("other", 1)
    factories.asset(factories.organization("owner"))
    leader = lists.rematch_together([one, other], actor=None)
    lists.reopen(other, actor=factories.member(other.party))
    assert carry_out(leader.pk).figures["matched"] == 1
    assert MatchRun.objects.get(list=other).status == RunStatus.FAILED
    assert not Match.objects.filter(demand__list=other).exists()


def test_the_others_go_on_where_the_list_that_leads_was_reopened(db: None) -> None:
    asked = [list_of(name, 1) for name in ("one", "other", "further")]
    factories.asset(factories.organization("owner"), capacity=1)
    first, second, third = lists.rematch_together(asked, actor=None).parameters["together"]
    lists.reopen(asked[0], actor=factories.member(asked[0].party))
    assert carry_out(third).status == RunStatus.QUEUED
    assert [carry_out(first).status, carry_out(second).status] == [RunStatus.FAILED, RunStatus.DONE]
    assert [run.figures["fairness"]["tower"]["parties"] for run in MatchRun.objects.filter(status="done")] == [2, 2]
    told = Event.objects.filter(type=EventType.LIST_MATCHED).values_list("demand_list", flat=True)
    assert sorted(told) == [asked[1].pk, asked[2].pk]


def test_dead_workers_runs_are_taken_up_together(db: None) -> None:
    one, other = list_of("one", 1), list_of("other", 1)
    factories.asset(factories.organization("owner"), capacity=1)
    leader = lists.rematch_together([one, other], actor=None)
    silent = timezone.now() - 2 * engine.SILENT_FOR
    MatchRun.objects.update(status=RunStatus.RUNNING, alive_at=silent, started_at=silent, attempts=1)
    assert carry_out(leader.pk).status == RunStatus.DONE
    assert [run.figures["fairness"]["tower"]["least_share"] for run in MatchRun.objects.all()] == [0, 0]


def test_only_the_registry_itself_matches_lists_of_several_parties(db: None) -> None:
    one, other = list_of("one", 1), list_of("other", 1)
    with pytest.raises(NotYours):
        lists.rematch_together([one, other], actor=factories.member(factories.organization("third")))
    factories.match_run(other, status=RunStatus.QUEUED)
    with pytest.raises(WrongState):
        lists.rematch_together([one, other], actor=None)
    assert MatchRun.objects.count() == 1


def test_lists_too_long_to_be_matched_together_are_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_TOGETHER", 2)
    with pytest.raises(BadInput, match="at most 2 lines"):
        lists.rematch_together([list_of("one", 2), list_of("other", 1)], actor=None)
    assert not MatchRun.objects.exists()


def test_the_command_says_how_each_party_fared(db: None) -> None:
    one, other = list_of("one", 2), list_of("other", 1)
    factories.asset(factories.organization("owner"), capacity=2)
    out = StringIO()
    call_command("match", one.pk, "--with", other.pk, stdout=out)
    assert "tower: 50 % served; the least share of 2 parties is 50 %, and could not be above 50 %." in out.getvalue()
    out = StringIO()
    call_command("match", one.pk, "--with", other.pk, "--json", stdout=out)
    runs = json.loads(out.getvalue())["runs"]
    assert [(run["matched"], run["bound"]) for run in runs] == [(1, 1000), (1, 1000)]
    assert runs[1]["fairness"]["tower"]["share"] == 1
    assert Demand.objects.count() == 3
