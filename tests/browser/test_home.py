"""The first page in a real browser."""

import pytest

from registry.models import Role
from sharing.models import DemandList
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SignedIn, accessible


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_shows_what_waits_for_a_person(open_page: SignedIn, size: dict[str, int], language: str):
    party = factories.organization("mobile")
    editor = factories.member(party, Role.EDITOR)
    DemandList.objects.create(party=party, title="5G 2027")

    page = open_page("/", user=editor, language=language, size=size)

    assert page.locator("section.card h2 .count").all_inner_texts() == ["1"]
    assert "5G 2027" in page.locator("section.card .rows").inner_text()
    assert page.locator("section[aria-labelledby=since] .rows li").count() == 2
    accessible(page)


def test_nobody_is_sent_to_sign_in(open_page: SignedIn):
    page = open_page("/")

    assert page.url.endswith("/account/sign-in/?next=/")


def test_the_language_is_switched_and_remembered(open_page: SignedIn):
    party = factories.organization("mobile")
    viewer = factories.member(party, Role.VIEWER)
    page = open_page("/", user=viewer)

    page.get_by_role("button", name="简体中文").click()

    assert page.locator("html").get_attribute("lang") == "zh-hans"
    viewer.refresh_from_db()
    assert viewer.language == "zh-hans"
