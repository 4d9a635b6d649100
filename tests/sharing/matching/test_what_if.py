"""A list tried with other wishes, prices and assets: the engine's own answers, and nothing kept."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.gis.geos import LineString, Point

from registry.models import Allocation, Asset, Organization, Protection, SupplyChange, Tower
from sharing.errors import BadInput, WrongState
from sharing.matching import engine
from sharing.matching.comparing import Difference, compare, of_run
from sharing.matching.what_if import AddedAsset, LineChange, Tried, WhatIf
from sharing.models import Demand, DemandList, Match, MatchRun, Outcome
from sharing.shown.comparison import shown
from sharing.workflow import trials
from tests import factories
from tests.races.crowd import at_once
from tests.sharing.matching.test_engine import east

pytestmark = pytest.mark.django_db

KEPT = (Demand, DemandList, Match, MatchRun, Outcome, Asset, Tower, Allocation, Organization, SupplyChange)


@pytest.fixture
def demand_list() -> DemandList:
    return factories.demand_list(factories.organization("asker"), "draft")


@pytest.fixture
def owner() -> Organization:
    return factories.organization("owner", sector="municipal")


def tried(demand_list: DemandList, **what: Any) -> Tried:
    """Tried, with proof that nothing is kept of it."""
    before = [list(model._default_manager.order_by("pk").values()) for model in KEPT]
    answer = trials.try_out(demand_list, WhatIf(**what))
    assert [list(model._default_manager.order_by("pk").values()) for model in KEPT] == before
    return answer


def differences(answer: Tried) -> dict[int, str]:
    return {one.demand: one.difference.value for one in answer.differences}


def test_a_trial_without_changes_is_the_same_line_by_line(demand_list: DemandList, owner: Organization) -> None:
    met, unmet = factories.demand(demand_list), factories.demand(demand_list, quantity=9)
    asset = factories.asset(owner)
    answer = tried(demand_list)
    assert differences(answer) == {met.pk: "same", unmet.pk: "same"}
    [line, _] = answer.differences
    assert (line.after.legs, line.after.cents, line.cents_more) == (((asset.pk, 1),), 100_000, 0)
    assert answer.before["matched"] == answer.after["matched"] == 1


def test_a_line_whose_period_is_over_is_met_where_it_is_moved(demand_list: DemandList, owner: Organization) -> None:
    factories.asset(owner)
    factories.demand(demand_list, period=factories.period(-30, 30))
    [line] = tried(demand_list, lines=[LineChange(later_days=1)]).differences
    assert (line.before.reason, line.after.met) == ("over", True)


def test_routes_that_would_be_disjoint_by_chambers_are_tried(demand_list: DemandList, owner: Organization) -> None:
    """Two cheap ways through one chamber halfway, and a dear one round it."""
    a, middle, c, aside = (114.30, 30.60), (114.31, 30.60), (114.32, 30.60), (114.31, 30.605)
    for way, price in ((2 * [(a, middle), (middle, c)], 1000), ([(a, aside), (aside, c)], 1500)):
        for at, to in way:
            factories.asset(owner, "duct", at=at, to=to, price_per_unit_year=Decimal(price))
    one = factories.demand(demand_list, "duct", at=a, to=c)
    other = factories.demand(demand_list, "duct", at=a, to=c, disjoint_from=one, disjoint_by="line")
    answer = tried(demand_list, lines=[LineChange(to={"disjoint_by": "chamber", "apart_m": None})])
    assert sorted(differences(answer).values()) == ["other_assets", "same"]
    assert sum(line.cents_more for line in answer.differences) == 100_000
    far = tried(
        demand_list, lines=[LineChange(to={"disjoint_by": "distance", "apart_m": 5000.0}, lines=(other.line,))]
    )
    assert sorted(differences(far).values()) == ["same", "same"]  # all of it is within 5 km of the common ends


WISHES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"radius_m": 400}, {"at": east(500)}, {"to": {"radius_m": 510.0}}),
    ({"radius_m": 400}, {"at": east(500)}, {"times": {"radius_m": 1.3}}),
    ({"budget_per_year": Decimal(900)}, {}, {"times": {"budget_per_year": 1.2}}),
    ({"mounting_height_m": 30.0}, {"details": {"height_m": 25}}, {"to": {"mounting_height_m": 20.0}}),
    ({"quantity": 6}, {}, {"to": {"quantity": 4}}),
]


@pytest.mark.parametrize(("asked", "offered", "wish"), WISHES)
def test_other_wishes_meet_what_was_not_met_as_the_changed_list_would(
    demand_list: DemandList, owner: Organization, asked: dict[str, Any], offered: dict[str, Any], wish: dict[str, Any]
) -> None:
    demand = factories.demand(demand_list, **asked)
    route = factories.demand(demand_list, "duct")
    factories.asset(owner, **offered)
    answer = tried(demand_list, lines=[LineChange(**wish)])
    assert differences(answer) == {demand.pk: "newly_met", route.pk: "same"}
    Demand.objects.filter(pk=demand.pk).update(**wish.get("to", {}))
    if "to" in wish:
        assert engine.run(factories.match_run(demand_list, "queued").pk).figures["matched"] == 1


def test_a_later_period_and_lines_by_number(demand_list: DemandList, owner: Organization) -> None:
    first, second = factories.demand(demand_list), factories.demand(demand_list, period=factories.period(30, None))
    asset = factories.asset(owner, capacity=1)
    factories.allocate(asset, end=first.period.lower + timedelta(days=40))
    assert differences(tried(demand_list, lines=[LineChange([1], later_days=39)])) == {
        first.pk: "same", second.pk: "same",
    }  # fmt: skip
    assert differences(tried(demand_list, lines=[LineChange([2], later_days=40)])) == {
        first.pk: "same", second.pk: "newly_met",
    }  # fmt: skip
    with pytest.raises(BadInput, match="no line 7"):
        tried(demand_list, lines=[LineChange([1, 7], later_days=1)])


def test_other_prices_change_the_choice_and_the_cost(demand_list: DemandList, owner: Organization) -> None:
    demand = factories.demand(demand_list, quantity=2)
    other = factories.organization("other", sector="power")
    cheap = factories.asset(owner, price_per_unit_year=Decimal(100))
    dear = factories.asset(other, price_per_unit_year=Decimal(150))
    [line] = tried(demand_list, prices=[{"owner": other.pk, "times": 0.6}]).differences
    assert (line.difference, line.cents_more) == (Difference.OTHER_ASSETS, -2_000)
    assert [side.legs for side in (line.before, line.after)] == [((cheap.pk, 2),), ((dear.pk, 2),)]
    [line] = tried(demand_list, prices=[{"owner": None, "times": 1.1}]).differences
    assert (line.demand, line.difference, line.cents_more) == (demand.pk, Difference.OTHER_COST, 2_000)


def test_an_added_tower_serves_and_takes_from_nobody(demand_list: DemandList, owner: Organization) -> None:
    met, unmet = factories.demand(demand_list, priority=1), factories.demand(demand_list, priority=2)
    factories.asset(owner, capacity=1)
    tower = AddedAsset("tower", Point(*factories.WUHAN, srid=4326), {"capacity": 1}, {"height_m": 30.0})
    answer = tried(demand_list, assets=[tower])
    assert set(differences(answer).values()) == {"newly_met", "same"}
    assert list(answer.added.values()) == [1]
    assert answer.after["matched"] == 2
    assert {asset for one in answer.differences for asset, _ in one.after.legs} >= set(answer.added)
    assert {met.pk, unmet.pk} == set(differences(answer))


def test_an_added_duct_and_other_terms_of_new_build_serve_routes(demand_list: DemandList, owner: Organization) -> None:
    a, b, c = (114.30, 30.60), (114.31, 30.60), (114.32, 30.60)
    route = factories.demand(demand_list, "duct", at=a, to=c)
    factories.asset(owner, "duct", at=a, to=b)
    duct = AddedAsset("duct", LineString(b, c, srid=4326), {"capacity": 2}, {"inner_diameter_mm": 100.0})
    assert differences(tried(demand_list, assets=[duct])) == {route.pk: "newly_met"}
    terms = {"duct": {"max_gap_m": 1000.0, "max_gap_share": 0.6}}
    assert differences(tried(demand_list, route_terms=terms)) == {route.pk: "newly_met"}


def test_what_cannot_be_is_refused_in_words(demand_list: DemandList) -> None:
    factories.demand(demand_list)
    duct_as_tower = AddedAsset("tower", LineString((1, 1), (2, 2), srid=4326), {"capacity": 1}, {})
    with pytest.raises(BadInput, match="cannot be: Towers and rooms are a POINT"):
        tried(demand_list, assets=[duct_as_tower])
    with pytest.raises(BadInput, match="cannot be: A radius is"):
        tried(demand_list, lines=[LineChange([1], times={"radius_m": 1000.0})])


def test_a_trial_sees_protected_assets_where_matching_shows_them(demand_list: DemandList, owner: Organization) -> None:
    """However finely the radius is turned, it is the grid cell's centre that answers."""
    demand = factories.demand(demand_list, at=(114.305, 30.595), radius_m=1)
    factories.asset(owner, at=(114.3001, 30.5901), protection=Protection.RESTRICTED, protection_reason="grid")
    assert [line.before.met for line in tried(demand_list).differences] == [True]
    Demand.objects.filter(pk=demand.pk).update(location="SRID=4326;POINT(114.3001 30.5901)")
    turned = [
        tried(demand_list, lines=[LineChange(to={"radius_m": float(radius)})]).differences[0].after.met
        for radius in (10, 600, 800)
    ]
    assert turned == [False, False, True]


def test_a_trial_is_the_same_whoever_has_the_core_assets_that_would_serve_and_wherever_they_are(
    demand_list: DemandList, owner: Organization
) -> None:
    """By prices of each owner and by turned radii, which name both where such assets count."""
    other = factories.organization("other", sector="power")
    a, b = (114.325, 30.575), (114.375, 30.575)  # the middles of two cells
    factories.demand(demand_list, at=a, radius_m=3000)
    factories.demand(demand_list, "duct", at=a, to=b)
    core = {"protection": Protection.CORE, "protection_reason": "grid"}
    tower, duct = factories.asset(owner, at=a, **core), factories.asset(owner, "duct", at=a, to=b, **core)
    north = [Point(*b, srid=4326), LineString((114.325, 30.675), (114.375, 30.675), srid=4326)]
    trials_of_it: list[dict[str, Any]] = [
        *({"prices": [{"owner": one.pk, "times": 0.5}]} for one in (owner, other)),
        *({"lines": [LineChange(to={"radius_m": float(radius)})]} for radius in (10, 4000, 6000)),
    ]

    def told() -> tuple[int, list[dict[str, Any]]]:
        """Lines that a run would meet, and what trials answer."""
        met = engine.figures(engine.answer(demand_list, {}))["matched"]
        return met, [shown(tried(demand_list, **what), None) for what in trials_of_it]

    met, as_it_is = told()
    Asset.objects.filter(pk__in=(tower.pk, duct.pk)).update(owner=other)
    assert told() == (met, as_it_is)
    for asset, place in zip((tower, duct), north, strict=True):
        Asset.objects.filter(pk=asset.pk).update(geometry=place)
    assert (met, told()) == (2, (0, as_it_is))
    Asset.objects.all().delete()
    assert told() == (0, as_it_is)


def test_two_saved_runs_are_compared(demand_list: DemandList, owner: Organization) -> None:
    demands = [factories.demand(demand_list, name=f"d{i}") for i in range(3)]
    gone = factories.asset(owner, price_per_unit_year=Decimal(10), capacity=1)
    factories.asset(owner, at=east(20), capacity=1)
    first = engine.run(factories.match_run(demand_list, "queued").pk)
    Asset.objects.filter(pk=gone.pk).update(status="out_of_service")
    factories.asset(owner, at=east(30), price_per_unit_year=Decimal(2000), capacity=2)
    second = engine.run(factories.match_run(demand_list, "queued").pk)
    found = compare(of_run(first), of_run(second))
    assert [one.demand for one in found] == [demand.pk for demand in demands]
    assert sorted(one.difference for one in found) in (
        ["newly_met", "other_assets", "other_assets"], ["newly_met", "other_assets", "same"],
    )  # fmt: skip
    assert {one.cents_more for one in found if one.difference == "newly_met"} == {None}
    assert [one.difference for one in compare(of_run(first), of_run(first))] == ["same"] * 3


@pytest.mark.django_db(transaction=True)
def test_one_trial_of_a_party_at_a_time(
    demand_list: DemandList, owner: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.demand(demand_list)
    outcomes: list[Any] = []

    def meanwhile(*_arguments: Any) -> None:
        outcomes.extend(at_once([lambda: trials.try_out(demand_list, WhatIf())]))

    monkeypatch.setattr(trials.engine, "try_out", meanwhile)
    trials.try_out(demand_list, WhatIf())
    assert [type(outcome) for outcome in outcomes] == [WrongState]
