"""A real Chromium on a real server. Every page that a test opens is held to the house's rules: no request leaves the
machine, nothing is written to the console as an error, and no page scrolls sideways."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from config.local import browser as chromium
from registry.models import User

AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
# What htmx says of a check while one types, where the page is left meanwhile; of a check that failed it says more.
LEFT = ("htmx:afterRequest", "htmx:sendAbort")
CUT_OFF = (*LEFT, "htmx:sendError", "Failed to load resource")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# The last element that reaches beyond the screen outside of what scrolls by itself.
TOO_WIDE = """[...document.querySelectorAll('main *, header *')]
    .filter(each => each.getBoundingClientRect().right > window.innerWidth && !each.closest('.table-frame'))
    .map(each => each.outerHTML.slice(0, 120)).pop() ?? 'not known'"""

# As a form of the page that is open would send it, with its token.
SEND = """([path, sent]) => {
    const form = document.createElement('form');
    Object.assign(form, {method: 'post', action: path});
    form.append(document.querySelector('[name=csrfmiddlewaretoken]').cloneNode());
    for (const [name, value] of Object.entries(sent)) {
        form.append(Object.assign(document.createElement('input'), {type: 'hidden', name, value}));
    }
    document.body.append(form);
    form.submit();
}"""

SignedIn = Callable[..., Page]


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    # Playwright's synchronous calls run an event loop in this thread, in which Django would refuse its database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium.installed(), args=chromium.ARGUMENTS)
        yield found
        found.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chrome: Browser, live_server, transactional_db) -> Iterator[SignedIn]:
    """Opens a path as a user (or nobody, or in the session of a client), in a language and at a width. At the end of
    the test every page must have kept the rules. refused: the status that the path is to be answered by, where not
    200; the console may tell of it. cut_off: the console may tell that
    the network was away. scripts: whether the browser runs any."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(
        path: str = "/",
        *,
        user: User | None = None,
        client: Client | None = None,
        language: str = "en",
        size: dict[str, int] = DESKTOP,
        refused: int = 200,
        cut_off: bool = False,
        scripts: bool = True,
    ) -> Page:
        context = chrome.new_context(
            base_url=live_server.url,
            viewport=size,
            locale=language,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        if user:
            client = Client()
            client.force_login(user)
        if client and (cookie := client.cookies.get(settings.SESSION_COOKIE_NAME)):
            cookie_of = {"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}
            context.add_cookies([cookie_of])
        context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}])
        page = context.new_page()
        own = urlsplit(live_server.url).netloc

        def heard(message: ConsoleMessage) -> None:
            is_refusal = message.location["url"] == page.url and f"a status of {refused}" in message.text
            is_told = message.text.startswith(CUT_OFF if cut_off else LEFT)
            if message.type == "error" and not is_refusal and not is_told:
                faults.append(f"console of {page.url}: {message.text}")

        def sent(request: Request) -> None:
            address = urlsplit(request.url)
            if address.scheme not in ("data", "blob") and address.netloc != own:
                faults.append(f"{page.url} asked for {request.url}")

        page.on("console", heard)
        page.on("pageerror", lambda error: faults.append(f"script of {page.url}: {error}"))
        page.on("request", sent)
        answer = page.goto(path)
        assert answer and answer.status == refused, path
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def problems(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA or good practice, and whether the page is wider than the screen."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # Of what passes it is not asked, which it takes long to tell and to hand over.
    asked = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    violations = page.evaluate("async asked => (await axe.run(asked)).violations", asked)
    wrong = [f"{each['id']}: {node['html']} {node['failureSummary']}" for each in violations for node in each["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        wrong.append("wider than the screen: " + page.evaluate(TOO_WIDE))
    return wrong


def accessible(page: Page) -> None:
    """Asserts that the page has no problem."""
    assert problems(page) == []
