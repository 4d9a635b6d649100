"""What was decided stays decided, whoever writes: lists and matches go on as the workflow brings them, and no answer,
signature or end changes afterwards."""

import json

from django.db import migrations

MOVES = {
    "sharing_demandlist": {
        "draft": ("submitted", "closed"),
        "submitted": ("draft", "matched", "closed"),
        "matched": ("draft", "closed"),
    },
    "sharing_match": {
        "proposed": ("requested", "superseded"),
        "requested": ("consented", "refused", "withdrawn", "expired"),
        "consented": ("approved", "rejected", "withdrawn", "expired"),
        "approved": ("active", "ended"),
        "active": ("ended",),
    },
}
FORWARD = """
CREATE FUNCTION sharing_move_forward() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF coalesce(TG_ARGV[0]::jsonb->OLD.status ? NEW.status, false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% % does not go from % to %', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'status_moves_forward';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER moves_forward BEFORE UPDATE ON {table} FOR EACH ROW WHEN (NEW.status <> OLD.status)
    EXECUTE FUNCTION sharing_move_forward('{json.dumps(moves)}');
"""
    for table, moves in MOVES.items()
)
ANSWERED = (
    "status", "conditions", "reason", "reason_text", "answered_at", "answered_by_id", "asked_by_id",
)  # fmt: skip
# While the second signature of two is waited for, who gave the first may still reject; it may lapse, and then be given
# anew.
STAY = f"""
CREATE FUNCTION sharing_keep_decisions() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'sharing_approval' THEN
        IF (NEW.id, NEW.match_id, NEW.decided_by_id) = (OLD.id, OLD.match_id, OLD.decided_by_id)
            AND (SELECT status FROM sharing_match WHERE id = OLD.match_id) = 'consented'
            AND (
                (OLD.decision, NEW.decision) = ('approved', 'rejected')
                OR (OLD.decision, NEW.decision) = ('approved', 'lapsed')
                AND (NEW.regulator_id, NEW.fingerprint, NEW.matter, NEW.decided_at)
                    = (OLD.regulator_id, OLD.fingerprint, OLD.matter, OLD.decided_at)
                OR OLD.decision = 'lapsed' AND NEW.decision IN ('approved', 'rejected')
            ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% % is decided and cannot change', TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_stays';
END $$;
CREATE TRIGGER answer_stays BEFORE UPDATE ON sharing_consent FOR EACH ROW
    WHEN (OLD.status <> 'pending' AND ({", ".join(f"OLD.{one}" for one in ANSWERED)})
        IS DISTINCT FROM ({", ".join(f"NEW.{one}" for one in ANSWERED)}))
    EXECUTE FUNCTION sharing_keep_decisions();
CREATE TRIGGER signature_stays BEFORE UPDATE ON sharing_approval FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW)
    EXECUTE FUNCTION sharing_keep_decisions();
CREATE TRIGGER end_stays BEFORE UPDATE ON sharing_agreement FOR EACH ROW
    WHEN (OLD.ended_on IS NOT NULL AND OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION sharing_keep_decisions();
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0028_kept_links")]

    operations = [
        migrations.RunSQL(FORWARD, "DROP FUNCTION sharing_move_forward() CASCADE"),
        migrations.RunSQL(STAY, "DROP FUNCTION sharing_keep_decisions() CASCADE"),
    ]
