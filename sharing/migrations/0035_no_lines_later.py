"""A match that is over gets no lines of the ledger later either: neither new ones, nor those of others, nor more days
than it had."""

from importlib import import_module

from django.db import migrations

at_commit = import_module("sharing.migrations.0032_lines_stay").at_commit


def looks_at(function: str, lines: str) -> str:
    """Each row is found by its key alone, as in 0032_lines_stay; what was superseded never had any line."""
    return f"""
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    breach record;
BEGIN
    SELECT match.id, match.status INTO breach FROM {lines} AS line
    CROSS JOIN LATERAL (SELECT match_id FROM sharing_matchleg WHERE reference = line.reference OFFSET 0) AS leg
    CROSS JOIN LATERAL (SELECT id, status FROM sharing_match WHERE id = leg.match_id OFFSET 0) AS match
    WHERE line.reference IS NOT NULL
        AND match.status IN ('refused', 'rejected', 'withdrawn', 'expired', 'superseded', 'ended')
        AND (upper(line.period) <= (SELECT ended_on FROM sharing_agreement WHERE match_id = match.id)) IS NOT TRUE
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'match % is % and gets no lines in the ledger', breach.id, breach.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'matches_leave_no_lines';
    END IF;
    RETURN NULL;
END $$;
"""


# All lines of a statement at once, as a list of 100,000 is held by one. By its name it comes after the ledger's own
# trigger: that waits for the assets, and so for whoever frees a match's lines just now.
NEW_LINES = """
CREATE OR REPLACE TRIGGER stays_with_match AFTER INSERT ON registry_allocation
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION sharing_no_new_lines();
"""
# A line at commit, when it may be cut or gone again.
AS_IT_STANDS = "(SELECT reference, period FROM registry_allocation WHERE id = NEW.id)"
# What grants a hold or ends a line is not looked at.
GROWS = "NEW.reference IS NOT NULL AND (NEW.reference IS DISTINCT FROM OLD.reference OR NOT OLD.period @> NEW.period)"


class Migration(migrations.Migration):
    # One trigger's lock at a time, and none that keeps readers waiting.
    atomic = False

    dependencies = [("sharing", "0034_discarded_drafts")]

    operations = [
        migrations.RunSQL(
            looks_at("sharing_no_new_lines", "new_lines") + NEW_LINES, "DROP FUNCTION sharing_no_new_lines() CASCADE"
        ),
        migrations.RunSQL(
            looks_at("sharing_no_more_days", AS_IT_STANDS)
            + at_commit("gets_no_more_days", "UPDATE ON registry_allocation", GROWS, "sharing_no_more_days"),
            "DROP FUNCTION sharing_no_more_days() CASCADE",
        ),
    ]
