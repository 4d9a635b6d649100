"""Every indicator by every breakdown is what its formula says, over made-up years and for every kind of reader."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from registry.kinds import Kind
from registry.models import Asset, Organization, Region, Sector
from sharing.matching.cobuild.costs import LEAST_HEIGHT_M, SITES
from sharing.matching.route_terms import TERMS
from sharing.monitoring import builds_avoided, decision_days, demands_met, sharing_rate
from sharing.monitoring.breakdowns import TOTAL
from sharing.monitoring.drilldown import behind
from sharing.monitoring.factors import factors
from sharing.monitoring.indicators import INDICATORS
from sharing.monitoring.scope import Scope, first_of_month, last_year
from sharing.workflow import agreements, lists
from tests import factories
from tests.sharing.monitoring.reference import REFERENCE, Rows
from tests.sharing.monitoring.world import World
from tests.sharing.scene import Scene, by_hand


def scopes(world: World) -> dict[str, Scope]:
    """Of regulators above and beside one another, of a party, of a superuser; narrowed, and of a month gone by."""
    start, end = first_of_month(world.today, months=-11), first_of_month(world.today, months=1)
    root = factories.user("root", is_superuser=True)
    wuhan = Region.objects.get(code=factories.WUHAN_CODE)
    months_ago = first_of_month(world.today, months=-3)
    return {
        "city": Scope.of(world.officer, start, end),
        "province": Scope.of_organization(world.province, start, end),
        "party": Scope.of(factories.member(world.parties[0]), start, end),
        "all": Scope.of(root, start, end),
        "one month": Scope.of_organization(world.province, months_ago, first_of_month(months_ago, months=1)),
        "narrowed": Scope.of(root, start, end, region=wuhan, kind=Kind.TOWER, sector=Sector.POWER),
        "kind": Scope.of(root, start, end, kind=Kind.DUCT),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_figures_are_exact(db, seed: int):
    world, rows_of_all = World(seed), Rows()
    seen: set[tuple[str, str]] = set()
    for name, scope in scopes(world).items():
        for indicator in INDICATORS.values():
            for breakdown in (TOTAL, *indicator.breakdowns):
                rows = indicator.figures(scope, breakdown.code)
                figures = {row.key: dict(row.values) for row in rows}
                slow = REFERENCE[indicator.code](rows_of_all, scope, breakdown.code)
                assert figures == slow, (name, indicator.code, breakdown.code)
                assert len(figures) == len(rows)
                assert all(list(row.values) == [column.code for column in indicator.columns] for row in rows)
                assert set(breakdown.labels(figures)) == set(figures)
                if figures:
                    seen.add((indicator.code, breakdown.code))
    assert seen == {(i.code, b.code) for i in INDICATORS.values() for b in (TOTAL, *i.breakdowns)}


def this_month(scene: Scene) -> Scope:
    """What its party knows of."""
    start = first_of_month(timezone.localdate())
    return Scope.of(scene.asker, start, first_of_month(start, months=1))


def way(scene: Scene) -> str:
    """How the line of the scene is met."""
    return demands_met.rows(this_month(scene)).get(pk=scene.demand.pk).way


def test_a_line_that_is_handed_in_anew_counts_by_what_came_of_it_since(scene: Scene):
    agreement = scene.approved()
    assert way(scene) == "shared"
    agreements.end(agreement, reason="The site moves.", actor=scene.asker)
    lists.reopen(scene.list, actor=scene.asker)
    run = lists.submit(scene.list, actor=scene.asker)
    assert way(scene) == "open"
    run.outcomes.create(demand=scene.demand, met=False, reason="none_near")
    assert way(scene) == "new_build"


def test_an_agreement_that_ends_before_its_first_day_meets_nothing_and_avoids_no_build(scene: Scene):
    def avoided() -> int:
        return sum(row.values["builds_shared"] for row in builds_avoided.figures(this_month(scene), "total"))

    agreement = scene.approved()
    assert (way(scene), avoided()) == ("shared", 1)
    agreements.end(agreement, reason="Not needed.", actor=scene.asker)
    assert (way(scene), avoided()) == ("open", 0)


@pytest.mark.parametrize(("stage", "weeks"), [("decision", 2), ("whole", 4)])
def test_a_decision_on_the_weekend_after_its_last_working_day_is_late(scene: Scene, stage: str, weeks: int):
    """Ten working days after a Friday end on a Friday, twenty likewise."""
    scene.approved()
    asked = timezone.make_aware(datetime(2026, 6, 5, 9))
    by_hand(f"UPDATE sharing_consent SET asked_at = '{asked}', answered_at = '{asked}'")
    scope = Scope.of(scene.officer, date(2026, 6, 1), date(2026, 8, 1))
    found = []
    for days in (0, 1, 3):
        by_hand(f"UPDATE sharing_approval SET decided_at = '{asked + timedelta(weeks=weeks, days=days)}'")
        decided = decision_days.decisions(scope, stage).get()
        found.append((decided.working_days, decided.in_time))
    assert found == [(weeks * 5, 1), (weeks * 5, 0), (weeks * 5 + 1, 0)]


def test_behind_a_region_stand_the_rows_that_its_figure_counts_in_other_schemes_too(scene: Scene):
    wide, narrow = (factories.region(code, scheme="nuts") for code in ("DE2", "DE21"))
    Organization.objects.filter(pk=scene.city.pk).update(regulates=wide)
    for number, region in enumerate((wide, narrow, narrow)):
        made = factories.asset(scene.metro, code=f"DE-{number}")
        Asset.objects.filter(pk=made.pk).update(region=region)
        factories.allocate(made, holder=scene.party)
    scope = Scope.of(scene.officer, *last_year())
    figures = {row.key: row.values["shared"] for row in sharing_rate.figures(scope, "region")}
    drilled = {
        key: behind("sharing-rate", scope, "region", key, user=scene.officer).rows.count() for key in ("DE2", "DE21")
    }
    assert figures == drilled == {"DE2": 1, "DE21": 2}


def test_who_belongs_nowhere_sees_nothing(db):
    world = World(1)
    scope = Scope.of(factories.user(), date(2000, 1, 1), first_of_month(world.today, months=1))
    for indicator in INDICATORS.values():
        for breakdown in indicator.breakdowns:
            counts = [row.values[indicator.columns[0].code] for row in indicator.figures(scope, breakdown.code)]
            assert not any(counts), (indicator.code, breakdown.code)


def test_regulators_of_another_region_see_nothing_of_this_one(db):
    world = World(1)
    other = factories.regulator("elsewhere", of="330100")
    scope = Scope.of_organization(
        other, first_of_month(world.today, months=-11), first_of_month(world.today, months=1)
    )
    for indicator in INDICATORS.values():
        assert indicator.figures(scope, indicator.breakdowns[0].code) == [], indicator.code


def test_indicators_ask_the_database_a_fixed_number_of_times(db, django_assert_num_queries):
    world = World(1)
    asked = {"sharing-rate": 2, "demands-met": 1, "decision-days": 3, "builds-avoided": 2, "catalog-quality": 5}
    scope = scopes(world)["city"]
    for code, number in asked.items():
        with django_assert_num_queries(number):
            INDICATORS[code].figures(scope, INDICATORS[code].breakdowns[0].code)


def test_prices_of_new_build_are_those_that_matching_reckons_with():
    known, years = factors(), 20
    tower, room = SITES[Kind.TOWER], SITES[Kind.EQUIPMENT_ROOM]
    assert known["tower"].cost == years * (tower.fixed + LEAST_HEIGHT_M * tower.per_height_m)
    assert known["equipment_room"].cost == years * room.fixed
    for kind in (Kind.DUCT, Kind.FIBER):
        assert known[kind].cost == years * 1000 * TERMS[kind].gap_cost_per_m
    assert all(factor.cost_is_assumed and factor.cost_source for factor in known.values())
    assert known["tower"].co2_t == round(1_532_000 / 60_000, 1)
