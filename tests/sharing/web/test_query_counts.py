"""How often each page asks the database: as often for many rows as for few."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.sharing.api.test_query_counts import grow
from tests.whole_site import NO_PAGES, PARTS, Page, WholeSite, names

COUNTS = {
    "web:assets": 7,
    "web:asset-terms": 5,
    "web:asset-reviews": 5,
    "web:asset-kinds": 5,
    "web:asset-edit": 8,
    "web:facilities": 6,
    "web:facility-new": 9,
    "web:facility": 8,
    "web:facility-edit": 9,
    "web:imports": 7,
    "web:asset tower": 12,
    "web:asset-new tower": 10,
    "web:asset duct": 12,
    "web:asset-new duct": 10,
    "web:asset fiber": 12,
    "web:asset-new fiber": 10,
    "web:asset equipment_room": 12,
    "web:asset-new equipment_room": 10,
    "web:import": 5,
    "web:demand-lists": 6,
    "web:demand-list-new": 6,
    "web:demand-list-upload": 6,
    "web:demand-upload-job": 7,
    "web:demand-list draft": 10,
    "web:demand-list matched": 19,
    "web:demand-list-rename": 5,
    "web:demand-list-compare": 14,
    "web:demand-upload": 6,
    "web:demand-paste": 6,
    "web:demand draft": 10,
    "web:demand met": 20,
    "web:demand unmet": 20,
    "web:demand-change": 13,
    "web:demand-new tower": 7,
    "web:demand-new duct": 8,
    "web:demand-new fiber": 8,
    "web:demand-new equipment_room": 7,
    "web:demand-try": 45,
    "web:home": 20,
    "web:matches": 5,
    "web:match": 27,
    "web:agreements": 5,
    "web:agreement": 16,
    "web:cobuild-groups": 7,
    "web:cobuild-group": 11,
    "web:search": 14,
    "web:organizations": 6,
    "web:consents": 7,
    "web:consent": 18,
    "web:inbox": 6,
    "web:inbox-settings": 5,
    "web:organization": 8,
    "web:webhooks": 5,
    "web:webhook-new": 6,
    "web:webhook": 6,
    "web:monitoring": 17,
    "web:audit": 5,
    "web:inventory": 7,
    "web:reports": 8,
    "web:report": 5,
    "web:samples": 10,
    "web:sample": 7,
    "web:indicator": 8,
    "web:indicator-rows": 7,
    "web:consents-many": 13,
    "web:inventory-of": 6,
    "web:account": 6,
    "web:tokens": 8,
    "account_change_password": 3,
    "account_email": 8,
    "usersessions_list": 4,
    "mfa_index": 6,
    "mfa_deactivate_totp": 7,
    "mfa_generate_recovery_codes": 6,
    "account_login": 0,
    "account_inactive": 0,
    "account_reset_password": 0,
    "account_reset_password_done": 0,
    "account_reset_password_from_key_done": 0,
    "account_email_verification_sent": 0,
    "account_reauthenticate": 11,
    "mfa_reauthenticate": 11,
    "account_reset_password_from_key": 3,
    "account_confirm_email": 3,
    "account_logout": 3,
    "account_set_password": 4,
    "mfa_activate_totp": 8,
    "mfa_add_webauthn": 9,
    "mfa_edit_webauthn": 5,
    "mfa_remove_webauthn": 5,
    "web:invitation stranger": 2,
    "web:invitation member": 4,
    "web:asset-places": 4,
    "web:demand-check": 20,
    "web:demand-list-near": 11,
    "web:demand-list-progress": 5,
}


@pytest.fixture
def site(settings: Any, tmp_path: Any, db: None) -> WholeSite:
    settings.MEDIA_ROOT = tmp_path
    return WholeSite()


def queries(pages: dict[str, Page]) -> dict[str, int]:
    """Of the second time, as the first one notes what was seen."""
    clients: dict[Any, Client] = {}
    counts = {}
    for name, page in pages.items():
        client = clients.get((page.who, page.proven)) or page.client()
        clients[page.who, page.proven] = client
        page.ask(client)
        with CaptureQueriesContext(connection) as asked:
            answer = page.ask(client)
        # 286 ends the asking of htmx.
        assert answer.status_code in (200, 286), name
        counts[name] = len(asked)
    return counts


def test_every_page_has_a_count(site: WholeSite):
    counted = {name.split()[0] for name in COUNTS}
    assert counted == names() - NO_PAGES | {f"web:{name}" for name in PARTS.split()}


def test_each_page_costs_the_same_for_many_rows(site: WholeSite):
    pages = site.pages() | site.parts()
    grow(site, 1)  # so that there is one of everything, also a place that somebody was told
    assert queries(pages) == COUNTS
    grow(site, 5)
    assert queries(pages) == COUNTS


def test_each_page_tells_by_head_what_it_would_answer(site: WholeSite):
    pages = {name: page for name, page in site.pages().items() if page.sent is None}
    assert {name: page.client().head(page.path).status_code for name, page in pages.items()} == dict.fromkeys(
        pages, 200
    )
