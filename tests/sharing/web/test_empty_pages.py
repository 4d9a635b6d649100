"""Whoever has just joined reads on each list that nothing is there, and what would bring something."""

import re

import pytest
from django.test import Client

from registry.models import Role
from tests import factories

pytestmark = pytest.mark.django_db

PAGES = {
    "/": "Nothing waits for you.",
    "/assets/": "No asset fits.",
    "/assets/reviews/": "No level of yours is due for review.",
    "/facilities/": "No plan fits",
    "/imports/": "No file yet.",
    "/lists/": "No lists here. Start one",
    "/matches/": "No matches here.",
    "/consents/": "Nothing is asked of you here.",
    "/agreements/": "No agreement here.",
    "/cobuild/": "Nothing to build together here.",
    "/inbox/": "No messages yet.",
    "/search/?q=zzzz": "Nothing that you may see has this",
    "/webhooks/": "None yet: add the first.",
    "/account/tokens/": "No token yet",
    "/monitoring/inventory/": "There is no asset to count yet.",
    "/monitoring/sharing-rate/": "Nothing to count here.",
    "/monitoring/sharing-rate/rows/?by=kind": "No row stands behind this figure.",
    **{
        f"/monitoring/audit/?of={of}": "Nothing here that you may know of."
        for of in ("events", "disclosures", "sights", "exports")
    },
}


@pytest.mark.parametrize("address", PAGES)
def test_an_empty_list_says_so(client: Client, address: str):
    client.force_login(factories.member(factories.organization("fresh"), Role.MANAGER))
    page = client.get(address).content.decode().partition("<main")[2]
    assert PAGES[address] in re.sub(r"\s+", " ", page)
