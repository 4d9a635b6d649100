"""Filters of the lists of this side, and of plans and the ledger: each finds exactly what it says."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from registry.kinds import Kind
from registry.models import Allocation, Protection, Role, Sector, User
from sharing.models import Agreement, Consent, DemandList, ListStatus, Match
from sharing.workflow import consents, matches
from tests import factories
from tests.calls import Caller, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db

LATER = (timezone.now() + timedelta(days=1)).isoformat()
NEAR = {"near": "114.3055,30.5928", "radius": 100}


class Wide(Scene):
    """With a party of another city, each with an agreement for a tower and a duct."""

    def __init__(self) -> None:
        super().__init__()
        self.afar = factories.organization("afar", home=factories.XIANGYANG, sector=Sector.POWER)
        self.afar_asker = factories.member(self.afar, Role.MANAGER, "afar-asker")
        self.root = factories.user("root", is_superuser=True)
        self.duct = factories.asset(self.grid, Kind.DUCT, at=(112.14, 32.04), within=factories.XIANGYANG)
        self.other_list = factories.demand_list(self.afar, title="Fiber", status=ListStatus.SUBMITTED)
        self.route = factories.demand(self.other_list, Kind.DUCT, at=(112.14, 32.04), name="Route 9")

    def agreed(self) -> "Wide":
        """The match of the party's tower is in force, and one of the other party's duct is asked."""
        self.here = self.approved()
        self.other_list.status = ListStatus.MATCHED
        self.other_list.save()
        self.asked = factories.match(self.route, [self.duct])
        matches.request(self.asked, actor=self.afar_asker)
        return self


@pytest.fixture
def wide() -> Wide:
    return Wide()


def found(user: User, path: str, **parameters: Any) -> set[int]:
    answer = Caller(user).get(path, **parameters)
    assert answer.status_code == 200, answer.content
    return {shown["id"] for shown in answer.json()["results"]}


def each_finds(user: User, path: str, rows: Any, filters: Any) -> None:
    """rows: all, that the list shows unfiltered. filters: of each the rows it leaves."""
    assert found(user, path) == {row.pk for row in rows}
    for parameters, left in filters:
        assert found(user, path, **parameters) == {row.pk for row in left}, parameters


def test_plans_by_sector_and_what_is_near(wide: Wide):
    here = factories.planned_facility(wide.metro, at=(114.3055, 30.5928))
    there = factories.planned_facility(wide.grid, at=(114.3155, 30.5928))
    each_finds(
        wide.stranger, "planned-facilities/", [here, there],
        [
            ({"sector": "transport"}, [here]),
            ({"sector": "power,transport"}, [here, there]),
            ({"region": "4201"}, [here, there]),
            ({"region": "4206"}, []),
            (NEAR, [here]),
            ({"near": "114.3155,30.5928", "radius": 1}, [here, there]),
            ({"near": "114.3255,30.5928", "radius": 100}, [there]),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("path", ["planned-facilities/", "demands/", "assets/"])
def test_near_and_radius_go_together(wide: Wide, path: str):
    caller = Caller(wide.asker)
    assert problem(caller.get(path, near="114.3,30.6"), 400, "bad_input") == [("near", "invalid")]
    assert problem(caller.get(path, radius=5), 400, "bad_input") == [("radius", "invalid")]
    assert problem(caller.get(path, near="114.3", radius=5), 400, "bad_input") == [("near", "invalid")]
    assert problem(caller.get(path, near="114.3,30.6", radius=1e9), 400, "bad_input") == [("radius", "max_value")]


def test_demands_by_home_status_and_what_is_near(wide: Wide):
    each_finds(
        wide.root, "demands/", [wide.demand, wide.route],
        [
            ({"region": "420100"}, [wide.demand]),
            ({"region": "4206"}, [wide.route]),
            ({"status": "matched"}, [wide.demand]),
            ({"status": "submitted,draft"}, [wide.route]),
            (NEAR, [wide.demand]),
            # The straight line between its ends.
            ({"near": "112.145,32.04", "radius": 50}, [wide.route]),
            ({"near": "112.145,32.05", "radius": 50}, []),
        ],
    )  # fmt: skip


def test_who_is_asked_about_a_line_is_not_told_how_its_list_stands(wide: Wide):
    wide.agreed()
    assert found(wide.metro_manager, "demands/") == {wide.demand.pk}
    for status in ListStatus.values:
        assert found(wide.metro_manager, "demands/", status=status) == set()


def test_demand_lists_by_home_and_moment(wide: Wide):
    DemandList.objects.filter(pk=wide.other_list.pk).update(
        created_at=timezone.now() - timedelta(days=9), submitted_at=timezone.now() - timedelta(days=2)
    )
    each_finds(
        wide.root, "demand-lists/", [wide.list, wide.other_list],
        [
            ({"region": "420100"}, [wide.list]),
            ({"region": "4206"}, [wide.other_list]),
            ({"since": days_ago(1)}, [wide.list]),
            ({"since": days_ago(3)}, [wide.list, wide.other_list]),
            ({"since": LATER}, []),
        ],
    )  # fmt: skip


def test_matches_by_owner_and_moment(wide: Wide):
    Match.objects.filter(pk=wide.runner_up.pk).update(status_at=timezone.now() - timedelta(days=2))
    other = factories.match(wide.route, [wide.duct, wide.duct])
    each_finds(
        wide.root, "matches/", [wide.match, wide.runner_up, other],
        [
            ({"owner": "metro"}, [wide.match]),
            ({"owner": "grid"}, [wide.runner_up, other]),
            ({"owner": "nobody"}, []),
            ({"since": days_ago(1)}, [wide.match, other]),
            ({"since": days_ago(3), "owner": "grid"}, [wide.runner_up, other]),
            ({"region": "4206"}, [other]),
        ],
    )  # fmt: skip


def test_consents_by_what_is_asked_who_asks_and_moment(wide: Wide):
    wide.agreed()
    here, there = Consent.objects.get(match=wide.match), Consent.objects.get(match=wide.asked)
    Consent.objects.filter(pk=here.pk).update(asked_at=timezone.now() - timedelta(days=9))
    Consent.objects.filter(pk=there.pk).update(asked_at=timezone.now() - timedelta(days=2))
    each_finds(
        wide.root, "consents/", [here, there],
        [
            ({"kind": "tower"}, [here]),
            ({"kind": "duct,fiber"}, [there]),
            ({"region": "420100"}, [here]),
            ({"region": "4206"}, [there]),
            ({"party": "afar"}, [there]),
            ({"q": "site"}, [here]),
            ({"q": "OUTE"}, [there]),
            # What was answered today was asked long ago.
            ({"since": days_ago(1)}, [here]),
            ({"since": days_ago(3)}, [here, there]),
        ],
    )  # fmt: skip


def test_agreements_by_kind_home_owner_and_words(wide: Wide):
    wide.agreed()
    [consent] = wide.asked.consents.all()
    consents.grant(consent, actor=wide.grid_manager)
    there = Agreement.objects.create(match=wide.asked, number="X-7", period=factories.period(), fee_per_year=1)
    here = wide.here
    each_finds(
        wide.root, "agreements/", [here, there],
        [
            ({"kind": "tower"}, [here]),
            ({"kind": "duct"}, [there]),
            ({"region": "420100"}, [here]),
            ({"region": "4206"}, [there]),
            ({"owner": "metro"}, [here]),
            ({"owner": "grid"}, [there]),
            ({"q": "x-"}, [there]),
            ({"q": "Site"}, [here]),
        ],
    )  # fmt: skip


def test_the_ledger_by_kind_region_and_moment(wide: Wide):
    wide.agreed()
    here, there = Allocation.objects.get(asset=wide.near), Allocation.objects.get(asset=wide.duct)
    Allocation.objects.filter(pk=there.pk).update(created_at=timezone.now() - timedelta(days=2))
    each_finds(
        wide.root, "allocations/", [here, there],
        [
            ({"kind": "tower"}, [here]),
            ({"kind": "duct,tower"}, [here, there]),
            ({"region": "4201"}, [here]),
            ({"region": "420600"}, [there]),
            ({"since": days_ago(1)}, [here]),
            ({"since": days_ago(3)}, [here, there]),
        ],
    )  # fmt: skip


def test_the_owner_of_a_core_asset_is_found_by_those_who_may_know_of_it(wide: Wide):
    factories.protect(wide.near, Protection.CORE)
    assert found(wide.asker, "matches/", owner="metro") == set()
    assert found(wide.asker, "matches/", owner="grid") == {wide.runner_up.pk}
    matches.request(wide.match, actor=wide.asker)
    for path in ("matches/", "consents/"):
        assert found(wide.asker, path, owner="metro") == set()
        assert len(found(wide.metro_manager, path, owner="metro")) == 1
    assert found(wide.officer, "matches/", owner="metro") == {wide.match.pk}


def days_ago(days: int) -> str:
    return (timezone.now() - timedelta(days=days)).isoformat()
