"""When a line was changed is noted, whoever writes: owners who were asked about it before see it no more."""

from django.db import migrations, models

from registry.migrations._again import AddColumn

# Which lines of a list were changed while it was a draft again nobody noted. Before the trigger is there, which would
# take this for a change.
REOPENED = """
UPDATE sharing_demand AS demand SET changed_at = reopened.at
FROM (SELECT demand_list_id, max(occurred_at) AS at FROM sharing_event WHERE type = 'list.reopened' GROUP BY 1) AS reopened
WHERE reopened.demand_list_id = demand.list_id AND demand.changed_at IS NULL
"""
NOTE_CHANGED = """
CREATE OR REPLACE FUNCTION sharing_note_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER note_changed BEFORE UPDATE ON sharing_demand FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION sharing_note_changed();
"""


class Migration(migrations.Migration):
    # So that the column's lock is not held while it is filled.
    atomic = False

    dependencies = [("sharing", "0030_decided_rows_stay")]

    operations = [
        AddColumn(
            model_name="demand",
            name="changed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(REOPENED, migrations.RunSQL.noop),
        migrations.RunSQL(NOTE_CHANGED, "DROP FUNCTION sharing_note_changed() CASCADE"),
    ]
