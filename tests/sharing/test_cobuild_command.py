import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from sharing.models import CobuildGroup
from sharing.tasks.cobuild import regroup
from tests import factories
from tests.sharing.cobuild_scene import CobuildScene

pytestmark = pytest.mark.django_db


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("cobuild", *arguments, stdout=out)
    return out.getvalue()


def test_it_groups_and_prints_what_was_found_and_how_good_it_is():
    CobuildScene()
    shown: dict[str, Any] = json.loads(printed("--json"))
    group = CobuildGroup.objects.get()
    assert shown.pop("seconds") >= 0
    assert shown == {
        "proposed": 1, "kept": 0, "closed": 0,
        "kinds": {"tower": {"demands": 2, "value": 11700.0, "bound": 11700.0, "separate": 20700.0, "gap": 0.0}},
        "groups": [{
            "id": group.pk, "kind": "tower", "status": "open", "region": factories.JIANGAN, "facility": None,
            "request_by": None, "parties": 2, "demands": 2, "units": 3, "cost_per_year": 11700.0,
            "apart_per_year": 20700.0,
        }],
    }  # fmt: skip
    assert "2 parties, 2 demands: 11700.00 instead of 20700.00" in printed()


def test_it_prints_the_groups_of_a_region():
    CobuildScene()
    assert len(json.loads(printed("--json", "--region", factories.WUHAN_CODE))["groups"]) == 1
    factories.region(factories.XIANGYANG)
    assert json.loads(printed("--json", "--region", factories.XIANGYANG))["groups"] == []
    with pytest.raises(CommandError, match="999999"):
        printed("--region", "999999")


def test_the_task_does_the_same():
    CobuildScene()
    regroup()
    regroup()
    assert CobuildGroup.objects.count() == 1


def test_a_planned_facility_is_said_with_its_day():
    scene = CobuildScene()
    demand = factories.demand(scene.list, "duct", quantity=2)
    factories.unmet(demand)
    tunnel = factories.planned_facility(scene.metro, code="X")
    assert f"ask for 2 units in X before {tunnel.request_by:%Y-%m-%d}" in printed()
