"""A list of demands goes out in every format and comes back without a difference."""

import json
from pathlib import Path
from typing import Any

import pytest

from registry.exports.formats import FORMATS
from registry.importing.intake import Options
from registry.models import Role
from sharing.importing.demands import import_demands
from sharing.models import DemandList, ListStatus
from tests import factories
from tests.calls import Caller, body_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "ofds"])
@pytest.mark.parametrize("kinds", [("tower", "equipment_room"), ("duct", "fiber")])
def test_an_export_of_a_draft_is_imported_without_a_difference(kinds: tuple[str, str], format: str, tmp_path: Path):
    party = factories.organization("telco")
    caller = Caller(factories.member(party, Role.EDITOR))
    draft = factories.demand_list(party, ListStatus.DRAFT, title="5G 2027")
    everything: dict[str, Any] = {
        "quantity": 3, "splittable": True, "priority": 2, "budget_per_year": "1234.50", "weight_kg": "35.125",
        "wind_area_m2": "0.5", "power_kw": "1.2", "mounting_height_m": 24.5, "max_earthing_ohm": 4.0,
        "min_backup_h": 8.0, "cable_outer_diameter_mm": 18.5, "accepts_hazardous_co_use": True,
        "fiber_type": "G.652.D", "max_attenuation_db": 9.5, "wavelength_nm": 1310, "min_floor_load_kn_m2": 6.0,
        "min_feeds": 2, "min_security_class": 2, "disjoint_by": "distance", "apart_m": 60.5,
    }  # fmt: skip
    first = factories.demand(draft, kinds[0], name="=东湖", **everything)
    factories.demand(draft, kinds[1], name="-", period=factories.period(5, None))
    factories.demand(draft, kinds[1], name="无", at=(114.35, 30.55), disjoint_from=first)
    response = caller.get("demands/", format=format)
    assert response.status_code == 200, response.content
    path = tmp_path / f"demands.{format}"
    path.write_bytes(body_of(response))
    again, _list = import_demands(path, party=party, title="5G 2027", options=Options(), actor=None)
    assert (again.created, again.updated, again.unchanged, again.rejects) == (0, 0, 3, [])
    anew, copy = import_demands(path, party=party, title="Copy", options=Options(), actor=None)
    assert (anew.created, anew.updated, anew.unchanged, anew.rejects) == (3, 0, 0, [])
    assert told(copy) == told(draft)


def told(demand_list: DemandList) -> list[Any]:
    left_out = {"id", "list", "line", "disjoint_from", "changed_at"}
    return sorted(
        (
            demand.name,
            str(demand.disjoint_from),
            {f.name: getattr(demand, f.name) for f in demand._meta.concrete_fields if f.name not in left_out},
        )
        for demand in demand_list.demands.all()
    )


def test_geojson_streams_features_also_of_one_page_of_few_fields_and_of_nothing():
    party = factories.organization("telco")
    caller = Caller(factories.member(party, Role.EDITOR))
    draft = factories.demand_list(party, ListStatus.DRAFT)
    first, second = (factories.demand(draft, name=name) for name in ("A", "B"))
    page = caller.get("demands/", format="geojson", limit=1, fields="id,name")
    assert "cursor=" in page["Link"]
    features = [{"type": "Feature", "id": first.pk, "geometry": None, "properties": {"id": first.pk, "name": "A"}}]
    assert json.loads(page.content) == {"type": "FeatureCollection", "features": features}
    whole = json.loads(body_of(caller.get("demands/", format="geojson")))["features"]
    assert [(one["id"], one["geometry"]["type"]) for one in whole] == [(first.pk, "Point"), (second.pk, "Point")]
    none = json.loads(body_of(caller.get("demands/", format="geojson", q="nothing")))
    assert none == {"type": "FeatureCollection", "features": []}
