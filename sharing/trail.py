"""History, made tamper-evident: its events are hashed in stretches, each with the hash of the stretch before (RFC 6962
calls such a thing a log; here a chain is enough, since all of it is read to check it).

An event's hash is SHA-256 of the JSON array of its columns, but for what may still change; a link's, of the hash of
the link before and of its events' hashes in the order of their ids, as hexadecimal text.
"""

import logging

from django.db import connection, transaction

from sharing.models import TrailLink

log = logging.getLogger(__name__)

LOCK = 0x7EA11
# What an event says, in the order in which it is hashed; `dispatched_at` and `link` come later.
HASHED = (
    "id", "type", "occurred_at", "actor_id", "organization_id", "demand_list_id", "match_id", "consent_id",
    "agreement_id", "cobuild_group_id", "data",
)  # fmt: skip
_columns = ", ".join(
    f"extract(epoch FROM event.{name})" if name == "occurred_at" else f"event.{name}" for name in HASHED
)
EVENT_HASH = f"encode(sha256(convert_to(jsonb_build_array({_columns})::text, 'UTF8')), 'hex')"


def _link_hash(previous: str) -> str:
    together = f"{previous} || string_agg({EVENT_HASH}, '' ORDER BY event.id)"
    return f"encode(sha256(convert_to({together}, 'UTF8')), 'hex')"


# One statement, so that what is hashed is what is linked. Only events that were told: nobody else writes to them.
EXTEND = f"""
WITH waiting AS MATERIALIZED (
    SELECT id FROM sharing_event WHERE link_id IS NULL AND dispatched_at IS NOT NULL
), head AS (
    SELECT coalesce((SELECT hash FROM sharing_traillink ORDER BY id DESC LIMIT 1), '') AS hash
), link AS (
    INSERT INTO sharing_traillink (made_at, previous, hash, event_count)
    SELECT now(), head.hash, {_link_hash("head.hash")}, count(*)
    FROM sharing_event AS event JOIN waiting USING (id) CROSS JOIN head GROUP BY head.hash
    RETURNING id
)
UPDATE sharing_event AS event SET link_id = link.id FROM waiting, link WHERE event.id = waiting.id
"""
# Links that are not as they were made, or do not follow on the one before.
BROKEN = f"""
SELECT count(*) FROM (
    SELECT link.hash, link.previous, link.event_count,
        coalesce(lag(link.hash) OVER (ORDER BY link.id), '') AS before,
        count(event.id) AS found, {_link_hash("link.previous")} AS again
    FROM sharing_traillink AS link LEFT JOIN sharing_event AS event ON event.link_id = link.id GROUP BY link.id
) AS link
WHERE previous <> before OR found <> event_count OR again IS DISTINCT FROM hash
"""


def extend() -> int:
    """Links the events that were told and are in no link yet; how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(EXTEND)
        linked: int = cursor.rowcount
    if linked:
        head = TrailLink.objects.latest("id")
        # Where logs are kept on another machine, this is the note that the chain is held against.
        log.info("Trail: %d events in link %d, %s", linked, head.pk, head.hash)
    return linked


def broken() -> int:
    """How many links are not as they were made, or do not follow on the one before."""
    with connection.cursor() as cursor:
        cursor.execute(BROKEN)
        [count] = cursor.fetchone()
    return int(count)
