"""The demo's contested list on the demo's assets around it, in parts beside in one."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from registry.kinds import POINT_KINDS
from registry.models import EquipmentRoom, Organization, Purpose, Tower
from sharing.demo.catalogue import all_assets
from sharing.demo.lists import postings
from sharing.demo.parties import PARTIES
from sharing.models import DemandList
from tests import factories
from tests.sharing.matching.fan_out.crowd import in_one, in_parts, told

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
OF_ASSETS = ("capacity", "price_per_unit_year", "weight_kg", "wind_area_m2", "power_kw", "protection")
OF_DETAILS = {field.name for model in (Tower, EquipmentRoom) for field in model._meta.fields} - {"asset", *OF_ASSETS}
PLACES = ("lon", "lat", "start", "end", "kind", "name")
NEAR_DEGREES = 0.004


@pytest.fixture
def hankou() -> DemandList:
    """The list "5G-A along line 1 in Hankou", with all towers and rooms some hundred metres around its lines."""
    posting = next(one for one in postings(TODAY) if one.stem == "hankou-mobile")
    parties = {party.code: factories.organization(party.code, sector=party.sector) for party in PARTIES}
    lines = [row for row in posting.rows if row["kind"] in POINT_KINDS]
    places = np.array([(row["lon"], row["lat"]) for row in lines], dtype=np.float64)
    for row in all_assets(TODAY):
        if row.kind in POINT_KINDS and (np.abs(places - row.points[0]).max(axis=1) < NEAR_DEGREES).any():
            _asset(row, parties)
    demand_list = factories.demand_list(parties[posting.party])
    for line in lines:
        period = DateRange(date.fromisoformat(str(line["start"])), date.fromisoformat(str(line["end"])))
        rest: dict[str, Any] = {name: value for name, value in line.items() if name not in PLACES}
        at = (float(line["lon"]), float(line["lat"]))
        factories.demand(demand_list, str(line["kind"]), at=at, period=period, **rest)
    return demand_list


def _asset(row: Any, parties: dict[str, Organization]) -> None:
    fields = {name: row.values[name] for name in OF_ASSETS if row.values.get(name) not in (None, "")}
    details = {name: value for name, value in row.values.items() if name in OF_DETAILS and value != ""}
    made = factories.asset(parties[row.owner], row.kind, at=row.points[0], details=details, **fields)
    if row.used_units:
        loads = {load: Decimal(str(value)) for load, value in row.used_loads.items()}
        holder = parties.get(row.tenant)
        purpose = Purpose.GRANTED if holder else Purpose.OWN_USE
        factories.allocate(made, row.used_units, purpose=purpose, holder=holder, start=TODAY, **loads)


@pytest.mark.parametrize("most", [5, 20])
def test_the_demos_contested_list_is_answered_in_parts_as_in_one(hankou: DemandList, most: int, settings: Any) -> None:
    settings.MATCH_FAN_OUT_LINES, settings.MATCH_PART_LINES = 2, most
    fanned = in_parts(hankou, np.random.default_rng(most))
    whole = in_one(hankou)
    assert told(fanned) == told(whole)
    assert 0 < whole.figures["matched"] < whole.figures["demands"] == 57
    assert fanned.figures["border"] > 0
