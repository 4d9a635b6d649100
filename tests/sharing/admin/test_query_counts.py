"""Lists and pages ask the database as often for many rows as for few."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.models import Asset
from sharing.models import Match, Notification, WebhookDelivery, WebhookEndpoint
from sharing.workflow.regrouping import regroup
from tests import factories
from tests.sharing.admin.conftest import SignIn
from tests.sharing.scene import Scene


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def grow(scene: Scene, count: int) -> None:
    for n in range(count):
        tower = factories.asset(scene.metro, capacity=3, used=1)
        match = scene.consented(factories.match(factories.demand(scene.list, name=f"Site {n}"), [tower]))
        Notification.objects.create(event=match.events.first(), recipient=scene.officer, channel="inbox")
        endpoint = WebhookEndpoint.objects.create(
            organization=scene.city, name="orders", url=f"x{tower.pk}", secret="x"
        )
        WebhookDelivery.objects.create(endpoint=endpoint, event=match.events.first())
        for party in (scene.party, scene.grid):
            place = (115.0 + 0.05 * n, 30.0 + 0.05 * count)
            factories.unmet(factories.demand(factories.demand_list(party), at=place))
    regroup()


LISTS = {
    "/admin/": 14,
    "/admin/sharing/match/": 11,
    "/admin/sharing/match/?waiting=decide": 12,
    "/admin/sharing/consent/": 4,
    "/admin/sharing/demand/": 5,
    "/admin/sharing/demandlist/": 4,
    "/admin/sharing/cobuildgroup/": 8,
    "/admin/sharing/event/": 4,
    "/admin/sharing/notification/": 4,
    "/admin/sharing/webhookendpoint/": 4,
    "/admin/sharing/webhookdelivery/": 4,
    "/admin/registry/asset/": 4,
    "/admin/registry/allocation/": 4,
    "/admin/registry/organization/": 5,
}


def test_lists_cost_the_same_for_many_rows(scene: Scene, sign_in: SignIn):
    client = sign_in(scene.officer)
    grow(scene, 1)
    few = {address: queries(client, address) for address in LISTS}
    grow(scene, 6)
    assert few == LISTS
    assert {address: queries(client, address) for address in LISTS} == LISTS


def route(scene: Scene, legs: int) -> Match:
    """A consented match over so many ducts of two owners, with a gap in its middle."""
    ducts: list[Asset | None] = [
        factories.asset(
            scene.grid if n % 2 else scene.metro,
            "duct",
            at=(114.30 + n * 0.001, 30.59),
            to=(114.301 + n * 0.001, 30.59),
            used=n % 3,
        )
        for n in range(legs)
    ]
    ducts.insert(legs // 2, None)
    demand = factories.demand(scene.list, "duct", at=(114.30, 30.59), to=(114.30 + legs * 0.001, 30.59))
    return scene.consented(factories.match(demand, ducts))


def test_the_decision_page_costs_the_same_for_many_legs(scene: Scene, sign_in: SignIn):
    client = sign_in(scene.officer)
    short, long = route(scene, 2), route(scene, 12)
    addresses = [reverse("admin:sharing_match_change", args=[match.pk]) for match in (short, long)]
    # One of them records that the exact places were seen.
    assert [queries(client, address) for address in addresses] == [23, 23]


def test_the_consent_page_costs_the_same_for_many_legs(scene: Scene, sign_in: SignIn):
    client = sign_in(scene.metro_manager)
    short, long = route(scene, 2), route(scene, 12)
    consents = [match.consents.get(owner=scene.metro) for match in (short, long)]
    addresses = [reverse("admin:sharing_consent_change", args=[consent.pk]) for consent in consents]
    assert [queries(client, address) for address in addresses] == [23, 23]


def test_no_list_counts_all_its_rows(scene: Scene, sign_in: SignIn):
    with CaptureQueriesContext(connection) as asked:
        sign_in(scene.officer).get("/admin/registry/asset/")
    assert not [query["sql"] for query in asked if "COUNT(*)" in query["sql"].upper()]


def test_what_a_person_is_to_the_parties_is_read_once_a_page(scene: Scene, sign_in: SignIn):
    draft, match = factories.demand_list(scene.party, status="draft"), scene.consented()
    for person, row in ((scene.drafter, draft), (scene.officer, match)):
        with CaptureQueriesContext(connection) as asked:
            response = sign_in(person).get(reverse(f"admin:sharing_{row._meta.model_name}_change", args=[row.pk]))
        assert response.context["offers"]
        memberships = [query for query in asked if query["sql"].startswith('SELECT "registry_membership"."id"')]
        assert len(memberships) == 1
