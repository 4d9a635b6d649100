"""The ledger's lines stay with the matches that they serve: none is taken from a leg under way or in force, and none is
left where a match fell through or ended."""

from django.db import migrations

# Looked at when the transaction ends, as verbs write matches, agreements and lines one after another. A match that is
# over is of no interest here, so that what it left can be cleared away line by line. Each row is found by its key alone
# (OFFSET 0, FILTER, subqueries), since the plan is kept for all lines, however many there will be.
KEEP = """
CREATE OR REPLACE FUNCTION sharing_keep_lines() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM sharing_matchleg AS leg
    CROSS JOIN LATERAL (
        SELECT status, renewal_period, demand_id FROM sharing_match WHERE id = leg.match_id OFFSET 0
    ) AS match
    WHERE leg.reference = OLD.reference AND match.status IN ('requested', 'consented', 'approved', 'active')
        AND leg.quantity > (
            SELECT coalesce(sum(upper(units) - lower(units)) FILTER (
                WHERE asset_id = leg.asset_id
                    AND purpose = CASE WHEN match.status IN ('approved', 'active') THEN 'granted' ELSE 'held' END
                    AND period @> coalesce(
                        (SELECT agreement.period FROM sharing_agreement AS agreement WHERE match_id = leg.match_id),
                        match.renewal_period,
                        (SELECT demand.period FROM sharing_demand AS demand WHERE id = match.demand_id)
                    )
            ), 0)
            FROM registry_allocation WHERE reference = leg.reference
        );
    IF FOUND THEN
        RAISE EXCEPTION 'line % of the ledger serves a match', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legs_have_their_lines';
    END IF;
    RETURN NULL;
END $$;
"""
# Of an agreement that ended, the days up to its end stay in the ledger.
LEAVE = """
CREATE OR REPLACE FUNCTION sharing_leave_no_lines() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM sharing_matchleg AS leg
    CROSS JOIN LATERAL (SELECT period FROM registry_allocation WHERE reference = leg.reference OFFSET 0) AS line
    WHERE leg.match_id = NEW.id
        AND (upper(line.period) <= (SELECT ended_on FROM sharing_agreement WHERE match_id = NEW.id)) IS NOT TRUE;
    IF FOUND THEN
        RAISE EXCEPTION 'match % is % and left lines in the ledger', NEW.id, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'matches_leave_no_lines';
    END IF;
    RETURN NULL;
END $$;
"""
# A condition of a trigger may call a function, not ask a table.
LEGS = """
CREATE OR REPLACE FUNCTION sharing_was_requested(match bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT status NOT IN ('proposed', 'superseded') FROM sharing_match WHERE id = match
$$;
CREATE OR REPLACE TRIGGER never_removed BEFORE DELETE ON sharing_matchleg FOR EACH ROW
    WHEN (sharing_was_requested(OLD.match_id)) EXECUTE FUNCTION sharing_keep_decisions();
CREATE OR REPLACE TRIGGER leg_stays BEFORE UPDATE ON sharing_matchleg FOR EACH ROW
    WHEN (
        (OLD.id, OLD.match_id, OLD.asset_id, OLD.reference, OLD.quantity)
            IS DISTINCT FROM (NEW.id, NEW.match_id, NEW.asset_id, NEW.reference, NEW.quantity)
        AND sharing_was_requested(OLD.match_id)
    )
    EXECUTE FUNCTION sharing_keep_decisions();
"""


def at_commit(trigger: str, event: str, condition: str, function: str) -> str:
    """A constraint trigger cannot be replaced: where it is there already, it is left."""
    return f"""
DO $$ BEGIN
    CREATE CONSTRAINT TRIGGER {trigger} AFTER {event} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN ({condition}) EXECUTE FUNCTION {function}();
EXCEPTION WHEN duplicate_object THEN
END $$;
"""


# What grants a hold or prolongs one takes nothing away, and is not looked at.
TAKES_AWAY = """
OLD.reference IS NOT NULL AND (
    (NEW.asset_id, NEW.reference) IS DISTINCT FROM (OLD.asset_id, OLD.reference)
    OR NOT NEW.units @> OLD.units OR NOT NEW.period @> OLD.period
    OR NEW.purpose <> OLD.purpose AND (OLD.purpose, NEW.purpose) <> ('held', 'granted')
)
"""
IS_OVER = "NEW.status <> OLD.status AND NEW.status IN ('refused', 'rejected', 'withdrawn', 'expired', 'ended')"


class Migration(migrations.Migration):
    # One table's lock at a time, and none that keeps readers waiting.
    atomic = False

    dependencies = [("sharing", "0031_changed_lines"), ("registry", "0035_numbers")]

    operations = [
        migrations.RunSQL(
            LEGS,
            """
            DROP TRIGGER never_removed ON sharing_matchleg;
            DROP TRIGGER leg_stays ON sharing_matchleg;
            DROP FUNCTION sharing_was_requested(bigint);
            """,
        ),
        migrations.RunSQL(
            KEEP
            + at_commit(
                "lines_stay", "DELETE ON registry_allocation", "OLD.reference IS NOT NULL", "sharing_keep_lines"
            )
            + at_commit("lines_stay_whole", "UPDATE ON registry_allocation", TAKES_AWAY, "sharing_keep_lines"),
            "DROP FUNCTION sharing_keep_lines() CASCADE",
        ),
        migrations.RunSQL(
            LEAVE + at_commit("leaves_no_lines", "UPDATE ON sharing_match", IS_OVER, "sharing_leave_no_lines"),
            "DROP FUNCTION sharing_leave_no_lines() CASCADE",
        ),
    ]
