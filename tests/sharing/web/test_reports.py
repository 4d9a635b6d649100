"""The pages of reports, samples, the audit and letters, and what is taken along from them."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from registry.models import Disclosure, Export
from sharing.models import Report, Sample
from sharing.monitoring import reports
from sharing.monitoring.factors import factors
from sharing.shown import factors as shown_factors
from sharing.workflow import approvals
from tests import factories
from tests.sharing.scene import Scene, by_hand
from tests.sharing.web.test_monitoring import read, sign_in


@pytest.fixture
def officer(scene: Scene) -> Client:
    return sign_in(scene.officer)


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)


def test_a_report_is_made_by_button_read_and_taken_along(scene: Scene, officer: Client):
    page = officer.post("/monitoring/reports/", {"organization": scene.city.pk, "month": "2026-01"}, follow=True)
    made = Report.objects.get()
    assert page.redirect_chain == [(f"/monitoring/reports/{made.pk}/", 302)]
    assert "New builds avoided" in page.content.decode()
    printed = officer.get(f"/monitoring/reports/{made.pk}.pdf")
    assert printed["Content-Type"] == "application/pdf"
    text = text_of(printed.content)
    assert "Monthly report" in text and "2026-01" in text and "Sharing rate" in text and "China Tower" in text
    book = CalamineWorkbook.from_filelike(io.BytesIO(read(officer, f"/monitoring/reports/{made.pk}.xlsx")))
    assert book.sheet_names[:3] == ["about", "sharing-rate total", "sharing-rate kind"]
    about = dict(book.get_sheet_by_name("about").to_python()[1:])
    assert about["Month"] == "2026-01" and about["Regulator"] == "city"
    assert "2026-01" in officer.get("/monitoring/reports/").content.decode()


@pytest.mark.parametrize("co2_t", [25.5, None])
def test_factors_are_in_the_readers_language_on_page_workbook_and_print(
    scene: Scene, officer: Client, settings, monkeypatch, co2_t: float | None
):
    tower = replace(factors()["tower"], co2_t=co2_t)
    monkeypatch.setattr(shown_factors, "factors", lambda: {**factors(), "tower": tower})
    made = reports.make(scene.city, date(2026, 1, 1), actor=scene.officer)
    officer.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    page = officer.get("/monitoring/builds-avoided/").content.decode()
    printed = "".join(text_of(officer.get(f"/monitoring/reports/{made.pk}.pdf").content).split())
    book = CalamineWorkbook.from_filelike(io.BytesIO(read(officer, f"/monitoring/reports/{made.pk}.xlsx")))
    headings, *lines = book.get_sheet_by_name("about").to_python()
    assert headings == ["名称", "内容"]
    about = dict(lines)
    for text in (page, printed):
        for wanted in ("机房", "一处新建", "公里", "165,000", "0.11", "中国铁塔2023年目标"):
            assert wanted in "".join(text.split())
        assert ">equipment_room<" not in text and "Chinatower" not in text.casefold() and "None" not in text
    amount = "–" if co2_t is None else "25.5"
    assert about["系数：杆塔"].startswith(
        f"成本（按一处新建计）：165,000（假定）；CO₂（吨，按一处新建计）：{amount}。匹配所采用的"
    )


def test_reports_of_others_are_not_found_and_wrong_months_are_said(scene: Scene, officer: Client):
    made = reports.make(scene.city, date(2026, 1, 1), actor=scene.officer)
    for person in (scene.governor, scene.asker):
        for address in (f"/monitoring/reports/{made.pk}/", f"/monitoring/reports/{made.pk}.pdf"):
            assert sign_in(person).get(address).status_code == 404
    assert officer.get(f"/monitoring/reports/{made.pk}.doc").status_code == 404
    wrong = officer.post("/monitoring/reports/", {"organization": scene.city.pk, "month": "2099-01"})
    assert wrong.status_code == 400 and wrong.context["form"].errors == {"month": ["Choose a month that has ended."]}
    foreign = officer.post("/monitoring/reports/", {"organization": scene.province.pk, "month": "2026-02"})
    assert "organization" in foreign.context["form"].errors
    assert Report.objects.count() == 1
    assert sign_in(scene.asker).get("/monitoring/reports/").context["form"] is None


def test_a_sample_is_drawn_looked_at_and_taken_along(scene: Scene, officer: Client):
    given = {"organization": scene.city.pk, "frame": "assets", "size": 1, "seed": "42", "kind": "tower"}
    page = officer.post("/monitoring/samples/", given, follow=True)
    drawn = Sample.objects.get()
    assert drawn.seed == "42" and drawn.criteria["kind"] == "tower" and drawn.frame_size == 2
    assert page.status_code == 200 and page.context["is_same"]
    rows = list(csv.DictReader(io.StringIO(read(officer, f"/monitoring/samples/{drawn.pk}.csv").decode())))
    assert [(row["number"], int(row["id"])) for row in rows] == [("1", drawn.members[0])]
    assert rows[0]["code"] in ("NEAR", "FAR")
    assert "From month: " in page.content.decode() and "Kind: Tower" in page.content.decode()
    assert sign_in(scene.asker).get(f"/monitoring/samples/{drawn.pk}/").status_code == 404
    empty = officer.post("/monitoring/samples/", given | {"kind": "duct"})
    assert empty.status_code == 400 and "frame" in empty.context["form"].errors
    assert "42" in officer.get("/monitoring/samples/").content.decode()


def test_what_a_sample_was_drawn_from_is_said_in_the_readers_language(scene: Scene, officer: Client, settings):
    narrowed = {"region": scene.city.regulates.code, "kind": "equipment_room", "sector": "telecom"}
    criteria = {"start": "2026-01", "end": "2026-03"} | narrowed
    drawn = Sample.objects.create(
        organization=scene.city, drawn_by=scene.officer, frame="assets", criteria=criteria,
        seed="42", size=1, frame_size=1, members=[scene.near.pk],
    )  # fmt: skip
    officer.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    page = officer.get(f"/monitoring/samples/{drawn.pk}/").content.decode()
    assert f"起始月份：2026-01；结束月份：2026-03；区划：{scene.city.regulates}；类型：机房；行业：电信" in page


def test_the_audit_shows_what_concerns_a_person_and_searches_it(scene: Scene, officer: Client):
    factories.protect(scene.near, "restricted")
    scene.consented()
    read(sign_in(scene.asker), "/api/v1/assets/?format=csv&kind=tower")

    def shown(client: Client, query: str = "") -> list[dict]:
        table = client.get(f"/monitoring/audit/?{query}").context["table"]
        return [row.record for row in table.paginated_rows]

    assert "Consent granted" in [row["c2"] for row in shown(officer, "of=events")]
    assert [row["c2"] for row in shown(officer, "of=events&text=consent.asked")] == ["Consent asked"]
    assert shown(officer, "of=events&end=2001-01-01") == []
    [told] = shown(officer, "of=disclosures")
    assert (told["c3"], told["c4"]) == ("metro", "telco") and Disclosure.objects.count() == 1
    [taken] = shown(officer, "of=exports&text=assets.csv")
    assert (taken["c2"], taken["c4"], taken["c6"]) == (str(scene.asker), "/api/v1/assets/", "kind=tower format=csv")
    assert taken["c7"] == "–"  # taken at once: its rows are not counted
    # Neither the owner nor a stranger hears of the files of others.
    assert shown(sign_in(scene.metro_manager), "of=exports") == []
    assert shown(sign_in(scene.stranger)) == [] and shown(sign_in(scene.stranger), "of=disclosures") == []
    text = read(officer, "/monitoring/audit.csv?of=disclosures").decode()
    assert text.splitlines()[0] == "id,disclosed_at,asset,owner,told_to,reason" and len(text.splitlines()) == 2
    assert officer.get("/monitoring/audit/?start=soon").context["form"].errors["start"]


@pytest.mark.parametrize(
    ("language", "text", "what"),
    [
        ("zh-hans", "已同意", {"已同意", "所有业主均已同意"}),
        ("en", "consent GRANTED", {"Consent granted"}),
        ("zh-hans", "consent.granted", {"已同意"}),
    ],
)
def test_events_are_found_by_what_the_reader_reads(
    scene: Scene, officer: Client, settings, language: str, text: str, what: set[str]
):
    scene.consented()
    officer.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    rows = officer.get("/monitoring/audit/", {"of": "events", "text": text}).context["table"].paginated_rows
    assert {row.record["c2"] for row in rows} == what


def test_changes_and_sights_are_found_by_what_the_reader_reads(scene: Scene, officer: Client, settings):
    factories.protect(scene.near, "restricted")
    officer.get(f"/assets/{scene.near.pk}/")
    officer.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    for of, word, column in (("changes", "资产", "c2"), ("sights", "页面", "c8")):
        page = officer.get("/monitoring/audit/", {"of": of, "text": word})
        found = [row.record[column] for row in page.context["table"].paginated_rows]
        assert found and all(word in what for what in found), of
        none = officer.get("/monitoring/audit/", {"of": of, "text": "没有这样的"})
        assert list(none.context["table"].paginated_rows) == []


def test_the_audit_is_taken_along_where_its_newest_row_lacks_a_number(scene: Scene, officer: Client):
    for rows in (3, None):
        Export.objects.create(person=scene.officer, address="/api/v1/assets/", filename="assets.csv", rows=rows)
    lines = csv.DictReader(io.StringIO(read(officer, "/monitoring/audit.csv?of=exports").decode("utf-8-sig")))
    assert [line["rows"] for line in lines] == ["", "3"]


def test_the_letter_says_all_of_the_decision_in_both_languages(scene: Scene, officer: Client):
    agreement = scene.approved()
    by_hand("UPDATE sharing_consent SET conditions = 'Working at height by day only'")
    text = text_of(officer.get(f"/matches/{scene.match.pk}/letter-en.pdf").content)
    for wanted in (agreement.number, "telco", "metro", "city", "NEAR", "2 mounts", "Working at height by day only",
                   "Approved.", "Signature", "2,000.00"):  # fmt: skip
        assert wanted in text, wanted
    chinese = officer.get(f"/matches/{scene.match.pk}/letter-zh-hans.pdf")
    printed = PdfReader(io.BytesIO(chinese.content))
    assert printed.trailer["/Root"]["/Lang"] == "zh-hans"
    # Each of the parties may read it; strangers find nothing.
    assert sign_in(scene.asker).get(f"/matches/{scene.match.pk}/letter-en.pdf").status_code == 200
    assert sign_in(scene.stranger).get(f"/matches/{scene.match.pk}/letter-en.pdf").status_code == 404


def test_a_rejection_has_its_letter_too_and_what_is_undecided_none(scene: Scene, officer: Client):
    match = scene.consented()
    assert officer.get(f"/matches/{match.pk}/letter-en.pdf").status_code == 302
    approvals.reject(match, reason="planning", reason_text="The street is rebuilt", actor=scene.officer)
    text = text_of(officer.get(f"/matches/{match.pk}/letter-en.pdf").content)
    assert "Rejected" in text and "The street is rebuilt" in text and f"Match {match.pk}" in text
