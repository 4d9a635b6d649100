"""What PostgreSQL itself refuses, whoever writes: see docs/architecture.md, "The ledger"."""

from django.db import migrations

GEOMETRY = """
ALTER TABLE registry_asset ADD CONSTRAINT asset_geometry_suits_its_kind CHECK (
    NOT ST_IsEmpty(geometry) AND CASE
        WHEN kind IN ('tower', 'equipment_room') THEN GeometryType(geometry) = 'POINT'
        ELSE GeometryType(geometry) = 'LINESTRING'
    END
);
ALTER TABLE registry_asset ADD CONSTRAINT asset_geometry_is_on_earth CHECK (
    ST_XMin(geometry) >= -180 AND ST_XMax(geometry) <= 180 AND ST_YMin(geometry) >= -90 AND ST_YMax(geometry) <= 90
    AND ST_XMin(geometry) <> 'NaN' AND ST_YMin(geometry) <> 'NaN'
);
ALTER TABLE registry_organization ADD CONSTRAINT organization_social_credit_code_checks CHECK (
    registry_is_social_credit_code(social_credit_code)
);
"""

UNITS_TAKEN = """
-- Units of an asset that any allocation touches during a period. Allocations of different days may use the same unit,
-- hence range_agg and not a sum.
CREATE FUNCTION registry_units_taken(asset bigint, during daterange) RETURNS integer
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN (
    SELECT coalesce(sum(upper(run) - lower(run)), 0)
    FROM unnest((
        SELECT range_agg(units) FROM registry_allocation WHERE asset_id = asset AND period && during
    )) AS runs (run)
);
"""

SETTLE = """
-- Runs after every statement that writes the ledger. Locking the assets in the order of their ids makes concurrent
-- writers queue; only then are capacity and loads read, so that what a writer ahead committed is counted.
-- The update of ledger_version makes a writer under REPEATABLE READ fail rather than trust its old snapshot.
CREATE FUNCTION registry_settle_ledger(touched bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    breach record;
BEGIN
    PERFORM FROM registry_asset WHERE id = ANY (touched) ORDER BY id FOR NO KEY UPDATE;

    SELECT asset.code, asset.capacity, max(upper(line.units)) - 1 AS highest INTO breach
    FROM registry_asset AS asset JOIN registry_allocation AS line ON line.asset_id = asset.id
    WHERE asset.id = ANY (touched) AND upper(line.units) - 1 > asset.capacity
        AND line.period && daterange(CURRENT_DATE, NULL)
    GROUP BY asset.id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'asset % has % units, unit % does not exist', breach.code, breach.capacity, breach.highest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_stays_within_capacity';
    END IF;

    SELECT asset.code, start.day INTO breach
    FROM registry_asset AS asset
    CROSS JOIN LATERAL (
        SELECT DISTINCT lower(period) AS day FROM registry_allocation WHERE asset_id = asset.id
    ) AS start
    CROSS JOIN LATERAL (
        SELECT sum(weight_kg) AS weight_kg, sum(wind_area_m2) AS wind_area_m2, sum(power_kw) AS power_kw
        FROM registry_allocation WHERE asset_id = asset.id AND period @> start.day
            AND period && daterange(CURRENT_DATE, NULL)
    ) AS load
    WHERE asset.id = ANY (touched)
        AND num_nonnulls(asset.weight_kg, asset.wind_area_m2, asset.power_kw) > 0
        AND (load.weight_kg > asset.weight_kg OR load.wind_area_m2 > asset.wind_area_m2
             OR load.power_kw > asset.power_kw)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'asset % is loaded beyond its limit on %', breach.code, breach.day
            USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_stays_within_loads';
    END IF;

    UPDATE registry_asset AS asset
    SET ledger_version = ledger_version + 1, used_today = coalesce(used.units, 0)
    FROM unnest(touched) AS one (id)
    LEFT JOIN (
        SELECT asset_id, sum(upper(units) - lower(units)) AS units
        FROM registry_allocation WHERE asset_id = ANY (touched) AND period @> CURRENT_DATE GROUP BY asset_id
    ) AS used ON used.asset_id = one.id
    WHERE asset.id = one.id;
END $$;

CREATE FUNCTION registry_ledger_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_settle_ledger((SELECT array_agg(DISTINCT asset_id) FROM new_lines));
    RETURN NULL;
END $$;
CREATE FUNCTION registry_ledger_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_settle_ledger((
        SELECT array_agg(asset_id) FROM (SELECT asset_id FROM new_lines UNION SELECT asset_id FROM old_lines) AS both_ends
    ));
    RETURN NULL;
END $$;
CREATE FUNCTION registry_ledger_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_settle_ledger((SELECT array_agg(DISTINCT asset_id) FROM old_lines));
    RETURN NULL;
END $$;

CREATE TRIGGER settle_ledger_inserted AFTER INSERT ON registry_allocation
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION registry_ledger_inserted();
CREATE TRIGGER settle_ledger_updated AFTER UPDATE ON registry_allocation
    REFERENCING OLD TABLE AS old_lines NEW TABLE AS new_lines
    FOR EACH STATEMENT EXECUTE FUNCTION registry_ledger_updated();
CREATE TRIGGER settle_ledger_deleted AFTER DELETE ON registry_allocation
    REFERENCING OLD TABLE AS old_lines FOR EACH STATEMENT EXECUTE FUNCTION registry_ledger_deleted();
"""

KEEP_CAPACITY = """
-- Capacity and load limits never fall below what is held today or later; a kind never changes.
CREATE FUNCTION registry_keep_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    highest integer;
    heaviest record;
BEGIN
    IF NEW.kind <> OLD.kind THEN
        RAISE EXCEPTION 'the kind of asset % cannot change', NEW.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'asset_kind_is_final';
    END IF;
    SELECT max(upper(units)) - 1 INTO highest FROM registry_allocation
    WHERE asset_id = NEW.id AND period && daterange(CURRENT_DATE, NULL);
    IF highest > NEW.capacity THEN
        RAISE EXCEPTION 'unit % of asset % is held, so its capacity cannot be %', highest, NEW.code, NEW.capacity
            USING ERRCODE = 'check_violation', CONSTRAINT = 'asset_capacity_holds_its_ledger';
    END IF;
    SELECT max(weight_kg) AS weight_kg, max(wind_area_m2) AS wind_area_m2, max(power_kw) AS power_kw INTO heaviest
    FROM (
        SELECT sum(line.weight_kg) AS weight_kg, sum(line.wind_area_m2) AS wind_area_m2, sum(line.power_kw) AS power_kw
        FROM (SELECT DISTINCT lower(period) AS day FROM registry_allocation WHERE asset_id = NEW.id) AS start
        JOIN registry_allocation AS line ON line.asset_id = NEW.id AND line.period @> start.day
            AND line.period && daterange(CURRENT_DATE, NULL)
        GROUP BY start.day
    ) AS loads;
    IF heaviest.weight_kg > NEW.weight_kg OR heaviest.wind_area_m2 > NEW.wind_area_m2
        OR heaviest.power_kw > NEW.power_kw THEN
        RAISE EXCEPTION 'asset % carries more than the new limit', NEW.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'asset_limits_hold_its_ledger';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER keep_capacity AFTER UPDATE OF kind, capacity, weight_kg, wind_area_m2, power_kw ON registry_asset
    FOR EACH ROW WHEN (
        (OLD.kind, OLD.capacity, OLD.weight_kg, OLD.wind_area_m2, OLD.power_kw)
        IS DISTINCT FROM (NEW.kind, NEW.capacity, NEW.weight_kg, NEW.wind_area_m2, NEW.power_kw)
    ) EXECUTE FUNCTION registry_keep_capacity();
"""

DETAILS = """
-- Details belong to an asset of their own kind, and a room's power stays within its cooling.
CREATE FUNCTION registry_details_suit_kind() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray text;
BEGIN
    SELECT asset.code INTO stray FROM new_details JOIN registry_asset AS asset ON asset.id = new_details.asset_id
    WHERE asset.kind <> TG_ARGV[0] LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'asset % is not of kind %', stray, TG_ARGV[0]
            USING ERRCODE = 'check_violation', CONSTRAINT = 'details_suit_their_kind';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION registry_power_within_cooling() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hot text;
BEGIN
    SELECT asset.code INTO hot
    FROM registry_asset AS asset JOIN registry_equipmentroom AS room ON room.asset_id = asset.id
    WHERE asset.id = (to_jsonb(NEW) ->> TG_ARGV[0])::bigint AND asset.power_kw > room.cooling_kw;
    IF FOUND THEN
        RAISE EXCEPTION 'the power limit of room % exceeds its cooling', hot
            USING ERRCODE = 'check_violation', CONSTRAINT = 'room_power_stays_within_cooling';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER power_within_cooling AFTER INSERT OR UPDATE ON registry_equipmentroom
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION registry_power_within_cooling('asset_id');
CREATE CONSTRAINT TRIGGER power_within_cooling AFTER UPDATE OF power_kw ON registry_asset
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (OLD.power_kw IS DISTINCT FROM NEW.power_kw)
    EXECUTE FUNCTION registry_power_within_cooling('id');
"""
DETAILS_TRIGGERS = "".join(
    f"""
CREATE TRIGGER suit_kind_inserted AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_details
    FOR EACH STATEMENT EXECUTE FUNCTION registry_details_suit_kind('{kind}');
CREATE TRIGGER suit_kind_updated AFTER UPDATE ON {table} REFERENCING NEW TABLE AS new_details
    FOR EACH STATEMENT EXECUTE FUNCTION registry_details_suit_kind('{kind}');
"""
    for table, kind in (
        ("registry_tower", "tower"),
        ("registry_duct", "duct"),
        ("registry_fiber", "fiber"),
        ("registry_equipmentroom", "equipment_room"),
    )
)

KEEP_DISCLOSURES = """
CREATE FUNCTION registry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'rows_are_never_changed';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON registry_disclosure
    FOR EACH STATEMENT EXECUTE FUNCTION registry_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [
        migrations.RunSQL(
            GEOMETRY,
            """
            ALTER TABLE registry_asset DROP CONSTRAINT asset_geometry_suits_its_kind,
                DROP CONSTRAINT asset_geometry_is_on_earth;
            ALTER TABLE registry_organization DROP CONSTRAINT organization_social_credit_code_checks;
            """,
        ),
        migrations.RunSQL(UNITS_TAKEN, "DROP FUNCTION registry_units_taken(bigint, daterange)"),
        migrations.RunSQL(
            SETTLE,
            """
            DROP FUNCTION registry_ledger_inserted() CASCADE;
            DROP FUNCTION registry_ledger_updated() CASCADE;
            DROP FUNCTION registry_ledger_deleted() CASCADE;
            DROP FUNCTION registry_settle_ledger(bigint[]);
            """,
        ),
        migrations.RunSQL(KEEP_CAPACITY, "DROP FUNCTION registry_keep_capacity() CASCADE"),
        migrations.RunSQL(
            DETAILS + DETAILS_TRIGGERS,
            """
            DROP FUNCTION registry_details_suit_kind() CASCADE;
            DROP FUNCTION registry_power_within_cooling() CASCADE;
            """,
        ),
        migrations.RunSQL(KEEP_DISCLOSURES, "DROP FUNCTION registry_append_only() CASCADE"),
    ]
