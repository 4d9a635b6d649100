"""Planned facilities: published to every party, kept by their owners' editors."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from registry.kinds import Kind
from registry.models import AssetStatus, PlannedFacility, Protection, Role, User
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


class Metro:
    def __init__(self) -> None:
        self.owner = factories.organization("metro")
        self.editor, self.viewer = (factories.member(self.owner, role) for role in (Role.EDITOR, Role.VIEWER))
        self.stranger = factories.member(factories.organization("stranger"), Role.MANAGER)

    def sent(self, **fields: Any) -> dict[str, Any]:
        return {
            "owner": self.owner.pk, "code": "L8", "name": "Line 8", "facility_type": "tunnel", "stage": "design",
            "region": "420102", "geometry": "LINESTRING(114.30 30.59, 114.31 30.60)",
            "request_by": TODAY, "opens_on": TODAY + timedelta(days=400), "cost_rule": "by length", **fields,
        }  # fmt: skip


@pytest.fixture
def metro() -> Metro:
    factories.region(factories.JIANGAN)
    return Metro()


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def codes(page: Any) -> list[str]:
    return [row.record.code for row in page.context["table"].page.object_list]


def test_plans_are_listed_those_to_ask_first_before_all(metro: Metro, django_assert_num_queries):
    for code, days in (("over", -1), ("late", 90), ("soon", 3)):
        factories.planned_facility(
            metro.owner, code=code, request_by=TODAY + timedelta(days=days), opens_on=TODAY + timedelta(days=500)
        )
    client = browser(metro.stranger)
    client.get("/facilities/")

    with django_assert_num_queries(6):
        page = client.get("/facilities/")

    assert codes(page) == ["soon", "late", "over"]
    assert len(page.context["shapes"]["features"]) == 3
    assert "Publish a plan" in page.content.decode()
    assert "Publish a plan" not in browser(metro.viewer).get("/facilities/").content.decode()
    assert browser(factories.user()).get("/facilities/").status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=BRID", ["B-1"]),
        ("facility_type=bridge&stage=", ["B-1"]),
        ("stage=planned&owner=metro", ["L-8"]),
        ("region=420106", []),
        (f"request_by_from={TODAY + timedelta(days=2)}", ["B-1"]),
    ],
)
def test_filters_mean_what_they_mean_in_the_api(metro: Metro, query: str, found: list[str]):
    factories.planned_facility(metro.owner, code="L-8")
    factories.planned_facility(
        metro.owner, code="B-1", name="Bridge", facility_type="bridge", stage="design",
        request_by=TODAY + timedelta(days=9),
    )  # fmt: skip
    client = browser(metro.stranger)

    answer = client.get(f"/api/v1/planned-facilities/?{query.replace('&stage=', '')}").json()

    assert codes(client.get(f"/facilities/?{query}")) == found == [plan["code"] for plan in answer["results"]]


def test_a_senseless_filter_is_said_at_its_field_and_lists_nothing(metro: Metro):
    factories.planned_facility(metro.owner)

    page = browser(metro.stranger).get("/facilities/?request_by_from=soon")

    assert codes(page) == [] and "valid date" in str(page.context["form"].errors["request_by_from"])


def test_a_plan_shows_its_days_and_the_space_whose_place_may_be_known(metro: Metro, django_assert_num_queries):
    plan = factories.planned_facility(metro.owner, code="L-8")
    for code, protection in (("D-1", Protection.OPEN), ("D-2", Protection.RESTRICTED)):
        factories.asset(
            metro.owner, Kind.DUCT, code=code, status=AssetStatus.PLANNED, available_from=plan.opens_on,
            planned_facility=plan, protection=protection,
        )  # fmt: skip
    client = browser(metro.stranger)
    client.get(f"/facilities/{plan.pk}/")

    with django_assert_num_queries(8):
        page = client.get(f"/facilities/{plan.pk}/")
    own = browser(metro.editor).get(f"/facilities/{plan.pk}/")

    assert [space.code for space, _status in page.context["spaces"]] == ["D-1"]
    assert [space.code for space, _status in own.context["spaces"]] == ["D-1", "D-2"]
    assert f"Space can be asked for until {plan.request_by}." in page.content.decode()
    assert "/edit/" not in page.content.decode() and f"/assets/new/?facility={plan.pk}" in own.content.decode()
    assert client.get(f"/facilities/{plan.pk + 1}/").status_code == 404


def change_of(client: Client, plan: PlannedFacility, sent: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The form of a plan as it stands, filled in."""
    address = f"/facilities/{plan.pk}/edit/"
    return address, sent | {"seen_at": client.get(address).context["form"]["seen_at"].value()}


def test_two_who_change_one_plan_do_not_undo_each_other(metro: Metro):
    client = browser(metro.editor)
    client.post("/facilities/new/", metro.sent())
    plan, postponed = PlannedFacility.objects.get(), TODAY + timedelta(days=30)
    address, late = change_of(client, plan, metro.sent(name="Line 8 south"))
    client.post(*change_of(client, plan, metro.sent(request_by=postponed)))

    refused = client.post(address, late)

    assert refused.status_code == 400 and "Somebody changed this meanwhile" in refused.content.decode()
    plan.refresh_from_db()
    assert (plan.name, plan.request_by) == ("Line 8", postponed)
    again = late | {"seen_at": refused.context["form"]["seen_at"].value(), "request_by": postponed}
    assert client.post(address, again).status_code == 302
    plan.refresh_from_db()
    assert (plan.name, plan.request_by) == ("Line 8 south", postponed)


def test_an_editor_publishes_changes_and_withdraws_a_plan(metro: Metro):
    client = browser(metro.editor)
    assert client.get("/facilities/new/").status_code == 200

    made = client.post("/facilities/new/", metro.sent())

    plan = PlannedFacility.objects.get()
    assert made.headers["Location"] == f"/facilities/{plan.pk}/"
    assert (plan.owner, plan.region.code, plan.opens_on) == (metro.owner, "420102", TODAY + timedelta(days=400))
    assert 'value="420102"' in client.get(f"/facilities/{plan.pk}/edit/").content.decode()
    client.post(*change_of(client, plan, metro.sent(name="Line 8 south")))
    plan.refresh_from_db()
    assert (plan.name, plan.cost_rule) == ("Line 8 south", "by length")
    factories.asset(metro.owner, planned_facility=plan)
    kept = client.post(f"/facilities/{plan.pk}/delete/", follow=True)
    assert "Space is reserved in it" in kept.content.decode()
    plan.reserved_assets.all().delete()
    assert client.post(f"/facilities/{plan.pk}/delete/").headers["Location"] == "/facilities/"
    assert not PlannedFacility.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"code": "L-1"}, "code", "give it another code"),
        ({"opens_on": TODAY - timedelta(days=1)}, "request_by", "lies before the opening"),
        ({"region": ""}, "region", "required"),
        ({"geometry": "here"}, "geometry", "neither WKT nor GeoJSON"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(metro: Metro, wrong: dict[str, Any], field: str, said: str):
    factories.planned_facility(metro.owner, code="L-1")

    answer = browser(metro.editor).post("/facilities/new/", metro.sent(**wrong))

    assert answer.status_code == 400
    assert said in answer.context["form"].errors[field][0]
    assert 'value="Line 8"' in answer.content.decode()
    assert PlannedFacility.objects.count() == 1


def test_plans_are_changed_by_their_owners_editors_alone(metro: Metro):
    plan = factories.planned_facility(metro.owner)

    for user in (metro.viewer, metro.stranger):
        assert browser(user).get(f"/facilities/{plan.pk}/edit/").status_code == 403
        assert browser(user).post(f"/facilities/{plan.pk}/edit/", metro.sent()).status_code == 403
        assert browser(user).post(f"/facilities/{plan.pk}/delete/").status_code == 403
    assert browser(metro.viewer).get("/facilities/new/").status_code == 403
    assert browser(metro.editor).get(f"/facilities/{plan.pk + 1}/edit/").status_code == 404
    assert list(browser(metro.stranger).post("/facilities/new/", metro.sent()).context["form"].errors) == ["owner"]
    plan.refresh_from_db()
    assert plan.name == "Tunnel"
