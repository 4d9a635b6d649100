"""The exact place of what is protected, and the very existence of core assets, stay with those entitled to them."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.gis.geos import LineString
from django.test import Client
from django.urls import reverse

from registry.models import Asset, PlannedFacility, Protection
from sharing.models import Consent, Event, EventType, Match, Notification
from sharing.notifications import outbox
from sharing.notifications.delivery import mail_of
from sharing.workflow import consents
from tests import factories
from tests.sharing.admin.conftest import SignIn
from tests.sharing.scene import Scene

SECRET = (114.312345, 30.598765)
SECRET_TEXT = ("114.312345", "30.598765", "114.31234", "30.59876")


@pytest.fixture
def restricted(scene: Scene) -> Asset:
    return factories.asset(scene.grid, at=SECRET, protection=Protection.RESTRICTED, code="SUB-9", capacity=2)


@pytest.fixture
def core(scene: Scene) -> Asset:
    scene.grid.name = "Silent Power"
    scene.grid.save()
    return factories.asset(
        scene.grid, at=SECRET, protection=Protection.CORE, code="PT-220", name="Crossing", capacity=2
    )


def pages(client: Client, *addresses: str) -> str:
    return "".join(client.get(address).content.decode() for address in addresses)


def asset_page(asset: Asset) -> str:
    return reverse("admin:registry_asset_change", args=[asset.pk])


def match_page(match: Match) -> str:
    return reverse("admin:sharing_match_change", args=[match.pk])


def every_list() -> list[str]:
    metas: list[Any] = [model._meta for model in admin.site._registry]
    return [reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") for meta in metas]


def test_a_restricted_place_is_masked_for_others_and_exact_for_the_entitled(
    scene: Scene, restricted: Asset, sign_in: SignIn
):
    for person in (scene.grid_manager, scene.officer):
        assert "114.312345 30.598765" in pages(sign_in(person), asset_page(restricted))
    for person in (scene.asker, scene.metro_manager, scene.stranger):
        html = pages(sign_in(person), asset_page(restricted), *every_list())
        assert "POINT (114.315 30.595)" in html
        assert "this is as much as you may know" in html
        assert not [text for text in SECRET_TEXT if text in html]


def test_the_map_of_a_match_shows_the_cell_before_consent_and_the_place_after(
    scene: Scene, restricted: Asset, sign_in: SignIn
):
    demand = factories.demand(scene.list, at=(114.32, 30.60), radius_m=3000)
    match = scene.requested(factories.match(demand, [restricted]))
    asker, owner = sign_in(scene.asker), sign_in(scene.grid_manager)

    def points(client: Client) -> list[str]:
        return re.findall(
            r'<circle class="map-(leg|masked) map-point"', client.get(match_page(match)).content.decode()
        )

    assert points(asker) == ["masked"]
    assert points(owner) == ["leg"]
    [row] = asker.get(match_page(match)).context["legs"]
    assert (row.masked, row.place.coords) == (True, (pytest.approx(114.315), pytest.approx(30.595)))
    consents.grant(match.consents.get(), actor=scene.grid_manager)
    assert points(asker) == ["leg"]
    [row] = asker.get(match_page(match)).context["legs"]
    assert (row.masked, row.place.coords) == (False, SECRET)


def test_the_plan_of_a_protected_space_is_told_with_its_place(scene: Scene, restricted: Asset, sign_in: SignIn):
    plan = PlannedFacility.objects.create(
        owner=scene.metro, code="L9", name="Line Nine", facility_type="subway", region=restricted.region,
        geometry=LineString(SECRET, (114.32, 30.60), srid=4326), request_by="2030-01-01", opens_on="2031-01-01",
    )  # fmt: skip
    Asset.objects.filter(pk=restricted.pk).update(planned_facility=plan)
    plan_page = reverse("admin:registry_plannedfacility_change", args=[plan.pk])
    for person, told in ((scene.officer, True), (scene.grid_manager, True), (scene.asker, False)):
        client = sign_in(person)
        assert ("Line Nine" in pages(client, asset_page(restricted))) is told
        assert ("<title>SUB-9</title>" in pages(client, plan_page)) is told
    query = f"/admin/registry/asset/?planned_facility__id__exact={plan.pk}"
    assert sign_in(scene.asker).get(query).status_code == 400
    assert "SUB-9" not in pages(
        sign_in(scene.metro_manager), reverse("admin:registry_plannedfacility_delete", args=[plan.pk])
    )


def test_maps_show_neighbours_where_each_person_may_know_them_to_be(scene: Scene, restricted: Asset, sign_in: SignIn):
    """The cell's centre, (114.315, 30.595), is half a kilometre from the true place: no map shows both."""
    beside_place = factories.asset(scene.metro, at=(SECRET[0] + 0.0001, SECRET[1]), code="BESIDE-PLACE")
    beside_cell = factories.asset(scene.metro, at=(114.3151, 30.595), code="BESIDE-CELL")

    def neighbours(person: Any, asset: Asset) -> bool:
        return "<title>SUB-9</title>" in pages(sign_in(person), asset_page(asset))

    assert [neighbours(scene.grid_manager, asset) for asset in (beside_place, beside_cell)] == [True, False]
    assert [neighbours(scene.asker, asset) for asset in (beside_place, beside_cell)] == [False, True]


def test_lengths_of_a_masked_route_are_told_with_its_place(scene: Scene, sign_in: SignIn):
    hidden = factories.asset(scene.grid, "duct", at=SECRET, to=(114.33, 30.61), protection=Protection.RESTRICTED)
    demand = factories.demand(scene.list, "duct", at=SECRET, to=(114.34, 30.61), quantity=1)
    match = factories.match(demand, [hidden, None], length_m=2357)
    match.legs.filter(position=0).update(length_m=1979)
    match.legs.filter(position=1).update(length_m=378)
    match = scene.requested(match)

    def lengths(person: Any) -> list[str]:
        html = sign_in(person).get(match_page(match)).content.decode()
        return [length for length in ("2,357", "1,979", "378") if length in html]

    assert lengths(scene.asker) == ["378"]
    assert lengths(scene.grid_manager) == lengths(scene.officer) == ["2,357", "1,979", "378"]
    consents.grant(match.consents.get(), actor=scene.grid_manager)
    assert lengths(scene.asker) == ["2,357", "1,979", "378"]


def test_before_its_consent_a_core_asset_is_only_an_owner_to_be_asked(scene: Scene, core: Asset, sign_in: SignIn):
    demand = factories.demand(scene.list, name="Core site", radius_m=3000)
    match = scene.requested(factories.match(demand, [core]))
    consent = match.consents.get()
    asker = sign_in(scene.asker)
    consent_page = reverse("admin:sharing_consent_change", args=[consent.pk])
    assert asker.get(consent_page).status_code == 404
    html = pages(asker, match_page(match), *every_list())
    assert "A protected asset, whose owner is asked" in html
    assert "An owner" in html
    for text in ("PT-220", "Crossing", *SECRET_TEXT):
        assert text not in html, text
    assert "Silent Power" not in pages(asker, match_page(match), "/admin/sharing/consent/", "/admin/sharing/event/")
    consents.grant(consent, actor=scene.grid_manager)
    told = pages(asker, match_page(match))
    assert "PT-220 Crossing" in told
    assert "Silent Power" in told


def test_the_inbox_links_to_what_its_reader_can_open(scene: Scene, core: Asset, sign_in: SignIn):
    match = scene.requested(factories.match(factories.demand(scene.list, name="Core site"), [core]))
    consent = match.consents.get()
    overdue = outbox.record(EventType.CONSENT_OVERDUE, consent, actor=None)
    submitted = outbox.record(EventType.LIST_SUBMITTED, scene.list, actor=None)
    for person in (scene.asker, scene.grid_manager, scene.stranger):
        for event in (overdue, submitted):
            Notification.objects.create(event=event, recipient=person, channel="inbox")

    def links(person: Any) -> list[str]:
        html = pages(sign_in(person), "/admin/sharing/notification/")
        return re.findall(r'<a class="link" href="(/admin/sharing/[^"]+)"', html)

    list_page = reverse("admin:sharing_demandlist_change", args=[scene.list.pk])
    consent_page = reverse("admin:sharing_consent_change", args=[consent.pk])
    assert links(scene.asker) == [list_page, match_page(match)]
    assert links(scene.grid_manager) == [consent_page]
    assert links(scene.stranger) == []
    for person in (scene.asker, scene.grid_manager):
        assert {sign_in(person).get(link).status_code for link in links(person)} == {200}
    mail = mail_of(Notification.objects.get(event=overdue, recipient=scene.asker))
    assert reverse("web:match", args=[match.pk]) in mail.body
    assert reverse("web:consent", args=[consent.pk]) not in mail.body


def test_a_refusal_does_not_name_the_owner_of_a_core_asset(scene: Scene, core: Asset, sign_in: SignIn):
    match = scene.requested(factories.match(factories.demand(scene.list), [core]))
    consents.refuse(match.consents.get(), reason="safety", actor=scene.grid_manager)
    asker = sign_in(scene.asker)
    told = pages(asker, match_page(match), "/admin/sharing/event/")
    assert "Safety or security" in told
    assert Event.objects.filter(organization=scene.grid).count() == 2
    assert "Silent Power" not in told
    assert "grid-manager" not in told
    assert sign_in(scene.officer).get("/admin/sharing/event/").content.decode().count("grid-manager") == 2


def test_an_owner_sees_of_the_other_legs_what_anyone_may(scene: Scene, core: Asset, sign_in: SignIn):
    match = scene.requested(factories.match(factories.demand(scene.list), [scene.near, core]))
    consent = Consent.objects.get(match=match, owner=scene.metro)
    client = sign_in(scene.metro_manager)
    html = pages(client, match_page(match), reverse("admin:sharing_consent_change", args=[consent.pk]))
    assert "NEAR" in html
    assert "PT-220" not in html


def test_holders_are_named_to_the_owner_and_the_regulator_alone(scene: Scene, sign_in: SignIn):
    rival = factories.organization("rival")
    tower = factories.asset(scene.metro, capacity=3)
    factories.allocate(tower, 1, holder=rival)
    match = scene.requested(factories.match(factories.demand(scene.list), [tower]))

    def holders(person: Any) -> list[tuple[str, str]]:
        [panel] = sign_in(person).get(match_page(match)).context["ledgers"]
        return [(line.holder, line.purpose) for line in panel.change.rows]

    assert holders(scene.asker) == [("Another party", "taken"), ("telco", "held")]
    for person in (scene.metro_manager, scene.officer):
        assert holders(person) == [("rival", "granted"), ("telco", "held")]


@pytest.mark.parametrize(
    "question",
    [
        "geometry__within=POLYGON((114 30,115 30,115 31,114 31,114 30))",
        "geometry__bboverlaps=POINT(114.312345 30.598765)",
        "owner__assets__geometry__within=POLYGON((114 30,115 30,115 31,114 31,114 30))",
        "terms__startswith=a",
        "region__code__startswith=42",
        "masked_geometry__isnull=0",
    ],
)
def test_no_condition_in_the_address_asks_about_what_the_page_does_not_show(
    restricted: Asset, scene: Scene, sign_in: SignIn, question: str
):
    assert sign_in(scene.asker).get(f"/admin/registry/asset/?{question}").status_code == 400


def test_whoever_may_not_decide_is_shown_no_confirmation(scene: Scene, core: Asset, sign_in: SignIn):
    match = scene.requested(factories.match(factories.demand(scene.list), [core]))
    client = sign_in(scene.asker)
    chosen = {"action": "approve_selected", "_selected_action": [match.pk]}
    response = client.post("/admin/sharing/match/", chosen)
    assert "PT-220" not in response.content.decode()
    forged = {"match": [match.pk], f"fingerprint-{match.pk}": "0" * 64, "reason": "planning"}
    for verb in ("approve", "reject"):
        response = client.post(reverse("admin:sharing_match_decide", args=[verb]), forged, follow=True)
        assert "was left as it is" in response.content.decode()
        assert "PT-220" not in response.content.decode()
    incomplete = {"match": [match.pk]}
    assert client.post(reverse("admin:sharing_match_decide", args=["reject"]), incomplete).status_code == 403
    match.refresh_from_db()
    assert match.status == "requested"


def test_autocompletion_offers_only_what_a_person_may_see(scene: Scene, sign_in: SignIn):
    hidden = factories.demand(factories.demand_list(scene.party, status="draft"), name="Secret plan")
    own = factories.demand(factories.demand_list(scene.grid, status="draft"), name="Secret own plan")
    address = "/admin/autocomplete/?app_label=sharing&model_name=demand&field_name=disjoint_from&term=secret"
    found = sign_in(scene.grid_manager).get(address).json()["results"]
    assert [row["id"] for row in found] == [str(own.pk)]
    assert hidden.pk != own.pk


def test_an_owner_asked_about_one_line_is_not_told_of_its_twin(scene: Scene, sign_in: SignIn):
    duct = factories.asset(scene.metro, "duct")
    twin = factories.demand(scene.list, "duct", name="Ring east")
    demand = factories.demand(scene.list, "duct", name="Ring west", disjoint_from=twin)
    scene.requested(factories.match(demand, [duct]))
    address = reverse("admin:sharing_demand_change", args=[demand.pk])
    owner, regulator = (pages(sign_in(person), address) for person in (scene.metro_manager, scene.officer))
    assert "another line of the list" in owner
    assert "Ring east" not in owner
    assert "Ring east" in regulator
