import django.contrib.postgres.fields
from django.db import migrations, models

# A newly listed asset is known by its details, whose statement triggers have the rows at hand already: an import of
# 100,000 assets writes fifty rows here, a third of a microsecond an asset. The assets' own rows, much wider, are looked
# at only where a statement sets what supply consists of; imports say by a setting that details follow. Loads and units
# that become fewer are no news, so what the ledger takes is not recorded.
COLUMNS = (
    "status", "owner_id", "geometry", "available_from", "capacity", "weight_kg", "wind_area_m2", "power_kw",
    "open_to_sectors", "price_per_unit_year", "protection",
)  # fmt: skip
RECORD = f"""
CREATE FUNCTION registry_supply_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_supplychange (block, assets, recorded_at) VALUES (NEW.id >> 11, ARRAY[NEW.id], now());
    RETURN NULL;
END $$;
CREATE TRIGGER supply_changed AFTER UPDATE OF {", ".join(COLUMNS)} ON registry_asset
    FOR EACH ROW WHEN (
        current_setting('registry.details_follow', true) IS DISTINCT FROM 'on'
        AND ({", ".join(f"OLD.{column}" for column in COLUMNS)})
            IS DISTINCT FROM ({", ".join(f"NEW.{column}" for column in COLUMNS)})
    ) EXECUTE FUNCTION registry_supply_changed();

CREATE FUNCTION registry_supply_described() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_supplychange (block, assets, recorded_at)
    SELECT asset_id >> 11, array_agg(asset_id), now() FROM new_details GROUP BY asset_id >> 11;
    RETURN NULL;
END $$;

CREATE FUNCTION registry_supply_freed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_supplychange (block, assets, recorded_at)
    SELECT asset_id >> 11, array_agg(DISTINCT asset_id), now() FROM old_lines GROUP BY asset_id >> 11;
    RETURN NULL;
END $$;
CREATE TRIGGER supply_freed AFTER DELETE ON registry_allocation REFERENCING OLD TABLE AS old_lines
    FOR EACH STATEMENT EXECUTE FUNCTION registry_supply_freed();

CREATE FUNCTION registry_supply_eased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_supplychange (block, assets, recorded_at)
    SELECT stale.asset_id >> 11, array_agg(DISTINCT stale.asset_id), now()
    FROM old_lines AS stale JOIN new_lines AS fresh USING (id)
    WHERE fresh.asset_id <> stale.asset_id OR NOT (fresh.units @> stale.units AND fresh.period @> stale.period)
        OR fresh.weight_kg < stale.weight_kg OR fresh.wind_area_m2 < stale.wind_area_m2 OR fresh.power_kw < stale.power_kw
    GROUP BY stale.asset_id >> 11;
    RETURN NULL;
END $$;
CREATE TRIGGER supply_eased AFTER UPDATE ON registry_allocation
    REFERENCING OLD TABLE AS old_lines NEW TABLE AS new_lines
    FOR EACH STATEMENT EXECUTE FUNCTION registry_supply_eased();
""" + "".join(
    f"""
CREATE TRIGGER supply_described_{event.lower()} AFTER {event} ON {table} REFERENCING NEW TABLE AS new_details
    FOR EACH STATEMENT EXECUTE FUNCTION registry_supply_described();
"""
    for table in ("registry_tower", "registry_duct", "registry_fiber", "registry_equipmentroom")
    for event in ("INSERT", "UPDATE")
)
FORGET = "".join(
    f"DROP FUNCTION registry_supply_{what}() CASCADE;" for what in ("changed", "described", "freed", "eased")
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0007_tiles")]

    operations = [
        migrations.CreateModel(
            name="SupplyChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("block", models.BigIntegerField(db_index=True, verbose_name="block")),
                (
                    "assets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="assets"
                    ),
                ),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="attempts")),
            ],
            options={
                "verbose_name": "change of supply",
                "verbose_name_plural": "changes of supply",
                "ordering": ("id",),
            },
        ),
        migrations.RunSQL(RECORD, FORGET),
    ]
