"""History cannot be changed unseen: whatever is changed, removed, slipped in or cut off, the chain of hashes tells."""

import hashlib
import json
import uuid
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from registry.models import Asset, Change, Disclosure, Export, Sight
from registry.models.sight import Basis, Way
from sharing import audit, trail
from sharing.models import Event, EventType, TrailLink
from sharing.workflow import approvals, consents
from sharing.workflow.fingerprint import fingerprint_of
from tests.sharing.scene import Scene, by_hand

pytestmark = pytest.mark.django_db
MODELS: tuple[Any, ...] = (Change, Sight, Export, Disclosure)
# What no two rows of a table have alike.
ONLY = {"registry_sight": ("asset_number", "-id"), "registry_disclosure": ("reference", "gen_random_uuid()")}
CHANGED = {
    "registry_change": "actor_id = 0",
    "registry_sight": "asset_code = 'other'",
    "registry_export": "parameters = '{}'",
    "registry_disclosure": "reason = ''",
}


@pytest.fixture
def told(scene: Scene) -> Scene:
    """Three links of events that were told, and of what was changed, seen, exported and disclosed meanwhile."""

    def approve() -> None:
        scene.match.refresh_from_db()
        approvals.approve(scene.match, fingerprint=fingerprint_of(scene.match), actor=scene.officer)

    for step in (
        scene.requested,
        lambda: consents.grant(scene.match.consents.get(), actor=scene.metro_manager),
        approve,
    ):
        step()
        note_more(scene)
        Event.objects.filter(dispatched_at=None).update(dispatched_at=timezone.now())
        trail.extend()
    return scene


def note_more(scene: Scene) -> None:
    """Two rows of each table, whose numbers do not follow each other, as where something is undone."""
    for code in ("A", "B"):
        with connection.cursor() as cursor:
            for table in trail.ROWS:
                cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        Asset.objects.filter(pk=scene.near.pk).update(name=f"{code} {Export.objects.count()}")
        Export.objects.create(person=scene.officer, address=f"/{code}/", filename="x.csv", parameters={"q": code})
        Disclosure.objects.create(asset=scene.far, organization=scene.party, reason=code, reference=uuid.uuid4())
        Sight.objects.create(
            viewer=scene.officer, basis=Basis.REGULATOR, way=Way.PAGE, asset_code=code, owner=scene.metro,
            asset_number=Sight.objects.count(), region=scene.near.region, day=timezone.localdate(),
            seen_at=timezone.now(),
        )  # fmt: skip


def newest(table: str) -> int:
    [model] = [one for one in MODELS if one._meta.db_table == table]
    return int(model.objects.latest("pk").pk)


def by_hands_of(table: str) -> list[str]:
    """Ways to change what a table says: within it, out of its beginning, middle, end, into it before and between."""
    return [
        f"UPDATE {table} SET {trail.MOMENTS[table]} = {trail.MOMENTS[table]} - interval '1 microsecond'"
        f" WHERE id = (SELECT max(id) FROM {table})",
        f"UPDATE {table} SET {CHANGED[table]} WHERE id = (SELECT min(id) FROM {table})",
        f"DELETE FROM {table} WHERE id = (SELECT min(id) FROM {table})",
        f"DELETE FROM {table} WHERE id = (SELECT id FROM {table} ORDER BY id OFFSET 3 LIMIT 1)",
        f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})",
        f"DELETE FROM {table}",
        numbered(table, "-1"),
        numbered(table, f"(SELECT max(id) - 1 FROM {table})"),
    ]


def numbered(table: str, number: str) -> str:
    """One more row of a table, with a number of its own."""
    said = ", ".join(trail.ROWS.get(table, trail.HASHED))
    copied = said.replace("id, ", f"{number}, ", 1).replace(*ONLY.get(table, ("id", "id")))
    return f"INSERT INTO {table} ({said}) SELECT {copied} FROM {table} ORDER BY id LIMIT 1"


def linked(**columns: str) -> str:
    """One more link after the newest, but for what `columns` say."""
    said = {
        "made_at": "now()",
        "previous": "hash",
        "hash": "repeat('0', 64)",
        "event_count": "1",
        "reached": "reached",
    }
    said |= columns
    return (
        f"INSERT INTO sharing_traillink ({', '.join(said)}) SELECT {', '.join(said.values())}"
        " FROM sharing_traillink ORDER BY id DESC LIMIT 1"
    )


def broken() -> int:
    [finding] = [found for found in audit.findings() if found.claim.code == "trail_is_unbroken"]
    return finding.faults


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("trail", *arguments, stdout=out)
    return out.getvalue().strip()


def test_every_event_is_in_one_link_and_nothing_is_linked_twice(told: Scene):
    links = list(TrailLink.objects.all())

    assert [link.event_count for link in links] == [link.events.count() for link in links]
    assert sum(link.event_count for link in links) == Event.objects.count()
    assert links[-1].reached == {table: newest(table) for table in trail.ROWS}
    assert [link.previous for link in links] == ["", *(link.hash for link in links[:-1])]
    assert trail.extend() == 0 and broken() == 0


def test_what_was_not_told_yet_waits_for_the_next_link(scene: Scene):
    trail.extend()
    scene.requested()
    assert trail.extend() == 0 and Event.objects.filter(link=None).count() == Event.objects.count() > 0


def test_what_is_noted_without_an_event_is_linked_too(scene: Scene):
    assert trail.extend() == 1 and TrailLink.objects.get().event_count == 0
    note_more(scene)
    assert trail.extend() == 1 and broken() == 0


def test_a_link_reaches_so_many_rows_and_the_next_goes_on(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    trail.extend()
    monkeypatch.setattr(trail, "STRETCH", 2)
    for _time in range(2):
        note_more(scene)
    assert trail.extend() == 2
    assert TrailLink.objects.latest("id").reached == {table: newest(table) for table in trail.ROWS} and broken() == 0


def test_links_that_were_made_of_events_alone_stay_valid(scene: Scene):
    scene.requested()
    Event.objects.update(dispatched_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sharing_traillink (made_at, previous, hash, event_count) SELECT now(), '',"
            f" encode(sha256(convert_to({trail.EVENT_HASHES}, 'UTF8')), 'hex'), count(*) FROM sharing_event AS event"
        )
        cursor.execute("UPDATE sharing_event SET link_id = (SELECT max(id) FROM sharing_traillink)")
    assert broken() == 0
    assert trail.extend() == 1 and broken() == 0


def test_the_hash_is_what_the_documentation_says(told: Scene):
    def hashed(row: Any, columns: tuple[str, ...]) -> str:
        moment = trail.MOMENTS[row._meta.db_table]
        said = ["moment" if name == moment else getattr(row, name) for name in columns]
        text = json.dumps(said, ensure_ascii=False, default=str)
        text = text.replace('"moment"', f"{getattr(row, moment).timestamp():.6f}")
        return hashlib.sha256(text.encode()).hexdigest()

    before, link = TrailLink.objects.order_by("id")[1:3]
    parts = [link.previous, *(hashed(event, trail.HASHED) for event in link.events.order_by("id"))]
    parts.append(json.dumps(link.reached))
    for model in MODELS:
        table = model._meta.db_table
        since = model.objects.filter(pk__gt=before.reached[table], pk__lte=link.reached[table]).order_by("pk")
        assert len(since) >= 2
        parts.extend(hashed(row, trail.ROWS[table]) for row in since)
    assert link.hash == hashlib.sha256("".join(parts).encode()).hexdigest()


def test_all_that_a_row_says_is_hashed():
    columns = {field.column for field in Event._meta.concrete_fields}
    assert columns - set(trail.HASHED) == {"dispatched_at", "link_id"}
    for model in MODELS:
        assert {field.column for field in model._meta.concrete_fields} == set(trail.ROWS[model._meta.db_table])


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
        "UPDATE sharing_event SET link_id = 0 WHERE id = (SELECT max(id) FROM sharing_event)",
        "INSERT INTO sharing_event (type, occurred_at, data, match_id, dispatched_at, link_id)"
        " SELECT type, occurred_at, data, match_id, now(), 0 FROM sharing_event LIMIT 1",
        "DELETE FROM sharing_traillink WHERE id = (SELECT min(id) FROM sharing_traillink)",
        "UPDATE sharing_traillink SET hash = repeat('0', 64) WHERE id = (SELECT max(id) FROM sharing_traillink)",
        "UPDATE sharing_traillink SET reached = '{}' WHERE id = (SELECT max(id) FROM sharing_traillink)",
        "UPDATE sharing_traillink SET reached = '{}'",
        *(change for table in trail.ROWS for change in by_hands_of(table)),
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


@pytest.mark.parametrize("table", trail.MOMENTS)
@pytest.mark.parametrize(
    "number",
    [
        "2::bigint ^ 62",
        "(SELECT max(id) + 2 FROM {table})",
        "(SELECT min(id) FROM {table}) - 1",
        "(SELECT max(id) - 1 FROM {table})",
        "nextval('{table}_id_seq') + 1",
    ],
)
def test_no_row_comes_with_a_number_of_its_own(told: Scene, table: str, number: str):
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="numbered by the database"):
        cursor.execute(numbered(table, number.format(table=table)))


@pytest.mark.parametrize("table", trail.MOMENTS)
def test_a_number_that_was_put_by_is_of_no_use_later(told: Scene, table: str):
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [f"{table}_id_seq"])
        [[number]] = cursor.fetchall()
        with pytest.raises(IntegrityError, match="numbered by the database"):
            cursor.execute(numbered(table, str(number)))


@pytest.mark.parametrize(
    "columns",
    [
        {"id": "2::bigint ^ 62"},
        {"id": "id - 1"},
        {"id": "id + 1"},
        {"previous": "'x'"},
        {"made_at": "now() + interval '1 day'"},
        {"reached": """reached || '{"registry_change": 4611686018427387904}'"""},
    ],
)
def test_no_link_is_made_that_later_ones_could_not_follow_on(told: Scene, columns: dict[str, str]):
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="a link follows on the newest"):
        cursor.execute(linked(**columns))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sharing_event (type, occurred_at, data, link_id)"
        " SELECT 'list.submitted', now(), '{}', min(id) FROM sharing_traillink",
        "UPDATE sharing_event SET dispatched_at = now(), link_id = (SELECT min(id) FROM sharing_traillink)"
        " WHERE link_id IS NULL",
    ],
)
def test_no_event_is_put_into_a_link_that_was_made_before(told: Scene, statement: str):
    by_hand("UPDATE sharing_traillink SET made_at = made_at - interval '1 minute'")
    Event.objects.create(type=EventType.LIST_SUBMITTED)
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="is history"):
        cursor.execute(statement)


def test_events_that_stay_outside_for_a_day_are_told_by_the_audit(told: Scene):
    by_hand("UPDATE sharing_event SET link_id = NULL, dispatched_at = now() - interval '25 hours'")
    wrong = {finding.claim.code: finding.faults for finding in audit.findings() if not finding.holds}

    assert wrong["events_are_linked"] == Event.objects.count()
    assert Event.objects.filter(type=EventType.MATCH_REQUESTED).exists()


def test_what_is_noted_and_stays_outside_for_a_day_is_told_by_the_audit(told: Scene):
    note_more(told)
    by_hand(f"UPDATE registry_sight SET seen_at = now() - interval '25 hours' WHERE id = {newest('registry_sight')}")
    wrong = {finding.claim.code: finding.faults for finding in audit.findings() if not finding.holds}

    assert wrong == {"rows_are_linked": 1}
