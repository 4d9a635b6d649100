"""Figures of monitoring by the API, as far as each may know of what they count; mail settings; lines looked at before
they are posted."""

import csv
import io
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Export, Role
from sharing.models import Demand, EventType, MailPreference
from sharing.monitoring import kept
from sharing.monitoring.indicators import INDICATORS
from tests import factories
from tests.calls import Caller, body_of, problem
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
        ("kind", "pole", "invalid_choice"),
        ("sector", "fishing", "invalid_choice"),
        ("start", "2026", "month"),
        ("end", "1999-01", "invalid"),
        ("start", "2001-01", None),
        ("region", "110000", "does_not_exist"),
        ("region", factories.XIANGYANG, "invalid"),
        ("colour", "blue", "unknown_parameter"),
    ],
)
def test_what_makes_no_sense_is_told_by_its_parameter(scene: Scene, parameter: str, value: str, code: str | None):
    factories.region(factories.XIANGYANG)
    at_fault = "end" if parameter == "start" and code is None else parameter
    for address in ("indicators/sharing-rate/", "indicators/sharing-rate/rows/"):
        response = Caller(scene.officer).get(address, **{parameter: value})
        assert problem(response, 400, "bad_input") == [(at_fault, code or "invalid")], address


def test_the_rows_behind_a_figure_come_in_pages_and_as_files(scene: Scene):
    ids = sorted([scene.near.pk, scene.far.pk, *(factories.asset(scene.metro).pk for _ in range(3))])
    officer, address = Caller(scene.officer), "indicators/catalog-quality/rows/"
    pages, next_page = [], f"/api/v1/{address}?by=kind&key=tower&limit=2"
    while next_page:
        page = officer.get(next_page).json()
        pages.append([row["id"] for row in page["results"]])
        next_page = page["next"]
    assert pages == [ids[:2], ids[2:4], ids[4:]]
    [near] = [row for row in officer.get(address).json()["results"] if row["id"] == scene.near.pk]
    assert (near["values"]["code"], near["values"]["owner"], near["values"]["capacity"]) == ("NEAR", "metro", 2)
    assert officer.get(address, by="kind", key="duct").json() == {"next": None, "results": []}
    lines = list(csv.DictReader(io.StringIO(body_of(officer.get(address, format="csv")).decode("utf-8-sig"))))
    assert sorted(line["code"] for line in lines if line["code"] in ("NEAR", "FAR")) == ["FAR", "NEAR"]
    assert len(lines) == 5
    assert Export.objects.get().address == f"/api/v1/{address}"
    stranger = Caller(factories.member(factories.organization("onlooker"), Role.VIEWER))
    assert stranger.get(address).json()["results"] == []


def test_every_indicator_shows_its_rows_in_as_many_queries_for_many_as_for_few(scene: Scene):
    officer = Caller(scene.officer)

    def queries() -> dict[str, int]:
        found = {}
        for code in INDICATORS:
            officer.get(f"indicators/{code}/rows/")
            with CaptureQueriesContext(connection) as asked:
                assert officer.get(f"indicators/{code}/rows/").status_code == 200
            found[code] = len(asked)
        return found

    scene.approved()
    few = queries()
    for n in range(3):
        tower = factories.asset(scene.metro, capacity=2)
        scene.approved(factories.match(factories.demand(scene.list, name=f"Site {n + 2}"), [tower]))
    assert queries() == few


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"by": "kind", "key": "pole"}, ("key", "invalid")),
        ({"by": "month", "key": "2026-13"}, ("key", "invalid")),
        ({"by": "owner"}, ("by", "choice")),
        ({"limit": "0"}, ("limit", "invalid")),
        ({"cursor": "x"}, ("cursor", "invalid")),
        ({"format": "csv", "limit": "9"}, ("limit", "invalid")),
        ({"anew": "true"}, ("anew", "unknown_parameter")),
    ],
)
def test_rows_that_make_no_sense_are_refused(scene: Scene, parameters: dict[str, str], fault: tuple[str, str]):
    response = Caller(scene.officer).get("indicators/sharing-rate/rows/", **parameters)
    assert problem(response, 400, "bad_input") == [fault]


def test_figures_are_reckoned_anew_when_asked(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept, "LONG_S", 0.0)
    cache.clear()
    officer = Caller(scene.officer)

    def assets(**parameters: Any) -> float:
        return figures(officer, "sharing-rate", by="total", **parameters)["rows"][0]["values"]["assets"]

    assert assets() == 2
    factories.asset(scene.metro)
    assert (assets(), assets(anew=True), assets()) == (2, 3, 3)
    cache.clear()


def test_an_indicator_that_is_reckoned_by_factors_names_them_and_their_sources(scene: Scene):
    shown = {one["code"]: one["factors"] for one in Caller(scene.officer).get("indicators/").json()["results"]}
    assert set(shown.pop("builds-avoided")) == {"tower", "duct", "fiber", "equipment_room"}
    assert set(map(len, shown.values())) == {0}


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
    assert caller.get("mail-settings/", headers={"If-None-Match": before["ETag"]}).json()["timings"] == expected
    assert caller.get("mail-settings/", headers={"If-None-Match": changed["ETag"]}).status_code == 304
    for wrong, pointer in (({"consent.late": "never"}, "consent.late"), ({"consent.due": "weekly"}, "consent.due")):
        response = caller.patch("mail-settings/", {"timings": wrong})
        assert [where for where, _code in problem(response, 400, "bad_input")] == [f"#/timings/{pointer}"]
    assert MailPreference.objects.count() == 2


def test_a_type_of_event_that_is_not_is_refused_in_the_callers_language(scene: Scene):
    response = Caller(scene.asker).patch(
        "mail-settings/", {"timings": {"consent.late": "never"}}, headers={"Accept-Language": "zh-hans"}
    )
    [error] = response.json()["errors"]
    assert error["detail"] == f"没有这种事件类型。可用的有：{', '.join(EventType.values)}。"


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
