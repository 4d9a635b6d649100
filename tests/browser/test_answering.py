"""An owner answers what is asked, from the inbox to the answer; and finds things from any page."""

import re

import pytest
from playwright.sync_api import expect

from sharing.models import Consent
from sharing.notifications import outbox
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SignedIn, accessible
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.scene import Scene

READY = '.map[data-ready="true"]'


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_owner_answers_one_request_and_then_many(open_page: SignedIn, size: dict[str, int]):
    scene = Scene()
    scene.requested()
    for n in range(3):
        scene.requested(
            factories.match(factories.demand(scene.list, name=f"Site {n + 2}"), [factories.asset(scene.metro)])
        )
    outbox.dispatch()
    first = scene.match.consents.get()

    page = open_page("/", user=scene.metro_manager, size=size)
    accessible(page)
    page.goto("/inbox/")
    assert page.locator(".badge").inner_text() == "4"
    accessible(page)
    page.get_by_role("button", name=re.compile("Open.*Site 1")).click()

    page.wait_for_selector(READY)
    accessible(page)
    page.locator("summary", has_text="Refuse…").click()
    page.locator("form[action$='/refuse/'] select").select_option("alternative")
    page.locator("form[action$='/refuse/'] textarea").fill("Take the mast next door")
    page.locator("form[action$='/refuse/'] button").click()
    assert "Refused" in page.locator(".messages").inner_text()
    assert "Take the mast next door" in page.locator("main").inner_text()
    first.refresh_from_db()
    assert first.status == "refused"

    page.goto("/consents/")
    accessible(page)
    page.get_by_role("button", name="Choose all on this page").click()
    page.get_by_role("button", name="Grant those chosen…").click()
    accessible(page)
    page.get_by_role("button", name="Grant 3 requests").click()
    assert "3 requests granted." in page.locator(".messages").inner_text()
    accessible(page)
    assert Consent.objects.filter(status="granted").count() == 3


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_other_pages_of_parties_are_accessible(open_page: SignedIn, size: dict[str, int]):
    scene = CobuildScene()
    group, agreement = scene.joined(), scene.approved()
    page = open_page("/inbox/settings/", user=scene.asker, size=size)
    accessible(page)
    for path in ("/agreements/", "/cobuild/", "/consents/", "/search/?q=site"):
        page.goto(path)
        accessible(page)
    for path in (f"/agreements/{agreement.pk}/", f"/cobuild/{group.pk}/"):
        page.goto(path)
        page.wait_for_selector(READY)
        accessible(page)


def test_search_finds_as_somebody_types(open_page: SignedIn):
    scene = Scene()
    asset = factories.asset(scene.metro, name="光谷广场铁塔", code="WH-1")
    page = open_page("/", user=scene.asker)
    page.keyboard.press("/")
    expect(page.locator("#search")).not_to_be_focused()
    page.keyboard.press("Control+/")
    page.keyboard.type("光谷")
    page.wait_for_selector("#found a")
    assert "WH-1 光谷广场铁塔" in page.locator("#found").inner_text()
    accessible(page)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.href").endswith(f"/assets/{asset.pk}/")
    page.keyboard.press("Escape")
    assert page.locator("#found a").count() == 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")
    assert "WH-1" in page.locator("main").inner_text()
