"""One feature and more of each collection, and a person who sees them."""

from typing import Any

import pytest

from registry.kinds import Kind
from registry.models import FacilityType, PlannedFacility, Role
from tests import factories
from tests.calls import Caller

OGC = "/ogc/"
DASHED = ("bbox_crs", "filter_crs", "filter_lang")


class Map:
    """Calls of /ogc/ as a viewer of another party than the owner."""

    def __init__(self) -> None:
        self.owner = factories.organization("metro")
        self.viewer = factories.member(factories.organization("telco"), Role.VIEWER)
        self.caller = Caller(self.viewer)
        self.towers = [
            factories.asset(self.owner, code=f"T-{n}", at=(114.30 + n / 100, 30.59), details={"height_m": 20.0 + n})
            for n in range(5)
        ]
        # Planned assets have a date from which they are there (asset_planned_has_a_date).
        self.planned = factories.asset(
            self.owner, code="T-2030", at=(114.30, 30.69), status="planned", available_from="2030-01-01"
        )
        self.duct = factories.asset(self.owner, Kind.DUCT, code="D-1")
        self.fiber = factories.asset(self.owner, Kind.FIBER, code="F-1")
        self.room = factories.asset(self.owner, Kind.EQUIPMENT_ROOM, code="R-1")
        self.facility = PlannedFacility.objects.create(
            owner=self.owner, code="M7", name="Line 7", facility_type=FacilityType.SUBWAY,
            region=factories.region(), geometry=self.duct.geometry, request_by="2027-01-01",
            construction_starts_on="2027-06-01", opens_on="2030-01-01",
        )  # fmt: skip

    def get(self, path: str = "", *, accept: str = "", **parameters: Any) -> Any:
        """path: below /ogc/, or a whole address."""
        headers = {"Accept": accept} if accept else {}
        named = {name.replace("_", "-") if name in DASHED else name: value for name, value in parameters.items()}
        return self.caller.get(path if path.startswith("http") else OGC + path, headers=headers, **named)

    def read(self, path: str = "", **parameters: Any) -> Any:
        response = self.get(path, **parameters)
        assert response.status_code == 200, response.content
        return response.json()

    def codes(self, collection: str = "towers", **parameters: Any) -> list[str]:
        """The codes of the features that are found, in their order."""
        found = self.read(f"collections/{collection}/items", **parameters)
        return [feature["properties"]["code"] for feature in found["features"]]


@pytest.fixture
def one_map(db: None) -> Map:
    return Map()
