"""The admin in a real browser: its policy, by which no script written into a page runs, lets its pages work."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from registry.models import Asset, Organization, PlaceGrant
from sharing.models import Consent, Match
from tests.browser.conftest import SignedIn
from tests.sharing.scene import Scene

FORMS = (Asset, Organization, PlaceGrant, Match, Consent)


def pages(client: Client) -> list[str]:
    """The first page, and of some models the list, the form of a new one and the first one's own, as far as this
    person may open them."""
    found = [reverse("admin:index")]
    for model in FORMS:
        assert admin.site.is_registered(model)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        first = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        found += [reverse(f"{name}_changelist"), reverse(f"{name}_add"), reverse(f"{name}_change", args=[first or 0])]
    return [page for page in found if client.get(page).status_code == 200]


@pytest.mark.parametrize(("who", "opens"), [("officer", 12), ("metro_manager", 11)])
def test_its_pages_open_without_a_word_in_the_console(open_page: SignedIn, who: str, opens: int):
    scene = Scene()
    scene.consented()
    client = Client()
    client.force_login(getattr(scene, who))
    found = pages(client)
    assert len(found) == opens
    page = open_page(found[0], user=getattr(scene, who))
    for path in found[1:]:
        page.goto(path)

    # What its library drives: the menu of the person.
    menu = page.locator("[x-show=openUserLinks]").first
    assert not menu.is_visible()
    page.locator("[x-on\\:click='openUserLinks = !openUserLinks']").first.click()
    menu.wait_for(state="visible")
