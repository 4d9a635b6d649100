"""Every page of the site and of the admin, for each role. An address that is not declared fails."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from registry.accounts import invitations
from registry.models import Organization, Region
from sharing.models import Approval, Digest
from tests.calls import body_of
from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.roles import (
    ANONYMOUS,
    EDITORS,
    HERE,
    MEMBERS,
    NOBODY,
    OFFICE,
    OWNER,
    OWNER_MANAGER,
    PARTY,
    SEE_LIST,
    SEE_MATCH,
    SIDES,
    people,
)
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

WHO = (
    ANONYMOUS, NOBODY, "other viewer", "other editor", "other manager", "elsewhere manager", "here manager",
    "party manager", "owner manager",
)  # fmt: skip
STRANGERS = (ANONYMOUS, NOBODY, "other manager")
WHOEVER_WRITES = people(*SIDES, roles=EDITORS)
WHOLE_SITE = frozenset({ANONYMOUS, NOBODY, *MEMBERS})
# Of every visit: until when its session lasts, and, of who may have a file, that it was taken.
OF_VISITS = {"django_session", "registry_usersession"}
TAKEN = "registry_export"
WRITTEN = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""
Arguments = Callable[[World], tuple[Any, ...]]


@dataclass(frozen=True)
class Page:
    """An address of the site. does: who is answered with `status`. sees: who is refused with 403. All other members
    are answered with 404; the unknown are sent to sign in, and who belongs to no organization is refused."""

    arguments: Arguments = lambda world: ()
    does: frozenset[str] = MEMBERS
    sees: frozenset[str] = frozenset()
    status: int = 200

    def status_for(self, person: str) -> int:
        if person in self.does:
            return self.status
        if person == ANONYMOUS:
            return 302
        return 403 if person == NOBODY or person in self.sees else 404


def of(name: str, *more: Any) -> Arguments:
    """The id of an attribute of the world (called where it is a method), and what else the address has."""

    def arguments(world: World) -> tuple[Any, ...]:
        found = getattr(world, name)
        found = found() if callable(found) else found
        return (found.pk, *more)

    return arguments


def at(*arguments: Any) -> Arguments:
    return lambda world: arguments


NONE = at()


def form(arguments: Arguments = NONE) -> Page:
    """What a form is sent to: nobody can open it."""
    return Page(arguments, WHOLE_SITE, status=405)


def button(arguments: Arguments, does: frozenset[str]) -> Page:
    """A verb; whoever opens its address comes back to the page with its button."""
    return Page(arguments, does, status=302)


def written_by(arguments: Arguments, does: frozenset[str]) -> Page:
    return Page(arguments, does, MEMBERS)


PAGES: dict[str, Page] = {
    "account": Page(does=MEMBERS | {NOBODY}),
    "tokens": Page(),
    "token-revoke": form(of("token")),
    "assets": Page(),
    "asset-places": Page(),
    "asset-terms": Page(status=302),
    "asset-reviews": Page(),
    "asset-kinds": written_by(NONE, WHOEVER_WRITES),
    "asset-new": written_by(at("tower"), WHOEVER_WRITES),
    "asset-edit": written_by(of("spare"), people("owner", roles=EDITORS)),
    "asset-delete": Page(of("spare"), status=405),
    "asset": Page(of("near")),
    "facilities": Page(),
    "facility-new": written_by(NONE, WHOEVER_WRITES),
    "facility": Page(of("facility")),
    "facility-edit": written_by(of("facility"), people("owner", roles=EDITORS)),
    "facility-delete": Page(of("facility"), status=405),
    "invitation": Page(lambda world: (invitations.key_of(world.invitation()),), WHOLE_SITE),
    "invitation-again": form(of("invitation")),
    "invitation-withdraw": form(of("invitation")),
    "member-role": form(of("drafting")),
    "member-remove": form(of("drafting")),
    "organizations": Page(),
    "organization": Page(at("metro")),
    "organization-contact": button(at("metro"), MEMBERS),
    "organization-invite": button(at("metro"), MEMBERS),
    "imports": Page(),
    "import-template": Page(at("tower", "csv")),
    "import": Page(of("job"), OWNER),
    "import-try": button(of("tried"), OWNER),
    "import-land": button(of("tried"), OWNER),
    "import-undo": form(of("landed")),
    "import-rejects": Page(of("job"), OWNER),
    "language": form(),
    "webhooks": Page(),
    "webhook-new": Page(),
    "webhook": Page(of("endpoint"), OWNER_MANAGER),
    "webhook-do": button(of("endpoint", "test"), OWNER_MANAGER),
    "webhook-replay": form(of("delivery")),
    "home": Page(),
    "demand-lists": Page(),
    "demand-list-new": Page(),
    "demand-list-upload": Page(),
    # Of demands; what the job of the world brought are assets.
    "demand-upload-job": Page(of("job"), frozenset()),
    "demand-upload-land": Page(of("job"), status=405),
    "demand-upload-rejects": Page(of("job"), frozenset()),
    "demand-template-xlsx": Page(),
    "demand-template-csv": Page(),
    "demand-list": Page(of("draft"), PARTY),
    "demand-list-rename": Page(of("draft"), PARTY),
    "demand-list-do": button(of("draft", "submit"), PARTY),
    "demand-list-near": Page(of("draft"), PARTY),
    "demand-list-progress": Page(of("list"), SEE_LIST),
    "demand-list-request": Page(of("list"), status=405),
    "demand-list-compare": Page(of("list"), PARTY, SEE_LIST),
    "demand-list-print": Page(of("list"), SEE_LIST),
    "demand-upload": Page(of("draft"), PARTY),
    "demand-paste": Page(of("draft"), PARTY),
    "demand-new": Page(of("draft", "tower"), PARTY),
    "demand-check": Page(of("draft", "tower"), status=405),
    "demand": Page(of("demand"), SEE_LIST),
    "demand-change": Page(of("line"), PARTY),
    "demand-remove": Page(of("line"), status=405),
    "demand-try": button(of("demand"), SEE_LIST),
    "matches": Page(),
    "match": Page(of("requested"), SEE_MATCH),
    "match-do": button(of("match", "request"), PARTY),
    "match-letter": Page(lambda world: (world.agreement().match_id, "en"), SEE_MATCH),
    "consents": Page(),
    "consents-many": button(at("grant"), MEMBERS),
    "consent": Page(of("consent"), SEE_MATCH),
    "consent-do": button(of("consent", "grant"), SEE_MATCH),
    "agreements": Page(),
    "agreement": Page(of("agreement"), SEE_MATCH),
    "agreement-do": button(of("agreement", "end"), SEE_MATCH),
    "cobuild-groups": Page(),
    "cobuild-group": Page(of("group"), SEE_LIST),
    "cobuild-group-do": button(of("group", "join"), SEE_LIST),
    "search": Page(),
    "inbox": Page(),
    "inbox-settings": Page(),
    "inbox-mark-all": form(),
    "inbox-open": form(of("notification")),
    "inbox-mark": form(of("notification")),
    "monitoring": Page(),
    "audit": Page(),
    "audit-file": Page(at("csv")),
    "inventory": Page(),
    "inventory-file": Page(at("csv")),
    "inventory-of": Page(of("filed"), OWNER | HERE),
    "inventory-take": form(at("metro")),
    "reports": Page(),
    "report": Page(of("report"), OFFICE),
    "report-file": Page(of("report", "xlsx"), OFFICE),
    "samples": Page(),
    "sample": Page(of("sample"), OFFICE),
    "sample-file": Page(of("sample", "csv"), OFFICE),
    "indicator": Page(at("sharing-rate")),
    "indicator-rows": Page(at("sharing-rate")),
    "indicator-rows-file": Page(at("sharing-rate", "csv")),
    "indicator-file": Page(at("sharing-rate", "region", "csv")),
}
# Whoever has the link of an invitation joins by it.
INVITATION = "invitation"
# What a stranger may send something to: besides, the language of this browser, and one's own account.
OPEN_TO_STRANGERS = {INVITATION, "language", "account"}
# By the name of a model what the API calls it: who reads it there opens its page in the admin.
LIKE_THE_API = {
    "allocation": "allocations", "asset": "assets", "change": "changes", "disclosure": "disclosures",
    "membership": "memberships", "organization": "organizations", "placegrant": "place_grants",
    "plannedfacility": "planned_facilities", "region": "regions", "sight": "sights", "terrainarea": "terrain_areas",
    "agreement": "agreements", "calendarday": "calendar_days", "cobuildgroup": "cobuild_groups", "consent": "consents",
    "demand": "demands", "demandlist": "demand_lists", "event": "events", "match": "matches",
    "matchrun": "match_runs", "notification": "notifications", "outcome": "outcomes", "report": "reports",
    "sample": "samples", "webhookdelivery": "webhook_deliveries", "webhookendpoint": "webhook_endpoints",
}  # fmt: skip
BY_CODE: dict[str, type[Model]] = {"organization": Organization, "region": Region}


def approval(world: World) -> tuple[int]:
    return (Approval.objects.get(match=world.agreement().match_id).pk,)


def digest(world: World) -> tuple[int]:
    person: Any = world.people["owner manager"]
    return (Digest.objects.create(recipient=person, day=timezone.localdate()).pk,)


ADMIN_ALONE: dict[str, tuple[Arguments, frozenset[str]]] = {
    "user": (lambda world: (world.people["owner viewer"].pk,), OWNER),  # type: ignore[union-attr]
    "approval": (approval, SEE_MATCH),
    "digest": (digest, OWNER_MANAGER),
}


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    settings.MEDIA_ROOT = tmp_path
    return World()


def browsers(world: World, who: tuple[str, ...], **options: Any) -> dict[str, Client]:
    found = {person: Client(**options) for person in who}
    for person, browser in found.items():
        user = world.people[person]
        if user is not None:
            browser.force_login(user)
    return found


def names() -> list[str]:
    """Of all addresses of the site, from the URLconf."""
    sites = [one for one in get_resolver().url_patterns if isinstance(one, URLResolver) and one.namespace == "web"]
    return [str(one.name) for site in sites for one in site.url_patterns if isinstance(one, URLPattern)]


def opened(browser: Client, path: str) -> int:
    """The status of the page; what opening it wrote is undone."""
    with transaction.atomic():
        response = browser.get(path)
        body_of(response)  # read to its end, so that a file behind it is closed
        transaction.set_rollback(True)
    return int(response.status_code)


def written() -> dict[str, int]:
    """Rows written in this transaction so far by table, also those that were undone."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return {table: rows for table, rows in cursor.fetchall() if table not in OF_VISITS}


def test_every_page_is_declared():
    assert sorted(names()) == sorted(PAGES)
    registered = {str(model._meta.model_name) for model in admin.site._registry}
    assert registered == set(LIKE_THE_API) | set(ADMIN_ALONE)


def test_each_role_is_answered_as_declared(world: World):
    browser_of, wrong = browsers(world, WHO), {}
    for name, page in PAGES.items():
        with transaction.atomic():
            path = reverse(f"web:{name}", args=page.arguments(deepcopy(world)))
            for person, browser in browser_of.items():
                status, expected = opened(browser, path), page.status_for(person)
                if status != expected:
                    wrong[name, person] = (status, expected)
            transaction.set_rollback(True)
    assert wrong == {}


def test_where_a_form_is_answered_by_a_page_its_address_leads_back_to_the_form(world: World):
    """A browser that restores a tab, the sign-in and the switch of language come back to the address that is shown."""
    owner, party = browsers(world, ("owner manager", "party manager")).values()
    file = [world.tried().pk]
    back = {
        "import-try": ("import", file), "import-land": ("import", file),
        "organization-contact": ("organization", ["metro"]), "organization-invite": ("organization", ["metro"]),
        "webhook-do": ("webhook", [world.endpoint.pk]), "consents-many": ("consents", []),
    }  # fmt: skip
    sent_to = {"import-try": file, "import-land": file}
    for name, (page, arguments) in back.items():
        answer = owner.get(reverse(f"web:{name}", args=sent_to.get(name) or PAGES[name].arguments(world)))
        assert (answer.status_code, answer["Location"]) == (302, reverse(f"web:{page}", args=arguments)), name
    tried = party.get(reverse("web:demand-try", args=[world.demand.pk]))
    assert (tried.status_code, tried["Location"]) == (302, reverse("web:demand", args=[world.demand.pk]))


def test_a_stranger_changes_nothing(world: World):
    """By whatever form, sent with all that a browser needs for it; and nobody does without the token of the page."""
    browser_of, wrong = browsers(world, STRANGERS), {}
    [bare] = browsers(world, ("owner manager",), enforce_csrf_checks=True).values()
    for name, page in PAGES.items():
        with transaction.atomic():
            path = reverse(f"web:{name}", args=page.arguments(deepcopy(world)))
            before = written()
            for person, browser in browser_of.items():
                with transaction.atomic():
                    response = browser.post(path)
                    body_of(response)
                    transaction.set_rollback(True)
                after = written()
                to_sign_in = response.status_code == 302 and reverse("account_login") in response["Location"]
                refused = to_sign_in or response.status_code in (403, 404, 405)
                is_theirs = person in page.does and page.status != 405 and person in MEMBERS
                changed = {table for table in after if after[table] != before.get(table)}
                if changed - ({TAKEN} if is_theirs else set()) and name != INVITATION:
                    wrong[name, person] = f"wrote {changed}"
                if person not in MEMBERS and not refused and name not in OPEN_TO_STRANGERS:
                    wrong[name, person] = f"{response.status_code}"
                before = after
            if bare.post(path).status_code != 403:
                wrong[name, "without the token of the page"] = "was let in"
            transaction.set_rollback(True)
    assert wrong == {}


def test_each_role_enters_the_admin_as_declared(world: World):
    """Lists are open to every member, and show what is theirs; a page only to who may see its object, as in the
    API."""
    browser_of, wrong = browsers(world, WHO), {}
    lists = [reverse("admin:index"), *(reverse(name_of(model, "changelist")) for model in admin.site._registry)]
    for path in lists:
        for person, browser in browser_of.items():
            status, expected = opened(browser, path), 200 if person in MEMBERS else 302
            if status != expected:
                wrong[path, person] = (status, expected)
    for model in admin.site._registry:
        with transaction.atomic():
            pk, does = subject(str(model._meta.model_name), deepcopy(world))
            path = reverse(name_of(model, "change"), args=[pk])
            for person, browser in browser_of.items():
                expected = 200 if person in does else 404 if person in MEMBERS else 302
                status = opened(browser, path)
                if status != expected:
                    wrong[path, person] = (status, expected)
            transaction.set_rollback(True)
    assert wrong == {}


def name_of(model: type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def subject(name: str, world: World) -> tuple[Any, frozenset[str]]:
    """The id of an object of a model, and who may see it."""
    if name in ADMIN_ALONE:
        arguments, does = ADMIN_ALONE[name]
        return arguments(world)[0], does
    operation = OPERATIONS[f"{LIKE_THE_API[name]}_retrieve"]
    ((key,), _body) = operation.prepare(world)
    if name in BY_CODE:
        key = BY_CODE[name]._default_manager.get(code=key).pk
    return key, operation.does
