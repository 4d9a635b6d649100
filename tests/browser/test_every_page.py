"""Every page of the site, found by following its links as each of the three people: in both languages, at the width of
a phone and of a desk, each is accessible, asks for nothing from elsewhere and writes no error."""

import html
import re
from collections import deque
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from registry.models import User
from sharing.models import ListStatus
from sharing.monitoring import inventory
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SignedIn, problems
from tests.sharing.scene import Scene

# What a form sends itself to, a part of a page, or a file.
FORMS = """agreement-do asset-terms cobuild-group-do consent-do consents-many demand-list-do demand-list-request
    demand-remove demand-try import-land import-try import-undo inbox-mark inbox-mark-all inventory-take
    invitation-again invitation-withdraw language match-do member-remove member-role organization-contact
    organization-invite token-revoke webhook-do webhook-replay"""
PARTS = "asset-places demand-check demand-list-near demand-list-progress"
FILES = "demand-upload-rejects import-rejects match-letter report-file sample-file"
# Opened by the journeys beside this file, which make what they show.
JOURNEYS = """asset-delete asset-edit facility-delete facility-edit cobuild-group demand-list-compare demand-upload-job
    import inbox-open invitation report sample search webhook"""
APART = {f"web:{name}" for names in (FORMS, PARTS, FILES, JOURNEYS) for name in names.split()}
LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"]*)"')
# Which has other parts for each of the three.
OF_EACH = "web:home"
WAYS = [("en", DESKTOP), ("zh-hans", PHONE)]


def names() -> set[str]:
    """The names of all pages of the site."""

    def inside(resolver: URLResolver, space: str = "") -> set[str]:
        found: set[str] = set()
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLPattern):
                found |= {f"{space}{pattern.name}"} if space else set()
            else:
                found |= inside(pattern, f"{pattern.namespace}:" if pattern.namespace == "web" else space)
        return found

    return inside(get_resolver())


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
        if not name.startswith("web:") or name in seen:
            continue
        seen.add(name)
        answer = client.get(path)
        answer.close()
        if answer.status_code >= 400:
            reached[name] = [f"{path} is linked and answers {answer.status_code}"]
        elif answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            reached.setdefault(name, [])
        else:
            waiting += map(html.unescape, LINK.findall(answer.content.decode()))
            if name not in reached or name == OF_EACH:
                page.goto(path)
                reached[name] = [*reached.get(name, ()), *(f"{path}: {problem}" for problem in problems(page))]


@pytest.mark.parametrize(("language", "size"), WAYS, ids=["english-desk", "chinese-phone"])
def test_each_is_reached_and_is_for_everyone(
    open_page: SignedIn, transactional_db, language: str, size: dict[str, int]
):
    scene = Scene()
    scene.approved()
    scene.requested(factories.match(factories.demand(scene.list, name="Site 2", line=2), [scene.far]))
    draft = factories.demand_list(scene.party, title="Draft", status=ListStatus.DRAFT)
    factories.demand(draft, name="Site 3")
    factories.planned_facility(scene.grid)
    factories.asset(scene.grid, protection="core")
    inventory.take(scene.grid, actor=scene.grid_manager)
    reached: dict[str, list[str]] = {}
    for person in (scene.asker, scene.grid_manager, scene.officer):
        crawl(open_page, person, language, size, reached)

    wrong = [f"{name} {fault}" for name, faults in reached.items() for fault in faults]
    assert not wrong, "\n".join(wrong)
    missed = names() - reached.keys() - APART
    assert not missed, "\n".join(sorted(missed))
