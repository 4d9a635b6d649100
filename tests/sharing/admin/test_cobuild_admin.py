"""The page of a co-build group: what each may read on it, and the buttons it has."""

import pytest
from django.test import Client
from django.urls import reverse

from registry.admin.planned_facility import PlannedFacilityAdmin
from sharing.models import CobuildGroup, Outcome
from sharing.workflow import cobuild_groups
from tests import factories
from tests.sharing.admin.conftest import SignIn
from tests.sharing.cobuild_scene import HERE, CobuildScene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(db: None) -> CobuildScene:
    return CobuildScene()


def page(client: Client, group: CobuildGroup) -> str:
    response = client.get(reverse("admin:sharing_cobuildgroup_change", args=[group.pk]))
    assert response.status_code == 200
    return response.content.decode()


def do(client: Client, group: CobuildGroup, verb: str, **form: str) -> int:
    url = reverse("admin:sharing_cobuildgroup_do", args=[group.pk, verb])
    return client.post(url, form).status_code


def test_before_all_have_joined_a_party_reads_its_own_share_and_the_rough_area(scene: CobuildScene, sign_in: SignIn):
    group = scene.joined()
    shown = page(sign_in(scene.rival_manager), group)
    assert "4,900" in shown and "1 of 2 parties, 2 demands" in shown and "Somewhere in this cell" in shown
    for secret in ("telco", "Harbour", "6,800", "11,700", "30 m"):
        assert secret not in shown, secret
    regulator = page(sign_in(scene.officer), group)
    for told in ("telco", "Harbour", "rival", "Market", "11,700", "30 m high"):
        assert told in regulator, told


def test_who_has_joined_reads_who_else_has_and_no_cost_but_its_own(scene: CobuildScene, sign_in: SignIn):
    group, third = scene.joined_with_a_third()
    shown = page(sign_in(third), group)
    assert "telco · Joined<" in shown and "Harbour" in shown
    assert "third · Joined · 3,400 a year" in shown


def test_once_all_have_joined_they_read_all_of_it(scene: CobuildScene, sign_in: SignIn):
    shown = page(sign_in(scene.rival_manager), scene.agreed())
    for told in ("telco", "Harbour", "6,800", "11,700", "20,700", "3 mounts, 30 m high"):
        assert told in shown, told


def test_the_buttons_carry_the_verbs_out(scene: CobuildScene, sign_in: SignIn):
    group, client, rival = scene.grouped(), sign_in(scene.asker), sign_in(scene.rival_manager)

    def status() -> tuple[str, str]:
        group.refresh_from_db()
        return group.status, scene.member(group, "telco").answer

    assert (do(client, group, "join"), status()) == (302, ("open", "joined"))
    assert (do(client, group, "withdraw"), status()) == (302, ("open", "pending"))
    assert do(client, group, "join") == do(rival, group, "join") == 302
    assert status() == ("agreed", "joined")
    assert do(client, group, "close") == 400
    assert (do(client, group, "close", reason="built"), status()) == (302, ("closed", "joined"))
    assert do(sign_in(scene.officer), group, "join") == 403
    assert do(sign_in(scene.stranger), group, "join") == 404


def test_an_unmet_demand_and_its_outcome_lead_to_the_group(scene: CobuildScene, sign_in: SignIn):
    group = scene.grouped()
    address = reverse("admin:sharing_cobuildgroup_change", args=[group.pk])
    outcome = Outcome.objects.get(demand=scene.mine)
    for noun, pk in (("demand", scene.mine.pk), ("outcome", outcome.pk)):
        page_of = reverse(f"admin:sharing_{noun}_change", args=[pk])
        assert address in sign_in(scene.drafter).get(page_of).content.decode(), noun
    cobuild_groups.decline(group, actor=scene.asker)
    page_of = reverse("admin:sharing_demand_change", args=[scene.mine.pk])
    assert address not in sign_in(scene.drafter).get(page_of).content.decode()


def test_a_planned_facility_says_what_to_ask_for_until_when(scene: CobuildScene, sign_in: SignIn):
    Outcome.objects.all().delete()
    factories.unmet(factories.demand(scene.list, "duct", at=HERE, to=(114.3255, 30.5928), quantity=2))
    tunnel = factories.planned_facility(scene.metro, at=(114.30, 30.594), to=(114.33, 30.594), cost_rule="By bore.")
    shown = page(sign_in(scene.drafter), scene.grouped())
    assert f"Ask for 2 bores in Tunnel before {tunnel.request_by:%Y-%m-%d}. By bore." in shown


def test_who_deletes_a_plan_is_told_nothing_of_the_groups_that_go_with_it(scene: CobuildScene, sign_in: SignIn):
    Outcome.objects.all().delete()
    factories.unmet(factories.demand(scene.list, "duct", at=HERE, to=(114.3255, 30.5928), quantity=2))
    tunnel = factories.planned_facility(scene.metro, at=(114.30, 30.594), to=(114.33, 30.594))
    member = scene.member(scene.grouped(), "telco")
    owner = sign_in(scene.metro_manager)
    chosen = {"action": "delete_selected", "_selected_action": [tunnel.pk]}
    for response in (
        owner.get(reverse("admin:registry_plannedfacility_delete", args=[tunnel.pk])),
        owner.post(reverse("admin:registry_plannedfacility_changelist"), chosen),
    ):
        assert list(response.context["model_count"]) == [("planned facilities", 1)]
        html = response.content.decode()
        assert f"Planned facility: {tunnel}" in html
        for secret in (str(member.group), "o-build group:", f"{member}<", f": {member.demands.get()}"):
            assert secret not in html, secret
    owner.post(reverse("admin:registry_plannedfacility_delete", args=[tunnel.pk]), {"post": "yes"})
    assert not CobuildGroup.objects.filter(pk=member.group_id).exists()


def test_who_may_not_delete_a_plan_is_not_told_what_keeps_it(scene: CobuildScene, sign_in: SignIn):
    tunnel = factories.planned_facility(scene.metro)
    space = factories.asset(scene.metro, "duct", planned_facility=tunnel, code="DUCT-OF-IT")
    page = sign_in(scene.metro_manager).get(reverse("admin:registry_plannedfacility_delete", args=[tunnel.pk]))
    assert page.context["protected"] == [PlannedFacilityAdmin.kept_by]
    assert space.code not in page.content.decode()
