"""History, made tamper-evident: its rows are hashed in stretches, each with the hash of the stretch before (RFC 6962
calls such a thing a log; here a chain is enough, since all of it is read to check it).

A link is of two things: of the events that were told since the one before, which say themselves in which link they
are; and of the changes, sights, exports and disclosures since then, rows that are never written again, so that it is
the link that says up to which of them it reaches.

A row's hash is SHA-256 of the JSON array of its columns, but for what may still change; a link's, of the hash of
the link before, of its events' hashes in the order of their ids, and, from the first link on that reaches any other
rows, of how far it reaches, as JSON, and of the hashes of those rows in the order of ROWS and of their ids: as one
text, hashes in hexadecimal.
"""

import json
import logging
import time

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

log = logging.getLogger(__name__)

LOCK = 0x7EA11
STRETCH = 250_000
"""Rows of a table that one link reaches at most: what it hashes stands in memory."""

LOWEST = -(2**63)

PATIENCE_S, PAUSE_S = 2.0, 0.02

# What an event says, in the order in which it is hashed; `dispatched_at` and `link` come later.
HASHED = (
    "id", "type", "occurred_at", "actor_id", "organization_id", "demand_list_id", "match_id", "consent_id",
    "agreement_id", "cobuild_group_id", "data",
)  # fmt: skip
# The same of each table whose rows are never written again.
ROWS = {
    "registry_change": (
        "id", "noun", "act", "row", "rows", "listed", "label", "before", "after", "organization_id", "region_id",
        "actor_id", "changed_at",
    ),
    "registry_sight": (
        "id", "viewer_id", "token_id", "organization_id", "basis", "way", "asset_number", "asset_code", "owner_id",
        "region_id", "day", "seen_at",
    ),
    "registry_export": (
        "id", "person_id", "token_id", "address", "filename", "parameters", "rows", "exported_at",
    ),
    "registry_disclosure": ("id", "asset_id", "organization_id", "reason", "reference", "disclosed_at"),
}  # fmt: skip
MOMENTS = {
    "sharing_event": "occurred_at",
    "registry_change": "changed_at",
    "registry_sight": "seen_at",
    "registry_export": "exported_at",
    "registry_disclosure": "disclosed_at",
}


def _sha256(text: str) -> str:
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


def _hash_of(table: str, columns: tuple[str, ...], row: str) -> str:
    """Moments as seconds, so that no session's time zone is in them."""
    said = (f"extract(epoch FROM {row}.{name})" if name == MOMENTS[table] else f"{row}.{name}" for name in columns)
    return _sha256(f"jsonb_build_array({', '.join(said)})::text")


EVENT_HASHES = f"string_agg({_hash_of('sharing_event', HASHED, 'event')}, '' ORDER BY event.id)"


def _rows(table: str, before: str, reached: str) -> str:
    """The hashes of the rows of a table that a link reaches and the one before did not."""
    return f"""(
        SELECT coalesce(string_agg({_hash_of(table, ROWS[table], "entry")}, '' ORDER BY entry.id), '')
        FROM {table} AS entry
        WHERE {before}->'{table}' IS DISTINCT FROM {reached}->'{table}'
            AND entry.id > coalesce(({before}->>'{table}')::bigint, {LOWEST})
            AND entry.id <= ({reached}->>'{table}')::bigint
    )"""


def _link_hash(previous: str, events: str, before: str, reached: str) -> str:
    rows = " || ".join(_rows(table, before, reached) for table in ROWS)
    others = f"CASE WHEN {reached} = '{{}}' THEN '' ELSE {reached}::text || {rows} END"
    return _sha256(f"{previous} || coalesce({events}, '') || {others}")


HEAD = """
SELECT coalesce(max(hash), '') AS hash, coalesce(max(reached::text), '{}')::jsonb AS reached
FROM (SELECT hash, reached FROM sharing_traillink ORDER BY id DESC LIMIT 1) AS newest
"""
# One statement, so that what is hashed is what is linked. Only events that were told: nobody else writes to them.
EXTEND = f"""
WITH waiting AS MATERIALIZED (
    SELECT id FROM sharing_event WHERE link_id IS NULL AND dispatched_at IS NOT NULL
), head AS ({HEAD}), told AS (
    SELECT count(*) AS events, {EVENT_HASHES} AS hashes FROM sharing_event AS event JOIN waiting USING (id)
), link AS (
    INSERT INTO sharing_traillink (made_at, previous, hash, event_count, reached)
    SELECT now(), head.hash, {_link_hash("head.hash", "told.hashes", "head.reached", "next.reached")},
        told.events, next.reached
    FROM head, told, (SELECT %s::jsonb AS reached) AS next
    WHERE told.events > 0 OR next.reached <> head.reached
    RETURNING id, hash, event_count
), linked AS (
    UPDATE sharing_event AS event SET link_id = link.id FROM waiting, link WHERE event.id = waiting.id
)
SELECT id, hash, event_count FROM link
"""
# Links that are not as they were made, or do not follow on the one before; events that name a link which is not there.
BROKEN = f"""
SELECT (
    SELECT count(*) FROM sharing_event AS event
    WHERE link_id IS NOT NULL AND NOT EXISTS (SELECT FROM sharing_traillink AS link WHERE link.id = event.link_id)
) + count(*) FROM (
    SELECT link.*, told.events, told.hashes, lag(link.hash, 1, '') OVER chain AS before,
        lag(link.reached, 1, '{{}}') OVER chain AS reached_before
    FROM sharing_traillink AS link LEFT JOIN (
        SELECT event.link_id, count(*) AS events, {EVENT_HASHES} AS hashes
        FROM sharing_event AS event WHERE event.link_id IS NOT NULL GROUP BY event.link_id
    ) AS told ON told.link_id = link.id
    WINDOW chain AS (ORDER BY link.id)
) AS link
WHERE previous <> before OR coalesce(events, 0) <> event_count
    OR hash <> {_link_hash("previous", "hashes", "reached_before", "reached")}
"""
# Rows that have been outside the trail for a day.
OUTSIDE = f"""
WITH head AS ({HEAD})
SELECT sum(found.count)::bigint FROM head CROSS JOIN LATERAL (
    {
    " UNION ALL ".join(
        f"SELECT count(*) FROM {table} WHERE id > coalesce((head.reached->>'{table}')::bigint, {LOWEST})"
        f" AND {MOMENTS[table]} < now() - interval '1 day'"
        for table in ROWS
    )
}
) AS found
"""
NEXT = " UNION ALL ".join(
    f"""SELECT '{table}', max(id), count(*) FROM (
        SELECT id FROM {table} WHERE id > coalesce((%(reached)s::jsonb->>'{table}')::bigint, {LOWEST})
        ORDER BY id LIMIT %(stretch)s
    ) AS {table}"""
    for table in ROWS
)
WRITING = f"""
SELECT relation::regclass::text, virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND relation IN ({", ".join(f"'{table}'::regclass" for table in ROWS)})
"""


def extend() -> int:
    """Links what was told and noted since the last link; how many links that makes."""
    links, more = 0, True
    while more:
        made, more = _extend()
        links += made
    return links


def _extend() -> tuple[bool, bool]:
    """Whether there was something to link, and whether there is more than one link reaches."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(f"SELECT reached FROM ({HEAD}) AS head")
        before = json.loads(cursor.fetchone()[0])
        cursor.execute(NEXT, {"reached": json.dumps(before), "stretch": STRETCH})
        found = {table: (newest, rows) for table, newest, rows in cursor.fetchall() if rows}
        settled = _settled(cursor, set(found))
        reached = before | {table: found[table][0] for table in settled}
        cursor.execute(EXTEND, [json.dumps(reached)])
        link = cursor.fetchone()
    if link:
        # Where logs are kept on another machine, this is the note that the chain is held against.
        log.info("Trail: link %d, %s, of %d events", *link)
    return link is not None, any(found[table][1] == STRETCH for table in settled)


def _settled(cursor: CursorWrapper, tables: set[str]) -> set[str]:
    """Those of the tables of which no number up to what was just read is still to come.

    Who took a lower number may commit it after a higher one, and would then seem to have slipped it in. Whoever
    writes holds a lock on the table from before the number is taken to the end: once all are gone that hold one now,
    theirs are there or never will be. Nobody waits for this; a table in which somebody is long at work has its turn
    later.
    """
    until = time.monotonic() + PATIENCE_S
    writing = _writing(cursor, tables)
    while writing and time.monotonic() < until:
        time.sleep(PAUSE_S)
        writing &= _writing(cursor, tables)
    return tables - {table for table, _who in writing}


def _writing(cursor: CursorWrapper, tables: set[str]) -> set[tuple[str, str]]:
    """Who else is writing into which of the tables."""
    cursor.execute(WRITING)
    return {(table, who) for table, who in cursor.fetchall() if table in tables}


def broken() -> int:
    """How many links are not as they were made, or do not follow on the one before."""
    with connection.cursor() as cursor:
        cursor.execute(BROKEN)
        [count] = cursor.fetchone()
    return int(count)
