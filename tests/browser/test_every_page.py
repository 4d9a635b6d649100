"""Every page of the site: those that links lead to, as each of the three people, and those that only a form, a mail or
a file leads to. In both languages, at the width of a phone and of a desk, each is accessible, asks for nothing from
elsewhere and writes no error."""

import html
import re
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from playwright.sync_api import Page as BrowserPage

from registry.models import User
from tests.browser.conftest import DESKTOP, PHONE, SEND, SignedIn, problems
from tests.whole_site import NO_PAGES, Page, WholeSite, names

LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"]*)"')
# Which has other parts for each of the three.
OF_EACH = "web:home"
WAYS = [("en", DESKTOP), ("zh-hans", PHONE)]


@pytest.fixture
def site(settings: Any, tmp_path: Any, transactional_db: None) -> WholeSite:
    settings.MEDIA_ROOT = tmp_path
    return WholeSite()


def name_of(path: str) -> str:
    try:
        return resolve(urlsplit(path).path).view_name
    except Resolver404:
        return ""


def crawl(open_page: SignedIn, user: User, language: str, size: dict[str, int], reached: dict[str, list[str]]) -> None:
    """Opens one page of each name that links lead to and that is not in `reached`, and notes there what is wrong."""
    client = Client()
    client.force_login(user)
    seen: set[str] = set()
    waiting = deque(["/"])
    page = open_page("/", user=user, language=language, size=size)
    while waiting:
        path = waiting.popleft()
        name = name_of(path)
        if name not in names() or name in seen:
            continue
        seen.add(name)
        answer = client.get(path)
        answer.close()
        if answer.status_code >= 400:
            reached[name] = [f"{path} is linked and answers {answer.status_code}"]
        elif answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        else:
            waiting += map(html.unescape, LINK.findall(answer.content.decode()))
            if name not in reached or name == OF_EACH:
                page.goto(path)
                reached[name] = [*reached.get(name, ()), *(f"{path}: {problem}" for problem in problems(page))]


class Seats:
    """Browsers of whoever opens pages, one each."""

    def __init__(self, open_page: SignedIn, language: str, size: dict[str, int]) -> None:
        self.open_page, self.way = open_page, {"language": language, "size": size}
        self.kept: dict[tuple[User | None, bool], BrowserPage] = {}

    def shown(self, page: Page) -> BrowserPage:
        """The page, open."""
        key = page.who, page.proven
        seat = self.kept.get(key)
        if seat is None:
            start = page.path if page.sent is None else "/"
            seat = self.kept[key] = self.open_page(start, client=page.client(), **self.way)
        elif page.sent is None:
            seat.goto(page.path)
        if page.sent is not None:
            seat.evaluate(SEND, [page.path, page.sent])
            seat.wait_for_url(f"**{page.path}")
        return seat


@pytest.mark.parametrize(("language", "size"), WAYS, ids=["english-desk", "chinese-phone"])
def test_each_is_reached_and_is_for_everyone(
    open_page: SignedIn, site: WholeSite, language: str, size: dict[str, int]
):
    reached: dict[str, list[str]] = {}
    for person in (site.asker, site.grid_manager, site.officer):
        crawl(open_page, person, language, size, reached)
    seats = Seats(open_page, language, size)
    for name, page in site.pages().items():
        if name not in reached:
            shown = seats.shown(page)
            assert name_of(shown.url) == name.split()[0]
            reached[name] = [f"{page.path}: {problem}" for problem in problems(shown)]

    wrong = [f"{name} {fault}" for name, faults in reached.items() for fault in faults]
    assert not wrong, "\n".join(wrong)
    missed = names() - {name.split()[0] for name in reached} - NO_PAGES
    assert not missed, "\n".join(sorted(missed))


@pytest.mark.parametrize(("language", "size"), WAYS, ids=["english-desk", "chinese-phone"])
def test_each_refusal_is_too(open_page: SignedIn, site: WholeSite, language: str, size: dict[str, int]):
    for path, client, status in (
        ("/nothing/here/", Page(site.asker, "").client(), 404),
        ("/lists/", Page(site.nobody, "").client(), 403),
        ("/nothing/here/", Client(), 404),
    ):
        shown = open_page(path, client=client, language=language, size=size, refused=status)
        assert problems(shown) == []
