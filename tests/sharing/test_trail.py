"""History cannot be changed unseen: whatever is changed, removed, slipped in or cut off, the chain of hashes tells."""

import hashlib
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from sharing import audit, trail
from sharing.models import Event, EventType, TrailLink
from sharing.workflow import approvals, consents
from sharing.workflow.fingerprint import fingerprint_of
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(scene: Scene) -> Scene:
    """Three links of events that were told."""

    def approve() -> None:
        scene.match.refresh_from_db()
        approvals.approve(scene.match, fingerprint=fingerprint_of(scene.match), actor=scene.officer)

    for step in (
        scene.requested,
        lambda: consents.grant(scene.match.consents.get(), actor=scene.metro_manager),
        approve,
    ):
        step()
        Event.objects.filter(dispatched_at=None).update(dispatched_at=timezone.now())
        trail.extend()
    return scene


def broken() -> int:
    [finding] = [found for found in audit.findings() if found.claim.code == "trail_is_unbroken"]
    return finding.faults


def by_hand(statement: str) -> None:
    """As who may switch the database's guards off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("trail", *arguments, stdout=out)
    return out.getvalue().strip()


def test_every_event_is_in_one_link_and_nothing_is_linked_twice(told: Scene):
    links = list(TrailLink.objects.all())

    assert [link.event_count for link in links] == [link.events.count() for link in links]
    assert sum(link.event_count for link in links) == Event.objects.count()
    assert [link.previous for link in links] == ["", *(link.hash for link in links[:-1])]
    assert trail.extend() == 0 and broken() == 0


def test_what_was_not_told_yet_waits_for_the_next_link(scene: Scene):
    scene.requested()
    assert trail.extend() == 0 and not TrailLink.objects.exists()


def test_the_hash_is_what_the_documentation_says(told: Scene):
    def text(event: Event) -> str:
        seconds = f"{event.occurred_at.timestamp():.6f}"
        columns = [getattr(event, name) for name in trail.HASHED]
        columns[trail.HASHED.index("occurred_at")] = "moment"
        return json.dumps(columns, ensure_ascii=False).replace('"moment"', seconds)

    link = TrailLink.objects.latest("id")
    hashes = [hashlib.sha256(text(event).encode()).hexdigest() for event in link.events.order_by("id")]
    assert link.hash == hashlib.sha256((link.previous + "".join(hashes)).encode()).hexdigest()


def test_all_that_an_event_says_is_hashed():
    columns = {field.column for field in Event._meta.concrete_fields}
    assert columns - set(trail.HASHED) == {"dispatched_at", "link_id"}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sharing_event SET actor_id = NULL WHERE id = (SELECT min(id) FROM sharing_event)",
        "UPDATE sharing_event SET occurred_at = occurred_at - interval '1 microsecond' WHERE link_id IS NOT NULL",
        "UPDATE sharing_event SET data = '{}' WHERE data <> '{}'",
        "DELETE FROM sharing_event WHERE id = (SELECT max(id) FROM sharing_event)",
        "INSERT INTO sharing_event (type, occurred_at, data, match_id, dispatched_at, link_id)"
        " SELECT type, occurred_at, data, match_id, now(), link_id FROM sharing_event LIMIT 1",
        "UPDATE sharing_event SET link_id = (SELECT max(link_id) FROM sharing_event)",
        "DELETE FROM sharing_traillink WHERE id = (SELECT min(id) FROM sharing_traillink)",
        "UPDATE sharing_traillink SET hash = repeat('0', 64) WHERE id = (SELECT max(id) FROM sharing_traillink)",
    ],
)
def test_each_change_by_hand_is_found(told: Scene, change: str):
    by_hand(change)

    assert broken() > 0
    with pytest.raises(CommandError, match="History was changed"):
        said()


def test_a_history_that_was_cut_off_and_linked_anew_lacks_the_hash_that_was_noted(told: Scene):
    noted = said().split()[1]
    assert said("--since", noted).endswith(noted)
    by_hand("UPDATE sharing_event SET link_id = NULL, data = '{\"cut\": true}'; DELETE FROM sharing_traillink")

    assert noted not in said()
    with pytest.raises(CommandError, match=noted):
        said("--since", noted)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sharing_traillink SET previous = 'x'",
        "DELETE FROM sharing_traillink",
        "TRUNCATE sharing_traillink CASCADE",
        "TRUNCATE sharing_event CASCADE",
        "UPDATE sharing_event SET link_id = NULL",
        "UPDATE sharing_event SET dispatched_at = NULL",
    ],
)
def test_the_database_refuses_it_to_whoever_does_not_switch_it_off(told: Scene, statement: str):
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


def test_events_that_stay_outside_for_a_day_are_told_by_the_audit(told: Scene):
    by_hand("UPDATE sharing_event SET link_id = NULL, dispatched_at = now() - interval '25 hours'")
    wrong = {finding.claim.code: finding.faults for finding in audit.findings() if not finding.holds}

    assert wrong["events_are_linked"] == Event.objects.count()
    assert Event.objects.filter(type=EventType.MATCH_REQUESTED).exists()
