"""What must be true of the whole database at every moment, whoever wrote to it: the ledger balances, no unit is with
two holders, no load is beyond its limit, every decision is what its event says, every hold has an end, every cell
hides enough.

The database's own constraints refuse to break most of these (registry/migrations/0002_ledger.py); this looks again, at
what is there, so that a restored backup or a repaired table can be trusted.
"""

from dataclasses import dataclass

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sharing.trail import BROKEN, OUTSIDE


@dataclass(frozen=True)
class Claim:
    """text: what must be so. faults: a statement that counts the rows for which it is not."""

    code: str
    text: str | Promise
    faults: str


@dataclass(frozen=True)
class Finding:
    claim: Claim
    faults: int

    @property
    def holds(self) -> bool:
        return self.faults == 0


CLAIMS = (
    Claim(
        "legs_have_their_lines",
        _("the ledger holds exactly what each match's status asks for"),
        """
        SELECT count(*) FROM sharing_matchleg AS leg
        JOIN sharing_match AS match ON match.id = leg.match_id
        LEFT JOIN LATERAL (
            SELECT sum(upper(units) - lower(units)) AS units, array_agg(DISTINCT purpose::text) AS purposes
            FROM registry_allocation WHERE reference = leg.reference
        ) AS line ON true
        WHERE leg.asset_id IS NOT NULL AND match.status <> 'ended'
        AND (line.units IS NOT NULL OR NOT EXISTS (
            SELECT FROM sharing_matchleg AS earlier
            WHERE (earlier.match_id, earlier.asset_id) = (leg.match_id, leg.asset_id)
                AND earlier.position < leg.position
        ))
        AND (coalesce(line.units, 0), coalesce(line.purposes, '{}')) IS DISTINCT FROM CASE
            WHEN match.status IN ('requested', 'consented') THEN (leg.quantity::bigint, ARRAY['held'])
            WHEN match.status IN ('approved', 'active') THEN (leg.quantity::bigint, ARRAY['granted'])
            ELSE (0::bigint, ARRAY[]::text[])
        END
        """,
    ),
    Claim(
        "lines_have_their_legs",
        _("every hold, and every line that names a leg of a match, has that leg"),
        """
        SELECT count(*) FROM registry_allocation AS line
        WHERE (line.purpose = 'held' OR line.reference IS NOT NULL)
        AND NOT EXISTS (SELECT FROM sharing_matchleg AS leg WHERE leg.reference = line.reference)
        """,
    ),
    Claim(
        "ended_agreements_hold_nothing",
        _("an agreement that ended holds nothing from that day on"),
        """
        SELECT count(*) FROM sharing_agreement AS agreement
        JOIN sharing_matchleg AS leg ON leg.match_id = agreement.match_id
        JOIN registry_allocation AS line ON line.reference = leg.reference
        WHERE upper_inf(line.period) AND agreement.ended_on IS NOT NULL OR upper(line.period) > agreement.ended_on
        """,
    ),
    Claim(
        "used_today_is_the_sum",
        _("every asset's units in use are the sum of its lines"),
        """
        SELECT count(*) FROM registry_asset AS asset
        LEFT JOIN (
            SELECT asset_id, sum(upper(units) - lower(units)) AS units FROM registry_allocation
            WHERE period @> CURRENT_DATE GROUP BY asset_id
        ) AS used ON used.asset_id = asset.id
        WHERE asset.used_today <> coalesce(used.units, 0)
        """,
    ),
    Claim(
        "no_unit_twice",
        _("no unit is with two holders on a day"),
        """
        SELECT count(*) FROM registry_allocation AS one
        JOIN registry_allocation AS other ON other.asset_id = one.asset_id AND other.id > one.id
            AND other.units && one.units AND other.period && one.period
        """,
    ),
    Claim(
        "no_unit_beyond_capacity",
        _("no unit is beyond its asset's capacity"),
        """
        SELECT count(*) FROM registry_allocation AS line
        JOIN registry_asset AS asset ON asset.id = line.asset_id
        WHERE NOT int4range(1, asset.capacity::int, '[]') @> line.units
            AND (upper_inf(line.period) OR upper(line.period) > CURRENT_DATE)
        """,
    ),
    Claim(
        "no_load_beyond_limit",
        _("no load is beyond its asset's limit on any day to come"),
        """
        SELECT count(*) FROM (
            SELECT at.asset_id, at.day,
                sum(line.weight_kg) AS weight_kg, sum(line.wind_area_m2) AS wind_area_m2,
                sum(line.power_kw) AS power_kw
            FROM (
                SELECT DISTINCT asset_id, greatest(lower(period), CURRENT_DATE) AS day FROM registry_allocation
                WHERE coalesce(weight_kg, 0) + coalesce(wind_area_m2, 0) + coalesce(power_kw, 0) > 0
            ) AS at
            JOIN registry_allocation AS line ON line.asset_id = at.asset_id AND line.period @> at.day
            GROUP BY at.asset_id, at.day
        ) AS load
        JOIN registry_asset AS asset ON asset.id = load.asset_id
        WHERE load.weight_kg > asset.weight_kg OR load.wind_area_m2 > asset.wind_area_m2
            OR load.power_kw > asset.power_kw
        """,
    ),
    Claim(
        "holds_end",
        _("every hold has an end, and none outlived it"),
        """
        SELECT count(*) FROM registry_allocation
        WHERE purpose = 'held' AND (held_until IS NULL OR held_until < now() - interval '1 day')
        """,
    ),
    Claim(
        "answers_have_events",
        _("each answer of an owner is what its event says"),
        """
        SELECT count(*)
        FROM (SELECT * FROM sharing_consent WHERE status IN ('granted', 'refused')) AS consent
        FULL JOIN (
            SELECT *, row_number() OVER (PARTITION BY consent_id ORDER BY id) AS nth FROM sharing_event
            WHERE type IN ('consent.granted', 'consent.refused')
        ) AS event ON event.consent_id = consent.id AND event.type = 'consent.' || consent.status AND event.nth = 1
        WHERE consent.id IS NULL OR event.id IS NULL
            OR (
                consent.match_id, consent.owner_id, consent.answered_by_id, consent.reason, consent.reason_text,
                consent.conditions
            ) IS DISTINCT FROM (
                event.match_id, event.organization_id, event.actor_id, coalesce(event.data->>'reason', ''),
                coalesce(event.data->>'reason_text', ''), coalesce(event.data->>'conditions', '')
            )
        """,
    ),
    # Who signed first of two and then rejected has two events and one signature, which is as the later says.
    Claim(
        "signatures_have_events",
        _("each signature of a regulator is what its event says"),
        """
        SELECT count(*) FROM sharing_approval AS approval
        FULL JOIN (
            SELECT DISTINCT ON (match_id, actor_id) * FROM sharing_event
            WHERE type IN ('match.approved', 'match.countersigned', 'match.rejected')
            ORDER BY match_id, actor_id, id DESC
        ) AS event ON event.match_id = approval.match_id AND event.actor_id = approval.decided_by_id
        WHERE approval.id IS NULL OR event.id IS NULL
            OR (approval.decision = 'rejected', approval.regulator_id, approval.reason, approval.reason_text)
            IS DISTINCT FROM (
                event.type = 'match.rejected', event.organization_id, coalesce(event.data->>'reason', ''),
                coalesce(event.data->>'reason_text', '')
            )
        """,
    ),
    Claim(
        "agreements_have_events",
        _("each agreement has its event, and the day it ended where it did"),
        """
        SELECT count(*)
        FROM (
            SELECT agreement.*, match.status FROM sharing_agreement AS agreement
            JOIN sharing_match AS match ON match.id = agreement.match_id
        ) AS agreement
        FULL JOIN (
            SELECT *, row_number() OVER (PARTITION BY agreement_id ORDER BY id) AS nth FROM sharing_event
            WHERE type = 'match.approved'
        ) AS event ON event.agreement_id = agreement.id AND event.match_id = agreement.match_id AND event.nth = 1
        WHERE agreement.id IS NULL OR event.id IS NULL
            OR (agreement.ended_on IS NOT NULL) <> (agreement.status = 'ended')
        """,
    ),
    Claim(
        "statuses_have_events",
        _("each match is where its last event brought it"),
        """
        SELECT count(*) FROM sharing_match AS match
        LEFT JOIN (
            SELECT DISTINCT ON (event.match_id) event.match_id, moved.status FROM sharing_event AS event
            JOIN (
                VALUES ('match.requested', 'requested'), ('agreement.renewal_asked', 'requested'),
                    ('match.consented', 'consented'), ('match.approved', 'approved'),
                    ('agreement.activated', 'active'), ('agreement.ended', 'ended'), ('match.refused', 'refused'),
                    ('match.rejected', 'rejected'), ('match.withdrawn', 'withdrawn'), ('match.expired', 'expired')
            ) AS moved (type, status) USING (type)
            ORDER BY event.match_id, event.id DESC
        ) AS last ON last.match_id = match.id
        WHERE coalesce(last.status, 'proposed')
            <> CASE match.status WHEN 'superseded' THEN 'proposed' ELSE match.status END
        """,
    ),
    Claim("trail_is_unbroken", _("every link of the trail is as it was made, and follows on the one before"), BROKEN),
    Claim(
        "events_are_linked",
        _("every event that was told a day ago is in a link of the trail"),
        """
        SELECT count(*) FROM sharing_event
        WHERE link_id IS NULL AND dispatched_at < now() - interval '1 day'
        """,
    ),
    Claim(
        "rows_are_linked",
        _("every change, sight, export and disclosure of a day ago is in a link of the trail"),
        OUTSIDE,
    ),
    Claim(
        "cells_hold_enough",
        _("every grid cell that stands for restricted assets holds enough of them, or is of the greatest"),
        "SELECT count(*) FROM registry_thin_cells()",
    ),
)


def findings() -> list[Finding]:
    """Each claim with the number of its faults; all of one moment, since one statement sees one snapshot."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"({claim.faults})" for claim in CLAIMS))
        return [Finding(claim, int(faults)) for claim, faults in zip(CLAIMS, cursor.fetchone(), strict=True)]
