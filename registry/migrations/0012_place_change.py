"""Notes of every change of where point assets stand: see sharing/matching/snapshot.py."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

# A row a statement. What the ledger writes to assets (units used, version) names other columns, and fires nothing.
NOTE = """
CREATE FUNCTION registry_note_places(assets bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO registry_placechange (xid, assets) VALUES (pg_current_xact_id()::text::bigint, assets)
$$;

CREATE FUNCTION registry_places_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_note_places(array_agg(id)) FROM new_assets
    WHERE kind IN ('tower', 'equipment_room') HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER places_inserted AFTER INSERT ON registry_asset REFERENCING NEW TABLE AS new_assets
    FOR EACH STATEMENT EXECUTE FUNCTION registry_places_inserted();

CREATE FUNCTION registry_places_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_note_places(ARRAY[OLD.id, NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER places_updated AFTER UPDATE OF id, owner_id, geometry, protection ON registry_asset
    FOR EACH ROW WHEN (
        NEW.kind IN ('tower', 'equipment_room')
        AND (OLD.id, OLD.owner_id, OLD.geometry, OLD.protection)
            IS DISTINCT FROM (NEW.id, NEW.owner_id, NEW.geometry, NEW.protection)
    ) EXECUTE FUNCTION registry_places_updated();

CREATE FUNCTION registry_places_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_note_places(array_agg(id)) FROM old_assets
    WHERE kind IN ('tower', 'equipment_room') HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER places_deleted AFTER DELETE ON registry_asset REFERENCING OLD TABLE AS old_assets
    FOR EACH STATEMENT EXECUTE FUNCTION registry_places_deleted();

CREATE FUNCTION registry_places_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_note_places(NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER places_truncated AFTER TRUNCATE ON registry_asset
    FOR EACH STATEMENT EXECUTE FUNCTION registry_places_truncated();
ALTER TABLE registry_placechange ALTER assets SET STORAGE EXTERNAL; -- compressing ids costs more than the space of a day
"""
FORGET = """
DROP FUNCTION registry_places_inserted() CASCADE;
DROP FUNCTION registry_places_updated() CASCADE;
DROP FUNCTION registry_places_deleted() CASCADE;
DROP FUNCTION registry_places_truncated() CASCADE;
DROP FUNCTION registry_note_places(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0011_time_zone")]

    operations = [
        migrations.CreateModel(
            name="PlaceChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("xid", models.BigIntegerField(db_index=True)),
                (
                    "assets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("noted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(NOTE, FORGET),
    ]
