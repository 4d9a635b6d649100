"""Lines by the API: how a route is disjoint from another."""

from typing import Any

import pytest

from registry.models import Role, User
from sharing.models import DemandList, ListStatus
from tests import factories
from tests.calls import Caller, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(scene: Scene) -> DemandList:
    return factories.demand_list(scene.party, ListStatus.DRAFT)


@pytest.mark.parametrize(
    "sent", [{"disjoint_by": "distance"}, {"apart_m": 50}, {"disjoint_by": "distance", "apart_m": 1}]
)
def test_a_distance_goes_with_lines_that_are_apart_by_one(scene: Scene, draft: DemandList, sent: Any) -> None:
    route, caller = factories.demand(draft, "duct"), Caller(scene.drafter)
    found = problem(caller.patch(f"demands/{route.pk}/", sent), 400, "bad_input")
    assert [where for where, _code in found] == ["#/apart_m"]
    route.refresh_from_db()
    assert (route.disjoint_by, route.apart_m) == ("line", None)


@pytest.mark.parametrize("column", ["mounting_height_m", "max_detour"])
@pytest.mark.parametrize("figure", [b'"NaN"', b"1e999", b"9" * 400])
def test_a_figure_without_an_end_is_pointed_at(scene: Scene, draft: DemandList, column: str, figure: bytes) -> None:
    line = factories.demand(draft)
    sent = b'{"%s": %s}' % (column.encode(), figure)
    [(where, _code)] = problem(Caller(scene.drafter).patch(f"demands/{line.pk}/", sent), 400, "bad_input")
    assert where == f"#/{column}"


def test_a_line_says_how_it_is_disjoint(scene: Scene, draft: DemandList) -> None:
    twin, route, caller = factories.demand(draft, "duct"), factories.demand(draft, "duct"), Caller(scene.drafter)
    sent = {"disjoint_from": twin.pk, "disjoint_by": "distance", "apart_m": 50}
    answer = caller.patch(f"demands/{route.pk}/", sent)
    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in sent} == sent
    answer = caller.patch(f"demands/{route.pk}/", {"disjoint_by": "chamber", "apart_m": None})
    assert (answer.json()["disjoint_by"], answer.json()["apart_m"]) == ("chamber", None)


def test_a_list_names_what_is_open_as_the_last_parts_of_addresses(scene: Scene, draft: DemandList) -> None:
    def actions(user: User, demand_list: DemandList) -> list[str]:
        [told] = [
            one["actions"]
            for one in Caller(user).get("demand-lists/").json()["results"]
            if one["id"] == demand_list.pk
        ]
        found: list[str] = told
        return found

    assert actions(scene.drafter, draft) == ["change", "submit", "close", "check", "what-if"]
    assert actions(scene.drafter, scene.list) == ["rematch", "reopen", "close", "check", "what-if"]
    viewer = factories.member(scene.party, Role.VIEWER)
    assert (actions(viewer, draft), actions(scene.officer, scene.list)) == (["check"], ["check"])
    address = f"demand-lists/{draft.pk}/"
    assert Caller(scene.drafter).patch(address, {"title": "6G"}).json()["title"] == "6G"
    for name in ("check", "what-if", "submit"):
        assert Caller(scene.drafter).get(f"{address}{name}/").status_code == 405
