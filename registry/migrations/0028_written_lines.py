"""The ledger's triggers look at the lines that are written, not at all of their assets' again."""

from importlib import import_module

from django.db import migrations

SETTLE = """
-- Locking the assets in the order of their ids makes concurrent writers queue; only then is the ledger read, so that
-- what a writer ahead committed is counted. The update of ledger_version makes a writer under REPEATABLE READ fail
-- rather than trust its old snapshot.
CREATE OR REPLACE FUNCTION registry_settle_ledger(touched bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM registry_asset WHERE id = ANY (touched) ORDER BY id FOR NO KEY UPDATE;

    UPDATE registry_asset AS asset
    SET ledger_version = ledger_version + 1, used_today = coalesce(used.units, 0)
    FROM unnest(touched) AS one (id)
    LEFT JOIN (
        SELECT asset_id, sum(upper(units) - lower(units)) AS units
        FROM registry_allocation WHERE asset_id = ANY (touched) AND period @> CURRENT_DATE GROUP BY asset_id
    ) AS used ON used.asset_id = one.id
    WHERE asset.id = one.id;
END $$;

-- Lines that stood there were looked at when they were written, and registry_keep_capacity looks at them when a limit
-- falls: only what is written now can go beyond one, and only with a load of its own beyond a load's. Each line finds
-- its asset by its id (OFFSET 0), since the plan is kept for all statements, however many lines they write.
CREATE FUNCTION registry_ledger_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    breach record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM registry_settle_ledger((SELECT array_agg(DISTINCT asset_id) FROM new_lines));
    ELSE
        PERFORM registry_settle_ledger((
            SELECT array_agg(asset_id)
            FROM (SELECT asset_id FROM new_lines UNION SELECT asset_id FROM old_lines) AS both_ends
        ));
    END IF;

    SELECT asset.code, asset.capacity, upper(line.units) - 1 AS highest INTO breach
    FROM new_lines AS line
    CROSS JOIN LATERAL (SELECT code, capacity FROM registry_asset WHERE id = line.asset_id OFFSET 0) AS asset
    WHERE upper(line.units) - 1 > asset.capacity AND line.period && daterange(CURRENT_DATE, NULL)
    ORDER BY line.asset_id, highest DESC LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'asset % has % units, unit % does not exist', breach.code, breach.capacity, breach.highest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_stays_within_capacity';
    END IF;

    SELECT asset.code, start.day INTO breach
    FROM (
        SELECT DISTINCT asset_id FROM new_lines WHERE weight_kg > 0 OR wind_area_m2 > 0 OR power_kw > 0
    ) AS loaded
    CROSS JOIN LATERAL (
        SELECT code, weight_kg, wind_area_m2, power_kw FROM registry_asset WHERE id = loaded.asset_id OFFSET 0
    ) AS asset
    CROSS JOIN LATERAL (
        SELECT DISTINCT lower(period) AS day FROM registry_allocation WHERE asset_id = loaded.asset_id OFFSET 0
    ) AS start
    CROSS JOIN LATERAL (
        SELECT sum(weight_kg) AS weight_kg, sum(wind_area_m2) AS wind_area_m2, sum(power_kw) AS power_kw
        FROM registry_allocation WHERE asset_id = loaded.asset_id AND period @> start.day
            AND period && daterange(CURRENT_DATE, NULL)
    ) AS load
    WHERE num_nonnulls(asset.weight_kg, asset.wind_area_m2, asset.power_kw) > 0
        AND (load.weight_kg > asset.weight_kg OR load.wind_area_m2 > asset.wind_area_m2
             OR load.power_kw > asset.power_kw)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'asset % is loaded beyond its limit on %', breach.code, breach.day
            USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_stays_within_loads';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER settle_ledger_inserted AFTER INSERT ON registry_allocation
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION registry_ledger_written();
CREATE OR REPLACE TRIGGER settle_ledger_updated AFTER UPDATE ON registry_allocation
    REFERENCING OLD TABLE AS old_lines NEW TABLE AS new_lines
    FOR EACH STATEMENT EXECUTE FUNCTION registry_ledger_written();
DROP FUNCTION registry_ledger_inserted();
DROP FUNCTION registry_ledger_updated();
"""
BEFORE = (
    """
DROP FUNCTION registry_ledger_written() CASCADE;
DROP FUNCTION registry_ledger_deleted() CASCADE;
DROP FUNCTION registry_settle_ledger(bigint[]);
"""
    + import_module("registry.migrations.0002_ledger").SETTLE
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0027_places_of_plans")]

    operations = [migrations.RunSQL(SETTLE, BEFORE)]
