"""The admin in a real browser: its policy, by which no script written into a page runs, lets its pages work; and they
are accessible, at the width of a desk and of a phone."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from registry.models import Asset, User
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SEND, SignedIn, problems
from tests.sharing.scene import Scene
from tests.whole_site import WholeSite

MATCHES = "/admin/sharing/match/"


@pytest.fixture
def site(settings: Any, tmp_path: Any, transactional_db: None) -> WholeSite:
    settings.MEDIA_ROOT = tmp_path
    return WholeSite()


def pages(user: User) -> list[str]:
    """The first page; of each model the list, the form of a new one and the newest one's own; and what is drawn alike
    for all models, of assets. As far as this person may open them."""
    client = Client()
    client.force_login(user)
    found = [reverse("admin:index"), "/admin/registry/", "/admin/registry/asset/add/?kind=tower"]
    found += [reverse("admin:password_change"), reverse("admin:auth_user_password_change", args=[user.pk])]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        newest = model._default_manager.order_by("-pk").first()
        if newest:
            acts = ("change", "delete", "history") if model is Asset else ("change",)
            found += [reverse(f"{name}_{act}", args=[newest.pk]) for act in acts]
    return [page for page in found if client.get(page).status_code == 200]


def wrong_at_both_widths(page: Page) -> list[str]:
    wrong = []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        wrong += [f"{page.url} {size['width']}: {problem}" for problem in problems(page)]
    return wrong


def test_each_page_is_for_everyone(open_page: SignedIn, site: WholeSite):
    root = factories.member(site.city, username="root", is_superuser=True)
    found = pages(root)
    assert len(found) > 2 * len(admin.site._registry)
    page = open_page("/admin/", user=root)
    wrong = []
    for path in found:
        page.goto(path)
        wrong += wrong_at_both_widths(page)
    assets = "/admin/registry/asset/"
    page.goto(assets)
    page.evaluate(SEND, [assets, {"action": "delete_selected", "_selected_action": str(site.own["tower"].pk)}])
    page.locator("input[name=post]").wait_for(state="attached")
    wrong += wrong_at_both_widths(page)
    assert not wrong, "\n".join(wrong)


def test_the_desk_of_a_regulator_is_too(open_page: SignedIn, transactional_db: None):
    """The queue with its filters open, what is done to many at once, and a match with every form of it open."""
    scene = Scene()
    match = scene.consented()
    page = open_page(f"{MATCHES}?waiting=decide", user=scene.officer)
    page.locator("[x-on\\:click='filterOpen = true']").first.click()
    page.locator("#changelist-filter").wait_for(state="visible")
    wrong = wrong_at_both_widths(page)
    for act in ("approve_selected", "reject_selected", "assign_selected"):
        page.goto(f"{MATCHES}?waiting=decide")
        page.evaluate(SEND, [f"{MATCHES}?waiting=decide", {"action": act, "_selected_action": str(match.pk)}])
        page.locator("form.panel").wait_for()
        wrong += wrong_at_both_widths(page)
    page.goto(f"{MATCHES}{match.pk}/change/")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    wrong += wrong_at_both_widths(page)
    assert not wrong, "\n".join(wrong)

    # What unfold's library drives: the menu of the person.
    page.set_viewport_size(DESKTOP)
    menu = page.locator("[x-show=openUserLinks]").first
    assert not menu.is_visible()
    page.locator("[x-on\\:click='openUserLinks = !openUserLinks']").first.click()
    menu.wait_for(state="visible")


def test_the_menu_of_the_admin_opens_and_closes_by_the_keyboard(open_page: SignedIn):
    page = open_page("/admin/", user=Scene().officer, size=PHONE)
    entry = page.locator("nav a[href='/admin/sharing/match/']").first
    menu = page.get_by_role("button", name="Menu")
    assert not entry.is_visible()

    menu.first.focus()
    page.keyboard.press("Enter")
    expect(entry).to_be_visible()

    menu.last.focus()
    page.keyboard.press("Enter")
    expect(entry).not_to_be_visible()
