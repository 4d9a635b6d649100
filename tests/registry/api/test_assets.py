import json

import pytest

from registry.kinds import Kind
from registry.models import Protection, Role
from tests import factories
from tests.calls import Caller, body_of, problem

pytestmark = pytest.mark.django_db


class Owners:
    def __init__(self) -> None:
        self.grid = factories.organization("grid")
        self.telco = factories.organization("telco")
        self.tower = factories.asset(self.grid, code="T-1", name="东湖塔", details={"height_m": 35.0})
        self.room = factories.asset(self.grid, Kind.EQUIPMENT_ROOM, code="R-1", at=(114.31, 30.60), capacity=42)
        self.duct = factories.asset(self.grid, Kind.DUCT, code="D-1", at=(114.32, 30.61))
        self.masked = factories.asset(self.grid, code="S-1", at=(114.3333, 30.6111), protection=Protection.RESTRICTED)
        self.core = factories.asset(self.grid, code="C-1", protection=Protection.CORE)
        self.manager = Caller(factories.member(self.grid, Role.MANAGER))
        self.editor = Caller(factories.member(self.grid, Role.EDITOR))
        self.stranger = Caller(factories.member(self.telco, Role.MANAGER))


@pytest.fixture
def owners() -> Owners:
    return Owners()


def test_smoke(owners: Owners):
    response = owners.stranger.get("assets/")
    print(json.dumps(response.json(), ensure_ascii=False, indent=1)[:3000])
    assert owners.stranger.codes("assets/") == {"T-1", "R-1", "D-1", "S-1"}
    print(owners.stranger.get(f"assets/{owners.masked.pk}/").json())
    problem(owners.stranger.get(f"assets/{owners.core.pk}/"), 404, "not_seen")
    print(body_of(owners.stranger.get("assets/", format="csv")).decode())
    print(body_of(owners.stranger.get("assets/", format="geojson")).decode())
    print(body_of(owners.stranger.get("assets/", format="csv", limit=2)).decode())
