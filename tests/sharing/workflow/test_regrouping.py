"""The registry's verb: what is grouped, what stays, what closes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.kinds import Kind
from sharing.errors import WrongState
from sharing.models import CobuildDemand, CobuildGroup, CobuildMember, EventType, Outcome
from sharing.shown.cobuild import size_of
from sharing.workflow import cobuild_groups, lists
from sharing.workflow.regrouping import WAITING, regroup
from tests import factories
from tests.sharing.cobuild_scene import FAR, HERE, NEAR, CobuildScene
from tests.sharing.scene import events, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(db: None) -> CobuildScene:
    return CobuildScene()


def brought(group: CobuildGroup) -> set[int]:
    return set(CobuildDemand.objects.filter(member__group=group).values_list("demand_id", flat=True))


def live() -> list[set[int]]:
    return [brought(group) for group in CobuildGroup.objects.live().order_by("pk")]


def test_two_unmet_demands_that_one_tower_meets_are_grouped_with_their_shares(scene: CobuildScene):
    group = scene.grouped()
    assert brought(group) == {scene.mine.pk, scene.theirs.pk}
    # 6,000 for the site and 150 a metre; 400 a mount.
    assert (group.kind, group.units, group.height_m) == (Kind.TOWER, 3, 30.0)
    assert (group.cost_per_year, group.apart_per_year) == (Decimal(11_700), Decimal(20_700))
    mine, theirs = scene.member(group, "telco"), scene.member(group, "rival")
    assert (mine.share_per_year, mine.alone_per_year) == (Decimal(6_800), Decimal(11_300))
    assert (theirs.share_per_year, theirs.alone_per_year) == (Decimal(4_900), Decimal(9_400))
    assert (group.gap, group.share_error, group.needed_by) == (0.0, 0.0, scene.mine.period.lower)
    assert group.region == scene.near.region


def test_each_list_is_told_once_how_many_of_its_lines_are_grouped(scene: CobuildScene):
    regroup()
    told = scene.list.events.get(type=EventType.COBUILD_PROPOSED)
    assert (told.data, told.actor) == ({"lines": 1}, None)
    assert events() == [EventType.COBUILD_PROPOSED, EventType.COBUILD_PROPOSED]


def test_the_same_demands_give_the_same_groups_and_nothing_is_written_anew(scene: CobuildScene):
    group = scene.grouped()
    before = list(CobuildMember.objects.values())
    done = regroup()
    assert (done.proposed, done.kept, done.closed) == (0, 1, 0)
    assert CobuildGroup.objects.get() == group
    assert list(CobuildMember.objects.values()) == before
    assert len(events()) == 2


@pytest.mark.parametrize("case", ["met", "held", "draft", "over", "no outcome"])
def test_only_what_is_unmet_now_is_grouped(scene: CobuildScene, case: str):
    match case:
        case "met":
            Outcome.objects.filter(demand=scene.theirs).update(met=True)
        case "held":
            factories.match(scene.theirs, [scene.near], status="requested")
        case "draft":
            type(scene.list).objects.filter(pk=scene.rival_list.pk).update(status="draft")
        case "over":
            scene.theirs.period = factories.period(-10, 10)
            scene.theirs.save()
        case "no outcome":
            factories.match_run(scene.rival_list)
    regroup()
    assert live() == []


def test_demands_of_one_party_alone_are_no_group(scene: CobuildScene):
    Outcome.objects.filter(demand=scene.theirs).delete()
    factories.unmet(factories.demand(scene.list, at=NEAR))
    regroup()
    assert live() == []


def test_a_group_whose_demand_is_met_closes_and_its_parties_are_told(scene: CobuildScene):
    group = scene.joined()
    factories.match(scene.theirs, [scene.near], status="requested")
    done = regroup()
    group.refresh_from_db()
    assert (done.closed, group.status, group.close_reason) == (1, "closed", "met")
    assert (events()[-1], group.events.first().data) == (EventType.COBUILD_CLOSED, {"reason": "met"})
    assert live() == []


def test_an_agreed_group_whose_demand_is_met_ends(scene: CobuildScene):
    group = scene.agreed()
    factories.match(scene.mine, [scene.near], status="requested")
    regroup()
    group.refresh_from_db()
    assert (group.status, group.close_reason, events()[-1]) == ("closed", "met", EventType.COBUILD_ENDED)


def test_a_group_whose_list_is_reopened_closes(scene: CobuildScene):
    group = scene.grouped()
    lists.reopen(scene.rival_list, actor=scene.rival_manager)
    regroup()
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("closed", "withdrawn")


@pytest.mark.parametrize(("agreed", "told"), [(False, EventType.COBUILD_CLOSED), (True, EventType.COBUILD_ENDED)])
def test_a_group_whose_line_is_removed_closes_with_it(scene: CobuildScene, agreed: bool, told: EventType):
    group = scene.agreed() if agreed else scene.joined()
    lists.reopen(scene.list, actor=scene.asker)
    assert lists.remove_demands(scene.list, [scene.mine.pk], actor=scene.asker) == 1
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("closed", "withdrawn")
    event = group.events.first()
    assert event is not None
    assert (event.type, event.actor, event.data) == (told, None, {"reason": "withdrawn"})


def test_a_group_stays_where_its_line_could_not_be_removed(scene: CobuildScene):
    group = scene.grouped()
    factories.match(scene.mine, [scene.near], status="superseded")
    lists.reopen(scene.list, actor=scene.asker)
    with refused(WrongState):
        lists.remove_demands(scene.list, [scene.mine.pk], actor=scene.asker)
    group.refresh_from_db()
    assert group.status == "open"


def test_a_group_with_a_member_that_brings_nothing_any_more_closes(scene: CobuildScene):
    group = scene.grouped()
    cobuild_groups.join(group, actor=scene.asker)
    CobuildDemand.objects.filter(demand=scene.mine).delete()
    regroup()
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("closed", "withdrawn")


def test_what_nobody_has_joined_gives_way_to_what_is_better(scene: CobuildScene):
    first = scene.grouped()
    third = factories.demand(factories.demand_list(factories.organization("third")), at=NEAR)
    factories.unmet(third)
    second = scene.grouped()
    first.refresh_from_db()
    assert (first.status, first.close_reason) == ("closed", "replaced")
    assert brought(second) == {scene.mine.pk, scene.theirs.pk, third.pk}
    assert EventType.COBUILD_CLOSED not in events()


def test_what_a_party_has_joined_stays(scene: CobuildScene):
    group = scene.joined()
    factories.unmet(factories.demand(factories.demand_list(factories.organization("third")), at=NEAR))
    done = regroup()
    group.refresh_from_db()
    assert (group.status, live(), done.kept) == ("open", [{scene.mine.pk, scene.theirs.pk}], 1)


def test_who_declines_is_not_asked_again_until_the_list_is_submitted_anew(scene: CobuildScene):
    group = scene.grouped()
    cobuild_groups.decline(group, actor=scene.rival_manager)
    third = factories.demand(factories.demand_list(factories.organization("third")), at=NEAR)
    factories.unmet(third)
    regroup()
    assert live() == [{scene.mine.pk, third.pk}]
    type(scene.list).objects.filter(pk=scene.rival_list.pk).update(submitted_at=timezone.now())
    regroup()
    assert live() == [{scene.mine.pk, scene.theirs.pk, third.pk}]


def test_what_was_built_or_given_up_is_not_proposed_again(scene: CobuildScene):
    cobuild_groups.close(scene.agreed(), reason="given_up", actor=scene.asker)
    regroup()
    assert live() == []


# --- Routes ----------------------------------------------------------------------------------------------------------


def test_parallel_routes_share_a_trench(scene: CobuildScene):
    Outcome.objects.all().delete()
    one = factories.demand(scene.list, Kind.DUCT, at=HERE, to=(114.3255, 30.5928))
    other = factories.demand(scene.rival_list, Kind.DUCT, at=(114.3055, 30.5932), to=(114.3255, 30.5932), quantity=2)
    factories.unmet(one)
    factories.unmet(other)
    group = scene.grouped()
    assert brought(group) == {one.pk, other.pk}
    assert group.geometry.geom_type == "MultiLineString"
    assert group.length_m == pytest.approx(1917 + 2 * 44.3, abs=2)
    assert group.cost_per_year < group.apart_per_year
    assert sum(m.share_per_year for m in group.members.all()) == group.cost_per_year


def test_a_trench_says_what_ground_it_is_dug_through_and_costs_what_that_does(scene: CobuildScene):
    """A river across the common stretch, drawn as two areas of which the second lies over the first."""
    Outcome.objects.all().delete()
    for owner, north in ((scene.list, 30.5928), (scene.rival_list, 30.5932)):
        factories.unmet(factories.demand(owner, Kind.DUCT, at=(114.3055, north), to=(114.3255, north)))
    plain = scene.grouped()
    assert plain.terrain == {}
    factories.terrain_area(scene.metro, "water", (114.31, 30.58, 114.311, 30.6))
    factories.terrain_area(scene.metro, "open_ground", (114.3105, 30.58, 114.312, 30.6))
    factories.terrain_area(scene.metro, "rock", (115.31, 30.58, 115.311, 30.6))
    group = scene.grouped()
    river, meadow = 95.9, 95.9  # 0.001° each of 1,918 m to 0.02°
    assert group.terrain == pytest.approx(
        {"water": river, "open_ground": meadow, "ordinary": plain.length_m - river - meadow}, abs=0.2
    )
    # At 120 and 18 a metre of duct trench where ordinary ground costs 25.
    assert float(group.cost_per_year - plain.cost_per_year) == pytest.approx(river * 95 - meadow * 7, abs=10)
    assert (group.length_m, brought(group)) == (plain.length_m, brought(plain))
    assert size_of(group).endswith(" m dug (ordinary ground 1,815.02 m, open ground 95.91 m, water crossing 95.91 m)")


# --- Planned facilities ----------------------------------------------------------------------------------------------


def route(scene: CobuildScene, **fields: object) -> int:
    demand = factories.demand(scene.list, Kind.DUCT, at=HERE, to=(114.3255, 30.5928), quantity=2, **fields)
    factories.unmet(demand)
    return demand.pk


def test_a_planned_facility_whose_opening_fits_comes_before_new_build(scene: CobuildScene):
    Outcome.objects.all().delete()
    demand = route(scene)
    other = factories.demand(scene.rival_list, Kind.DUCT, at=HERE, to=(114.3255, 30.5928), period=factories.period(1))
    factories.unmet(other)
    tunnel = factories.planned_facility(scene.metro, at=(114.30, 30.594), to=(114.33, 30.594))
    group = scene.grouped()
    assert (group.planned_facility, brought(group), group.units) == (tunnel, {demand}, 2)
    assert (group.cost_per_year, scene.member(group, "telco").share_per_year) == (None, None)


@pytest.mark.parametrize(
    "unfit",
    [
        {"opens_on": timezone.localdate() + timedelta(days=31)},
        {"request_by": timezone.localdate() - timedelta(days=1)},
        {"facility_type": "building"},
        {"at": (114.30, 30.60), "to": (114.33, 30.60)},
    ],
    ids=["opens too late", "no longer to be asked for", "carries no ducts", "too far"],
)
def test_a_facility_that_does_not_fit_is_not_suggested(scene: CobuildScene, unfit: dict[str, object]):
    Outcome.objects.all().delete()
    route(scene)
    factories.planned_facility(scene.metro, **{"at": (114.30, 30.594), "to": (114.33, 30.594), **unfit})
    regroup()
    assert live() == []


def test_ones_own_plans_are_not_suggested(scene: CobuildScene):
    Outcome.objects.all().delete()
    route(scene)
    factories.planned_facility(scene.party, at=(114.30, 30.594), to=(114.33, 30.594))
    regroup()
    assert live() == []


def test_a_facility_declined_makes_way_for_the_next_and_then_for_new_build(scene: CobuildScene):
    Outcome.objects.all().delete()
    demand = route(scene)
    other = factories.demand(scene.rival_list, Kind.DUCT, at=HERE, to=(114.3255, 30.5928), period=factories.period(1))
    factories.unmet(other)
    first = factories.planned_facility(scene.metro, at=(114.30, 30.593), to=(114.33, 30.593))
    second = factories.planned_facility(scene.metro, at=(114.30, 30.594), to=(114.33, 30.594))
    for facility in (first, second):
        group = scene.grouped()
        assert group.planned_facility == facility
        cobuild_groups.decline(group, actor=scene.asker)
    assert brought(scene.grouped()) == {demand, other.pk}


def test_a_suggestion_closes_when_its_facility_can_no_longer_be_asked(scene: CobuildScene):
    Outcome.objects.all().delete()
    route(scene)
    tunnel = factories.planned_facility(scene.metro, at=(114.30, 30.594), to=(114.33, 30.594))
    group = scene.grouped()
    type(tunnel).objects.update(request_by=timezone.localdate() - timedelta(days=1))
    regroup()
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("closed", "too_late")


# --- What holds whoever writes ---------------------------------------------------------------------------------------


def test_a_demand_is_in_one_live_group(scene: CobuildScene):
    group = scene.grouped()
    other = CobuildGroup.objects.get(pk=group.pk)
    other.pk = None
    other.save()
    member = CobuildMember.objects.create(group=other, party=scene.party)
    with pytest.raises(IntegrityError, match="cobuild_demand_is_in_one_live_group"), transaction.atomic():
        CobuildDemand.objects.create(member=member, demand=scene.mine)
    CobuildDemand.objects.create(member=member, demand=scene.mine, live=False)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "agreed"}, "cobuild_agreed_has_a_time"),
        ({"status": "closed"}, "cobuild_closed_has_a_reason"),
        ({"close_reason": "met"}, "cobuild_closed_has_a_reason"),
        ({"cost_per_year": 10**6}, "cobuild_new_build_saves_something"),
        ({"units": 0}, "cobuild_builds_something"),
    ],
)
def test_the_database_refuses_a_group_that_cannot_be(scene: CobuildScene, fields: dict[str, object], constraint: str):
    group = scene.grouped()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CobuildGroup.objects.filter(pk=group.pk).update(**fields)


def test_the_database_refuses_a_share_above_the_cost_alone(scene: CobuildScene):
    member = scene.member(scene.grouped(), "telco")
    with pytest.raises(IntegrityError, match="cobuild_share_is_at_most_alone"), transaction.atomic():
        CobuildMember.objects.filter(pk=member.pk).update(share_per_year=member.alone_per_year + 1)


# --- Many ------------------------------------------------------------------------------------------------------------


def test_many_groups_take_as_many_queries_as_few(scene: CobuildScene):
    rows = iter(range(100))

    def more(count: int) -> int:
        for n in (next(rows) for _ in range(count)):
            place = (FAR[0], FAR[1] + 0.02 * n)
            factories.unmet(factories.demand(scene.list, at=place))
            factories.unmet(factories.demand(scene.rival_list, at=place))
        with CaptureQueriesContext(connection) as asked:
            regroup()
        return len(asked)

    more(1)  # there is a group to keep from here on
    few, many = more(1), more(8)
    assert CobuildGroup.objects.live().count() == 11
    assert many == few


def test_of_many_calls_one_waits_and_the_others_leave_it_to_that(scene: CobuildScene):
    assert regroup(wait=False).proposed == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [WAITING])
        assert cursor.fetchone() == (0,)
