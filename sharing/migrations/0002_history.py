"""Events are history: PostgreSQL itself refuses to change or remove them, whoever writes."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION sharing_keep_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.dispatched_at IS NULL
        AND to_jsonb(NEW) - 'dispatched_at' = to_jsonb(OLD) - 'dispatched_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'event % is history and cannot change', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'event_is_append_only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON sharing_event
    FOR EACH ROW EXECUTE FUNCTION sharing_keep_events();
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_initial")]
    operations = [migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION sharing_keep_events() CASCADE")]
