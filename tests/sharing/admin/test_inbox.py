"""One's messages, and the deliveries that keep failing."""

from typing import Any

import pytest
from django.core import mail

from sharing.models import DeliveryStatus, EventType, Notification, WebhookEndpoint
from sharing.notifications import delivery, outbox
from tests import factories
from tests.sharing.admin.conftest import SignIn
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.notifications.test_recipients import event_of
from tests.sharing.scene import Scene

INBOX = "/admin/sharing/notification/"


@pytest.fixture
def parked(scene: Scene) -> Notification:
    event = outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    return Notification.objects.create(
        event=event, recipient=scene.asker, channel="email", status="parked", attempts=12, last_error="no such host"
    )


def test_a_superuser_has_a_parked_mail_tried_again(scene: Scene, parked: Notification, sign_in: SignIn):
    root = sign_in(factories.user("root", is_superuser=True))
    assert "no such host" in root.get(f"{INBOX}{parked.pk}/change/").content.decode()
    chosen = {"action": "try_again", "_selected_action": [parked.pk]}
    response = root.post(INBOX, chosen, follow=True)
    assert [str(message) for message in response.context["messages"]] == ["1 parked message is tried again."]
    assert delivery.deliver() == 1
    assert [sent.to for sent in mail.outbox] == [["asker@example.invalid"]]
    parked.refresh_from_db()
    assert parked.status == DeliveryStatus.SENT
    assert "0 parked messages" in str(next(iter(root.post(INBOX, chosen, follow=True).context["messages"])))


def test_nobody_else_is_offered_to(scene: Scene, parked: Notification, sign_in: SignIn):
    read = Notification.objects.create(event=parked.event, recipient=scene.asker, channel="inbox")
    asker = sign_in(scene.asker)
    actions: Any = asker.get(INBOX).context["action_form"].fields["action"].choices
    assert [code for code, _label in actions if code] == ["mark_read"]
    asker.post(INBOX, {"action": "try_again", "_selected_action": [parked.pk]})
    asker.post(INBOX, {"action": "mark_read", "_selected_action": [read.pk]})
    parked.refresh_from_db()
    read.refresh_from_db()
    assert parked.status == DeliveryStatus.PARKED
    assert read.read_at is not None


def test_a_message_about_an_endpoint_links_to_it_while_it_is_there(scene: Scene, sign_in: SignIn):
    endpoint = WebhookEndpoint.objects.create(
        organization=scene.party, name="GIS", url="https://gis.example/", types=[], created_by=scene.asker
    )
    event = outbox.record(EventType.WEBHOOK_DISABLED, endpoint, actor=None, organization=scene.party)
    Notification.objects.create(event=event, recipient=scene.asker, channel="inbox")
    link = f'href="/admin/sharing/webhookendpoint/{endpoint.pk}/change/">GIS</a>'
    asker = sign_in(scene.asker)
    assert link in asker.get(INBOX).content.decode()
    endpoint.delete()
    assert "GIS" not in asker.get(INBOX).content.decode()


def test_every_message_is_shown_with_a_page_of_what_it_is_about(db: None, sign_in: SignIn):
    """Of an inventory, which the admin has no page for, that of the site."""
    scene = CobuildScene()
    scene.approved()
    scene.grouped()
    root = sign_in(factories.user("root", is_superuser=True))
    wanted = {
        EventType.INVENTORY_OUTGROWN: "/monitoring/inventory/7/", EventType.REVIEW_DUE: "/monitoring/inventory/7/",
        EventType.REPORT_MADE: "/admin/sharing/report/7/change/",
    }  # fmt: skip
    for kind in EventType:
        told = Notification.objects.create(event=event_of(scene, kind), recipient=scene.officer, channel="inbox")
        shown = root.get(f"{INBOX}{told.pk}/change/")
        assert shown.status_code == 200, kind
        assert f'href="{wanted.get(kind, "")}' in shown.content.decode(), kind

    everything = root.get(INBOX)
    assert everything.status_code == 200
    assert everything.content.decode().count('class="link" href="/monitoring/inventory/7/"') == 2
