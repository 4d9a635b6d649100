"""The catalog in a real browser, drawn by MapLibre."""

import re
from io import BytesIO
from typing import Any

from PIL import Image
from playwright.sync_api import expect

from registry.models import Role, Sector
from registry.tiles import folding
from tests import factories
from tests.browser.conftest import PHONE, SignedIn, accessible

READY = '#catalog[data-ready="true"]'
NEAR = "?map=15/30.59280/114.30550"


def test_an_asset_is_found_on_the_map_and_in_the_list_below_it(open_page: SignedIn):
    owner = factories.organization("tower-company", sector=Sector.TELECOM)
    viewer = factories.member(owner, Role.VIEWER)
    mast = factories.asset(owner, code="T-1", capacity=4, used=1)

    page = open_page(f"/assets/{NEAR}", user=viewer)
    page.wait_for_selector(READY)
    page.locator("#catalog canvas").click()
    box = page.locator(".maplibregl-popup-content a")

    assert f"/{mast.pk}/" in str(box.get_attribute("href"))
    assert "75 percent free" in page.locator(".maplibregl-popup-content").inner_text()
    page.locator(".map-list summary").click()
    assert page.locator(".map-list a").count() == 1
    accessible(page)


def test_on_a_screen_of_4k_the_map_takes_what_its_table_leaves(open_page: SignedIn):
    viewer = factories.member(factories.organization("tower-company"), Role.VIEWER)

    page = open_page(f"/assets/{NEAR}", user=viewer, size={"width": 3840, "height": 2160})
    page.wait_for_selector(READY)
    box = page.locator("#catalog").bounding_box()

    assert box is not None
    assert (box["width"] > 2 / 3 * 3840, box["height"] > 0.9 * 2160) == (True, True)
    accessible(page)


def test_many_are_clusters_that_open_by_a_click(open_page: SignedIn):
    owner = factories.organization("tower-company")
    viewer = factories.member(owner, Role.VIEWER)
    for number in range(260):
        factories.asset(owner, at=(114.3 + number * 1e-4, 30.59))
    folding.fold_all()

    page = open_page("/assets/?map=10/30.59000/114.31300", user=viewer, size=PHONE)
    page.wait_for_selector(READY)

    expect(page.locator(".map-list summary")).to_contain_text("in clusters: 260")
    accessible(page)


def test_a_corner_that_is_drawn_on_a_cluster_moves_no_map(open_page: SignedIn):
    owner = factories.organization("tower-company")
    for number in range(260):
        factories.asset(owner, at=(114.3 + number * 1e-5, 30.59))
    folding.fold_all()
    page = open_page("/assets/?map=10/30.59000/114.30130", user=factories.member(owner, Role.VIEWER))
    page.wait_for_selector(READY)
    canvas, before = page.locator("#catalog canvas"), page.url

    page.get_by_role("button", name="Filter by a box").click()
    canvas.click()
    page.wait_for_timeout(600)
    assert page.url == before

    page.get_by_role("button", name="Cancel").click()
    canvas.click()
    page.wait_for_function("before => location.href !== before", arg=before)


def test_a_ground_whose_host_hangs_hides_nothing_that_is_on_it(open_page: SignedIn, live_server: Any, settings: Any):
    settings.MAP_TILES_URL = f"{live_server.url}/hanging/{{z}}/{{x}}/{{y}}.png"
    owner = factories.organization("tower-company")
    mast = factories.asset(owner, code="T-1")
    page = open_page("/account/", user=factories.member(owner, Role.VIEWER))
    page.route("**/hanging/**", lambda route: None)
    page.goto(f"/assets/{mast.pk}/")
    with page.expect_response(lambda answer: "/ogc/tiles/" in answer.url and answer.status == 200):
        page.goto(f"/assets/{NEAR}")


def test_a_filtered_list_has_the_colours_that_the_legend_says(open_page: SignedIn):
    owner = factories.organization("tower-company", sector=Sector.MUNICIPAL)
    factories.asset(owner, capacity=4, used=1)

    def colour_of_its_mast(by: str) -> tuple[str, str]:
        """As drawn, and as the legend says."""
        page = open_page(f"/assets/{NEAR}&free_min=1&colour={by}", user=factories.member(owner, Role.VIEWER))
        page.wait_for_selector(READY)
        picture = Image.open(BytesIO(page.locator("#catalog canvas").screenshot())).convert("RGB")
        red, green, blue = picture.getpixel((picture.width // 2, picture.height // 2))  # type: ignore[misc]
        swatch = {"kind": "tower", "sector": "municipal", "free": "many"}[by]
        shown = page.locator(f"[data-legend={by}] .swatch-{swatch}")
        expect(shown).to_be_visible()
        return f"rgb({red}, {green}, {blue})", shown.evaluate("swatch => getComputedStyle(swatch).backgroundColor")

    seen = [colour_of_its_mast(by) for by in ("kind", "sector", "free")]

    assert len({drawn for drawn, _ in seen}) == 3
    for drawn, said in seen:
        assert near(drawn, said), (drawn, said)


def test_a_filtered_list_whose_places_do_not_come_says_so(open_page: SignedIn):
    owner = factories.organization("tower-company")
    factories.asset(owner, capacity=4)
    page = open_page("/", user=factories.member(owner, Role.VIEWER), cut_off=True)
    page.route("**/assets/places/**", lambda route: route.abort())
    page.goto("/assets/?free_min=1")
    expect(page.locator("main [role=alert]")).to_have_text(
        "No answer just now. Check your connection, and try again in a moment."
    )


def near(drawn: str, said: str) -> bool:
    """But for what shines through."""
    pairs = zip(*([int(part) for part in re.findall(r"\d+", colour)] for colour in (drawn, said)), strict=True)
    return all(abs(one - other) <= 16 for one, other in pairs)


def test_many_of_a_filtered_list_are_clusters_too(open_page: SignedIn):
    owner = factories.organization("tower-company")
    for number in range(30):
        factories.asset(owner, at=(114.3 + number * 1e-4, 30.59), capacity=4)

    page = open_page("/assets/?free_min=1&map=9/30.59000/114.31300", user=factories.member(owner, Role.VIEWER))
    page.wait_for_selector(READY)

    expect(page.locator(".map-list summary")).to_contain_text("in clusters: 30")
