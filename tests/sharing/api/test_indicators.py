"""Figures of monitoring by the API, as far as each may know of what they count; mail settings; lines looked at before
they are posted."""

from typing import Any

import pytest

from registry.models import Role
from sharing.models import Demand, EventType, MailPreference
from sharing.monitoring.indicators import INDICATORS
from tests import factories
from tests.calls import Caller, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


def figures(caller: Caller, code: str, **parameters: Any) -> dict[str, Any]:
    response = caller.get(f"indicators/{code}/", **parameters)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def test_each_indicator_says_what_it_is(scene: Scene):
    shown = Caller(scene.officer).get("indicators/").json()["results"]
    assert [one["code"] for one in shown] == list(INDICATORS)
    for one in shown:
        assert one["formula"] and one["source"] and one["breakdowns"]
        assert {column["code"] for column in one["columns"]} >= {INDICATORS[one["code"]].headline}


def test_a_regulator_is_told_of_the_region_and_an_owner_of_its_own(scene: Scene):
    scene.approved()
    found = figures(Caller(scene.officer), "builds-avoided", by="kind")
    assert [(row["key"], row["values"]["builds_shared"]) for row in found["rows"]] == [("tower", 1.0)]
    assert (found["indicator"], found["by"], found["at"]) == ("builds-avoided", "kind", None)
    assert figures(Caller(scene.metro_manager), "builds-avoided", by="total")["rows"][0]["values"]["co2_t"] == 25.5
    stranger = Caller(factories.member(factories.organization("onlooker"), Role.VIEWER))
    assert figures(stranger, "builds-avoided", by="kind")["rows"] == []


def test_figures_are_narrowed_by_kind_region_and_months(scene: Scene):
    scene.approved()
    officer = Caller(scene.officer)
    for name, here, gone in (
        ("kind", "tower", "duct"),
        ("sector", scene.metro.sector, "public_security"),
        ("region", "420102", "420106"),
    ):
        factories.region(factories.WUCHANG)
        assert len(figures(officer, "builds-avoided", by="kind", **{name: here})["rows"]) == 1, name
        assert figures(officer, "builds-avoided", by="kind", **{name: gone})["rows"] == [], name
    past = figures(officer, "builds-avoided", by="kind", start="2020-01", end="2020-12")
    assert (past["start"], past["end"], past["rows"]) == ("2020-01", "2020-12", [])


@pytest.mark.parametrize(
    ("parameter", "value", "code"),
    [
        ("by", "colour", "choice"),
        ("kind", "pole", "choice"),
        ("sector", "fishing", "choice"),
        ("start", "2026", "invalid"),
        ("end", "1999-01", "invalid"),
        ("start", "2001-01", None),
        ("region", "110000", "invalid"),
        ("colour", "blue", "unknown_parameter"),
    ],
)
def test_what_makes_no_sense_is_told_by_its_parameter(scene: Scene, parameter: str, value: str, code: str | None):
    response = Caller(scene.officer).get("indicators/sharing-rate/", **{parameter: value})
    at_fault = "end" if parameter == "start" and code is None else parameter
    assert problem(response, 400, "bad_input") == [(at_fault, code or "invalid")]


def test_mail_settings_are_kept_by_type_and_the_rest_stays(scene: Scene):
    caller = Caller(scene.asker)
    before = caller.get("mail-settings/")
    assert set(before.json()["timings"]) == set(EventType.values)
    assert set(before.json()["timings"].values()) == {"at_once"}
    changed = caller.patch("mail-settings/", {"timings": {"consent.due": "never", "list.matched": "daily"}})
    expected = before.json()["timings"] | {"consent.due": "never", "list.matched": "daily"}
    assert changed.json()["timings"] == expected
    stale = caller.patch("mail-settings/", {"timings": {"consent.due": "daily"}}, headers={"If-Match": before["ETag"]})
    problem(stale, 412, "precondition_failed")
    for wrong, pointer in (({"consent.late": "never"}, "consent.late"), ({"consent.due": "weekly"}, "consent.due")):
        response = caller.patch("mail-settings/", {"timings": wrong})
        assert [where for where, _code in problem(response, 400, "bad_input")] == [f"#/timings/{pointer}"]
    assert MailPreference.objects.count() == 2


def test_lines_are_looked_at_by_the_rules_of_the_run_and_none_is_kept(scene: Scene):
    draft = factories.demand_list(scene.list.party, "draft")
    caller = Caller(scene.asker)
    line = {
        "name": "Site 9", "kind": "tower", "quantity": 1, "radius_m": 800,
        "period": {"start": "2027-01-01", "end": "2032-01-01"},
        "location": {"type": "Point", "coordinates": list(factories.WUHAN)},
    }  # fmt: skip
    before = Demand.objects.count()
    answer = caller.post(f"demand-lists/{draft.pk}/check/", [line, {**line, "radius_m": 50_000}])
    near, far = answer.json()["results"]
    assert near["near"] >= near["open"] >= near["fit"] >= near["free"] >= 1
    assert far == {"near": None, "open": None, "fit": None, "free": None}
    assert Demand.objects.count() == before
    faults = problem(caller.post(f"demand-lists/{draft.pk}/check/", [{**line, "quantity": 0}]), 400, "bad_input")
    assert [where for where, _code in faults] == ["#/0/quantity"]
    problem(caller.post(f"demand-lists/{draft.pk}/check/", []), 400, "bad_input")
