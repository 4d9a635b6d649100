"""The pyramid of clusters, and the triggers that note what changed on the map: see docs/tiles.md."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

INSERTED = """
-- On the path of every import: one row for the whole statement, with the ids alone. Where the assets lie is worked out
-- when the row is folded in, as is all else that costs more than a fraction of a microsecond for each asset.
CREATE FUNCTION registry_tiles_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_tilechange (assets, west, south, east, north, owners, regions)
    SELECT array_agg(id), '{}', '{}', '{}', '{}', '{}', '{}' FROM new_assets HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER tiles_inserted AFTER INSERT ON registry_asset REFERENCING NEW TABLE AS new_assets
    FOR EACH STATEMENT EXECUTE FUNCTION registry_tiles_inserted();
"""

UPDATED = """
-- Where an asset was is known only here, so its boxes are noted; but only where its places, or who may know of them, have
-- changed. No nested loop: the plan is kept for all statements, however many rows they change.
CREATE FUNCTION registry_tiles_updated() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
    INSERT INTO registry_tilechange (assets, west, south, east, north, owners, regions)
    WITH changed AS (
        SELECT present.id AS new_id, past.*, (past.geometry, past.protection, past.owner_id, past.region_id)
            IS DISTINCT FROM (present.geometry, present.protection, present.owner_id, present.region_id) AS elsewhere
        FROM old_assets AS past FULL JOIN new_assets AS present ON present.id = past.id
        WHERE (past.geometry, past.protection, past.owner_id, past.region_id, past.capacity, past.free_today)
            IS DISTINCT FROM (present.geometry, present.protection, present.owner_id, present.region_id, present.capacity, present.free_today)
    ), was AS (
        SELECT masked_geometry AS place, 0 AS owner, 0 AS region FROM changed WHERE elsewhere AND protection <> 'core'
        UNION ALL
        SELECT geometry, owner_id, region_id FROM changed WHERE elsewhere AND protection <> 'open'
    )
    SELECT ids.assets, boxes.* FROM (
        SELECT coalesce(array_agg(new_id) FILTER (WHERE new_id IS NOT NULL), '{}') AS assets
        FROM changed HAVING count(*) > 0
    ) AS ids CROSS JOIN (
        SELECT coalesce(array_agg(ST_XMin(place)), '{}'), coalesce(array_agg(ST_YMin(place)), '{}'),
            coalesce(array_agg(ST_XMax(place)), '{}'), coalesce(array_agg(ST_YMax(place)), '{}'),
            coalesce(array_agg(owner), '{}'), coalesce(array_agg(region), '{}')
        FROM was
    ) AS boxes;
    RETURN NULL;
END $$;
CREATE TRIGGER tiles_updated AFTER UPDATE ON registry_asset
    REFERENCING OLD TABLE AS old_assets NEW TABLE AS new_assets
    FOR EACH STATEMENT EXECUTE FUNCTION registry_tiles_updated();
"""

DELETED = """
CREATE FUNCTION registry_tiles_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_tilechange (assets, west, south, east, north, owners, regions)
    SELECT '{}', array_agg(ST_XMin(place)), array_agg(ST_YMin(place)), array_agg(ST_XMax(place)),
        array_agg(ST_YMax(place)), array_agg(owner), array_agg(region)
    FROM (
        SELECT masked_geometry AS place, 0 AS owner, 0 AS region FROM old_assets WHERE protection <> 'core'
        UNION ALL
        SELECT geometry, owner_id, region_id FROM old_assets WHERE protection <> 'open'
    ) AS was
    HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER tiles_deleted AFTER DELETE ON registry_asset REFERENCING OLD TABLE AS old_assets
    FOR EACH STATEMENT EXECUTE FUNCTION registry_tiles_deleted();

CREATE FUNCTION registry_tiles_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM registry_tilechange;
    DELETE FROM registry_tilecell;
    DELETE FROM registry_protectedtilecell;
    DELETE FROM registry_tileversion;
    RETURN NULL;
END $$;
CREATE TRIGGER tiles_truncated AFTER TRUNCATE ON registry_asset
    FOR EACH STATEMENT EXECUTE FUNCTION registry_tiles_truncated();
"""

AROUND = """
-- What tiles say of an asset's owner, and which regulators may know of it: both change so seldom that a row each will do.
CREATE FUNCTION registry_tiles_of_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_tilechange (assets, west, south, east, north, owners, regions)
    SELECT array_agg(id), '{}', '{}', '{}', '{}', '{}', '{}' FROM registry_asset WHERE owner_id = NEW.id HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER tiles_of_owner AFTER UPDATE OF code, sector ON registry_organization
    FOR EACH ROW WHEN ((OLD.code, OLD.sector) IS DISTINCT FROM (NEW.code, NEW.sector))
    EXECUTE FUNCTION registry_tiles_of_owner();

CREATE FUNCTION registry_tiles_of_region() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_tilechange (assets, west, south, east, north, owners, regions)
    SELECT array_agg(id), '{}', '{}', '{}', '{}', '{}', '{}' FROM registry_asset WHERE region_id = NEW.id HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER tiles_of_region AFTER UPDATE OF scheme, code ON registry_region
    FOR EACH ROW WHEN ((OLD.scheme, OLD.code) IS DISTINCT FROM (NEW.scheme, NEW.code))
    EXECUTE FUNCTION registry_tiles_of_region();
"""

ALL_THAT_ARE = """
INSERT INTO registry_tilechange (assets, west, south, east, north, owners, regions)
SELECT array_agg(id), '{}', '{}', '{}', '{}', '{}', '{}' FROM registry_asset GROUP BY id / 50000;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0006_protected_places_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProtectedTileCell",
            fields=[
                ("z", models.SmallIntegerField()),
                ("cell", models.BigIntegerField()),
                ("total", models.IntegerField()),
                ("assets", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                (
                    "free",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), help_text="Those with a free unit.", size=None
                    ),
                ),
                ("x", models.BigIntegerField()),
                ("y", models.BigIntegerField()),
                ("owner_id", models.BigIntegerField()),
                ("region_id", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "z",
                        "cell",
                        "owner_id",
                        "region_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TileCell",
            fields=[
                ("z", models.SmallIntegerField()),
                ("cell", models.BigIntegerField()),
                ("total", models.IntegerField()),
                ("assets", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                (
                    "free",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), help_text="Those with a free unit.", size=None
                    ),
                ),
                ("x", models.BigIntegerField()),
                ("y", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "z", "cell", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TileChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "assets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="Assets to be counted where they now are.",
                        size=None,
                    ),
                ),
                (
                    "west",
                    django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, size=None),
                ),
                (
                    "south",
                    django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, size=None),
                ),
                (
                    "east",
                    django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, size=None),
                ),
                (
                    "north",
                    django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, size=None),
                ),
                (
                    "owners",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "regions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("noted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TileVersion",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "z",
                        "tile",
                        "owner_id",
                        "region_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("z", models.SmallIntegerField()),
                ("tile", models.BigIntegerField()),
                ("owner_id", models.BigIntegerField()),
                ("region_id", models.BigIntegerField()),
                ("version", models.BigIntegerField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(INSERTED, "DROP FUNCTION registry_tiles_inserted() CASCADE"),
        migrations.RunSQL(UPDATED, "DROP FUNCTION registry_tiles_updated() CASCADE"),
        migrations.RunSQL(
            DELETED, "DROP FUNCTION registry_tiles_deleted() CASCADE; DROP FUNCTION registry_tiles_truncated() CASCADE"
        ),
        migrations.RunSQL(
            AROUND, "DROP FUNCTION registry_tiles_of_owner() CASCADE; DROP FUNCTION registry_tiles_of_region() CASCADE"
        ),
        migrations.RunSQL(ALL_THAT_ARE, migrations.RunSQL.noop),
    ]
