"""What was decided is neither taken out, to be put in again as something else, nor moved to what was not decided; and who
asked for a consent stands beside it, whichever version of the registry asked."""

from django.db import migrations

REQUESTED, ANSWERED = "OLD.status NOT IN ('proposed', 'superseded')", "OLD.status <> 'pending'"
ANSWER = ("status", "conditions", "reason", "reason_text", "answered_at", "answered_by_id")


def stays(table: str, trigger: str, decided: str, *columns: str) -> str:
    """The function is that of 0029_decisions_stay."""
    old, new = (", ".join(f"{row}.{one}" for one in columns) for row in ("OLD", "NEW"))
    return f"""
CREATE OR REPLACE TRIGGER {trigger} BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN ({decided} AND ({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION sharing_keep_decisions();
"""


def never_removed(table: str, decided: str) -> str:
    return f"""
CREATE OR REPLACE TRIGGER never_removed BEFORE DELETE ON {table} FOR EACH ROW
    WHEN ({decided}) EXECUTE FUNCTION sharing_keep_decisions();
"""


def gone(table: str, *triggers: str) -> str:
    return "".join(f"DROP TRIGGER {trigger} ON {table};" for trigger in triggers)


NOTE_ASKED = """
CREATE OR REPLACE FUNCTION sharing_note_asked() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE sharing_consent SET asked_by_id = NEW.actor_id WHERE id = NEW.consent_id AND asked_by_id IS NULL;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER note_asked AFTER INSERT ON sharing_event FOR EACH ROW
    WHEN (NEW.type = 'consent.asked' AND NEW.actor_id IS NOT NULL) EXECUTE FUNCTION sharing_note_asked();
"""
# Of those that the older version has asked for since 0027_asked_by.
ASKED = """
UPDATE sharing_consent AS consent SET asked_by_id = event.actor_id FROM sharing_event AS event
WHERE event.consent_id = consent.id AND event.type = 'consent.asked' AND event.actor_id IS NOT NULL
    AND consent.asked_by_id IS NULL
"""


class Migration(migrations.Migration):
    # One table's lock at a time, and none that keeps writers waiting while consents are looked through.
    atomic = False

    dependencies = [("sharing", "0029_decisions_stay")]

    operations = [
        migrations.RunSQL(
            never_removed("sharing_match", REQUESTED)
            + stays("sharing_match", "demand_stays", REQUESTED, "id", "demand_id"),
            gone("sharing_match", "never_removed", "demand_stays"),
        ),
        migrations.RunSQL(
            never_removed("sharing_consent", ANSWERED)
            + stays("sharing_consent", "answer_stays", ANSWERED, "id", "match_id", "owner_id", *ANSWER)
            + stays("sharing_consent", "asker_stays", "OLD.asked_by_id IS NOT NULL", "asked_by_id"),
            gone("sharing_consent", "never_removed", "asker_stays")
            + stays("sharing_consent", "answer_stays", ANSWERED, *ANSWER, "asked_by_id"),
        ),
        migrations.RunSQL(never_removed("sharing_approval", "true"), gone("sharing_approval", "never_removed")),
        migrations.RunSQL(
            never_removed("sharing_agreement", "true")
            + stays("sharing_agreement", "match_stays", "true", "id", "match_id"),
            gone("sharing_agreement", "never_removed", "match_stays"),
        ),
        migrations.RunSQL(NOTE_ASKED, "DROP FUNCTION sharing_note_asked() CASCADE"),
        migrations.RunSQL(ASKED, migrations.RunSQL.noop),
    ]
