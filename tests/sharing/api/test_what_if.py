"""Trials and comparisons by the API and the command: who may, how much at once, and what is told."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from registry.models import Protection
from sharing.matching import engine
from sharing.models import DemandList
from sharing.shown import comparison
from tests import factories
from tests.calls import Caller, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(scene: Scene) -> DemandList:
    """A line that a circle of 1,200 m meets, and 300 m does not."""
    draft = factories.demand_list(scene.party, "draft")
    factories.demand(draft, at=(factories.WUHAN[0] + 0.01, factories.WUHAN[1]), radius_m=300, name="Site 9")
    return draft


def tried(scene: Scene, draft: DemandList, body: Any) -> Any:
    return Caller(scene.drafter).post(f"demand-lists/{draft.pk}/what-if/", body)


def test_the_line_that_differs_is_told_with_both_sides(scene: Scene, draft: DemandList) -> None:
    answer = tried(scene, draft, {"lines": [{"radius_m": 1200}]}).json()
    assert answer["differences"] == {"newly_met": 1, "lost": 0, "other_assets": 0, "other_cost": 0, "same": 0}
    [line] = answer["results"]
    assert (line["line"], line["name"], line["difference"], line["costs_more"]) == (1, "Site 9", "newly_met", None)
    assert (line["before"]["met"], line["before"]["legs"]) == (False, [])
    [leg] = line["after"]["legs"]
    assert leg["asset_code"] in ("NEAR", "FAR") and not leg["protected"]
    assert (answer["before"]["matched"], answer["after"]["matched"]) == (0, 1)


def test_a_trial_counts_no_core_asset(scene: Scene, draft: DemandList) -> None:
    """Not even where a wider circle would reach the middle of its cell."""
    factories.demand(draft, at=(114.33, 30.575), radius_m=10)
    trial = {"lines": [{"lines": [2], "radius_m": 1500.0}]}
    without = tried(scene, draft, trial).json()
    factories.asset(scene.grid, at=(114.3301, 30.5901), protection=Protection.CORE, protection_reason="grid")
    assert tried(scene, draft, trial).json() == without
    assert (without["results"], without["differences"]["same"]) == ([], 2)


FAULTS: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"lines": [{"radius": 5}]}, [("#/lines/0/radius", "unknown_field")]),
    ({"lines": [{"location": {"type": "Point", "coordinates": [1, 2]}}]}, [("#/lines/0/location", "unknown_field")]),
    ({"prices": [{"owner": "nobody-there", "times": 2}]}, [("#/prices/0/owner", "does_not_exist")]),
    ({"assets": [{"kind": "tower", "capacity": 1}]}, [("#/assets/0/place", "required")]),
    (
        {"assets": [{"kind": "duct", "capacity": 1, "place": {"type": "Point", "coordinates": [1, 2]}}]},
        [("#/assets/0/place", "type")],
    ),
    ({"lines": [{}] * 51}, [("#/lines", "max_length")]),
    ({"lines": [{"min_backup_h": "NaN"}]}, [("#/lines/0/min_backup_h", "invalid")]),
    ({"prices": [{"times": "NaN"}]}, [("#/prices/0/times", "invalid")]),
    ({"route_terms": {"duct": {"gap_cost_per_m": 10**400}}}, [("#/route_terms/duct/gap_cost_per_m", "invalid")]),
    ({"lines": [{"disjoint_by": "distance"}]}, [("#/lines/0/apart_m", "invalid")]),
    ({"lines": [{"disjoint_by": "line", "apart_m": 50.0}]}, [("#/lines/0/apart_m", "invalid")]),
]


@pytest.mark.parametrize(("body", "faults"), FAULTS)
def test_what_is_wrong_is_pointed_at(scene: Scene, draft: DemandList, body: Any, faults: Any) -> None:
    found = problem(tried(scene, draft, body), 400, "bad_input")
    assert [(where, code) for where, code in found if "max" in code or (where, code) in faults][:1] == faults or (
        [where for where, _ in found] == [where for where, _ in faults]
    )


def test_a_large_list_is_for_the_command(scene: Scene, draft: DemandList, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "MOST_POINT_LINES", 1)
    factories.demand(draft)
    problem(tried(scene, draft, {}), 400, "bad_input")
    factories.asset(scene.grid)
    out = StringIO()
    call_command("match", draft.pk, "--what-if", '{"lines": [{"radius_m": 1200}]}', "--json", stdout=out)
    assert json.loads(out.getvalue())["differences"]["newly_met"] == 1


def test_the_command_prints_a_table_and_refuses_what_it_cannot_read(draft: DemandList, tmp_path: Any) -> None:
    file = tmp_path / "changes.json"
    file.write_text('{"lines": [{"radius_m": 1200}]}')
    out = StringIO()
    call_command("match", draft.pk, "--what-if", str(file), stdout=out)
    assert "As it is: 0 of 1 demands matched" in out.getvalue()
    assert "What if: 1 of 1 demands matched" in out.getvalue()
    assert "Site 9  newly met" in out.getvalue()
    for text in ("nowhere.json", "{", '{"lines": [{"radius": 1}]}'):
        with pytest.raises(CommandError):
            call_command("match", draft.pk, "--what-if", text, stdout=out)


def test_runs_are_compared_page_by_page_and_of_one_list_only(
    scene: Scene, draft: DemandList, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        factories.demand(draft, quantity=1)
    first, second = (engine.run(factories.match_run(draft, "queued").pk) for _ in range(2))
    asker = Caller(scene.asker)
    path = f"match-runs/{first.pk}/compare/{second.pk}/"
    answer = asker.get(path).json()
    assert (answer["results"], answer["differences"]["same"], answer["next_line"]) == ([], 4, None)
    monkeypatch.setattr(comparison, "MOST_COMPARED", 3)
    answer = asker.get(path, all=True).json()
    assert ([line["line"] for line in answer["results"]], answer["next_line"]) == ([1, 2, 3], 4)
    answer = asker.get(path, all=True, from_line=4).json()
    assert ([line["line"] for line in answer["results"]], answer["next_line"]) == ([4], None)
    problem(asker.get(f"match-runs/{first.pk}/compare/{scene.match.run_id}/"), 404, "not_seen")
    problem(asker.get(path, every=True), 400, "bad_input")
    queued = factories.match_run(draft, "queued")
    problem(asker.get(f"match-runs/{first.pk}/compare/{queued.pk}/"), 409, "wrong_state")
