"""Who may open, add, change and delete what in the admin: every noun, every kind of person."""

import uuid
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from registry.models import Allocation, Disclosure, Membership, PlannedFacility, Sight, TerrainArea, User
from sharing.models import (
    Approval,
    CalendarDay,
    CobuildGroup,
    Event,
    Notification,
    Outcome,
    WebhookDelivery,
    WebhookEndpoint,
)
from sharing.workflow.regrouping import regroup
from tests import factories
from tests.sharing.admin.conftest import SignIn
from tests.sharing.scene import Scene

DEMANDER = {"demander's viewer", "demander's editor", "demander's manager"}
OWNER = {"owner's viewer", "owner's editor", "owner's manager"}
REGULATOR = {"regulator's viewer", "regulator"}
MEMBERS = {"third party", "regulator elsewhere"} | DEMANDER | OWNER | REGULATOR
OUTSIDERS = {"anonymous", "without membership"}
EDITORS = MEMBERS - {"demander's viewer", "owner's viewer", "regulator's viewer"}
CONCERNED = DEMANDER | OWNER | REGULATOR
OWNER_EDITS = {"owner's editor", "owner's manager"}
PARTY_EDITS = {"demander's editor", "demander's manager"}
NOBODY: set[str] = set()

# What: who may open its page, change it there, and delete it.
PAGES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "open asset": (MEMBERS, OWNER_EDITS, OWNER_EDITS),
    "core asset": (OWNER | REGULATOR, OWNER_EDITS, OWNER_EDITS),
    "core asset told by consent": (CONCERNED, OWNER_EDITS, OWNER_EDITS),
    "allocation": (CONCERNED, NOBODY, NOBODY),
    "disclosure": (CONCERNED, NOBODY, NOBODY),
    "sight": (OWNER | REGULATOR, NOBODY, NOBODY),
    "organization": (MEMBERS, {"owner's manager"}, NOBODY),
    "own membership": (OWNER, {"owner's manager"}, NOBODY),
    "colleague's membership": (OWNER, {"owner's manager"}, {"owner's manager"}),
    "user": (OWNER, NOBODY, NOBODY),
    "planned facility": (MEMBERS, OWNER_EDITS, OWNER_EDITS),
    "terrain area": (MEMBERS, OWNER_EDITS, OWNER_EDITS),
    "region": (MEMBERS, NOBODY, NOBODY),
    "calendar day": (MEMBERS, NOBODY, NOBODY),
    "draft list": (DEMANDER, PARTY_EDITS, NOBODY),
    "submitted list": (DEMANDER | REGULATOR, NOBODY, NOBODY),
    "draft demand": (DEMANDER, PARTY_EDITS, PARTY_EDITS),
    "submitted demand": (CONCERNED, NOBODY, NOBODY),
    "run": (DEMANDER | REGULATOR, NOBODY, NOBODY),
    "outcome": (DEMANDER | REGULATOR, NOBODY, NOBODY),
    "proposal": (DEMANDER, NOBODY, NOBODY),
    "requested match": (CONCERNED, NOBODY, NOBODY),
    "consent": (CONCERNED, NOBODY, NOBODY),
    "approval": (CONCERNED, NOBODY, NOBODY),
    "agreement": (CONCERNED, NOBODY, NOBODY),
    "co-build group": (DEMANDER | REGULATOR, NOBODY, NOBODY),
    "event": (CONCERNED, NOBODY, NOBODY),
    "message": ({"demander's manager"}, NOBODY, NOBODY),
    "webhook endpoint": ({"owner's manager"}, NOBODY, NOBODY),
    "webhook delivery": ({"owner's manager"}, NOBODY, NOBODY),
}
ADDS = {
    "asset": EDITORS,
    "planned facility": EDITORS,
    "terrain area": EDITORS,
    "demand list": EDITORS,
    "demand": EDITORS,
    "grant of sight": {"regulator", "regulator elsewhere"},
}


@pytest.fixture
def targets(scene: Scene, people: dict[str, User | None]) -> dict[str, Model]:
    agreement = scene.approved()
    match = scene.requested(
        factories.match(factories.demand(scene.list), [factories.asset(scene.metro, capacity=2, code="M2")])
    )
    draft = factories.demand_list(scene.party, status="draft")
    core = factories.asset(scene.metro, code="CORE", protection="core")
    told = factories.asset(scene.metro, code="TOLD", protection="core")
    disclosure = Disclosure.objects.create(asset=told, organization=scene.party, reason="x", reference=uuid.uuid4())
    sight = Sight.objects.create(
        viewer=scene.officer, basis="regulator", way="page", asset_number=told.pk, asset_code=told.code,
        owner=scene.metro, region=told.region, day="2026-01-01", seen_at="2026-01-01T09:00:00Z",
    )  # fmt: skip
    event = Event.objects.filter(match=match).earliest("id")
    endpoint = WebhookEndpoint.objects.create(
        organization=scene.metro, name="orders", url="https://example.com/", secret="sealed"
    )
    return {
        "open asset": scene.near,
        "core asset": core,
        "core asset told by consent": told,
        "allocation": Allocation.objects.get(reference=match.legs.get().reference),
        "disclosure": disclosure,
        "sight": sight,
        "organization": scene.metro,
        "own membership": Membership.objects.get(user=scene.metro_manager),
        "colleague's membership": Membership.objects.get(user__username="metro-viewer"),
        "user": scene.metro_manager,
        "planned facility": PlannedFacility.objects.create(
            owner=scene.metro, code="L9", name="Line 9", facility_type="subway", region=core.region,
            geometry=core.geometry, request_by="2030-01-01", opens_on="2031-01-01",
        ),
        "terrain area": TerrainArea.objects.create(
            owner=scene.metro, code="T1", terrain_class="rock",
            geometry="MULTIPOLYGON(((114 30, 115 30, 115 31, 114 30)))",
        ),
        "region": core.region,
        "calendar day": CalendarDay.objects.create(calendar="CN", day="2027-01-01", name="New Year"),
        "draft list": draft,
        "submitted list": scene.list,
        "draft demand": factories.demand(draft),
        "submitted demand": match.demand,
        "run": match.run,
        "outcome": Outcome.objects.create(run=match.run, demand=match.demand, met=True),
        "proposal": factories.match(factories.demand(scene.list), [scene.far]),
        "requested match": match,
        "consent": match.consents.get(),
        "approval": Approval.objects.get(),
        "agreement": agreement,
        "co-build group": cobuild_group(scene),
        "event": event,
        "webhook endpoint": endpoint,
        "webhook delivery": WebhookDelivery.objects.create(endpoint=endpoint, event=event),
        "message": Notification.objects.create(event=event, recipient=scene.asker, channel="inbox"),
    }  # fmt: skip


def cobuild_group(scene: Scene) -> CobuildGroup:
    """Of the demander and a neighbour."""
    for of in (scene.list, factories.demand_list(factories.organization("neighbour"))):
        factories.unmet(factories.demand(of, at=(114.30, 30.60)))
    regroup()
    return CobuildGroup.objects.get()


def url(target: Any, page: str) -> str:
    name = f"admin:{target._meta.app_label}_{target._meta.model_name}_{page}"
    return reverse(name, args=[] if isinstance(target, type) else [target.pk])


def browsers(people: dict[str, User | None], sign_in: SignIn) -> Iterable[tuple[str, Client]]:
    return [(who, sign_in(person) if person else Client()) for who, person in people.items()]


def test_each_page_opens_and_changes_for_whom_it_should(targets, people, sign_in: SignIn):
    assert people.keys() == MEMBERS | OUTSIDERS
    assert targets.keys() == PAGES.keys()
    clients = list(browsers(people, sign_in))
    for what, target in targets.items():
        readers, editors, _deleters = PAGES[what]
        opened, editable = set(), set()
        for who, client in clients:
            response = client.get(url(target, "change"))
            assert response.status_code in ((302,) if who in OUTSIDERS else (200, 404)), (what, who)
            if response.status_code == 200:
                opened.add(who)
            if b'name="_save"' in response.content:
                editable.add(who)
        assert (what, opened, editable) == (what, readers, editors)


def test_each_row_is_deleted_by_whom_it_should(targets, people, sign_in: SignIn):
    clients = list(browsers(people, sign_in))
    for what, target in targets.items():
        readers, _editors, deleters = PAGES[what]
        for who, client in clients:
            expected = 302 if who in OUTSIDERS else 200 if who in deleters else 403 if who in readers else 404
            assert (what, who, client.get(url(target, "delete")).status_code) == (what, who, expected)


def test_only_what_is_theirs_to_change_takes_a_post(targets, people, sign_in: SignIn):
    clients = list(browsers(people, sign_in))
    for what, target in targets.items():
        readers, editors, _deleters = PAGES[what]
        for who, client in clients:
            if who not in editors:
                expected = 302 if who in OUTSIDERS else 403 if who in readers else 404
                if what in ("requested match", "proposal", "consent"):
                    expected = 405 if who in readers else expected
                response = client.post(url(target, "change"), {})
                assert (what, who, response.status_code) == (what, who, expected)


def test_rows_are_added_by_whom_they_should(db, people, sign_in: SignIn):
    clients = list(browsers(people, sign_in))
    for model in admin.site._registry:
        allowed = ADDS.get(str(model._meta.verbose_name), NOBODY)
        for who, client in clients:
            expected = 302 if who in OUTSIDERS else 200 if who in allowed else 403
            got = client.get(url(model, "add")).status_code
            assert (model._meta.verbose_name, who, got) == (model._meta.verbose_name, who, expected)


def test_every_list_opens_for_members_and_holds_nothing_of_others(targets, sign_in: SignIn, people):
    stranger = sign_in(people["third party"])
    common = {"region", "organization", "planned facility", "terrain area", "calendar day", "asset"}
    for model in admin.site._registry:
        rows = stranger.get(url(model, "changelist")).context["cl"].result_list
        noun = str(model._meta.verbose_name)
        if noun in ("user", "membership"):
            assert {getattr(row, "user", row) for row in rows} == {people["third party"]}
        elif noun == "change":
            assert {str(row) for row in rows} == {"organization stranger · Made"} | {
                f"membership {one.pk} · Made" for one in people["third party"].memberships.all()
            }
        elif noun not in common:
            assert (noun, list(rows)) == (noun, [])
    codes = [asset.code for asset in stranger.get("/admin/registry/asset/").context["cl"].result_list]
    assert "CORE" not in codes
    assert "NEAR" in codes


def test_who_left_every_organization_is_out_at_once(scene: Scene, sign_in: SignIn):
    client = sign_in(scene.stranger)
    assert client.get("/admin/").status_code == 200
    scene.stranger.memberships.all().delete()
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/registry/asset/").status_code == 302


def test_a_superuser_sees_all_and_decides_nothing(targets, sign_in: SignIn):
    root = factories.user("root", is_superuser=True, is_staff=True)
    client = sign_in(root)
    for what, target in targets.items():
        response = client.get(url(target, "change"))
        assert (what, response.status_code) == (what, 200)
        assert not response.context.get("offers"), what
