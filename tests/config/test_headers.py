"""Headers of every kind of answer, as securityheaders.com and the Mozilla Observatory ask for an A+."""

import pytest
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from registry.models import Role
from tests import factories
from tests.calls import body_of

STRICT = (
    "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data: blob:; manifest-src 'self'; script-src 'self'; style-src 'self'; "
    "worker-src 'self'"
)


@pytest.fixture
def member(db) -> Client:
    client = Client()
    client.force_login(factories.member(factories.organization("mobile"), Role.MANAGER))
    return client


def policy(header: str) -> str:
    return "; ".join(sorted(header.split("; ")))


@pytest.mark.parametrize(
    "path",
    ["/", "/account/sign-in/", "/account/", "/organizations/", "/nothing/", "/robots.txt", "/api/v1/me/", "/ogc/"],
)
def test_each_answer_is_closed_to_other_sites(member: Client, path: str):
    headers = member.get(path).headers

    assert policy(headers["Content-Security-Policy"]) == STRICT
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert {"camera=()", "geolocation=()", "publickey-credentials-get=(self)"} <= set(
        headers["Permissions-Policy"].split(", ")
    )


def test_the_admin_runs_no_script_that_was_written_into_a_page_either(member: Client):
    header = policy(member.get("/admin/").headers["Content-Security-Policy"])

    assert header == STRICT.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'").replace(
        "style-src 'self'", "style-src 'self' 'unsafe-inline'"
    )


def test_in_production_browsers_keep_to_https_for_a_year(member: Client, settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 365 * 24 * 3600, True
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True

    assert member.get("/").headers["Location"] == "https://testserver/"
    secure = member.get("/", secure=True)
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/docs/", "/ogc/", "/ogc/collections/towers/items"])
def test_a_call_in_clear_is_refused_aloud_and_led_nowhere(member: Client, settings, caplog, path: str):
    settings.SECURE_SSL_REDIRECT = True

    answer = member.get(path, headers={"Authorization": "Bearer isr_shown"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert (answer.json()["code"], answer.json()["instance"]) == ("in_clear", path)
    assert "Location" not in answer.headers
    assert "address_in_clear with_token=True address=127.0.0.1" in caplog.messages
    assert member.get(path, secure=True).status_code == 200


def test_what_members_are_shown_is_kept_in_no_browser_and_signing_out_removes_the_rest(member: Client):
    for path in ("/", "/assets/places/", "/admin/", "/api/v1/me/", "/ogc/collections/towers/items"):
        assert member.get(path).headers["Cache-Control"] in (
            "no-store",
            "max-age=0, no-cache, no-store, must-revalidate, private",
        )
    answer = member.post("/account/sign-out/")
    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (302, '"cache", "storage"')
    assert "Clear-Site-Data" not in member.get("/account/sign-in/").headers


def test_texts_say_that_they_are_utf_8(member: Client):
    assert member.get("/robots.txt").headers["Content-Type"] == "text/plain; charset=utf-8"
    for path in ("/monitoring/audit.csv", "/api/v1/assets/?format=csv", "/api/v1/assets/?format=csv&crs=EPSG:4490"):
        answer = member.get(path)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        body_of(answer)


def test_a_static_file_has_the_policy_too(rf):
    stack = list(settings.MIDDLEWARE)
    assert stack.index("csp.middleware.CSPMiddleware") < stack.index("whitenoise.middleware.WhiteNoiseMiddleware")
    answer = CSPMiddleware(lambda request: HttpResponse(content_type="image/svg+xml"))(rf.get("/static/x.svg"))
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_search_engines_are_kept_out(client: Client):
    assert client.get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"


def test_security_txt_names_whom_to_tell_where_somebody_is_named(client: Client, db, settings):
    assert client.get("/.well-known/security.txt").status_code == 404

    settings.SECURITY_CONTACT = "mailto:security@infrashare.invalid"

    lines = client.get("/.well-known/security.txt").content.decode().splitlines()
    assert lines[0] == "Contact: mailto:security@infrashare.invalid"
    assert [line.partition(":")[0] for line in lines] == ["Contact", "Expires", "Preferred-Languages", "Canonical"]
