"""Addresses of pages and files on the site: every parameter that a link or a form carries, with what an attacker or
a slip of the hand would write there. Each is answered with a page, and none is an error of the registry's own."""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.assurance.conftest import times
from tests.calls import body_of
from tests.whole_site import Page, WholeSite

LINK = re.compile(r'(?:href|hx-get)="(/[^"#?]*)\?([^"#]*)"')
FORM = re.compile(r'<form(?=[^>]*method="get")(?:[^>]*action="([^"]*)")?[^>]*>(.*?)</form>', re.S)
FIELD = re.compile(r'<(?:input|select)[^>]* name="(\w+)"')
OF_ALL = ("page", "per_page", "sort")
FRAGMENTS = (
    "9" * 400, "9999-12-31", "' OR 1=1 --", "-1", "9999-12", "9" * 18, "\x00", "0001-01-01", "0001-01", "%", "NaN",
    "1e400", "[]", "٣", "\ud800", "POLYGON((0 0, 1 1))", "{", "x" * 5000,
)  # fmt: skip


@pytest.fixture
def site(settings: Any, tmp_path: Any, db: None) -> WholeSite:
    settings.MEDIA_ROOT = tmp_path
    return WholeSite()


def parameters(page: Page, text: str) -> Iterator[tuple[str, str]]:
    """Addresses that the page leads to, each with a parameter that it takes; of the page itself too."""
    for path, query in LINK.findall(text):
        yield from ((path, name) for name, _value in parse_qsl(html.unescape(query), keep_blank_values=True))
    for action, fields in FORM.findall(text):
        yield from ((action or page.path.partition("?")[0], name) for name in FIELD.findall(fields))
    yield from ((page.path.partition("?")[0], name) for name in OF_ALL)


def test_whatever_is_written_into_an_address_is_answered(site: WholeSite):
    tried: set[tuple[str, str]] = set()
    failed = []
    for page in site.pages().values():
        client = page.client()
        for path, name in parameters(page, page.ask(client).content.decode()):
            if (re.sub(r"\d+", "0", path), name) in tried:
                continue
            tried.add((re.sub(r"\d+", "0", path), name))
            client.raise_request_exception = False
            for n in range(times(1, len(FRAGMENTS))):
                fragment = FRAGMENTS[(len(tried) + n) % len(FRAGMENTS)]
                query = urlencode({name: fragment.encode("utf-8", "surrogatepass")})
                answer = client.get(f"{path}?{query}")
                body_of(answer)
                failed += [f"{path}?{name}={fragment[:20]!r}"] if answer.status_code >= 500 else []
    assert not failed
    assert len(tried) > 200
