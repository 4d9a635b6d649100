"""Everything by keyboard alone (WCAG 2.2, 2.1.1, 2.1.2 and 2.4.7): what is done to many at once, from list to result,
and every control of every form reached, with its focus to be seen."""

from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from registry.models import Asset, Membership, Protection, Role
from sharing.models import Consent, ConsentStatus
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SignedIn, accessible
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.scene import Scene

MOST_STEPS = 400
WIDTHS_AND_LANGUAGES = pytest.mark.parametrize(
    ("size", "language"), [(DESKTOP, "en"), (PHONE, "zh-hans")], ids=["desktop-en", "phone-zh"]
)

# What a person can act on and can see, but for what was reached; of radio buttons one of a group is.
LEFT_OUT = """() => {
    const name = (each) => each.outerHTML.slice(0, 120);
    const acts = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
    const left = [...document.querySelectorAll(acts)].filter((each) => each.checkVisibility({visibilityProperty: true})
        && !each.disabled && !('reached' in each.dataset) && each.tabIndex >= 0);
    const group = (each) => each.type === 'radio' && document.querySelector(
        `input[type=radio][name="${CSS.escape(each.name)}"][data-reached]`);
    return left.filter((each) => !group(each)).map(name);
}"""
# Marks what has the focus; false where all has been gone through. Throws where the focus cannot be seen.
STEP = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) {
        const again = 'reached' in document.body.dataset;
        document.body.dataset.reached = '';
        return !again;
    }
    if ('reached' in at.dataset && at !== window.before) return false;
    window.before = at;
    at.dataset.reached = '';
    const look = getComputedStyle(at);
    const unseen = look.outlineStyle === 'none' && look.boxShadow === 'none';
    if (unseen) throw new Error(`no focus is seen on ${at.outerHTML.slice(0, 120)}`);
    return true;
}"""


def reach(page: Page, selector: str) -> None:
    """Presses Tab until an element has the focus that fits."""
    for _step in range(MOST_STEPS):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab on {page.url}")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    reach(page, selector)
    page.keyboard.press(key)


def write(page: Page, selector: str, text: str) -> None:
    reach(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


@WIDTHS_AND_LANGUAGES
def test_a_manager_sets_the_terms_of_several_assets(open_page: SignedIn, size: dict[str, int], language: str):
    grid = factories.organization("grid")
    manager = factories.member(grid, Role.MANAGER)
    kept, second, first = (factories.asset(grid, code=f"T-{n}", open_to_sectors=["power"]) for n in (3, 2, 1))
    theirs = factories.asset(factories.organization("other"), code="OTHER")
    page = open_page("/assets/", user=manager, size=size, language=language)
    accessible(page)
    assert page.locator(f"input[name=asset][value='{theirs.pk}']").count() == 0
    press(page, f"input[name=asset][value='{first.pk}']", "Space")
    press(page, f"input[name=asset][value='{second.pk}']", "Space")
    press(page, "form#terms button:not([data-choose-all])")
    page.wait_for_url("**/assets/terms/?*")
    accessible(page)

    press(page, "input[name=which][value=price_per_unit_year]", "Space")
    write(page, "#id_price_per_unit_year", "750")
    page.keyboard.press("Enter")
    page.wait_for_url("**/assets/")
    expect(page.locator(".message.success")).to_contain_text("2")
    prices = dict(Asset.objects.values_list("pk", "price_per_unit_year"))
    assert prices == {
        first.pk: Decimal(750), second.pk: Decimal(750), kept.pk: Decimal(1000), theirs.pk: Decimal(1000),
    }  # fmt: skip
    assert Asset.objects.get(pk=first.pk).open_to_sectors == ["power"]


@pytest.mark.parametrize("path", ["/assets/", "/assets/reviews/"])
def test_a_manager_chooses_all_assets_of_a_page_and_none_again(open_page: SignedIn, path: str):
    grid = factories.organization("grid")
    for _n in range(3):
        factories.asset(grid, protection=Protection.RESTRICTED, protection_review_on=timezone.localdate())
    page = open_page(path, user=factories.member(grid, Role.MANAGER))
    accessible(page)
    for chosen in (3, 0):
        press(page, "button[data-choose-all]")
        expect(page.locator("input[name=asset]:checked")).to_have_count(chosen)
    expect(page.locator("input[name=asset]")).to_have_count(3)


@WIDTHS_AND_LANGUAGES
def test_a_manager_refuses_several_requests(open_page: SignedIn, size: dict[str, int], language: str):
    scene = Scene()
    for n in range(3):
        match = factories.match(factories.demand(scene.list, name=f"Site {n + 2}"), [factories.asset(scene.metro)])
        scene.requested(match)
    left, *chosen = Consent.objects.order_by("pk")
    page = open_page("/consents/", user=scene.metro_manager, size=size, language=language)
    for consent in chosen:
        press(page, f"input[name=consent][value='{consent.pk}']", "Space")
    press(page, "button[formaction$='/refuse/']")
    page.wait_for_url("**/consents/many/refuse/")
    accessible(page)
    reach(page, "select[name=reason]")
    page.keyboard.press("End")
    write(page, "textarea[name=reason_text]", "The mast comes down")
    press(page, "button.danger")
    page.wait_for_selector(".messages")
    accessible(page)
    statuses = dict(Consent.objects.values_list("pk", "status"))
    assert statuses == {
        left.pk: ConsentStatus.PENDING, **{consent.pk: ConsentStatus.REFUSED for consent in chosen}
    }  # fmt: skip
    assert set(Consent.objects.exclude(pk=left.pk).values_list("reason", "reason_text")) == {
        ("other", "The mast comes down")
    }


def test_every_control_of_every_form_is_reached_and_none_is_a_trap(open_page: SignedIn):
    scene = CobuildScene()
    group = scene.joined()
    consent = scene.requested().consents.get()
    Membership.objects.create(user=scene.metro_manager, organization=scene.list.party, role=Role.MANAGER)
    guarded = factories.asset(scene.metro, protection=Protection.RESTRICTED)
    draft = factories.demand_list(scene.list.party, "draft")
    line = factories.demand(draft)
    pages = (
        "/assets/?region=4201", f"/assets/{guarded.pk}/edit/", f"/assets/terms/?asset={guarded.pk}",
        "/assets/reviews/", "/assets/new/fiber/", "/facilities/", "/facilities/new/", "/imports/", "/lists/new/",
        "/lists/upload/", f"/lists/{draft.pk}/", f"/lists/{draft.pk}/new/duct/", f"/demands/{line.pk}/change/",
        "/matches/", "/consents/", f"/consents/{consent.pk}/", f"/cobuild/{group.pk}/", "/inbox/settings/",
        "/organizations/metro/", "/account/", "/account/tokens/", "/webhooks/new/", "/monitoring/",
        "/monitoring/audit/", "/monitoring/inventory/", "/monitoring/samples/",
    )  # fmt: skip
    page = open_page("/", user=scene.metro_manager)
    for path in pages:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        steps = 0
        while page.evaluate(STEP):
            page.keyboard.press("Tab")
            steps += 1
            assert steps < MOST_STEPS, f"{path} does not end"
        assert page.evaluate(LEFT_OUT) == [], path
