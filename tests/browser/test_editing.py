"""Owners draw what they list on the map."""

from playwright.sync_api import Page, expect

from registry.models import Asset, Role
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SignedIn, accessible

READY = '#drawing[data-ready="true"]'


def draw(page: Page, button: str, *corners: tuple[float, float]) -> None:
    """Clicks the corners, as shares of the map's width and height."""
    page.wait_for_selector(READY)
    page.get_by_role("button", name=button).click()
    canvas = page.locator("#drawing canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    for x, y in corners:
        canvas.click(position={"x": x * box["width"], "y": y * box["height"]})
        page.wait_for_selector(READY)
    page.get_by_role("button", name="Finish").click()


def both_widths(page: Page) -> None:
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        accessible(page)


def test_an_owner_draws_a_tower_and_a_duct_in_a_plan(open_page: SignedIn):
    metro = factories.organization("metro")
    editor = factories.member(metro, Role.EDITOR)
    plan = factories.planned_facility(metro, code="L8", name="Line 8 tunnel")
    page = open_page("/assets/", user=editor)

    page.get_by_role("link", name="List an asset").click()
    accessible(page)
    page.get_by_role("link", name="Tower, pole, mast or rooftop").click()
    draw(page, "Set the place", (0.5, 0.6))
    page.locator("#id_code").fill("T-1")
    page.locator("#id_capacity").fill("3")
    both_widths(page)
    page.locator("#id_details-height_m").fill("30")
    page.get_by_role("button", name="List it").click()
    expect(page.locator(".message")).to_have_text("T-1 is listed.")
    tower = Asset.objects.get(code="T-1")
    assert (tower.geometry.geom_type, tower.tower.height_m) == ("Point", 30)

    page.goto("/facilities/")
    page.wait_for_selector('#plans[data-ready="true"]')
    both_widths(page)
    page.locator("table").get_by_role("link", name="Line 8 tunnel").click()
    page.get_by_role("link", name="Reserve space").click()
    page.get_by_role("link", name="Duct, pipe or tray").click()
    draw(page, "Draw the line", (0.4, 0.7), (0.5, 0.6), (0.6, 0.7))
    page.locator("#id_code").fill("D-1")
    page.locator("#id_capacity").fill("12")
    page.get_by_role("button", name="List it").click()
    expect(page.locator(".message")).to_have_text("D-1 is listed.")
    [duct] = plan.reserved_assets.all()
    assert (duct.geometry.geom_type, len(duct.geometry.coords), duct.status) == ("LineString", 3, "planned")

    page.get_by_role("link", name="Edit").click()
    draw(page, "Draw the line", (0.3, 0.4))
    both_widths(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".message")).to_have_text("D-1 is changed.")
    duct.refresh_from_db()
    assert len(duct.geometry.coords) == 4
    page.goto(f"/facilities/{plan.pk}/")
    page.wait_for_selector('#place[data-ready="true"]')
    both_widths(page)
    page.get_by_role("link", name="Edit").click()
    page.wait_for_selector(READY)
    both_widths(page)
