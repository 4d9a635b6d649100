"""Fibers as Open Fibre Data Standard 0.4: valid by its schema, joined where cables meet, masked where they must be."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from registry.kinds import Kind
from registry.models import Protection, Role
from tests import factories
from tests.calls import Caller, body_of, problem

pytestmark = pytest.mark.django_db

SCHEMA = Path(__file__).parents[2] / "data" / "ofds_0_4" / "network-package-schema.json"
A, B, C = (114.302, 30.601), (114.313, 30.612), (114.324, 30.603)


@pytest.fixture
def owner() -> Any:
    grid = factories.organization("grid", name="国网武汉")
    factories.asset(
        grid, Kind.FIBER, code="F-1", name="解放大道光缆", at=A, to=B, capacity=144, used=12,
        details={"fiber_type": "G.657.A1", "cable_length_m": 1750.0},
    )  # fmt: skip
    factories.asset(
        grid, Kind.FIBER, code="F-2", at=B, to=C, capacity=2, used=2, status="planned", available_from="2027-03-01",
        details={"fiber_type": "other"},
    )  # fmt: skip
    factories.asset(
        grid, Kind.FIBER, code="F-3", at=A, to=C, protection=Protection.RESTRICTED, details={"cable_length_m": 2345.0}
    )
    factories.asset(grid, Kind.DUCT, code="D-1", at=A, to=B)
    factories.asset(factories.organization("metro"), Kind.FIBER, code="F-1", at=A, to=B)
    return grid


def package(caller: Caller, **parameters: Any) -> dict[str, Any]:
    response = caller.get("assets/", format="ofds", **parameters)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    told: dict[str, Any] = json.loads(body_of(response))
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(told)
    return told


def test_a_network_an_owner_with_spans_that_meet_in_nodes(owner: Any):
    grid, metro = package(Caller(factories.member(owner, Role.MANAGER)))["networks"]
    assert (grid["name"], grid["organisations"]) == ("国网武汉", [{"id": "grid", "name": "国网武汉"}])
    assert grid["id"] != metro["id"]
    first, second, third = grid["spans"]
    assert first == {
        "id": "F-1", "name": "解放大道光缆", "status": "operational", "start": "@30.6010000,114.3020000",
        "end": "@30.6120000,114.3130000", "route": {"type": "LineString", "coordinates": [list(A), list(B)]},
        "transmissionMedium": ["fibre"], "transmissionMediumOwner": {"id": "grid", "name": "国网武汉"},
        "darkFibre": True, "fibreType": "G.657", "fibreTypeDetails": {"fibreSubtype": "G.657.A1"}, "fibreCount": 144,
        "fibreLength": 1.75,
    }  # fmt: skip
    assert {name: second.get(name) for name in ("status", "readyForServiceDate", "darkFibre", "fibreType")} == {
        "status": "planned", "readyForServiceDate": "2027-03-01", "darkFibre": False, "fibreType": None,
    }  # fmt: skip
    assert first["end"] == second["start"] and "placeIsExact" not in third
    assert third["fibreLength"] == 2.345
    assert {node["id"]: tuple(node["location"]["coordinates"]) for node in grid["nodes"]} == {
        "@30.6010000,114.3020000": A, "@30.6120000,114.3130000": B, "@30.6030000,114.3240000": C,
    }  # fmt: skip
    assert len(metro["spans"]) == 1 and len(metro["nodes"]) == 2


def test_a_masked_cable_runs_from_cell_to_cell_and_joins_no_other(owner: Any):
    stranger = Caller(factories.member(factories.organization("telco"), Role.VIEWER))
    [grid] = package(stranger, owner="grid")["networks"]
    masked = grid["spans"][2]
    assert (masked["placeIsExact"], masked["start"], masked["end"]) == (False, "F-3 start", "F-3 end")
    assert [pytest.approx(end) for end in masked["route"]["coordinates"]] == [[114.305, 30.605], [114.325, 30.605]]
    assert len(grid["nodes"]) == 5 and "fibreLength" not in masked


def test_a_package_without_a_network_is_refused_for_the_standard_needs_one(owner: Any):
    caller = Caller(factories.member(owner, Role.MANAGER))
    for parameters in ({"kind": "duct"}, {"crs": "EPSG:3857"}):
        refused = caller.get("assets/", format="ofds", **parameters)
        assert problem(refused, 400, "bad_input") == [("format", "not_possible")]
    assert problem(caller.get("planned-facilities/", format="ofds"), 406, "not_acceptable") == []
