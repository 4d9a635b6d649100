"""Agreements: the list, one page, renewal and end."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from sharing.models import Agreement, MatchStatus
from sharing.workflow import agreements, approvals
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories
from tests.sharing.scene import Scene, everything
from tests.sharing.web.conftest import SignIn


@pytest.fixture
def agreed(scene: Scene) -> Agreement:
    return scene.approved()


@pytest.fixture
def party(scene: Scene, sign_in: SignIn) -> Client:
    return sign_in(scene.asker)


def shown(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/agreements/{query}")
    return [row.record.number for row in page.context["table"].paginated_rows]


def test_the_list_has_what_is_in_force_what_ends_soon_and_what_ended(scene: Scene, agreed: Agreement, party: Client):
    later = scene.approved(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    today = timezone.localdate()
    Agreement.objects.filter(pk=agreed.pk).update(period=(today, today + timedelta(days=90)))
    assert shown(party) == [later.number, agreed.number]
    assert shown(party, "?show=ending") == [agreed.number]
    assert shown(party, f"?q={agreed.number[-6:]}") == [agreed.number]
    agreements.end(later, reason="The site moves.", actor=scene.asker)
    assert shown(party, "?show=ended") == [later.number]
    assert shown(party) == [agreed.number]


def test_it_is_seen_by_its_sides_and_the_regulator_only(scene: Scene, agreed: Agreement, sign_in: SignIn):
    for person in (scene.asker, scene.metro_manager, scene.officer):
        client = sign_in(person)
        assert shown(client) == [agreed.number]
        assert client.get(f"/agreements/{agreed.pk}/").status_code == 200
    for person in (scene.stranger, scene.grid_manager):
        client = sign_in(person)
        assert shown(client) == []
        assert client.get(f"/agreements/{agreed.pk}/").status_code == 404
        assert client.post(f"/agreements/{agreed.pk}/do/end/", {"reason": "x"}).status_code == 404


def test_the_page_says_what_was_agreed(scene: Scene, agreed: Agreement, party: Client):
    html = party.get(f"/agreements/{agreed.pk}/").content.decode()
    for words in (agreed.number, "telco", "metro", "NEAR", "2 mounts", "End early…", "Ask for renewal…"):
        assert words in html


def test_it_is_ended_with_a_reason(scene: Scene, agreed: Agreement, party: Client):
    before = everything()
    without = party.post(f"/agreements/{agreed.pk}/do/end/", {})
    assert without.status_code == 400
    assert everything() == before
    answer = party.post(f"/agreements/{agreed.pk}/do/end/", {"reason": "Site given up"}, follow=True)
    assert answer.redirect_chain == [(f"/agreements/{agreed.pk}/", 302)]
    assert "Site given up" in answer.content.decode()
    agreed.match.refresh_from_db()
    assert agreed.match.status == MatchStatus.ENDED


def test_a_renewal_is_asked_for_and_shown(scene: Scene, agreed: Agreement, party: Client):
    until = agreed.period.upper + timedelta(days=365)
    answer = party.post(f"/agreements/{agreed.pk}/do/renew/", {"until": until.isoformat()}, follow=True)
    renewal = agreed.renewals.get()
    assert f"Match {renewal.pk}</a>" in answer.content.decode()
    assert renewal.renewal_period.upper == until
    wrong = party.post(f"/agreements/{agreed.pk}/do/renew/", {"until": until.isoformat()}, follow=True)
    assert "A renewal of this agreement is under way or in force already." in wrong.content.decode()


def test_an_owner_of_a_core_asset_is_counted_and_not_named_to_the_other_owner(scene: Scene, sign_in: SignIn):
    core = factories.asset(scene.grid, protection="core", code="SECRET")
    match = scene.consented(factories.match(factories.demand(scene.list), [scene.near, core]))
    for officer in (scene.officer, scene.second_officer):
        approvals.approve(match, fingerprint=fingerprint_of(match), actor=officer)
    page = sign_in(scene.metro_manager).get(f"/agreements/{match.agreement.pk}/")
    assert [consent.owner for consent in page.context["consents"]] == [scene.metro]
    assert page.context["hidden_owners"] == 1
    html = page.content.decode()
    assert "1 owner of a protected asset" in html
    assert "grid" not in html.replace("grid cell", "") and "SECRET" not in html


def test_list_and_page_cost_the_same_for_many(
    scene: Scene, agreed: Agreement, party: Client, django_assert_num_queries
):
    for _round in range(2):
        with django_assert_num_queries(5):
            party.get("/agreements/")
        for _n in range(4):
            scene.approved(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    long = scene.approved(
        factories.match(factories.demand(scene.list), [factories.asset(scene.metro) for _n in range(5)])
    )
    for one in (agreed, long):
        with django_assert_num_queries(16):
            party.get(f"/agreements/{one.pk}/")
