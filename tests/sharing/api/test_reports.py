"""Reports, samples and letters by the API: made, read, and taken along as the site gives them."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from registry.models import Asset, Export
from sharing.models import Report, Sample
from sharing.monitoring import reports
from sharing.monitoring.indicators import INDICATORS
from sharing.workflow import approvals
from tests import factories
from tests.calls import Caller, body_of, problem
from tests.sharing.scene import Scene
from tests.sharing.web.test_monitoring import sign_in
from tests.sharing.web.test_reports import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def officer(scene: Scene) -> Caller:
    return Caller(scene.officer)


def queries(caller: Caller, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert caller.get(address).status_code == 200
    return len(asked)


# --- Reports --------------------------------------------------------------------------------------------------------


def test_the_report_of_a_month_is_made_once_and_read_with_its_figures(scene: Scene, officer: Caller):
    Asset.objects.update(created_at=datetime(2025, 12, 1, tzinfo=UTC))
    body = {"organization": "city", "month": "2026-01"}
    made, again = officer.post("reports/", body), officer.post("reports/", body)
    assert made.status_code == again.status_code == 201 and made.json() == again.json()
    report = Report.objects.get()
    shown = made.json()
    assert (shown["month"], shown["organization"], shown["made_by"]) == ("2026-01", "city", "officer")
    sections = {(one["indicator"], one["by"]): one["rows"] for one in shown["sections"]}
    assert {indicator for indicator, _by in sections} == set(INDICATORS)
    [total] = sections["sharing-rate", "total"]
    assert total["values"]["assets"] == 2 and total["values"] == report.figures["sharing-rate"]["total"][0][1]
    [listed] = officer.get("reports/").json()["results"]
    assert "sections" not in listed and listed["id"] == report.pk


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"organization": "city", "month": "2099-01"}, ("#/month", "invalid")),
        ({"organization": "city", "month": "2026-1"}, ("#/month", "month")),
        ({"organization": "city"}, ("#/month", "required")),
    ],
)
def test_a_month_that_has_not_ended_has_no_report(officer: Caller, body: dict[str, str], fault: tuple[str, str]):
    assert problem(officer.post("reports/", body), 400, "bad_input") == [fault]
    assert not Report.objects.exists()


def test_a_report_is_taken_along_as_workbook_and_as_it_is_printed(scene: Scene, officer: Caller):
    made = reports.make(scene.city, date(2026, 1, 1), actor=scene.officer)
    address = f"reports/{made.pk}/file/"
    book = CalamineWorkbook.from_filelike(io.BytesIO(body_of(officer.get(address))))
    assert book.sheet_names[:3] == ["about", "sharing-rate total", "sharing-rate kind"]
    printed = officer.get(address, format="pdf", headers={"Accept-Language": "en"})
    assert printed["Content-Disposition"] == 'attachment; filename="report-city-2026-01.pdf"'
    assert "Monthly report" in text_of(printed.content)
    taken = Export.objects.order_by("pk").values_list("address", "filename", "person__username")
    assert list(taken) == [
        (f"/api/v1/{address}", "report-city-2026-01.xlsx", "officer"),
        (f"/api/v1/{address}", "report-city-2026-01.pdf", "officer"),
    ]
    problem(officer.get(address, format="csv"), 406, "not_acceptable")
    problem(Caller(scene.governor).get(address), 404, "not_seen")


def test_reports_are_found_by_month(scene: Scene, officer: Caller):
    for month in (1, 2, 3):
        Report.objects.create(organization=scene.city, month=date(2026, month, 1))

    def months(**parameters: str) -> list[str]:
        return [row["month"] for row in officer.get("reports/", **parameters).json()["results"]]

    assert months() == ["2026-03", "2026-02", "2026-01"] and months(ordering="month") == months()[::-1]
    assert months(month="2026-02") == ["2026-02"] and months(first_month="2026-02") == ["2026-03", "2026-02"]
    assert months(last_month="2026-01") == ["2026-01"] and months(organization="province") == []
    second = officer.get(officer.get("reports/", limit="2").json()["next"]).json()
    assert ([row["month"] for row in second["results"]], second["next"]) == (["2026-01"], None)
    assert problem(officer.get("reports/", month="2026-13"), 400, "bad_input") == [("month", "invalid")]


# --- Samples --------------------------------------------------------------------------------------------------------


def draw(caller: Caller, **fields: Any) -> Any:
    return caller.post("samples/", {"organization": "city", "frame": "assets", "size": 1, "seed": "42", **fields})


def test_a_sample_is_drawn_read_and_drawn_again_by_its_seed(scene: Scene, officer: Caller):
    for _n in range(4):
        factories.asset(scene.metro)
    made = draw(officer, size=2, kind="tower", region=factories.WUHAN_CODE, sector="transport")
    drawn = Sample.objects.get()
    shown = made.json()
    assert (made.status_code, shown["seed"], shown["size"], shown["frame_size"]) == (201, "42", 2, 5)
    assert shown["criteria"] == drawn.criteria
    assert (drawn.criteria["kind"], drawn.criteria["region"], drawn.criteria["sector"]) == (
        "tower", factories.WUHAN_CODE, "transport",
    )  # fmt: skip
    assert shown["is_same"] is True and [row["id"] for row in shown["members"]] == drawn.members
    first = Asset.objects.get(pk=drawn.members[0])
    assert (shown["members"][0]["number"], shown["members"][0]["values"]["code"]) == (1, first.code)
    assert (
        draw(officer, size=2, kind="tower", region=factories.WUHAN_CODE, sector="transport").json()["members"]
        == (shown["members"])
    )
    # The page of the site reads the same criteria.
    page = sign_in(scene.officer).get(f"/monitoring/samples/{drawn.pk}/")
    assert page.context["is_same"] and len(page.context["rows"]) == 2
    Asset.objects.filter(pk=first.pk).update(status="out_of_service")
    read = officer.get(f"samples/{drawn.pk}/").json()
    assert read["is_same"] is False and read["members"][0] == {"number": 1, "id": first.pk, "values": None}


def test_the_rows_of_a_sample_are_taken_along(scene: Scene, officer: Caller):
    address = f"samples/{draw(officer, size=2).json()['id']}/file/"
    lines = list(csv.DictReader(io.StringIO(body_of(officer.get(address)).decode("utf-8-sig"))))
    assert sorted(line["code"] for line in lines) == ["FAR", "NEAR"]
    assert body_of(officer.get(address, format="xlsx")).startswith(b"PK")
    assert Export.objects.filter(address=f"/api/v1/{address}").count() == 2
    problem(Caller(scene.governor).get(address), 404, "not_seen")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"size": 0}, ("#/size", "min_value")),
        ({"frame": "towns"}, ("#/frame", "invalid_choice")),
        ({"frame": "requests"}, ("#/frame", "invalid")),
        ({"start": "2026-05", "end": "2026-01"}, ("#/end", "invalid")),
        ({"region": factories.XIANGYANG}, ("#/region", "invalid")),
    ],
)
def test_what_cannot_be_drawn_is_refused(officer: Caller, fields: dict[str, Any], fault: tuple[str, str]):
    factories.region(factories.XIANGYANG)
    assert problem(draw(officer, **fields), 400, "bad_input") == [fault]
    assert not Sample.objects.exists()


def test_a_sample_and_a_report_cost_the_same_for_many_rows(scene: Scene, officer: Caller):
    def cost() -> tuple[int, int]:
        sample = draw(officer, size=50, seed="").json()["id"]
        Report.objects.all().delete()
        report = reports.make(scene.city, date(2026, 1, 1), actor=scene.officer)
        return queries(officer, f"samples/{sample}/"), queries(officer, f"reports/{report.pk}/")

    few = cost()
    for _n in range(5):
        factories.asset(scene.metro)
    assert cost() == few


# --- Letters --------------------------------------------------------------------------------------------------------


def test_the_letter_of_a_decision_is_that_of_the_site(scene: Scene):
    agreement = scene.approved()
    address = f"matches/{scene.match.pk}/letter/"
    letter = Caller(scene.asker).get(address, language="en")
    assert letter["Content-Type"] == "application/pdf"
    assert letter["Content-Disposition"] == f'attachment; filename="decision-{scene.match.pk}-en.pdf"'
    page = sign_in(scene.asker).get(f"/matches/{scene.match.pk}/letter-en.pdf")
    assert text_of(letter.content) == text_of(page.content) and agreement.number in text_of(letter.content)
    chinese = Caller(scene.metro_manager).get(address, headers={"Accept-Language": "zh-hans"})
    assert chinese["Content-Disposition"].endswith('-zh-hans.pdf"')
    assert set(Export.objects.values_list("person__username", flat=True)) == {"asker", "metro-manager"}
    problem(Caller(scene.stranger).get(address), 404, "not_seen")
    refused = Caller(scene.asker).get(address, language="tlh")
    assert problem(refused, 400, "bad_input") == [("language", "invalid_choice")]


def test_what_is_undecided_has_no_letter(scene: Scene, officer: Caller):
    match = scene.consented()
    problem(officer.get(f"matches/{match.pk}/letter/"), 409, "wrong_state")
    approvals.reject(match, reason="planning", reason_text="The street is rebuilt", actor=scene.officer)
    assert "The street is rebuilt" in text_of(officer.get(f"matches/{match.pk}/letter/", language="en").content)
