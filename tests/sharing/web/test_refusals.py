"""The pages for what cannot be, where there is a way on."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from sharing.models import DemandList, ListStatus
from tests import factories
from tests.sharing.scene import Scene

OWN = {"Sec-Fetch-Site": "same-origin"}
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def draft(scene: Scene) -> DemandList:
    return factories.demand_list(scene.party, ListStatus.DRAFT, title="Draft")


@pytest.fixture
def browser(scene: Scene) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene.drafter)
    return client


def form_of(page: Any) -> dict[str, str]:
    """What the page would send again."""
    html = page.content.decode()
    return {name: unescape(text) for name, text in FIELD.findall(html[html.index("<main") :])}


def send(browser: Client, address: str, sent: dict[str, str], **headers: str) -> Any:
    """As a browser does, from a page of this site."""
    form = "application/x-www-form-urlencoded"
    return browser.post(address, urlencode(sent), content_type=form, headers=OWN | headers)


def test_what_was_typed_before_a_new_sign_in_is_sent_again_by_its_reader(browser: Client, draft: DemandList):
    address, sent = reverse("web:demand-list-rename", args=[draft.pk]) + "?from=list", {"title": 'Sites "5G" <2028>'}

    page = send(browser, address, sent | {"csrfmiddlewaretoken": "of before"})

    assert page.status_code == 403
    assert f'<form method="post" action="{address}"' in page.content.decode()
    again = form_of(page)
    token = again.pop("csrfmiddlewaretoken")
    assert (again, token == "of before") == (sent, False)
    draft.refresh_from_db()
    assert draft.title == "Draft"
    assert send(browser, address, sent | {"csrfmiddlewaretoken": token}).status_code == 302
    draft.refresh_from_db()
    assert draft.title == sent["title"]


@pytest.mark.parametrize(
    ("sent", "headers"),
    [
        ({"title": "Other"}, {"Sec-Fetch-Site": "cross-site"}),
        ({"title": "Other"}, {"Sec-Fetch-Site": "same-site"}),
        ({"title": "Other"}, {"HX-Request": "true"}),
        ({"oldpassword": "a long secret"}, {}),
        ({"code": "123456"}, {}),
    ],
)
def test_nothing_of_other_sites_and_no_secret_is_sent_again(
    browser: Client, draft: DemandList, sent: dict[str, str], headers: dict[str, str]
):
    page = send(browser, reverse("web:demand-list-rename", args=[draft.pk]), sent, **headers)

    assert (page.status_code, form_of(page)) == (403, {})
    assert "Go back, reload the page and send it again." in page.content.decode()
    assert not any(text in page.content.decode() for text in sent.values())


def test_who_is_signed_out_is_not_asked_to_send_anything_again(draft: DemandList):
    page = send(
        Client(enforce_csrf_checks=True), reverse("web:demand-list-rename", args=[draft.pk]), {"title": "Other"}
    )
    assert (page.status_code, form_of(page)) == (403, {})
