"""The whole chain as three people do it in their browsers, from signing in to what comes of it: an owner lists a
tower, an operator asks for it, the owner grants, a regulator approves in the admin, and the agreement is there."""

from urllib.parse import urlsplit

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext
from playwright.sync_api import Locator, Page, expect

from registry.models import Organization, User
from sharing.matching import engine
from sharing.models import Agreement, DemandList
from sharing.workflow import lists
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SignedIn, accessible

PASSWORD = "a-long-password-of-mine"
READY = ".map[data-ready='true']"


@pytest.fixture(autouse=True)
def quick_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def manager(of: Organization, name: str) -> User:
    person = factories.member(of, username=name)
    person.set_password(PASSWORD)
    person.save()
    return person


class Seat:
    """A browser of one person, who signs in by password and keeps to one language."""

    def __init__(self, open_page: SignedIn, person: User, language: str, size: dict[str, int]) -> None:
        self.language = language
        self.page: Page = open_page("/", language=language, size=size)
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.locator("input[name=login]").fill(person.username)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_url(lambda url: urlsplit(url).path == "/")
        assert self.page.locator("html").get_attribute("lang") == language
        accessible(self.page)

    def text(self, message: str) -> str:
        with translation.override(self.language):
            return gettext(message)

    def button(self, message: str, within: Locator | None = None) -> Locator:
        return (within or self.page.locator("main")).get_by_role("button", name=self.text(message), exact=True)


def list_a_tower(owner: Seat) -> None:
    """By the keyboard alone: what can be drawn can be typed."""
    page = owner.page
    page.goto("/assets/new/tower/")
    page.wait_for_selector(READY)
    page.locator("#id_code").press_sequentially("T-1")
    page.locator("#id_capacity").fill("3")
    page.locator("#id_details-height_m").fill("40")
    page.locator("textarea[name=geometry]").fill("POINT(114.3055 30.5928)")
    page.locator("textarea[name=geometry]").press("Tab")
    accessible(page)
    owner.button("List it").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_contain_text("T-1")


def ask(operator: Seat) -> DemandList:
    page = operator.page
    page.goto("/lists/new/")
    page.locator("input[name=title]").fill("5G 2028")
    page.locator("main form button").first.click()
    page.locator("a[href*='tower']").first.click()
    page.locator("input[name=lon]").fill("114.3057")
    page.locator("input[name=lat]").fill("30.5928")
    page.locator("input[name=mounting_height_m]").fill("30")
    page.locator("input[name=start]").fill(f"{timezone.localdate():%Y}-12-31")
    expect(page.locator("#check")).to_contain_text("1")
    operator.button("Add the line").click()
    page.wait_for_selector(READY)
    accessible(page)
    operator.button("Submit").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    asked = DemandList.objects.get()
    # What the worker does meanwhile; the page asks for it every second.
    lists.record_matched(engine.run(asked.runs.get().pk))
    expect(operator.button("Request all")).to_be_visible(timeout=15_000)
    accessible(page)
    operator.button("Request all").click()
    expect(page.locator(".messages")).to_contain_text("1")
    accessible(page)
    return asked


def grant(owner: Seat) -> None:
    page = owner.page
    page.goto("/consents/")
    accessible(page)
    page.locator("main table a").first.click()
    page.wait_for_selector(READY)
    accessible(page)
    page.locator("details:has(form[action$='/grant/']) summary").click()
    page.locator("form[action$='/grant/'] button").click()
    expect(page.locator(".messages")).to_be_visible()


def approve(regulator: Seat, asked: DemandList) -> None:
    """In the admin; then reads the letter of the decision, and the figures of the region."""
    page = regulator.page
    expect(page.locator("main")).to_contain_text("telco")
    page.goto("/admin/sharing/match/?waiting=decide")
    accessible(page)
    page.locator("#result_list tbody th a, #result_list tbody td a").first.click()
    expect(page.locator("h1.match-title")).to_be_visible()
    accessible(page)
    page.locator("form[action*='approve'] button, button[formaction*='approve']").first.click()
    letter = page.locator(f"a[download][hreflang='{regulator.language}']")
    expect(letter).to_be_visible()
    accessible(page)
    assert Agreement.objects.filter(match__demand__list=asked).exists()

    answer = page.request.get(str(letter.get_attribute("href")))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF-")
    page.goto("/monitoring/")
    expect(page.get_by_role("link", name=regulator.text("Sharing rate"), exact=True)).to_be_visible()
    accessible(page)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["en", "zh-hans"], ids=["english", "chinese"])
def test_from_an_empty_registry_to_an_agreement(open_page: SignedIn, language: str, size: dict[str, int]):
    people = (
        manager(factories.organization("metro", sector="transport"), "li.metro"),
        manager(factories.organization("telco", sector="telecom"), "chen.telco"),
        manager(factories.regulator("city"), "wang.city"),
    )
    owner, operator = (Seat(open_page, person, language, size) for person in people[:2])
    list_a_tower(owner)
    asked = ask(operator)
    grant(owner)
    approve(Seat(open_page, people[2], language, size), asked)

    agreement = Agreement.objects.get()
    operator.page.goto(f"/agreements/{agreement.pk}/")
    expect(operator.page.locator("main")).to_contain_text(agreement.number)
    operator.page.wait_for_selector(READY)
    accessible(operator.page)
