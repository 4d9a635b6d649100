"""Nobody who cannot switch triggers off makes later rows unlinkable: a link follows on the newest and reaches no further
than rows are, events are put into a link only while it is made, and are numbered by the database alone."""

from django.db import migrations

from registry.migrations._numbers import numbered

KEEP_LINKS = """
CREATE FUNCTION sharing_keep_links() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    head sharing_traillink;
    reached record;
    is_there boolean := true;
BEGIN
    SELECT * INTO head FROM sharing_traillink ORDER BY id DESC LIMIT 1;
    FOR reached IN SELECT * FROM jsonb_each_text(NEW.reached) LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id = $1)', reached.key)
            INTO is_there USING reached.value::bigint;
        EXIT WHEN NOT is_there;
    END LOOP;
    IF is_there AND NEW.made_at = now() AND NEW.previous = coalesce(head.hash, '')
        AND NEW.id = currval('sharing_traillink_id_seq') AND NEW.id > coalesce(head.id, 0) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a link follows on the newest, and reaches no further than rows are'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'link_follows_on_the_newest';
END $$;
CREATE TRIGGER follows_on_the_newest BEFORE INSERT ON sharing_traillink
    FOR EACH ROW EXECUTE FUNCTION sharing_keep_links();
"""
# As sharing/migrations/0014_trail.py has it, but that the link is one which this transaction makes.
KEEP_EVENTS = """
CREATE OR REPLACE FUNCTION sharing_keep_events() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.dispatched_at IS NULL OR NEW.dispatched_at = OLD.dispatched_at)
        AND (
            NEW.link_id IS NOT DISTINCT FROM OLD.link_id
            OR OLD.link_id IS NULL AND (SELECT made_at FROM sharing_traillink WHERE id = NEW.link_id) = now()
        )
        AND to_jsonb(NEW) - '{dispatched_at,link_id}'::text[] = to_jsonb(OLD) - '{dispatched_at,link_id}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'event % is history and cannot change', coalesce(OLD.id, NEW.id)
        USING ERRCODE = 'check_violation', CONSTRAINT = 'event_is_append_only';
END $$;
CREATE TRIGGER linked_later BEFORE INSERT ON sharing_event
    FOR EACH ROW WHEN (NEW.link_id IS NOT NULL) EXECUTE FUNCTION sharing_keep_events();
"""
AS_BEFORE = """
DROP TRIGGER linked_later ON sharing_event;
CREATE OR REPLACE FUNCTION sharing_keep_events() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.dispatched_at IS NULL OR NEW.dispatched_at = OLD.dispatched_at)
        AND (OLD.link_id IS NULL OR NEW.link_id = OLD.link_id)
        AND to_jsonb(NEW) - '{dispatched_at,link_id}'::text[] = to_jsonb(OLD) - '{dispatched_at,link_id}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'event % is history and cannot change', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'event_is_append_only';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0035_numbers"), ("sharing", "0027_asked_by")]

    operations = [
        migrations.RunSQL(*numbered("sharing_event")),
        migrations.RunSQL(KEEP_LINKS, "DROP FUNCTION sharing_keep_links() CASCADE"),
        migrations.RunSQL(KEEP_EVENTS, AS_BEFORE),
    ]
