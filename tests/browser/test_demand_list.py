"""A party in a real browser: a list, a line that is checked while it is typed, its run, its match, the request."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from registry.models import Sector
from sharing.matching import engine
from sharing.models import DemandList, Match, MatchStatus
from sharing.workflow import lists
from tests import factories
from tests.browser.conftest import PHONE, SignedIn, accessible
from tests.sharing.scene import Scene


def test_from_an_empty_list_to_a_request(open_page: SignedIn):
    party, metro = factories.organization("telco"), factories.organization("metro", sector=Sector.TRANSPORT)
    manager = factories.member(party)
    factories.asset(metro, code="NEAR", capacity=3, details={"height_m": 40})
    factories.asset(metro, code="LOW", capacity=3, details={"height_m": 10})
    page = open_page("/lists/new/", user=manager)
    page.get_by_label("Title").fill("5G 2028")
    page.get_by_role("button", name="Start the list").click()
    page.get_by_role("link", name="Tower").click()

    page.get_by_label("Longitude").fill("114.3055")
    page.get_by_label("Latitude").fill("30.5928")
    page.get_by_label("First day").fill("2027-03-01")
    page.get_by_label("Mounting height, m").fill("30")
    expect(page.locator("#check")).to_contain_text("2 towers in 500 m · 2 open to you · 1 fit · 1 with 1 mount free")
    page.wait_for_selector("#line-map[data-ready='true']")
    accessible(page)
    page.get_by_role("button", name="Add the line").click()
    expect(page.locator("table")).to_contain_text("1 with 1 mount free")
    page.wait_for_selector("#lines-map[data-ready='true']")
    accessible(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("progressbar")).to_be_visible()

    made = DemandList.objects.get(title="5G 2028")
    run = engine.run(made.runs.get().pk)
    lists.record_matched(run)
    expect(page.get_by_role("button", name="Request all")).to_be_visible(timeout=15_000)
    page.wait_for_selector("#lines-map[data-ready='true']")
    accessible(page)
    match = Match.objects.get(rank=1)
    page.get_by_role("link", name=f"match {match.pk}").click()
    page.wait_for_selector("#match-map[data-ready='true']")
    accessible(page)
    page.get_by_role("button", name="Request").click()
    expect(page.locator(".messages")).to_contain_text("its owners are asked")
    match.refresh_from_db()
    assert match.status == MatchStatus.REQUESTED

    for address in (f"/lists/{made.pk}/", f"/demands/{match.demand_id}/", f"/matches/{match.pk}/"):
        phone = open_page(address, user=manager, size=PHONE)
        phone.wait_for_selector(".map[data-ready='true']")
        accessible(phone)
    accessible(open_page("/lists/", user=manager, size=PHONE))


def test_lines_begin_by_clicks_on_the_map_of_a_list_that_is_still_empty(open_page: SignedIn):
    party = factories.organization("telco")
    made = factories.demand_list(party, "draft")
    page = open_page(f"/lists/{made.pk}/", user=factories.member(party))
    page.wait_for_selector("#lines-map[data-ready='true']")
    accessible(page)
    page.get_by_role("button", name="Tower").click()
    page.locator("#lines-map canvas").click()
    page.wait_for_url("**/new/tower/**")
    place = parse_qs(urlsplit(page.url).query)
    assert [page.get_by_label(name).input_value() for name in ("Longitude", "Latitude")] == [
        *place["lon"],
        *place["lat"],
    ]

    page.go_back()
    page.wait_for_selector("#lines-map[data-ready='true']")
    page.get_by_role("button", name="Duct").click()
    page.locator("#lines-map canvas").click(position={"x": 100, "y": 150})
    page.locator("#lines-map canvas").click(position={"x": 300, "y": 150})
    page.wait_for_url("**/new/duct/**")
    west, east = (float(page.get_by_label(f"{end}: longitude").input_value()) for end in ("From", "To"))
    assert west < east


def test_lines_stay_where_what_is_near_them_gets_no_answer(open_page: SignedIn):
    party = factories.organization("telco")
    draft = factories.demand_list(party, "draft")
    factories.demand(draft, name="Site 1")
    page = open_page("/lists/", user=factories.member(party), cut_off=True)
    page.route("**/near/**", lambda route: route.abort())
    page.goto(f"/lists/{draft.pk}/")
    expect(page.get_by_text("No answer just now.")).to_be_visible()
    expect(page.get_by_role("link", name="Change line 1")).to_be_visible()


def test_a_check_that_gets_no_answer_takes_the_former_one_away(open_page: SignedIn):
    party = factories.organization("telco")
    draft = factories.demand_list(party, "draft")
    page = open_page(f"/lists/{draft.pk}/new/tower/", user=factories.member(party), cut_off=True)
    for label, value in (("Longitude", "114.3055"), ("Latitude", "30.5928"), ("First day", "2027-03-01")):
        page.get_by_label(label).fill(value)
    expect(page.locator("#check")).to_contain_text("in 500 m")
    page.route("**/check/**", lambda route: route.abort())
    page.get_by_label("Longitude").fill("114.4")
    expect(page.locator("#check")).to_have_text(
        "No answer just now. Check your connection, and try again in a moment."
    )
    page.unroute("**/check/**")
    page.get_by_label("Longitude").fill("114.3055")
    expect(page.locator("#check")).to_contain_text("in 500 m")


def test_a_pick_on_the_map_is_taken_back_by_cancelling_and_kept_by_picking_the_other_end(open_page: SignedIn):
    party = factories.organization("telco")
    draft = factories.demand_list(party, "draft")
    page = open_page(f"/lists/{draft.pk}/new/duct/", user=factories.member(party))
    page.wait_for_selector("#line-map[data-ready='true']")
    begin, end = (page.get_by_label(f"{name}: longitude") for name in ("From", "To"))
    canvas = page.locator("#line-map canvas")

    begin.fill("114.3")
    page.get_by_role("button", name="Pick the beginning on the map").click()
    canvas.click(position={"x": 100, "y": 150})
    expect(begin).not_to_have_value("114.3")
    page.get_by_role("button", name="Cancel").click()
    expect(begin).to_have_value("114.3")

    page.get_by_role("button", name="Pick the beginning on the map").click()
    canvas.click(position={"x": 100, "y": 150})
    picked = begin.input_value()
    page.get_by_role("button", name="Pick the end on the map").click()
    canvas.click(position={"x": 300, "y": 150})
    expect(end).not_to_have_value("")
    page.get_by_role("button", name="Cancel").click()
    expect(end).to_have_value("")
    assert begin.input_value() == picked != "114.3"


def test_without_scripts_all_are_requested_only_when_it_is_affirmed(open_page: SignedIn):
    scene = Scene()
    page = open_page(f"/lists/{scene.list.pk}/", user=scene.asker, scripts=False)
    page.get_by_role("button", name="Request all").click()
    scene.match.refresh_from_db()
    assert scene.match.status == MatchStatus.PROPOSED
    page.get_by_label("Request the best proposal of every line").check()
    page.get_by_role("button", name="Request all").click()
    expect(page.locator(".messages")).to_contain_text("1 line requested")
