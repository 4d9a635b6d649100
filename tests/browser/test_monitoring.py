"""A regulator looks at an indicator, changes the breakdown, goes down to the rows and takes the figures along."""

from tests.browser.conftest import PHONE, SignedIn, accessible
from tests.sharing.scene import Scene


def test_a_regulator_reads_figures_charts_and_rows(open_page: SignedIn):
    scene = Scene()
    agreement = scene.approved()

    page = open_page("/monitoring/", user=scene.officer)
    assert page.locator(".card").count() == 5
    accessible(page)
    page.get_by_role("link", name="New builds avoided").click()
    page.get_by_role("link", name="Sectors: owner → user").click()

    page.wait_for_function("window.Chart?.getChart(document.querySelector('canvas'))")
    drawn = page.evaluate("window.Chart.getChart(document.querySelector('canvas')).data")
    assert drawn["labels"] == ["Transport → Telecom"]
    assert drawn["datasets"][0]["data"] == [1]
    assert page.locator("tbody th").first.inner_text() == "Transport → Telecom"
    accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename == "builds-avoided-sectors.xlsx"
    page.get_by_role("link", name="Transport → Telecom").click()
    assert agreement.number in page.locator("table").inner_text()
    accessible(page)

    page.goto("/monitoring/reports/")
    page.get_by_label("Month").fill("2026-01")
    page.get_by_role("button", name="Make").click()
    assert "2026-01" in page.locator("h1").inner_text()
    accessible(page)
    page.goto("/monitoring/samples/")
    page.get_by_label("Rows").fill("1")
    page.get_by_role("button", name="Draw").click()
    assert page.locator(".tag-good").inner_text() == "the same rows"
    accessible(page)

    phone = open_page("/monitoring/sharing-rate/?by=month", user=scene.officer, language="zh-hans", size=PHONE)
    assert phone.locator("canvas").is_visible()
    accessible(phone)
    for address in ("/monitoring/", "/monitoring/audit/", "/monitoring/samples/", "/monitoring/reports/"):
        phone.goto(address)
        accessible(phone)
