"""Assets listed and changed on the site: the same rules as in the API, said at the fields of a form."""

from typing import Any

import pytest
from django.contrib.gis.geos import LineString
from django.test import Client

from registry.kinds import Kind
from registry.models import Asset, Protection, Role, Sector, User
from tests import factories

pytestmark = pytest.mark.django_db

COMMON = {
    "code": "N-1", "name": "New", "status": "in_service", "capacity": "3", "protection": "open",
    "open_to_sectors": list(Sector.values), "price_per_unit_year": "0",
}  # fmt: skip
POINT, LINE = "POINT(114.3055 30.5928)", "LINESTRING(114.30 30.59, 114.31 30.60)"
DETAILS: dict[str, dict[str, str]] = {
    "tower": {"structure_type": "monopole", "height_m": "35"},
    "duct": {"material": "hdpe", "sub_ducts": "0", "fill_limit": "0.4", "inner_diameter_mm": "100"},
    "fiber": {
        "fiber_type": "G.652.D", "attenuation_1310_db_km": "0.35", "attenuation_1550_db_km": "0.21", "splices": "4",
        "splice_loss_db": "0.1", "connectors": "2", "connector_loss_db": "0.5",
    },
    "equipment_room": {"feeds": "2", "security_class": "1", "cooling_kw": "20"},
}  # fmt: skip


class Party:
    def __init__(self) -> None:
        self.owner = factories.organization("owner", home=factories.WUHAN_CODE)
        self.editor, self.manager = (factories.member(self.owner, role) for role in (Role.EDITOR, Role.MANAGER))

    def sent(self, kind: str, **fields: Any) -> dict[str, Any]:
        place = LINE if kind in (Kind.DUCT, Kind.FIBER) else POINT
        details = {f"details-{name}": value for name, value in DETAILS[kind].items()}
        return {"owner": self.owner.pk, "geometry": place, **COMMON, **details, **fields}


@pytest.fixture
def party() -> Party:
    return Party()


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def errors(answer: Any) -> dict[str, list[str]]:
    forms = answer.context["forms"]
    return {**forms.asset.errors, **forms.details.errors}


def test_a_manager_opens_what_is_listed_to_every_sector_unless_told_otherwise(party: Party):
    """As a file does that does not say."""
    form = browser(party.manager).get("/assets/new/tower/").context["forms"].asset
    assert form["open_to_sectors"].initial == list(Sector.values)


@pytest.mark.parametrize("kind", Kind.values)
def test_each_kind_is_listed_with_its_details(party: Party, kind: str):
    client = browser(party.editor)
    assert client.get(f"/assets/new/{kind}/").status_code == 200

    answer = client.post(f"/assets/new/{kind}/", party.sent(kind))

    made = Asset.objects.get(code="N-1")
    assert answer.headers["Location"] == f"/assets/{made.pk}/"
    assert (made.kind, made.region.code, made.capacity) == (kind, factories.WUHAN_CODE, 3)
    details = getattr(made, kind)
    assert {name: str(getattr(details, name)).removesuffix(".0") for name in DETAILS[kind]} == DETAILS[kind]


@pytest.mark.parametrize(
    ("kind", "wrong", "field", "said"),
    [
        ("tower", {"code": "T-1"}, "code", "give it another code"),
        ("tower", {"geometry": LINE}, "geometry", "A POINT is needed here, this is a LINESTRING."),
        ("tower", {"geometry": "POINT(30.59 114.30)"}, "geometry", "longitude and latitude look swapped"),
        ("tower", {"status": "planned"}, "available_from", "fill in “available from”"),
        ("tower", {"region": "999999"}, "region", "There is no region with this code"),
        ("tower", {"capacity": "0"}, "capacity", "greater than or equal to 1"),
        ("tower", {"details-height_m": "-3"}, "height_m", "A height is more than 0 m"),
        ("duct", {"details-outer_diameter_mm": "90"}, "outer_diameter_mm", "at least the inner one"),
        ("equipment_room", {"power_kw": "21"}, "power_kw", "exceeds the room's cooling"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_typed_is_lost(
    party: Party, kind: str, wrong: dict[str, str], field: str, said: str
):
    factories.asset(party.owner, code="T-1")

    answer = browser(party.editor).post(f"/assets/new/{kind}/", party.sent(kind, **{"name": "Kept", **wrong}))

    assert answer.status_code == 400
    assert said in errors(answer)[field][0]
    page = answer.content.decode()
    assert 'value="Kept"' in page and all(value in page for value in wrong.values())
    assert Asset.objects.count() == 1


def test_an_editor_changes_what_was_changed_and_no_terms(party: Party, django_assert_num_queries):
    tower = factories.asset(party.owner, code="T-1", terms="by contract", details={"height_m": 30, "earthing_ohm": 4})
    client = browser(party.editor)
    client.get(f"/assets/{tower.pk}/edit/")
    with django_assert_num_queries(7):
        page = client.get(f"/assets/{tower.pk}/edit/")
    assert "set by the managers of the owner" in page.content.decode()
    factories.region(factories.XIANGYANG)
    sent = party.sent("tower", code="T-1", region=factories.XIANGYANG, terms="mine", protection="core", **_seen(page))

    assert client.post(f"/assets/{tower.pk}/edit/", sent).headers["Location"] == f"/assets/{tower.pk}/"

    tower.refresh_from_db()
    assert (tower.name, tower.terms, tower.protection) == ("New", "by contract", Protection.OPEN)
    assert tower.region.code == factories.JIANGAN
    assert (tower.tower.height_m, tower.tower.earthing_ohm) == (35, None)


def test_a_manager_sets_region_terms_and_protection(party: Party):
    tower = factories.asset(party.owner, code="T-1")
    client = browser(party.manager)
    seen = _seen(client.get(f"/assets/{tower.pk}/edit/"))
    sent = party.sent(
        "tower", code="T-1", region=factories.XIANGYANG, protection="restricted", open_to_sectors=["power"],
        terms="ask", **seen,
    )  # fmt: skip
    factories.region(factories.XIANGYANG)
    refused = client.post(f"/assets/{tower.pk}/edit/", sent)
    assert refused.status_code == 400 and "A protected asset needs a reason" in refused.content.decode()

    client.post(f"/assets/{tower.pk}/edit/", sent | {"protection_reason": "Feeds a hospital"})

    tower.refresh_from_db()
    assert (tower.protection, tower.protection_reason) == ("restricted", "Feeds a hospital")
    assert tower.region.code == factories.XIANGYANG
    assert (tower.open_to_sectors, tower.terms) == (["power"], "ask")


def test_terms_of_a_new_asset_are_for_managers_of_its_owner(party: Party):
    managed = factories.organization("managed")
    party.editor.memberships.create(organization=managed, role=Role.MANAGER)
    client = browser(User.objects.get(pk=party.editor.pk))

    refused = client.post("/assets/new/tower/", party.sent("tower", price_per_unit_year="5"))
    assert errors(refused) == {
        "price_per_unit_year": ["Only a manager of owner sets this: leave it as it was, and ask one."]
    }
    assert Asset.objects.count() == 0
    client.post("/assets/new/tower/", party.sent("tower", price_per_unit_year="5", owner=managed.pk))
    assert Asset.objects.get().price_per_unit_year == 5


def test_two_who_change_one_asset_do_not_undo_each_other(party: Party):
    tower = factories.asset(party.owner, code="T-1")
    client, address = browser(party.editor), f"/assets/{tower.pk}/edit/"
    seen = _seen(client.get(address))
    client.post(address, party.sent("tower", code="T-1", region="420102", name="First", **seen))

    late = client.post(address, party.sent("tower", code="T-1", region="420102", name="Second", **seen))

    assert late.status_code == 400 and "Somebody changed this meanwhile" in late.content.decode()
    tower.refresh_from_db()
    assert tower.name == "First"
    again = party.sent("tower", code="T-1", region="420102", name="Second", seen_at=_bound_seen(late))
    assert client.post(address, again).status_code == 302
    tower.refresh_from_db()
    assert tower.name == "Second"


def test_what_the_ledger_holds_is_said_at_the_capacity(party: Party):
    tower = factories.asset(party.owner, code="T-1", capacity=4, used=4)
    client, address = browser(party.editor), f"/assets/{tower.pk}/edit/"

    answer = client.post(address, party.sent("tower", code="T-1", region="420102", **_seen(client.get(address))))

    assert errors(answer) == {"capacity": ["Units beyond this capacity are in use or held: release them first."]}
    tower.refresh_from_db()
    assert (tower.capacity, tower.name) == (4, "")


def test_assets_are_for_their_owners_editors_and_hidden_ones_are_absent(party: Party):
    tower, core = factories.asset(party.owner), factories.asset(party.owner, protection=Protection.CORE)
    viewer = factories.member(party.owner, Role.VIEWER)
    stranger = factories.member(factories.organization("stranger"), Role.MANAGER)

    for act in ("edit", "delete"):
        assert browser(viewer).post(f"/assets/{tower.pk}/{act}/").status_code == 403
        assert browser(stranger).post(f"/assets/{tower.pk}/{act}/").status_code == 403
        assert browser(stranger).post(f"/assets/{core.pk}/{act}/").status_code == 404
        assert browser(stranger).post(f"/assets/{core.pk + 1}/{act}/").status_code == 404
    assert browser(viewer).get("/assets/new/").status_code == 403
    assert browser(viewer).get("/assets/new/tower/").status_code == 403
    assert browser(party.editor).get("/assets/new/bridge/").status_code == 404
    refused = browser(stranger).post("/assets/new/tower/", party.sent("tower"))
    assert list(errors(refused)) == ["owner"]
    assert Asset.objects.count() == 2


def test_an_asset_is_taken_off_while_nothing_refers_to_it(party: Party):
    free, used = factories.asset(party.owner), factories.asset(party.owner, used=1)
    client = browser(party.editor)

    assert client.post(f"/assets/{free.pk}/delete/").headers["Location"] == "/assets/"
    kept = client.post(f"/assets/{used.pk}/delete/", follow=True)

    assert [str(message) for message in kept.context["messages"]][-1] == (
        "Its ledger, matches or disclosures refer to it: set it out of service instead of removing it."
    )
    assert list(Asset.objects.all()) == [used]


def test_space_in_a_plan_begins_with_what_the_plan_says(party: Party):
    plan = factories.planned_facility(party.owner)
    other = factories.planned_facility(factories.organization("metro"))
    client, address = browser(party.editor), f"/assets/new/duct/?facility={plan.pk}"
    assert f"/assets/new/duct/?facility={plan.pk}" in client.get(f"/assets/new/?facility={plan.pk}").content.decode()
    page = client.get(address)
    first = {field.name: field.value() for field in page.context["forms"].asset}
    assert (first["status"], first["available_from"], first["region"], first["planned_facility"]) == (
        "planned", plan.opens_on, "420102", plan.pk,
    )  # fmt: skip

    client.post(address, party.sent("duct", **{name: first[name] for name in ("status", "available_from", "region")},
                                    planned_facility=plan.pk))  # fmt: skip

    [space] = plan.reserved_assets.all()
    assert (space.status, space.available_from) == ("planned", plan.opens_on)
    assert isinstance(space.geometry, LineString)
    for foreign in (other.pk, other.pk + 1, "x"):
        assert client.get(f"/assets/new/duct/?facility={foreign}").status_code == 404


def _seen(page: Any) -> dict[str, str]:
    return {"seen_at": page.context["forms"].asset["seen_at"].value()}


def _bound_seen(page: Any) -> str:
    return str(page.context["forms"].asset["seen_at"].value())
