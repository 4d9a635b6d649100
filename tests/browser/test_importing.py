"""An owner in a real browser: a file with swapped coordinates and a wrong row, from the drop to the catalog, its
rejects, and back."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from registry import tasks
from registry.models import Asset
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SignedIn, accessible

# Longitude and latitude stand in each other's columns, and no field of ours is a lamp.
FILE = """编号,经度,纬度,塔高,灯型
P-1,30.5928,114.3055,12,LED
P-2,30.6011,114.3122,14,LED
P-3,30.6027,114.3201,high,LED
"""
REGION = Polygon.from_bbox((114.0, 30.3, 114.7, 30.9))


@pytest.fixture
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    file = tmp_path / "poles.csv"
    file.write_text(FILE, encoding="gb18030")
    return file


@pytest.mark.parametrize(
    ("language", "size"), [("en", DESKTOP), ("zh-hans", PHONE)], ids=["english-desk", "chinese-phone"]
)
def test_a_file_lands_after_its_columns_were_exchanged_and_is_undone(
    open_page: SignedIn, uploads: Path, language: str, size: dict[str, int]
):
    grid = factories.organization("grid", sector="power")
    type(grid.region).objects.filter(pk=grid.region_id).update(boundary=MultiPolygon(REGION, srid=4326))
    manager = factories.member(grid)

    def text(message: str) -> str:
        with translation.override(language):
            return gettext(message)

    def looked_into(page: Page) -> None:
        """The worker does its part; the page asks for it every second."""
        expect(page.get_by_role("progressbar")).to_be_visible()
        accessible(page)
        tasks.import_assets()
        expect(page.get_by_role("progressbar")).to_have_count(0, timeout=15_000)
        expect(page.locator("h2[data-result]")).to_be_focused()

    page = open_page("/imports/", user=manager, language=language, size=size)
    accessible(page)
    page.locator("#id_kind").select_option("tower")
    page.locator("#id_file").set_input_files(uploads)
    page.locator("main form button").click()
    looked_into(page)

    expect(page.locator(".message.error")).to_contain_text("3 of 3" if language == "en" else "3 个位置中有 3 个")
    expect(page.locator(".cell-wrong small").first).to_be_visible()
    page.wait_for_selector("#places[data-ready='true']")
    accessible(page)
    assert Asset.objects.count() == 0

    columns = page.locator("thead select")
    expect(columns).to_have_count(5)
    columns.nth(1).select_option("lat")
    columns.nth(2).select_option("lon")
    page.get_by_role("button", name=text("Check again")).click()
    looked_into(page)
    expect(page.locator(".message.error")).to_have_count(0)
    page.wait_for_selector("#places[data-ready='true']")

    page.locator("button[formaction]").click()
    looked_into(page)
    expect(page.get_by_role("heading", name=text("Imported"), exact=True)).to_be_visible()
    accessible(page)
    landed = {asset.code: (asset.geometry.coords, asset.tower.height_m) for asset in Asset.objects.all()}
    assert landed == {"P-1": ((114.3055, 30.5928), 12), "P-2": ((114.3122, 30.6011), 14)}
    with page.expect_download() as download:
        page.get_by_role("link", name=text("Download them, with reasons, to correct and send again")).click()
    rejects = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "P-3" in rejects and "high" in rejects and "P-1" not in rejects

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=text("Undo this import")).click()
    expect(page.get_by_role("heading", name=text("Undone"), exact=True)).to_be_visible()
    accessible(page)
    assert Asset.objects.count() == 0
