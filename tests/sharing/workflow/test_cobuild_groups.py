"""What the parties of a co-build group decide, and what each may know of the others."""

import pytest

from registry.kinds import Kind
from registry.models import Membership, Role
from sharing.errors import BadInput, NotSeen, NotYours, WrongState
from sharing.models import CobuildDemand, CobuildGroup, CobuildMember, EventType, Outcome
from sharing.notifications import recipients
from sharing.seen import author
from sharing.seen import events as seen_events
from sharing.workflow import cobuild_groups
from tests import factories
from tests.sharing.cobuild_scene import HERE, CobuildScene
from tests.sharing.scene import events, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(db: None) -> CobuildScene:
    return CobuildScene()


def told(group: CobuildGroup) -> dict[str, set[str]]:
    """Who is told of each event of the group."""
    rows = list(group.events.all())
    audience = recipients.of([event.pk for event in rows])
    return {event.type: {person.username for person in audience[event.pk].people} for event in rows}


def test_joining_is_recorded_with_who_and_when(scene: CobuildScene):
    group = scene.joined()
    mine, theirs = scene.member(group, "telco"), scene.member(group, "rival")
    assert (mine.answer, mine.answered_by, mine.answered_at is None) == ("joined", scene.asker, False)
    assert (theirs.answer, theirs.answered_by, theirs.answered_at) == ("pending", None, None)
    assert group.status == "open"
    [event] = group.events.all()
    assert (event.type, event.actor, event.organization) == (EventType.COBUILD_JOINED, scene.asker, scene.party)
    assert event.data == {"joined": 1, "parties": 2}


def test_the_last_to_join_makes_it_agreed_and_the_regulator_is_told(scene: CobuildScene):
    group = scene.agreed()
    group.refresh_from_db()
    assert (group.status, group.agreed_at is None, events()[-1]) == ("agreed", False, EventType.COBUILD_AGREED)
    parties = {"asker", "drafter", "rival-manager", "rival-editor"}
    assert told(group)[EventType.COBUILD_AGREED] == parties | {"officer", "second-officer"}
    assert told(group)[EventType.COBUILD_JOINED] <= parties


def test_joining_is_taken_back_before_all_have_joined(scene: CobuildScene):
    group = cobuild_groups.withdraw(scene.joined(), actor=scene.asker)
    member = scene.member(group, "telco")
    assert (member.answer, member.answered_by, member.answered_at) == ("pending", None, None)
    assert group.events.first().data == {"joined": 0, "parties": 2}
    agreed = scene.agreed()
    with refused(WrongState):
        cobuild_groups.withdraw(agreed, actor=scene.asker)


def test_declining_closes_the_group_and_all_parties_are_told(scene: CobuildScene):
    group = cobuild_groups.decline(scene.joined(), actor=scene.rival_manager)
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("closed", "declined")
    assert not CobuildDemand.objects.filter(member__group=group, live=True).exists()
    assert told(group)[EventType.COBUILD_CLOSED] == {"asker", "drafter", "rival-editor"}
    with refused(WrongState):
        cobuild_groups.join(group, actor=scene.asker)


@pytest.mark.parametrize("reason", ["built", "given_up"])
def test_an_agreed_group_is_closed_by_its_parties(scene: CobuildScene, reason: str):
    group = scene.agreed()
    with refused(BadInput):
        cobuild_groups.close(group, reason="met", actor=scene.asker)
    cobuild_groups.close(group, reason=reason, actor=scene.rival_manager)
    group.refresh_from_db()
    assert (group.status, group.close_reason, group.agreed_at is None) == ("closed", reason, False)
    assert "officer" in told(group)[EventType.COBUILD_ENDED]


def test_nobody_joins_twice_or_what_is_no_longer_unmet(scene: CobuildScene):
    group = scene.joined()
    with refused(WrongState):
        cobuild_groups.join(group, actor=scene.asker)
    factories.match(scene.mine, [scene.near], status="requested")
    with refused(WrongState):
        cobuild_groups.join(group, actor=scene.rival_manager)


def test_who_acts_for_several_parties_says_for_which(scene: CobuildScene):
    Membership.objects.create(user=scene.asker, organization=scene.rival, role=Role.MANAGER)
    group = scene.grouped()
    with refused(BadInput):
        cobuild_groups.join(group, actor=scene.asker)
    with refused(BadInput):
        cobuild_groups.join(group, party="metro", actor=scene.asker)
    cobuild_groups.join(group, party="rival", actor=scene.asker)
    assert scene.member(group, "rival").answer == "joined"
    assert scene.member(group, "telco").answer == "pending"
    cobuild_groups.join(group, actor=scene.asker)
    group.refresh_from_db()
    assert group.status == "agreed"


def test_a_regulator_sees_and_does_not_decide(scene: CobuildScene):
    group = scene.grouped()
    with refused(NotYours):
        cobuild_groups.join(group, actor=scene.officer)
    with refused(NotSeen):
        cobuild_groups.join(group, actor=scene.stranger)


# --- Who sees what ---------------------------------------------------------------------------------------------------


def seen(user) -> tuple[set[str], set[str]]:
    """The parties and the demands that `user` sees in groups."""
    return (
        set(CobuildMember.objects.visible_to(user).values_list("party__code", flat=True)),
        set(CobuildDemand.objects.visible_to(user).values_list("demand__name", flat=True)),
    )


MINE, THEIRS = ({"telco"}, {"Harbour"}), ({"rival"}, {"Market"})
BOTH = ({"telco", "rival"}, {"Harbour", "Market"})
NOTHING: tuple[set[str], set[str]] = (set(), set())


def test_parties_learn_of_each_other_when_both_have_joined(scene: CobuildScene):
    group = scene.grouped()
    assert (seen(scene.asker), seen(scene.rival_manager), seen(scene.officer)) == (MINE, THEIRS, BOTH)
    cobuild_groups.join(group, actor=scene.asker)
    assert (seen(scene.asker), seen(scene.rival_manager)) == (MINE, THEIRS)
    cobuild_groups.join(group, actor=scene.rival_manager)
    assert (seen(scene.asker), seen(scene.rival_manager)) == (BOTH, BOTH)
    assert (seen(scene.stranger), seen(scene.metro_manager)) == (NOTHING, NOTHING)


def test_the_site_is_told_when_all_have_joined_and_its_cell_before(scene: CobuildScene):
    group = scene.joined()

    def place(user) -> tuple[bool, bool]:
        row = CobuildGroup.objects.visible_to(user).with_place_for(user).get(pk=group.pk)
        return row.is_told, row.place == row.geometry

    assert group.masked_geometry.coords == pytest.approx((114.305, 30.595))
    assert (place(scene.asker), place(scene.officer)) == ((False, False), (True, True))
    cobuild_groups.join(group, actor=scene.rival_manager)
    assert (place(scene.asker), place(scene.rival_manager)) == ((True, True), (True, True))


def test_regulators_of_other_regions_and_strangers_see_no_group(scene: CobuildScene):
    group = scene.grouped()
    elsewhere = factories.member(factories.regulator("elsewhere", of=factories.XIANGYANG))
    readers = {
        user.username
        for user in (scene.asker, scene.drafter, scene.rival_editor, scene.officer, scene.governor, scene.stranger,
                     scene.metro_manager, elsewhere)
        if CobuildGroup.objects.visible_to(user).filter(pk=group.pk).exists()
    }  # fmt: skip
    assert readers == {"asker", "drafter", "rival-editor", "officer", "governor"}


def test_the_history_names_only_parties_that_the_reader_may_know(scene: CobuildScene):
    group = scene.joined()

    def authors(user) -> list[str]:
        return [author(event) for event in seen_events(user).filter(cobuild_group=group, organization__isnull=False)]

    assert authors(scene.asker) == ["asker · telco"]
    assert authors(scene.rival_manager) == [""]
    assert authors(scene.officer) == ["asker · telco"]
    cobuild_groups.join(group, actor=scene.rival_manager)
    assert authors(scene.rival_manager) == ["asker · telco", "rival-manager · rival"] or authors(
        scene.rival_manager
    ) == ["rival-manager · rival", "asker · telco"]


def test_the_owner_of_a_planned_facility_is_asked_by_who_joins(scene: CobuildScene):
    Outcome.objects.all().delete()
    demand = factories.demand(scene.list, Kind.DUCT, at=HERE, to=(114.3255, 30.5928), quantity=2)
    factories.unmet(demand)
    factories.planned_facility(scene.metro, at=(114.30, 30.594), to=(114.33, 30.594))
    group = scene.grouped()
    assert not CobuildGroup.objects.visible_to(scene.metro_manager).exists()
    cobuild_groups.join(group, actor=scene.asker)
    assert CobuildGroup.objects.visible_to(scene.metro_manager).get().status == "agreed"
    assert seen(scene.metro_manager)[0] == {"telco"}
    assert "metro-manager" in told(group)[EventType.COBUILD_AGREED]
