"""What the browser does with a form that is sent: once for each time that it is shown."""

import re

from django.contrib.sessions.models import Session
from playwright.sync_api import Route, expect
from pytest_django.live_server_helper import LiveServer

from sharing.models import DemandList, ListStatus
from tests import factories
from tests.browser.conftest import SignedIn


def test_a_second_click_sends_nothing_twice(open_page: SignedIn):
    """While the server takes its time to answer the first."""
    page = open_page("/lists/new/", user=factories.member(factories.organization("telco")))
    on_the_way: list[Route] = []
    page.route("**/lists/new/", lambda route: on_the_way.append(route))
    page.get_by_label("Title").fill("5G 2028")
    start = page.get_by_role("button", name="Start the list")

    start.evaluate("button => { button.click(); setTimeout(() => button.click(), 200); }")
    page.wait_for_timeout(600)

    assert len(on_the_way) == 1
    on_the_way[0].continue_()
    expect(page).to_have_url(re.compile(r"/lists/\d+/$"))
    assert DemandList.objects.count() == 1


def test_a_form_that_is_shown_again_is_sent_again(open_page: SignedIn):
    page = open_page("/lists/new/", user=factories.member(factories.organization("telco")))
    for title in ("5G 2028", "5G 2029"):
        page.get_by_label("Title").fill(title)
        page.get_by_role("button", name="Start the list").click()
        expect(page).to_have_url(re.compile(r"/lists/\d+/$"))
        page.go_back()

    assert sorted(DemandList.objects.values_list("title", flat=True)) == ["5G 2028", "5G 2029"]


def test_what_was_not_confirmed_was_not_sent(open_page: SignedIn):
    """A question answered by no, and then by yes: the form goes."""
    party = factories.organization("telco")
    line = factories.demand(factories.demand_list(party, ListStatus.DRAFT))
    page = open_page(f"/lists/{line.list_id}/", user=factories.member(party))
    remove = page.get_by_role("button", name="Remove line 1")

    page.once("dialog", lambda dialog: dialog.dismiss())
    remove.click()
    assert line.list.demands.count() == 1
    page.once("dialog", lambda dialog: dialog.accept())
    remove.click()

    expect(remove).to_have_count(0)
    assert not line.list.demands.exists()


def test_a_line_that_was_being_typed_outlives_the_session(open_page: SignedIn, live_server: LiveServer):
    """Signed out meanwhile, and in again in another tab, where the token becomes another."""
    party = factories.organization("telco")
    editor = factories.member(party, password="a long pass phrase of one")
    draft = factories.demand_list(party, ListStatus.DRAFT)
    page = open_page(f"/lists/{draft.pk}/new/tower/", user=editor)
    expect(page.locator("#check")).to_contain_text("Say where and when")
    page.wait_for_selector("#line-map[data-ready='true']")
    Session.objects.all().delete()

    page.get_by_label("Name", exact=True).fill("Harbour")

    said = page.locator("#check [data-signed-out]")
    expect(said).to_contain_text("What you typed is still here")
    with page.expect_popup() as popup:
        said.get_by_role("link", name="Sign in").click()
    other = popup.value
    other.locator("input[name=login]").fill(editor.username)
    other.locator("input[name=password]").fill("a long pass phrase of one")
    other.locator("input[name=password]").press("Enter")
    expect(other).to_have_url(f"{live_server.url}/")
    page.evaluate("window.dispatchEvent(new Event('focus'))")

    expect(said).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Harbour")
    page.get_by_label("Longitude").fill("114.3055")
    page.get_by_label("Latitude").fill("30.5928")
    page.get_by_label("First day").fill("2027-03-01")
    page.get_by_role("button", name="Add the line").click()
    expect(page).to_have_url(re.compile(r"/lists/\d+/$"))
    assert [line.name for line in draft.demands.all()] == ["Harbour"]
