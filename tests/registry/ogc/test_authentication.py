"""Who is let in at /ogc/: sessions and tokens, as at the REST API; and tokens as passwords, for older map programs."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from registry.accounts import tokens
from registry.models import Scope
from tests.calls import Caller, problem
from tests.registry.ogc.conftest import Map

pytestmark = pytest.mark.django_db

ITEMS = "/ogc/collections/towers/items"


def issued(one_map: Map, *scopes: Scope) -> str:
    expires = timezone.now() + timedelta(days=1)
    return tokens.issue_personal(name="map", scopes=list(scopes), expires_at=expires, actor=one_map.viewer)[1]


def basic(credentials: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(credentials.encode()).decode()}"}


def called(headers: dict[str, str], path: str = ITEMS) -> Any:
    return Caller().get(path, headers=headers)


def test_a_token_is_read_as_bearer_or_as_a_password(one_map: Map):
    secret = issued(one_map, Scope.READ)
    for headers in ({"Authorization": f"Bearer {secret}"}, basic(f"map:{secret}"), basic(f":{secret}")):
        assert called(headers).json()["numberReturned"] == 6


def test_without_a_sign_in_features_ask_for_one(one_map: Map):
    for response in (called({}), called({}, f"{ITEMS}/{one_map.towers[0].pk}")):
        problem(response, 401, "not_authenticated")
        assert response["WWW-Authenticate"] == 'Bearer realm="infrashare"'


@pytest.mark.parametrize("credentials", ["map:isr_unknown", "isr_", "", "viewer:a long pass phrase"])
def test_nothing_but_a_token_is_a_password(one_map: Map, credentials: str):
    one_map.viewer.username = "viewer"
    one_map.viewer.set_password("a long pass phrase")
    one_map.viewer.save()
    response = called(basic(credentials))
    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="infrashare"'


def test_what_is_no_base64_is_no_password(one_map: Map):
    for text in ("Basic", "Basic ÿ", "Basic ====", "Basic /w==", "basic !!!"):
        problem(called({"Authorization": text}), 401, "not_authenticated")


def test_the_rest_api_takes_no_passwords(one_map: Map):
    problem(called(basic(f"map:{issued(one_map, Scope.READ)}"), "assets/"), 401, "not_authenticated")


def test_a_token_needs_the_scope_to_read(one_map: Map):
    secret = issued(one_map, Scope.WRITE)
    for headers in ({"Authorization": f"Bearer {secret}"}, basic(f"map:{secret}")):
        problem(called(headers), 403, "scope_missing")


def test_people_are_shown_where_to_sign_in(one_map: Map):
    response = called({"Accept": "text/html"}, f"{ITEMS}?limit=3")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="infrashare"')
    assert response["Content-Type"] == "text/html"
    assert f'<a href="/account/sign-in/?next={ITEMS}%3Flimit%3D3">' in response.content.decode()


def test_calls_are_counted_by_who_makes_them(one_map: Map, settings: Any):
    settings.API_CALLS_PER_MINUTE, settings.API_CALLS_PER_MINUTE_UNKNOWN = 2, 10**6
    headers = {"Authorization": f"Bearer {issued(one_map, Scope.READ)}"}
    statuses = [called(headers, path).status_code for path in ("/ogc/", ITEMS, "/ogc/collections")]
    assert statuses == [200, 200, 429]
    assert called({}, "/ogc/collections").status_code == 200
