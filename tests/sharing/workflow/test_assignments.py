"""Giving what is to be decided to a colleague."""

from registry.models import Role
from sharing.errors import BadInput, NotSeen, NotYours, WrongState
from sharing.models import Assignment, Event, EventType, Match, Notification
from sharing.notifications import outbox
from sharing.workflow import approvals, assignments
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories
from tests.sharing.scene import Scene, refused


def given(match: Match) -> list[str]:
    return list(Assignment.objects.filter(match=match).values_list("assignee__username", flat=True))


def test_a_match_is_given_to_a_colleague_who_alone_is_told(scene: Scene):
    match = scene.consented()
    outbox.dispatch()
    assignments.assign(match, to=scene.second_officer, actor=scene.officer)
    assert given(match) == ["second-officer"]
    outbox.dispatch()
    told = Notification.objects.filter(event__type=EventType.MATCH_ASSIGNED, channel="inbox")
    assert [one.recipient for one in told] == [scene.second_officer]
    # The same again tells nobody anew; another takes its place; nobody in particular takes it back.
    assignments.assign(match, to=scene.second_officer, actor=scene.officer)
    assert Event.objects.filter(type=EventType.MATCH_ASSIGNED).count() == 1
    assignments.assign(match, to=scene.officer, actor=scene.second_officer)
    assert given(match) == ["officer"]
    assignments.assign(match, to=None, actor=scene.officer)
    assert given(match) == []


def test_it_takes_the_right_to_decide_from_nobody(scene: Scene):
    match = scene.consented()
    assignments.assign(match, to=scene.second_officer, actor=scene.officer)
    approvals.approve(match, fingerprint=fingerprint_of(match), actor=scene.officer)
    match.refresh_from_db()
    assert match.status == "approved"


def test_only_who_decides_may_give(scene: Scene):
    match = scene.consented()
    viewer = factories.member(scene.city, Role.VIEWER)
    for actor, error in (
        (scene.asker, NotYours),
        (scene.metro_manager, NotYours),
        (viewer, NotYours),
        (scene.stranger, NotSeen),
    ):
        with refused(error):
            assignments.assign(match, to=scene.second_officer, actor=actor)
    assert given(match) == []


def test_only_a_colleague_who_may_approve_is_given(scene: Scene):
    match = scene.consented()
    for person in (factories.member(scene.city, Role.EDITOR), scene.governor, scene.asker, scene.stranger):
        with refused(BadInput) as refusal:
            assignments.assign(match, to=person, actor=scene.officer)
        assert refusal.value.field == "to"


def test_after_the_first_of_two_approvals_it_goes_to_a_second_person(scene: Scene):
    factories.protect(scene.near, "core")
    match = scene.consented()
    approvals.approve(match, fingerprint=fingerprint_of(match), actor=scene.officer)
    with refused(BadInput):
        assignments.assign(match, to=scene.officer, actor=scene.officer)
    assignments.assign(match, to=scene.second_officer, actor=scene.officer)
    assert given(match) == ["second-officer"]


def test_what_is_decided_is_no_work_any_more(scene: Scene):
    agreement = scene.approved()
    with refused(WrongState):
        assignments.assign(agreement.match, to=scene.second_officer, actor=scene.officer)


def test_many_stand_or_fall_alone(scene: Scene):
    match = scene.consented()
    other = factories.match(factories.demand(scene.list), [scene.far])
    result = assignments.assign_many([match.pk, other.pk, 0], to=scene.second_officer, actor=scene.officer)
    assert set(result.done) == {match.pk} and given(match) == ["second-officer"]
    assert {pk: type(error) for pk, error in result.failed.items()} == {other.pk: NotSeen, 0: NotSeen}


def test_others_do_not_hear_of_it(scene: Scene):
    match = scene.consented()
    assignments.assign(match, to=scene.second_officer, actor=scene.officer)

    def sees(person) -> bool:
        return Event.objects.visible_to(person).filter(type=EventType.MATCH_ASSIGNED).exists()

    assert sees(scene.officer) and sees(scene.second_officer)
    assert not any(sees(person) for person in (scene.asker, scene.metro_manager, scene.governor, scene.stranger))
    assert not Assignment.objects.visible_to(scene.asker).exists()
