from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing.models import Event, EventType, WebhookDelivery, WebhookEndpoint
from sharing.notifications import outbox
from tests.sharing.scene import Scene


def endpoint(organization, types=(), **fields) -> WebhookEndpoint:
    name = f"{organization.code}-{WebhookEndpoint.objects.count()}"
    return WebhookEndpoint.objects.create(
        organization=organization,
        name=name,
        url=f"https://example.com/{name}",
        types=list(types),
        secret="x",
        **fields,
    )


def told() -> set[tuple[str, str]]:
    return set(WebhookDelivery.objects.values_list("endpoint__name", "event__type"))


def test_an_organization_is_told_what_the_table_of_recipients_tells_it(scene: Scene):
    for organization in (scene.party, scene.metro, scene.grid, scene.city, scene.province):
        endpoint(organization)
    scene.consented()
    assert outbox.dispatch() == 4
    assert told() == {
        ("telco-0", "match.requested"),
        ("metro-1", "consent.asked"),
        ("telco-0", "consent.granted"),
        ("metro-1", "consent.granted"),
        ("telco-0", "match.consented"),
        ("city-3", "match.consented"),
    }


def test_of_the_types_that_it_chose(scene: Scene):
    endpoint(scene.party, ["match.approved", "match.consented"])
    endpoint(scene.party, ["consent.granted"])
    scene.approved()
    outbox.dispatch()
    assert told() == {("telco-0", "match.consented"), ("telco-0", "match.approved"), ("telco-1", "consent.granted")}


def test_what_happens_while_an_endpoint_is_disabled_is_not_kept_for_it(scene: Scene, settings):
    gone = endpoint(scene.party)
    WebhookEndpoint.objects.filter(pk=gone.pk).update(disabled_at="2026-01-01T00:00Z", disabled_reason="gone")
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    outbox.dispatch()
    assert told() == set()


def test_an_organization_without_persons_to_tell_is_told_all_the_same(scene: Scene):
    endpoint(scene.party)
    scene.party.memberships.all().delete()
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    outbox.dispatch()
    assert told() == {("telco-0", "list.matched")}


def test_what_was_queued_before_a_crash_is_not_queued_again(scene: Scene):
    first = endpoint(scene.party)
    event = outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    WebhookDelivery.objects.create(endpoint=first, event=event)
    outbox.dispatch()
    assert WebhookDelivery.objects.count() == 1


def test_queueing_nudges_once_after_the_commit(scene: Scene, django_capture_on_commit_callbacks):
    endpoint(scene.party)
    for _event in range(3):
        outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    with django_capture_on_commit_callbacks() as callbacks:
        outbox.dispatch()
    assert [callback.args for callback in callbacks] == [("sharing.send_mails",), ("sharing.send_webhooks",)]


def test_many_events_and_endpoints_cost_as_many_queries_as_few(scene: Scene):
    def asked(events: int) -> int:
        for _event in range(events):
            outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
        with CaptureQueriesContext(connection) as queries:
            outbox.dispatch()
        return len(queries)

    endpoint(scene.party)
    few = asked(1)
    for _endpoint in range(4):
        endpoint(scene.party)
    assert asked(9) == few
    assert WebhookDelivery.objects.count() == 1 + 5 * 9
    assert not Event.objects.undispatched().exists()
