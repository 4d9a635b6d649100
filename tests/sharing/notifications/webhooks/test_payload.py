import json
import re

import pytest

from sharing.models import Event, EventType, WebhookDelivery, WebhookEndpoint
from sharing.notifications import outbox
from sharing.notifications.webhooks import payload
from sharing.workflow import agreements, cobuild_groups, consents
from tests import factories
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.scene import Scene


def told(event: Event | None, organization) -> dict:
    endpoint, _new = WebhookEndpoint.objects.get_or_create(
        organization=organization, defaults={"name": "orders", "url": "https://example.com/", "secret": "x"}
    )
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event)
    return json.loads(payload.body_of(delivery))


def test_a_cloud_event_names_its_kind_its_object_and_where_to_read_more(scene: Scene, settings):
    settings.SITE_URL = "https://share.example/"
    agreement = scene.approved()
    event = Event.objects.get(type=EventType.MATCH_APPROVED)
    body = told(event, scene.party)
    assert re.fullmatch("msg_[0-9a-f]{32}", body.pop("id"))
    assert body == {
        "specversion": "1.0",
        "type": "org.infrashare.match.approved",
        "source": "https://share.example/api/v1/",
        "subject": f"agreements/{agreement.pk}",
        "time": event.occurred_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "organization": "telco",
            "event": event.pk,
            "by": "city",
            "demand_list": scene.list.pk,
            "match": scene.match.pk,
            "consent": None,
            "agreement": agreement.pk,
            "cobuild_group": None,
        },
    }


def test_subjects_are_addresses_of_the_api(scene: Scene):
    match = scene.requested()
    consent = match.consents.get()
    closed = outbox.record(EventType.LIST_CLOSED, scene.list, actor=None)
    subjects = {event.type: told(event, scene.party)["subject"] for event in Event.objects.all()}
    assert subjects == {
        "match.requested": f"matches/{match.pk}",
        "consent.asked": f"consents/{consent.pk}",
        "list.closed": f"demand-lists/{closed.demand_list_id}",
    }


def test_the_deadline_that_counted_is_told(scene: Scene):
    match = scene.requested()
    body = told(Event.objects.get(type=EventType.CONSENT_ASKED), scene.metro)
    assert match.deadline is not None and body["data"]["deadline"] == match.deadline.isoformat()


def test_codes_and_numbers_are_told_and_words_of_persons_are_not(scene: Scene):
    consent = scene.requested().consents.get()
    consents.refuse(consent, reason="other", reason_text="Ask Mr Li at Line 7", actor=scene.metro_manager)
    body = told(Event.objects.get(type=EventType.MATCH_REFUSED), scene.party)
    assert body["data"]["reason"] == "other"
    assert "Li" not in json.dumps(body)
    agreement = scene.approved(scene.runner_up)
    agreements.end(agreement, reason="Mr Li says so", actor=scene.asker)
    ended = told(Event.objects.get(type=EventType.AGREEMENT_ENDED), scene.party)
    assert "reason" not in ended["data"]
    assert "Li" not in json.dumps(ended)


def test_no_person_is_named(scene: Scene):
    scene.metro_manager.first_name = "Xiaoming"
    scene.metro_manager.save()
    consents.grant(scene.requested().consents.get(), actor=scene.metro_manager, conditions="Call Xiaoming")
    for event in Event.objects.all():
        assert "iaoming" not in json.dumps(told(event, scene.party))


@pytest.fixture
def guarded(scene: Scene) -> Event:
    """The refusal of the owner of a core asset."""
    core = factories.asset(scene.metro, protection="core")
    match = scene.requested(factories.match(factories.demand(scene.list, name="Site 2"), [core]))
    consents.refuse(match.consents.get(), reason="no_space", actor=scene.metro_manager)
    return Event.objects.get(type=EventType.MATCH_REFUSED)


def test_the_owner_of_a_core_asset_is_named_to_itself_and_its_regulators_only(scene: Scene, guarded: Event):
    overdue = outbox.record(EventType.CONSENT_OVERDUE, guarded.match.consents.get(), actor=None)
    seen = {}
    for organization in (scene.party, scene.metro, scene.city, scene.province, scene.grid):
        refused, late = told(guarded, organization), told(overdue, organization)
        seen[organization.code] = (refused["data"]["by"], late["data"]["consent"], late["subject"])
    consent = guarded.match.consents.get()
    named, hidden = ("metro", consent.pk, f"consents/{consent.pk}"), (None, None, f"matches/{guarded.match_id}")
    assert seen == {"telco": hidden, "grid": hidden, "metro": named, "city": named, "province": named}


def test_what_one_member_may_know_by_another_organization_is_not_told_to_this_one(scene: Scene, guarded: Event):
    factories.Membership.objects.create(user=scene.asker, organization=scene.metro, role="manager")
    assert told(guarded, scene.party)["data"]["by"] is None


def test_an_owner_that_a_consent_has_disclosed_is_named(scene: Scene):
    core = factories.asset(scene.metro, protection="core")
    match = scene.requested(factories.match(factories.demand(scene.list, name="Site 2"), [core]))
    consents.grant(match.consents.get(), actor=scene.metro_manager)
    body = told(Event.objects.get(type=EventType.CONSENT_GRANTED), scene.party)
    assert (body["data"]["by"], body["data"]["consent"]) == ("metro", match.consents.get().pk)


def test_a_test_is_of_no_event(scene: Scene):
    body = told(None, scene.party)
    assert (body["type"], body["data"]) == ("org.infrashare.webhook.test", {"organization": "telco"})
    assert body["subject"] == f"webhook-endpoints/{WebhookEndpoint.objects.get().pk}"


def test_every_event_can_be_told(scene: Scene):
    scene.approved()
    whole = outbox.draft(EventType.AGREEMENT_ENDED, scene.match.agreement, actor=None)
    for kind in EventType:
        whole.pk, whole.type = None, kind
        whole.data |= {"endpoint": 1}
        whole.save()
        assert told(whole, scene.party)["type"] == f"org.infrashare.{kind.value}"


def test_who_joined_a_co_build_group_is_told_to_those_who_have_joined_too(db: None):
    scene = CobuildScene()
    group = scene.joined()
    event = group.events.get(type=EventType.COBUILD_JOINED)

    shown = told(event, scene.rival)
    assert shown["subject"] == f"cobuild-groups/{group.pk}"
    facts = {name: shown["data"][name] for name in ("by", "cobuild_group", "joined", "parties")}
    assert facts == {"by": None, "cobuild_group": group.pk, "joined": 1, "parties": 2}
    assert told(event, scene.party)["data"]["by"] == told(event, scene.city)["data"]["by"] == "telco"
    cobuild_groups.join(group, actor=scene.rival_manager)
    WebhookDelivery.objects.all().delete()
    assert told(event, scene.rival)["data"]["by"] == "telco"
