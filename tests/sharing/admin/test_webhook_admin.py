import pytest
from django.urls import reverse

from sharing.models import DeliveryStatus, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from sharing.notifications.webhooks import signing
from tests import factories
from tests.sharing.admin.conftest import SignIn
from tests.sharing.scene import Scene

ENDPOINTS = "/admin/sharing/webhookendpoint/"
DELIVERIES = "/admin/sharing/webhookdelivery/"


@pytest.fixture
def secret() -> str:
    return signing.new_secret()


@pytest.fixture
def endpoint(scene: Scene, secret: str) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        organization=scene.metro, name="orders", url="https://hooks.metro.example/in", types=["consent.asked"],
        secret=signing.seal(secret), previous_secret=signing.seal(secret), previous_secret_until="2030-01-01T00:00Z",
    )  # fmt: skip


@pytest.fixture
def failed(scene: Scene, endpoint: WebhookEndpoint) -> WebhookDelivery:
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, event=scene.requested().events.last(), status=DeliveryStatus.PARKED, attempts=10
    )
    WebhookAttempt.objects.create(
        delivery=delivery, started_at="2026-01-01T00:00Z", duration_ms=12, status_code=500, answer="out of order"
    )
    return delivery


def shown(client, address: str) -> list:
    return list(client.get(address).context["cl"].result_list)


def told(client, address: str, action: str, row) -> list[tuple[str, str]]:
    """The messages of an action, each with its level."""
    response = client.post(address, {"action": action, "_selected_action": [row.pk]}, follow=True)
    return [(message.level_tag, str(message)) for message in response.context["messages"]]


def act(client, address: str, action: str, row) -> list[str]:
    return [text for _level, text in told(client, address, action, row)]


def test_endpoints_and_deliveries_are_searched_and_filtered(
    scene: Scene, endpoint: WebhookEndpoint, failed: WebhookDelivery, sign_in: SignIn
):
    client = sign_in(scene.metro_manager)
    for query, found in (("q=orders", True), ("q=hooks.metro", True), ("q=elsewhere", False), ("enabled=no", False)):
        assert (query, shown(client, f"{ENDPOINTS}?{query}")) == (query, [endpoint] if found else [])
    for query, found in (
        ("q=orders", True), ("q=Site", True), ("status__exact=parked", True), ("status__exact=sent", False),
        ("event__type__exact=consent.asked", True), (f"endpoint__id__exact={endpoint.pk}", True),
    ):  # fmt: skip
        assert (query, shown(client, f"{DELIVERIES}?{query}")) == (query, [failed] if found else [])


def test_no_page_shows_a_secret_sealed_or_not(
    scene: Scene, endpoint: WebhookEndpoint, failed: WebhookDelivery, secret: str, sign_in: SignIn
):
    root = factories.user("root", is_superuser=True, is_staff=True)
    for person in (scene.metro_manager, root):
        for address in (
            ENDPOINTS, DELIVERIES, reverse("admin:sharing_webhookendpoint_change", args=[endpoint.pk]),
            reverse("admin:sharing_webhookdelivery_change", args=[failed.pk]),
        ):  # fmt: skip
            page = sign_in(person).get(address).content.decode()
            assert "orders" in page
            assert not [one for one in (secret, endpoint.secret, endpoint.previous_secret, "whsec_") if one in page]


def test_the_log_of_a_delivery_shows_each_call(scene: Scene, failed: WebhookDelivery, sign_in: SignIn):
    page = sign_in(scene.metro_manager).get(reverse("admin:sharing_webhookdelivery_change", args=[failed.pk]))
    assert "out of order" in page.content.decode()
    assert failed.webhook_id in page.content.decode()


def test_the_log_says_what_is_the_registrys_own_in_the_readers_language(
    scene: Scene, failed: WebhookDelivery, sign_in: SignIn, settings
):
    WebhookDelivery.objects.update(last_error="the endpoint was disabled")
    WebhookAttempt.objects.update(error="no answer in time")
    client = sign_in(scene.metro_manager)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "端点已停用" in client.get(DELIVERIES).content.decode()
    page = client.get(reverse("admin:sharing_webhookdelivery_change", args=[failed.pk])).content.decode()
    assert "端点已停用" in page and "未在时限内应答" in page


def test_a_manager_replays_a_delivery(scene: Scene, failed: WebhookDelivery, sign_in: SignIn):
    client = sign_in(scene.metro_manager)
    assert act(client, DELIVERIES, "replay", failed) == ["1 delivery is sent again."]
    failed.refresh_from_db()
    assert (failed.status, failed.attempts) == (DeliveryStatus.PENDING, 0)
    WebhookDelivery.objects.update(leased_until="2100-01-01T00:00Z")
    [refused] = act(client, DELIVERIES, "replay", failed)
    assert "is being sent" in refused


def test_a_manager_disables_and_enables_an_endpoint(
    scene: Scene, endpoint: WebhookEndpoint, failed: WebhookDelivery, sign_in: SignIn
):
    client = sign_in(scene.metro_manager)
    assert act(client, ENDPOINTS, "disable", endpoint) == ["1 endpoint disabled."]
    [refused] = act(client, DELIVERIES, "replay", failed)
    assert "enable it first" in refused
    assert act(client, ENDPOINTS, "enable", endpoint) == ["1 endpoint enabled."]
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is None


def test_others_and_superusers_replay_nothing(scene: Scene, failed: WebhookDelivery, sign_in: SignIn):
    root = factories.user("root", is_superuser=True, is_staff=True)
    for person in (scene.asker, root):
        act(sign_in(person), DELIVERIES, "replay", failed)
    failed.refresh_from_db()
    assert failed.status == DeliveryStatus.PARKED


def test_a_refusal_warns_where_only_the_moment_was_wrong_and_is_an_error_where_it_is_for_others(
    scene: Scene, endpoint: WebhookEndpoint, failed: WebhookDelivery, sign_in: SignIn
):
    """As on every other page of the workflow (sharing.admin.refusals)."""
    root = sign_in(factories.user("root", is_superuser=True, is_staff=True))
    why = "Only a manager of the organization decides where its events are sent."
    assert told(root, ENDPOINTS, "disable", endpoint) == [("error", f"“orders” was left as it is: {why}")]
    assert told(root, DELIVERIES, "replay", failed) == [
        ("error", f"Delivery {failed.webhook_id} was left as it is: {why}")
    ]
    manager = sign_in(scene.metro_manager)
    assert told(manager, ENDPOINTS, "disable", endpoint) == [("success", "1 endpoint disabled.")]
    why = "The endpoint is disabled: enable it first."
    assert told(manager, DELIVERIES, "replay", failed) == [
        ("warning", f"Delivery {failed.webhook_id} was left as it is: {why}")
    ]
