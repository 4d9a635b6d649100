from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from registry.models import User
from sharing.errors import BadInput, NotSeen, NotYours, WrongState
from sharing.models import Agreement, Demand, DemandList, Event, ListStatus, Match, MatchRun, MatchStatus, RunStatus
from sharing.workflow import agreements, consents, lists, matches
from tests import factories
from tests.sharing.scene import Scene, events, refused


def line(**fields) -> Demand:
    """A valid line, not in any list yet."""
    made = factories.demand(factories.demand_list(factories.organization(), ListStatus.DRAFT), **fields)
    Demand.objects.filter(pk=made.pk).delete()
    made.pk = None
    return made


@pytest.fixture
def draft(scene: Scene) -> DemandList:
    return lists.create(scene.party, title="Autumn", actor=scene.drafter)


@pytest.fixture
def submitted(scene: Scene, draft: DemandList) -> DemandList:
    lists.add_demands(draft, [line()], actor=scene.drafter)
    lists.submit(draft, actor=scene.drafter)
    return draft


def reread(demand_list: DemandList) -> DemandList:
    return DemandList.objects.get(pk=demand_list.pk)


def sees(user: User, demand_list: DemandList) -> list[int]:
    """How many of the list, its lines and its own last event `user` sees."""
    last = Event.objects.filter(demand_list=demand_list, match=None).order_by("-pk")[:1].values("pk")
    return [
        DemandList.objects.visible_to(user).filter(pk=demand_list.pk).count(),
        Demand.objects.visible_to(user).filter(list=demand_list).count(),
        Event.objects.visible_to(user).filter(pk__in=last).count(),
    ]


def test_an_editor_creates_a_draft(scene: Scene, draft: DemandList):
    draft = reread(draft)
    assert (draft.status, draft.party, draft.created_by, draft.submitted_at) == (
        "draft",
        scene.party,
        scene.drafter,
        None,
    )


def test_a_list_needs_a_title(scene: Scene):
    with refused(BadInput) as info:
        lists.create(scene.party, title="  ", actor=scene.drafter)
    assert info.value.field == "title"


def test_a_draft_is_renamed_and_nothing_else_of_it_is_written(scene: Scene, draft: DemandList):
    stale = DemandList.objects.get(pk=draft.pk)
    DemandList.objects.filter(pk=draft.pk).update(created_by=scene.asker)
    lists.rename(stale, title=" 5G, phase 2 ", actor=scene.drafter)
    draft.refresh_from_db()
    assert (draft.title, draft.created_by) == ("5G, phase 2", scene.asker)
    with refused(BadInput) as info:
        lists.rename(draft, title=" ", actor=scene.drafter)
    assert info.value.field == "title"
    with refused(NotSeen):
        lists.rename(draft, title="Mine", actor=scene.stranger)


def test_what_was_submitted_keeps_its_title(scene: Scene, submitted: DemandList):
    with refused(WrongState):
        lists.rename(submitted, title="Other", actor=scene.drafter)


def test_nobody_creates_a_list_for_another_party(scene: Scene):
    with refused(NotSeen):
        lists.create(scene.party, title="x", actor=scene.metro_manager)


def test_lines_are_numbered_on(scene: Scene, draft: DemandList):
    lists.add_demands(draft, [line(), line()], actor=scene.drafter)
    lists.add_demands(draft, [line()], actor=None)
    assert list(draft.demands.values_list("line", flat=True)) == [1, 2, 3]


def test_one_bad_line_keeps_all_out_and_is_named(scene: Scene, draft: DemandList):
    good, bad = line(), line()
    bad.quantity = 0
    with refused(BadInput) as info:
        lists.add_demands(draft, [good, bad], actor=scene.drafter)
    assert info.value.field == "quantity"
    assert info.value.message.startswith("Line 2: ")


def test_many_lines_take_a_handful_of_queries(scene: Scene, draft: DemandList, django_assert_max_num_queries):
    many = [line() for _line in range(30)]
    with django_assert_max_num_queries(9):
        lists.add_demands(draft, many, actor=scene.drafter)


def test_a_line_is_not_disjoint_from_a_line_of_another_list(scene: Scene, draft: DemandList):
    bad = line(kind="duct")
    bad.disjoint_from = factories.demand(factories.demand_list(scene.party), "duct")
    with refused(BadInput) as info:
        lists.add_demands(draft, [bad], actor=scene.drafter)
    assert info.value.field == "disjoint_from"


def test_a_distance_apart_without_one_is_refused_by_the_database(scene: Scene, draft: DemandList):
    for wrong in ({"disjoint_by": "distance"}, {"apart_m": 50.0}, {"disjoint_by": "distance", "apart_m": 1.0}):
        with pytest.raises(IntegrityError, match="demand_distance_apart_suits"), transaction.atomic():
            factories.demand(draft, "duct", **wrong)
    assert not draft.demands.exists()


def test_what_only_the_database_refuses_is_named_too(scene: Scene, draft: DemandList):
    good, bad = line(), line()
    bad.max_detour = 0.5
    with refused(BadInput) as info:
        lists.add_demands(draft, [good, bad], actor=scene.drafter)
    assert info.value.message.startswith("Line 2: ")


def test_a_line_with_the_place_of_another_kind_is_refused(scene: Scene, draft: DemandList):
    bad = line()
    bad.kind = "duct"
    with refused(BadInput):
        lists.add_demands(draft, [bad], actor=scene.drafter)


def test_a_line_is_changed_and_removed_in_a_draft_only(scene: Scene, draft: DemandList):
    first, second = lists.add_demands(draft, [line(), line()], actor=scene.drafter)
    late = line()
    first.quantity = 7
    assert lists.change_demand(first, actor=scene.drafter).quantity == 7
    assert lists.remove_demands(draft, [second.pk], actor=scene.drafter) == 1
    lists.submit(draft, actor=scene.drafter)
    first.quantity = 9
    with refused(WrongState):
        lists.change_demand(first, actor=scene.drafter)
    with refused(WrongState):
        lists.remove_demands(draft, [first.pk], actor=scene.drafter)
    with refused(WrongState):
        lists.add_demands(draft, [late], actor=scene.drafter)


def test_a_line_of_another_partys_list_is_not_taken_over(scene: Scene, draft: DemandList):
    other = factories.demand(factories.demand_list(factories.organization(), ListStatus.DRAFT))
    other.list = draft
    with refused(NotSeen):
        lists.change_demand(other, actor=scene.drafter)
    assert lists.remove_demands(draft, [other.pk], actor=scene.drafter) == 0


def test_a_line_once_matched_stays(scene: Scene):
    lists.reopen(scene.list, actor=scene.drafter)
    with refused(WrongState):
        lists.remove_demands(scene.list, [scene.demand.pk], actor=scene.drafter)


def test_submitting_queues_a_run_and_tells(scene: Scene, draft: DemandList, django_capture_on_commit_callbacks):
    lists.add_demands(draft, [line()], actor=scene.drafter)
    with django_capture_on_commit_callbacks() as callbacks:
        run = lists.submit(draft, actor=scene.drafter)
    assert (run.status, run.list) == (RunStatus.QUEUED, draft)
    assert reread(draft).status == ListStatus.SUBMITTED
    assert reread(draft).submitted_at is not None
    assert events() == ["list.submitted"]
    assert sorted(callback.args[0] for callback in callbacks) == ["sharing.sweep_outbox", "sharing.sweep_runs"]


def test_an_empty_list_is_not_submitted(scene: Scene, draft: DemandList):
    with refused(BadInput):
        lists.submit(draft, actor=scene.drafter)


def test_it_is_submitted_once(scene: Scene, submitted: DemandList):
    with refused(WrongState):
        lists.submit(submitted, actor=scene.drafter)


@pytest.mark.parametrize(("who", "error"), [("officer", NotYours), ("stranger", NotSeen), ("metro_manager", NotSeen)])
def test_only_its_party_moves_a_list(scene: Scene, submitted: DemandList, who: str, error):
    for verb in (lists.rematch, lists.reopen, lists.close):
        with refused(error):
            verb(submitted, actor=getattr(scene, who))


def test_a_done_run_makes_it_matched_once_however_often_it_is_told(scene: Scene, submitted: DemandList):
    run = submitted.runs.get()
    run.status = RunStatus.DONE
    run.save()
    factories.match(submitted.demands.get(), [scene.near], run=run)
    assert lists.record_matched(run).status == ListStatus.MATCHED
    lists.record_matched(run)
    assert events() == ["list.submitted", "list.matched"]
    assert Event.objects.get(type="list.matched").data == {"run": run.pk, "demands": 1, "matched": 1}


def test_a_new_run_supersedes_what_older_ones_proposed_but_not_what_is_under_way(scene: Scene):
    other = factories.match(factories.demand(scene.list), [scene.far])
    fallback = factories.match(other.demand, [scene.near], rank=2)
    scene.requested(other)
    run = lists.rematch(scene.list, actor=scene.drafter)
    run.status = RunStatus.DONE
    run.save()
    fresh = factories.match(scene.demand, [scene.far], run=run)
    run.outcomes.create(demand=scene.demand, met=True)
    lists.record_matched(run)
    for match, status in (
        (scene.match, MatchStatus.SUPERSEDED),
        (scene.runner_up, MatchStatus.SUPERSEDED),
        (other, MatchStatus.REQUESTED),
        (fallback, MatchStatus.PROPOSED),
        (fresh, MatchStatus.PROPOSED),
    ):
        match.refresh_from_db()
        assert match.status == status


def test_what_is_offered_while_a_run_passes_a_line_over_stays_offered(scene: Scene):
    match = scene.requested()
    run = lists.rematch(scene.list, actor=scene.drafter)
    consents.refuse(match.consents.get(), reason="safety", actor=scene.metro_manager)
    assert events()[-1] == "match.offered"
    MatchRun.objects.filter(pk=run.pk).update(status=RunStatus.DONE)
    lists.record_matched(run)
    scene.runner_up.refresh_from_db()
    assert scene.runner_up.status == MatchStatus.PROPOSED


def test_what_a_run_finds_after_the_list_was_reopened_is_off_the_table(scene: Scene, submitted: DemandList):
    run = submitted.runs.get()
    late = factories.match(submitted.demands.get(), [scene.near], run=run)
    lists.reopen(submitted, actor=scene.drafter)
    assert lists.record_matched(run).status == ListStatus.DRAFT
    late.refresh_from_db()
    assert late.status == MatchStatus.SUPERSEDED
    assert "list.matched" not in events()


def test_what_a_run_of_before_a_reopening_finds_is_off_the_table_after_a_new_submission(
    scene: Scene, submitted: DemandList
):
    stale = submitted.runs.get()
    lists.reopen(submitted, actor=scene.drafter)
    stale.refresh_from_db()
    assert (stale.status, stale.error) == (RunStatus.FAILED, "The list was reopened or closed.")
    lists.submit(submitted, actor=scene.drafter)
    late = factories.match(submitted.demands.get(), [scene.near], run=stale)
    assert lists.record_matched(stale).status == ListStatus.SUBMITTED
    late.refresh_from_db()
    assert late.status == MatchStatus.SUPERSEDED


def test_an_older_run_that_is_told_late_does_not_undo_a_newer_one(scene: Scene, submitted: DemandList):
    older = submitted.runs.get()
    lists.record_failed(older, error="lost")
    newer = lists.rematch(submitted, actor=scene.drafter)
    for run in (older, newer):
        run.status = RunStatus.DONE
        run.save()
    fresh = factories.match(submitted.demands.get(), [scene.near], run=newer)
    old = factories.match(submitted.demands.get(), [scene.far], run=older)
    lists.record_matched(newer)
    lists.record_matched(older)
    for match, status in ((fresh, MatchStatus.PROPOSED), (old, MatchStatus.SUPERSEDED)):
        match.refresh_from_db()
        assert match.status == status


def test_a_failed_run_is_told_once_and_the_list_can_be_matched_again(scene: Scene, submitted: DemandList):
    run = submitted.runs.get()
    with refused(WrongState):
        lists.rematch(submitted, actor=scene.drafter)
    lists.record_failed(run, error="no memory")
    failed = lists.record_failed(run, error="again")
    assert (failed.status, failed.error) == (RunStatus.FAILED, "no memory")
    assert events() == ["list.submitted", "run.failed"]
    assert lists.rematch(submitted, actor=scene.drafter).status == RunStatus.QUEUED


def test_a_line_that_owners_were_asked_about_keeps_its_name_and_kind(scene: Scene):
    matches.withdraw(scene.requested(), actor=scene.asker)
    unasked = factories.demand(scene.list, name="Site 2")
    factories.match(unasked, [scene.near])
    lists.reopen(scene.list, actor=scene.drafter)
    for name, value in (("name", "Bunker"), ("kind", "equipment_room")):
        demand = Demand.objects.get(pk=scene.demand.pk)
        setattr(demand, name, value)
        with refused(BadInput) as info:
            lists.change_demand(demand, actor=scene.drafter)
        assert info.value.field == name
    demand = Demand.objects.get(pk=scene.demand.pk)
    demand.quantity = 1
    lists.change_demand(demand, actor=scene.drafter)
    unasked.name = "Bunker"
    lists.change_demand(unasked, actor=scene.drafter)
    assert list(scene.list.demands.values_list("name", "quantity")) == [("Site 1", 1), ("Bunker", 1)]


def test_when_a_line_was_changed_is_noted_whoever_writes_and_not_when_it_stays_as_it_is(scene: Scene):
    lists.reopen(scene.list, actor=scene.drafter)

    def noted() -> datetime | None:
        return Demand.objects.get(pk=scene.demand.pk).changed_at

    stale = Demand.objects.get(pk=scene.demand.pk)
    lists.change_demand(scene.demand, actor=scene.drafter)
    assert noted() is None
    Demand.objects.filter(pk=scene.demand.pk).update(priority=1)
    first = noted()
    assert first is not None and first > scene.match.created_at
    lists.change_demand(stale, actor=scene.drafter)
    again = noted()
    assert again is not None and again > first


def test_reopening_takes_proposals_off_the_table(scene: Scene):
    assert lists.reopen(scene.list, actor=scene.drafter).status == ListStatus.DRAFT
    scene.match.refresh_from_db()
    assert scene.match.status == MatchStatus.SUPERSEDED
    assert events() == ["list.reopened"]


def test_a_list_with_a_match_under_way_or_in_force_is_not_reopened(scene: Scene):
    scene.requested()
    with refused(WrongState):
        lists.reopen(scene.list, actor=scene.drafter)
    with refused(WrongState):
        lists.close(scene.list, actor=scene.drafter)


def test_a_list_closes_over_its_agreements(scene: Scene):
    scene.approved()
    with refused(WrongState):
        lists.reopen(scene.list, actor=scene.drafter)
    assert lists.close(scene.list, actor=scene.drafter).status == ListStatus.CLOSED
    assert events()[-1] == "list.closed"
    with refused(WrongState):
        lists.close(scene.list, actor=scene.drafter)


def test_a_draft_that_is_closed_was_never_handed_in_and_its_regulator_sees_nothing_of_it(
    scene: Scene, draft: DemandList
):
    lists.add_demands(draft, [line()], actor=scene.drafter)
    assert lists.close(draft, actor=scene.drafter).status == ListStatus.CLOSED
    assert reread(draft).submitted_at is None
    assert sees(scene.drafter, draft) == [1, 1, 1]
    assert sees(scene.officer, draft) == [0, 0, 0]


def test_a_list_that_is_closed_while_it_is_handed_in_stays_in_sight_of_its_regulator(scene: Scene):
    lists.close(scene.list, actor=scene.drafter)
    assert sees(scene.officer, scene.list) == [1, 1, 1]


def test_what_is_closed_after_it_was_reopened_is_taken_back_and_its_agreements_stay_in_sight(scene: Scene):
    agreement = scene.approved()
    agreements.end(agreement, reason="Not needed.", actor=scene.asker)
    lists.reopen(scene.list, actor=scene.drafter)
    assert reread(scene.list).submitted_at is None
    lists.close(scene.list, actor=scene.drafter)
    assert reread(scene.list).submitted_at is None
    assert sees(scene.officer, scene.list) == [0, 0, 0]
    assert list(Agreement.objects.visible_to(scene.officer)) == [agreement]
    assert Match.objects.visible_to(scene.officer).get() == agreement.match
