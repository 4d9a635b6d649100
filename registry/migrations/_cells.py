"""How the cells of restricted assets grow until they hold enough: see docs/visibility.md."""

CELLS = """
-- The ladder: rung r is a grid of 0.01 * 2^r degrees, each cell of which is four of the rung below. 5 is the last.
CREATE FUNCTION registry_grid_cell(place geometry, rung integer) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ST_SetSRID(ST_MakePoint(
    (floor(floor(ST_X(place) / 0.01) / (1 << rung)) + 0.5) * (0.01 * (1 << rung)),
    (floor(floor(ST_Y(place) / 0.01) / (1 << rung)) + 0.5) * (0.01 * (1 << rung))
), 4326);

-- The same cell as a number, for indexes: rung, column, row.
CREATE FUNCTION registry_grid_key(place geometry, rung integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (rung::bigint << 34)
    + ((floor(floor(ST_X(place) / 0.01) / (1 << rung))::bigint + 32768) << 17)
    + (floor(floor(ST_Y(place) / 0.01) / (1 << rung))::bigint + 32768);

-- What of a place is masked: a line's two ends, the middle of everything else (which has no far end).
CREATE FUNCTION registry_end(place geometry, far boolean) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN GeometryType(place) = 'LINESTRING' THEN CASE WHEN far THEN ST_EndPoint(place) ELSE ST_StartPoint(place) END
    WHEN NOT far THEN ST_Centroid(place)
END;

CREATE FUNCTION registry_mask(place geometry, protection text, near_rung integer, far_rung integer) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN protection = 'open' THEN place
    WHEN protection = 'core' THEN registry_mask(place, protection)
    WHEN GeometryType(place) = 'LINESTRING' THEN ST_MakeLine(
        registry_grid_cell(ST_StartPoint(place), near_rung), registry_grid_cell(ST_EndPoint(place), far_rung)
    )
    ELSE registry_grid_cell(ST_Centroid(place), near_rung)
END;
"""
FORGET_CELLS = """
DROP FUNCTION registry_mask(geometry, text, integer, integer);
DROP FUNCTION registry_end(geometry, boolean);
DROP FUNCTION registry_grid_key(geometry, integer);
DROP FUNCTION registry_grid_cell(geometry, integer);
"""


ENDS = """
-- Each masked end of each restricted asset, with the group that its cell must hold enough of, and the cell that is shown.
CREATE FUNCTION registry_masked_ends() RETURNS TABLE (
    id bigint, far boolean, owner_id bigint, kind text, region_id bigint, spot geometry, cell bigint
) LANGUAGE sql STABLE AS $$
SELECT id, false, owner_id, kind, region_id, registry_end(geometry, false),
    registry_grid_key(registry_end(geometry, false), near_rung)
FROM registry_asset WHERE protection = 'restricted'
UNION ALL
SELECT id, true, owner_id, kind, region_id, registry_end(geometry, true),
    registry_grid_key(registry_end(geometry, true), far_rung)
FROM registry_asset WHERE protection = 'restricted' AND GeometryType(geometry) = 'LINESTRING'
$$;

CREATE INDEX asset_near_cell ON registry_asset (owner_id, registry_grid_key(registry_end(geometry, false), near_rung))
    WHERE protection = 'restricted';
CREATE INDEX asset_far_cell ON registry_asset (owner_id, registry_grid_key(registry_end(geometry, true), far_rung))
    WHERE protection = 'restricted' AND GeometryType(geometry) = 'LINESTRING';

-- How many assets a cell must hold, at as many places 0.0001 degrees apart: a setting of the connection.
CREATE FUNCTION registry_enough() RETURNS integer LANGUAGE sql STABLE
RETURN coalesce(nullif(current_setting('registry.cell_holds', true), '')::integer, 5);

-- Cells that hold fewer, though a greater one could be shown.
CREATE FUNCTION registry_thin_cells() RETURNS TABLE (owner_id bigint, kind text, region_id bigint, cell bigint)
LANGUAGE sql STABLE AS $$
SELECT owner_id, kind, region_id, cell FROM registry_masked_ends()
WHERE cell >> 34 < 5 GROUP BY owner_id, kind, region_id, cell
HAVING least(count(DISTINCT id), count(DISTINCT ST_SnapToGrid(spot, 0.0001))) < registry_enough()
$$;
"""

SETTLE = """
-- Gives ends of assets their cells: rung by rung, those whose cell would then hold enough. Counted are only ends that are
-- shown in that very cell and ends that still look for one, never those that have settled elsewhere. `leasts`: the
-- rung to begin with. Returns the assets whose cells changed. Sets are joined by hashing, since the plan is kept however
-- many they are; the assets' table is looked up by its indexes, to which OFFSET 0 leaves no other way.
CREATE FUNCTION registry_settle_cells(ids bigint[], fars boolean[], leasts integer[]) RETURNS bigint[]
LANGUAGE plpgsql SET enable_seqscan = off SET enable_nestloop = off AS $$
DECLARE
    enough integer := registry_enough();
    settled_ids bigint[] := '{}';
    settled_fars boolean[] := '{}';
    settled_rungs integer[] := '{}';
    placed_ids bigint[];
    placed_fars boolean[];
    changed bigint[];
BEGIN
    FOR rung IN 0..4 LOOP
        EXIT WHEN cardinality(ids) = 0;
        WITH waiting AS MATERIALIZED (
            SELECT one.id, one.far, one.least, asset.owner_id, asset.kind, asset.region_id,
                registry_end(asset.geometry, one.far) AS spot
            FROM unnest(ids, fars, leasts) AS one (id, far, least)
            CROSS JOIN LATERAL (SELECT * FROM registry_asset WHERE registry_asset.id = one.id OFFSET 0) AS asset
        ), asked AS MATERIALIZED (
            SELECT id, far, owner_id, kind, region_id, spot, registry_grid_key(spot, rung) AS cell
            FROM waiting WHERE least <= rung
        ), cells AS MATERIALIZED (
            SELECT DISTINCT owner_id, kind, region_id, cell FROM asked
        ), shown AS (
            SELECT cells.*, shown.* FROM cells CROSS JOIN LATERAL (
                SELECT id, false AS far, registry_end(geometry, false) AS spot FROM registry_asset AS asset
                WHERE protection = 'restricted' AND asset.owner_id = cells.owner_id AND asset.kind = cells.kind
                    AND asset.region_id = cells.region_id
                    AND registry_grid_key(registry_end(geometry, false), near_rung) = cells.cell
                OFFSET 0
            ) AS shown
            UNION ALL
            SELECT cells.*, shown.* FROM cells CROSS JOIN LATERAL (
                SELECT id, true, registry_end(geometry, true) FROM registry_asset AS asset
                WHERE protection = 'restricted' AND GeometryType(geometry) = 'LINESTRING'
                    AND asset.owner_id = cells.owner_id AND asset.kind = cells.kind
                    AND asset.region_id = cells.region_id
                    AND registry_grid_key(registry_end(geometry, true), far_rung) = cells.cell
                OFFSET 0
            ) AS shown
        ), held AS (
            SELECT owner_id, kind, region_id, cell, id, spot FROM asked
            UNION ALL
            SELECT owner_id, kind, region_id, cell, id, spot FROM shown
            WHERE NOT EXISTS (SELECT FROM waiting WHERE waiting.id = shown.id AND waiting.far = shown.far)
        ), holding AS (
            SELECT owner_id, kind, region_id, cell FROM held GROUP BY owner_id, kind, region_id, cell
            HAVING least(count(DISTINCT id), count(DISTINCT ST_SnapToGrid(spot, 0.0001))) >= enough
        ), placed AS MATERIALIZED (
            SELECT asked.id, asked.far FROM asked JOIN holding USING (owner_id, kind, region_id, cell)
        ), others AS (
            SELECT waiting.id, waiting.far, waiting.least FROM waiting
            WHERE NOT EXISTS (SELECT FROM placed WHERE placed.id = waiting.id AND placed.far = waiting.far)
        )
        SELECT
            (SELECT coalesce(array_agg(id ORDER BY id, far), '{}') FROM placed),
            (SELECT coalesce(array_agg(far ORDER BY id, far), '{}') FROM placed),
            (SELECT coalesce(array_agg(id ORDER BY id, far), '{}') FROM others),
            (SELECT coalesce(array_agg(far ORDER BY id, far), '{}') FROM others),
            (SELECT coalesce(array_agg(least ORDER BY id, far), '{}') FROM others)
        INTO placed_ids, placed_fars, ids, fars, leasts;
        settled_ids := settled_ids || placed_ids;
        settled_fars := settled_fars || placed_fars;
        settled_rungs := settled_rungs || array_fill(rung, ARRAY[cardinality(placed_ids)]);
    END LOOP;
    settled_ids := settled_ids || ids;
    settled_fars := settled_fars || fars;
    settled_rungs := settled_rungs || array_fill(5, ARRAY[cardinality(ids)]);
    -- In the order of their ids, as all who lock assets do.
    PERFORM FROM registry_asset WHERE id = ANY (settled_ids) ORDER BY id FOR NO KEY UPDATE;
    -- Not a SET clause of the function, which only a superuser may give it for a setting of our own.
    PERFORM set_config('registry.settling', 'on', true);
    WITH settled AS (
        SELECT id, max(rung) FILTER (WHERE NOT far) AS near, max(rung) FILTER (WHERE far) AS far
        FROM unnest(settled_ids, settled_fars, settled_rungs) AS one (id, far, rung) GROUP BY id
    ), grown AS (
        UPDATE registry_asset AS asset SET near_rung = coalesce(settled.near, asset.near_rung),
            far_rung = coalesce(settled.far, asset.far_rung), updated_at = greatest(asset.updated_at, now())
        FROM settled WHERE settled.id = asset.id AND asset.id = ANY (settled_ids)
            AND (asset.near_rung, asset.far_rung)
                <> (coalesce(settled.near, asset.near_rung), coalesce(settled.far, asset.far_rung))
        RETURNING asset.id
    )
    SELECT coalesce(array_agg(id), '{}') INTO changed FROM grown;
    PERFORM set_config('registry.settling', 'off', true);
    RETURN changed;
END $$;

-- Tells matching that assets stand elsewhere for it, though nobody moved them.
CREATE FUNCTION registry_note_cells(changed bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_note_places(array_agg(id)) FROM registry_asset
    WHERE id = ANY (changed) AND kind IN ('tower', 'equipment_room') HAVING count(*) > 0;
    INSERT INTO registry_supplychange (block, assets, recorded_at)
    SELECT id >> 11, array_agg(id), now() FROM unnest(changed) AS one (id) GROUP BY id >> 11;
END $$;

-- Ends that lost or left their cells, and what that leaves of the cells: those too few for one look for a greater.
CREATE FUNCTION registry_resettle_cells(
    owners bigint[], kinds text[], regions bigint[], left_cells bigint[], fresh_ids bigint[], fresh_fars boolean[]
) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off SET enable_nestloop = off AS $$
DECLARE
    few_ids bigint[] := '{}';
    few_fars boolean[] := '{}';
    few_leasts integer[] := '{}';
    changed bigint[];
BEGIN
    IF cardinality(owners) > 0 THEN
        -- Two that leave a cell at once would each find the other there.
        PERFORM pg_advisory_xact_lock(hashtextextended('registry_cells', owner))
        FROM (SELECT DISTINCT unnest(owners) AS owner ORDER BY owner) AS each;
        WITH cells AS MATERIALIZED (
            SELECT DISTINCT * FROM unnest(owners, kinds, regions, left_cells) AS one (owner_id, kind, region_id, cell)
        ), fresh AS MATERIALIZED (
            SELECT * FROM unnest(fresh_ids, fresh_fars) AS one (id, far)
        ), shown AS (
            SELECT cells.*, shown.* FROM cells CROSS JOIN LATERAL (
                SELECT id, false AS far, registry_end(geometry, false) AS spot FROM registry_asset AS asset
                WHERE protection = 'restricted' AND asset.owner_id = cells.owner_id AND asset.kind = cells.kind
                    AND asset.region_id = cells.region_id
                    AND registry_grid_key(registry_end(geometry, false), near_rung) = cells.cell
                OFFSET 0
            ) AS shown
            UNION ALL
            SELECT cells.*, shown.* FROM cells CROSS JOIN LATERAL (
                SELECT id, true, registry_end(geometry, true) FROM registry_asset AS asset
                WHERE protection = 'restricted' AND GeometryType(geometry) = 'LINESTRING'
                    AND asset.owner_id = cells.owner_id AND asset.kind = cells.kind
                    AND asset.region_id = cells.region_id
                    AND registry_grid_key(registry_end(geometry, true), far_rung) = cells.cell
                OFFSET 0
            ) AS shown
        ), remaining AS MATERIALIZED (
            SELECT * FROM shown WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.id = shown.id AND fresh.far = shown.far)
        ), few AS (
            SELECT owner_id, kind, region_id, cell FROM remaining GROUP BY owner_id, kind, region_id, cell
            HAVING least(count(DISTINCT id), count(DISTINCT ST_SnapToGrid(spot, 0.0001))) < registry_enough()
        )
        SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(far), '{}'), coalesce(array_agg(cell >> 34), '{}')
        INTO few_ids, few_fars, few_leasts FROM remaining JOIN few USING (owner_id, kind, region_id, cell);
    END IF;
    changed := registry_settle_cells(
        fresh_ids || few_ids, fresh_fars || few_fars, array_fill(0, ARRAY[cardinality(fresh_ids)]) || few_leasts
    );
    -- Of what somebody moved the triggers of the move itself tell.
    PERFORM registry_note_cells(array_agg(id)) FROM unnest(changed) AS one (id) WHERE id = ANY (few_ids)
    HAVING count(*) > 0;
END $$;

-- All cells anew, as if an owner's assets were filed together: the one act by which a cell may become smaller.
CREATE FUNCTION registry_recut_cells(owner bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    changed bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('registry_cells', owner));
    SELECT registry_settle_cells(
        coalesce(array_agg(id), '{}'), coalesce(array_agg(far), '{}'), array_fill(0, ARRAY[count(*)::integer])
    ) INTO changed FROM registry_masked_ends() AS one WHERE one.owner_id = owner;
    PERFORM registry_note_cells(changed);
    RETURN cardinality(changed);
END $$;
"""

TRIGGERS = """
-- Nobody but these functions sets a rung, not even a row saved as it was read some time ago.
CREATE FUNCTION registry_keep_rungs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('registry.settling', true) IS DISTINCT FROM 'on' THEN
        IF TG_OP = 'INSERT' THEN
            NEW.near_rung := 5;
            NEW.far_rung := 5;
        ELSE
            NEW.near_rung := OLD.near_rung;
            NEW.far_rung := OLD.far_rung;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_rungs_inserted BEFORE INSERT ON registry_asset FOR EACH ROW
    WHEN (NEW.near_rung <> 5 OR NEW.far_rung <> 5) EXECUTE FUNCTION registry_keep_rungs();
CREATE TRIGGER keep_rungs_updated BEFORE UPDATE ON registry_asset FOR EACH ROW
    WHEN (OLD.near_rung <> NEW.near_rung OR OLD.far_rung <> NEW.far_rung) EXECUTE FUNCTION registry_keep_rungs();

CREATE FUNCTION registry_cells_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_settle_cells(array_agg(id), array_agg(far), array_fill(0, ARRAY[count(*)::integer]))
    FROM (
        SELECT id, far FROM new_assets CROSS JOIN (VALUES (false), (true)) AS ends (far)
        WHERE protection = 'restricted' AND (NOT far OR GeometryType(geometry) = 'LINESTRING')
    ) AS fresh HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER cells_inserted AFTER INSERT ON registry_asset REFERENCING NEW TABLE AS new_assets
    FOR EACH STATEMENT EXECUTE FUNCTION registry_cells_inserted();

-- No nested loop: the plan is kept for all statements, however many rows they change.
CREATE FUNCTION registry_cells_updated() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
DECLARE
    fresh_ids bigint[];
    fresh_fars boolean[];
BEGIN
    IF current_setting('registry.settling', true) = 'on' OR NOT (
        EXISTS (SELECT FROM new_assets WHERE protection = 'restricted')
        OR EXISTS (SELECT FROM old_assets WHERE protection = 'restricted')
    ) THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(array_agg(present.id), '{}'), coalesce(array_agg(far), '{}') INTO fresh_ids, fresh_fars
    FROM old_assets AS past JOIN new_assets AS present ON present.id = past.id
    CROSS JOIN (VALUES (false), (true)) AS ends (far)
    WHERE present.protection = 'restricted' AND (NOT far OR GeometryType(present.geometry) = 'LINESTRING')
        AND (past.protection, past.owner_id, past.region_id, past.kind, registry_grid_key(
            registry_end(past.geometry, far), CASE WHEN far THEN past.far_rung ELSE past.near_rung END
        )) IS DISTINCT FROM (present.protection, present.owner_id, present.region_id, present.kind, registry_grid_key(
            registry_end(present.geometry, far), CASE WHEN far THEN past.far_rung ELSE past.near_rung END
        ));
    PERFORM registry_resettle_cells(
        coalesce(array_agg(owner_id), '{}'), coalesce(array_agg(kind), '{}'), coalesce(array_agg(region_id), '{}'),
        coalesce(array_agg(cell), '{}'), fresh_ids, fresh_fars
    ) FROM (
        SELECT past.owner_id, past.kind::text, past.region_id, registry_grid_key(registry_end(past.geometry, far), rung) AS cell
        FROM old_assets AS past JOIN new_assets AS present ON present.id = past.id
        CROSS JOIN LATERAL (VALUES (false, past.near_rung), (true, past.far_rung)) AS ends (far, rung)
        WHERE past.protection = 'restricted' AND rung < 5 AND registry_end(past.geometry, far) IS NOT NULL
            AND (past.protection, past.owner_id, past.region_id, past.geometry)
                IS DISTINCT FROM (present.protection, present.owner_id, present.region_id, present.geometry)
    ) AS gone HAVING count(*) > 0 OR cardinality(fresh_ids) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER cells_updated AFTER UPDATE ON registry_asset REFERENCING OLD TABLE AS old_assets NEW TABLE AS new_assets
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION registry_cells_updated();

CREATE FUNCTION registry_cells_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry_resettle_cells(
        array_agg(owner_id), array_agg(kind), array_agg(region_id), array_agg(cell), '{}', '{}'
    ) FROM (
        SELECT owner_id, kind::text, region_id, registry_grid_key(registry_end(geometry, far), rung) AS cell
        FROM old_assets CROSS JOIN LATERAL (VALUES (false, near_rung), (true, far_rung)) AS ends (far, rung)
        WHERE protection = 'restricted' AND rung < 5 AND registry_end(geometry, far) IS NOT NULL
    ) AS gone HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER cells_deleted AFTER DELETE ON registry_asset REFERENCING OLD TABLE AS old_assets
    FOR EACH STATEMENT EXECUTE FUNCTION registry_cells_deleted();
"""
FORGET = """
DROP FUNCTION registry_cells_inserted() CASCADE;
DROP FUNCTION registry_cells_updated() CASCADE;
DROP FUNCTION registry_cells_deleted() CASCADE;
DROP FUNCTION registry_keep_rungs() CASCADE;
DROP FUNCTION registry_recut_cells(bigint);
DROP FUNCTION registry_resettle_cells(bigint[], text[], bigint[], bigint[], bigint[], boolean[]);
DROP FUNCTION registry_note_cells(bigint[]);
DROP FUNCTION registry_settle_cells(bigint[], boolean[], integer[]);
DROP FUNCTION registry_thin_cells();
DROP FUNCTION registry_enough();
DROP INDEX asset_near_cell, asset_far_cell;
DROP FUNCTION registry_masked_ends();
"""
