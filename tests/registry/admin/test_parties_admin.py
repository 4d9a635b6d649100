"""Organizations, memberships, people and plans: who may say what of whom."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.accounts import addresses, tokens
from registry.models import Membership, Organization, PlaceGrant, PlannedFacility, Role, TerrainArea, User
from tests import factories
from tests.meanwhile import change_before
from tests.registry.admin.conftest import browser

ADD_MEMBER = "/admin/registry/membership/add/"


def page(row: Any) -> str:
    return reverse(f"admin:registry_{row._meta.model_name}_change", args=[row.pk])


def seen_at(response: Any) -> str:
    """How the form says that its row stood."""
    found = re.search(r'name="seen_at" value="([^"]+)"', response.content.decode())
    assert found
    return found[1]


def test_a_manager_keeps_the_contact_and_nothing_that_gives_power(manager: Client, city: Organization):
    sent = {
        "contact_email": "desk@city.invalid",
        "contact_phone": "027 1",
        "regulates": factories.region(factories.HUBEI).pk,
        "sector": "power",
        "name": "Other",
        "region": factories.region(factories.XIANGYANG).pk,
        "seen_at": seen_at(manager.get(page(city))),
    }
    assert manager.post(page(city), sent).status_code == 302
    city.refresh_from_db()
    assert (city.contact_email, city.contact_phone) == ("desk@city.invalid", "027 1")
    assert (city.regulates, city.sector, city.name, city.region.code) == (None, "municipal", "city", "420100")


def test_a_contact_that_a_colleague_changed_meanwhile_is_not_written_over(manager: Client, city: Organization):
    mine = {"contact_email": "mine@city.invalid", "contact_phone": "1", "seen_at": seen_at(manager.get(page(city)))}
    Organization.objects.filter(pk=city.pk).update(contact_phone="theirs")

    late = manager.post(page(city), mine)

    assert late.context["adminform"].form.non_field_errors() == [
        "Somebody changed this meanwhile. Here is what you typed: save again to put it over theirs."
    ]
    city.refresh_from_db()
    assert (city.contact_email, city.contact_phone) == ("", "theirs")
    assert manager.post(page(city), {**mine, "seen_at": seen_at(late)}).status_code == 302
    city.refresh_from_db()
    assert (city.contact_email, city.contact_phone) == ("mine@city.invalid", "1")


@pytest.fixture
def root(db: None) -> Client:
    return browser(factories.user("root", is_superuser=True))


def test_a_superuser_adds_a_member_by_user_name(root: Client, city: Organization):
    person = factories.user("newcomer")
    sent = {"username": "newcomer", "organization": city.pk, "role": "editor"}
    assert root.post(ADD_MEMBER, sent).status_code == 302
    assert Membership.objects.get(user=person).role == Role.EDITOR


def test_a_manager_makes_nobody_a_member_and_reads_where_to_invite(manager: Client, root: Client, city: Organization):
    factories.user("newcomer")
    sent = {"username": "newcomer", "organization": city.pk, "role": "viewer"}
    assert manager.post(ADD_MEMBER, sent).status_code == 403
    assert not Membership.objects.filter(user__username="newcomer").exists()
    hint = "Nobody is made a member by others: invite people by mail, who then join by themselves"
    for client, told in ((manager, True), (root, False)):
        html = client.get("/admin/registry/membership/").content.decode()
        assert (hint in html, 'href="/organizations/city/"' in html) == (told, told)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"username": "ghost"}, "No one signs in as “ghost”. Check the spelling, or make the account first."),
        ({"username": "manager"}, "This person is a member of the organization already"),
        ({"organization": 0}, "Select a valid choice"),
        ({"role": "king"}, "Select a valid choice"),
    ],
)
def test_a_wrong_membership_is_refused_with_what_to_do(
    manager: Client, root: Client, city: Organization, fields, problem: str
):
    factories.user("newcomer")
    sent = {"username": "newcomer", "organization": city.pk, "role": "editor"} | fields
    response = root.post(ADD_MEMBER, sent)
    assert problem in " ".join(str(error) for errors in response.context["errors"] for error in errors)
    assert Membership.objects.count() == 1


def test_the_account_of_a_service_token_stays_what_it_is(manager: Client, root: Client, city: Organization):
    boss = User.objects.get(username="manager")
    token, _secret = tokens.issue_service(
        city, name="s", role=Role.VIEWER, scopes=["read"], expires_at=timezone.now() + timedelta(days=9), actor=boss
    )
    own = Membership.objects.get(user=token.user_id)
    refusal = "A service token reads or edits; managers are persons."
    assert refusal in str(manager.post(page(own), {"role": "manager"}).context["errors"])
    [[said]] = root.post(page(own), {"role": "manager"}).context["errors"]
    assert said == "Not saved. A service token reads or edits in its own organization alone: issue another."
    other = factories.organization("other")
    added = root.post(ADD_MEMBER, {"username": own.user.username, "organization": other.pk, "role": "viewer"})
    assert f"No one signs in as “{own.user.username}”." in str(added.context["errors"])
    assert list(own.user.memberships.values_list("organization__code", "role")) == [("city", "viewer")]


def test_no_one_makes_themselves_a_member_elsewhere(manager: Client):
    regulator = factories.regulator("bureau")
    sent = {"username": "manager", "organization": regulator.pk, "role": "manager"}
    assert manager.post(ADD_MEMBER, sent).status_code == 403
    assert not Membership.objects.filter(organization=regulator).exists()


def test_a_membership_stays_that_of_the_same_person_in_the_same_organization(manager: Client, city: Organization):
    colleague = Membership.objects.get(user=factories.member(city, Role.VIEWER, "colleague"))
    other = factories.organization("other")
    sent = {"user": factories.user("else").pk, "username": "else", "organization": other.pk, "role": "editor"}
    assert manager.post(page(colleague), sent).status_code == 302
    colleague.refresh_from_db()
    assert (colleague.user.username, colleague.organization, colleague.role) == ("colleague", city, "editor")


def test_an_editor_makes_no_one_a_manager(editor: Client, city: Organization):
    own = Membership.objects.get(user__username="editor")
    assert editor.post(page(own), {"role": "manager"}).status_code == 403
    own.refresh_from_db()
    assert own.role == Role.EDITOR


def test_the_last_manager_stays_one(manager: Client, city: Organization):
    own = Membership.objects.get(user__username="manager")
    response = manager.post(page(own), {"role": "editor"})
    assert "make another member a manager first" in str(response.context["errors"])
    assert manager.post(reverse("admin:registry_membership_delete", args=[own.pk]), {"post": "yes"}).status_code == 403
    own.refresh_from_db()
    assert own.role == Role.MANAGER
    other = Membership.objects.get(user=factories.member(city, Role.MANAGER, "other"))
    assert manager.post(page(own), {"role": "editor"}).status_code == 302
    own.refresh_from_db()
    assert own.role == Role.EDITOR
    assert browser(factories.user("root", is_superuser=True)).post(page(other), {"role": "viewer"}).status_code == 302


def test_of_two_managers_who_remove_each_other_one_stays(manager: Client, city: Organization):
    """The first has done so right before the second would."""
    own = Membership.objects.get(user__username="manager")
    other = Membership.objects.get(user=factories.member(city, Role.MANAGER, "other"))
    address = reverse("admin:registry_membership_delete", args=[other.pk])
    with change_before("FOR NO KEY UPDATE", own.delete):
        assert manager.post(address, {"post": "yes"}).status_code == 403
    assert Membership.objects.filter(pk=other.pk).exists()


def test_people_are_read_by_colleagues_without_hash_or_rights(manager: Client, city: Organization):
    colleague = factories.member(city, Role.VIEWER, "colleague")
    colleague.set_password("a-long-password-of-mine")
    colleague.save()
    html = manager.get(page(colleague)).content.decode()
    assert "colleague" in html
    assert colleague.password.startswith("argon2")
    assert colleague.password not in html and "argon2" not in html
    assert "is_superuser" not in html
    assert manager.post(page(colleague), {"is_superuser": "on"}).status_code == 403


def test_a_superuser_keeps_accounts(city: Organization):
    root = browser(factories.user("root", is_superuser=True))
    assert root.get("/admin/registry/user/add/").status_code == 200
    assert root.get(page(factories.user("someone"))).status_code == 200
    sent = {"username": "made", "email": "", "usable_password": "false"}
    assert root.post("/admin/registry/user/add/", sent).status_code == 302


def test_an_address_that_was_replaced_opens_the_account_no_more(city: Organization):
    root, someone = (
        browser(factories.user("root", is_superuser=True)),
        factories.user("someone", email="old@x.example"),
    )
    addresses.keep(someone)
    sent = {"username": "someone", "email": "new@x.example", "is_active": "on"}
    sent |= {f"memberships-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    assert root.post(page(someone), sent).status_code == 302
    assert filter_users_by_email("old@x.example") == []
    assert filter_users_by_email("new@x.example") == [someone]
    assert browser(someone).get("/account/e-mail/").status_code == 200
    known = EmailAddress.objects.values_list("email", "verified", "primary")
    assert list(known) == [("new@x.example", True, True)]


def test_a_user_name_taken_meanwhile_is_refused_in_words(city: Organization):
    root = browser(factories.user("root", is_superuser=True))
    someone = factories.user("someone")
    sent = {"username": "taken", "email": "", "is_active": "on"}
    sent |= {f"memberships-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    with change_before('UPDATE "registry_user"', lambda: factories.user("taken")):
        response = root.post(page(someone), sent)
    [[said]] = response.context["errors"]
    assert said == "Not saved. Another person has this user name: choose another."
    assert 'value="taken"' in response.content.decode()


def test_an_editor_publishes_a_plan(editor: Client, city: Organization):
    sent = {
        "owner": city.pk,
        "code": "L9",
        "name": "Line 9",
        "facility_type": "subway",
        "stage": "planned",
        "region": factories.region().pk,
        "geometry": '{"type": "LineString", "coordinates": [[114.3, 30.6], [114.4, 30.6]]}',
        "request_by": "2032-01-01",
        "opens_on": "2031-01-01",
    }
    response = editor.post("/admin/registry/plannedfacility/add/", sent)
    assert "The last day to ask lies before the opening" in str(response.context["errors"])
    assert editor.post("/admin/registry/plannedfacility/add/", sent | {"request_by": "2030-01-01"}).status_code == 302
    facility = PlannedFacility.objects.get()
    assert facility.geometry.coords == ((114.3, 30.6), (114.4, 30.6))
    assert editor.get(page(facility)).content.decode().count('<svg class="map"') == 1


@pytest.mark.parametrize("noun", ["plan", "terrain"])
def test_two_who_change_one_row_do_not_undo_each_other(editor: Client, city: Organization, noun: str):
    square = "MULTIPOLYGON(((114.3 30.5, 114.4 30.5, 114.4 30.6, 114.3 30.6, 114.3 30.5)))"
    row = (
        factories.planned_facility(city)
        if noun == "plan"
        else TerrainArea.objects.create(owner=city, code="T1", terrain_class="water", geometry=square)
    )
    form = editor.get(page(row)).context["adminform"].form
    fields = {name: form[name].value() for name in form.fields}
    sent = {name: "" if value is None else str(value) for name, value in fields.items()}
    type(row).objects.filter(pk=row.pk).update(name="First")

    late = editor.post(page(row), sent | {"name": "Second"})

    assert "Somebody changed this meanwhile" in str(late.context["errors"])
    row.refresh_from_db()
    assert row.name == "First"
    again = {"seen_at": late.context["adminform"].form["seen_at"].value(), "name": "Second"}
    assert editor.post(page(row), sent | again).status_code == 302
    row.refresh_from_db()
    assert row.name == "Second"
    with change_before("FOR NO KEY UPDATE", lambda: type(row).objects.filter(pk=row.pk).delete()):
        assert editor.post(page(row), sent | again).status_code == 404


def test_an_editor_draws_an_area_of_terrain(editor: Client, city: Organization):
    sent = {"owner": city.pk, "code": "T1", "name": "", "terrain_class": "water"}
    tie = "POLYGON((114.3 30.5, 114.4 30.6, 114.4 30.5, 114.3 30.6, 114.3 30.5))"
    response = editor.post("/admin/registry/terrainarea/add/", sent | {"geometry": tie})
    assert "The outline crosses or touches itself near 114.35 30.55" in str(response.context["errors"])
    square = "POLYGON((114.3 30.5, 114.4 30.5, 114.4 30.6, 114.3 30.6, 114.3 30.5))"
    assert editor.post("/admin/registry/terrainarea/add/", sent | {"geometry": square}).status_code == 302
    area = TerrainArea.objects.get()
    assert (area.terrain_class, area.geometry.geom_type, area.geometry.extent) == (
        "water", "MultiPolygon", (114.3, 30.5, 114.4, 30.6),
    )  # fmt: skip
    assert editor.get(page(area)).content.decode().count('<svg class="map"') == 1


def test_grants_that_cannot_be_withdrawn_say_why(root: Client, city: Organization):
    first, second = (
        PlaceGrant.objects.create(
            organization=city, region=city.region, reason="Fire", starts_on=day, ends_on=day, granted_by=admin
        )
        for admin in [User.objects.get(username="root")]
        for day in (timezone.localdate(), timezone.localdate() + timedelta(days=1))
    )
    withdraw = {"action": "withdraw", "_selected_action": [first.pk]}

    def told(**chosen: Any) -> list[tuple[str, str]]:
        answer = root.post("/admin/registry/placegrant/", {**withdraw, **chosen}, follow=True)
        return [(message.level_tag, str(message)) for message in answer.context["messages"]]

    done, refused = ("success", "1 grant is withdrawn."), ("warning", f"{first}: This grant is withdrawn already.")
    assert told() == [done]
    assert told() == [refused]
    assert told(_selected_action=[first.pk, second.pk]) == [refused, done]
