"""The triggers that note who made, changed and removed what, as SQL for migrations."""

# What a person or a file states of an asset; all else the database keeps of itself. tests/registry/test_changes.py holds
# them against the model.
STATED = (
    "owner_id", "code", "name", "kind", "status", "region_id", "geometry", "planned_facility_id", "available_from",
    "capacity", "weight_kg", "wind_area_m2", "power_kw", "open_to_sectors", "price_per_unit_year", "terms",
    "protection", "protection_reason", "protection_review_on", "source",
)  # fmt: skip
KEPT = (
    "created_at", "updated_at", "used_today", "ledger_version", "free_today", "near_rung", "far_rung",
    "masked_geometry", "length_m",
)  # fmt: skip

NOTE = """
CREATE FUNCTION registry_actor() RETURNS bigint LANGUAGE sql STABLE
RETURN nullif(current_setting('registry.actor', true), '')::bigint;

-- Of two states of a row the columns of the first that differ in the second.
CREATE FUNCTION registry_differing(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT jsonb_object_agg(key, value) FROM jsonb_each(one) WHERE other -> key IS DISTINCT FROM value);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry_change
    FOR EACH STATEMENT EXECUTE FUNCTION registry_append_only();

-- A file lands as one statement, whose assets have ids that follow each other.
CREATE FUNCTION registry_note_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_change (noun, act, rows, label, organization_id, region_id, actor_id, changed_at)
    SELECT 'asset', 'insert', CASE WHEN max(id) - min(id) + 1 = count(*)
            THEN int8multirange(int8range(min(id), max(id), '[]')) ELSE range_agg(int8range(id, id, '[]')) END,
        CASE WHEN count(*) = 1 THEN min(code) ELSE '' END, owner_id,
        CASE WHEN min(region_id) = max(region_id) THEN min(region_id) END, registry_actor(), now()
    FROM new_rows GROUP BY owner_id;
    RETURN NULL;
END $$;
CREATE TRIGGER note_listed AFTER INSERT ON registry_asset REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION registry_note_listed();
"""

# What stands in a line beside the row's own number: code, organization and region. The details of an asset have those of
# the asset, looked up one by one: a join would read all assets while an import has no nested loops.
OF_ASSET = (
    "asset_id",
    "CROSS JOIN LATERAL (SELECT code, owner_id, region_id FROM registry_asset WHERE id = this.asset_id OFFSET 0) AS of_it",
    "of_it.code, of_it.owner_id, of_it.region_id",
)
TABLES = {
    "asset": ("id", "", "this.code, this.owner_id, this.region_id"),
    "tower": OF_ASSET,
    "duct": OF_ASSET,
    "fiber": OF_ASSET,
    "equipmentroom": OF_ASSET,
    "organization": ("id", "", "this.code, this.id, this.region_id"),
    "membership": ("id", "", "'', this.organization_id, NULL::bigint"),
    "plannedfacility": ("id", "", "this.code, this.owner_id, this.region_id"),
    "placegrant": ("id", "", "'', this.organization_id, this.region_id"),
}
COLUMNS = "noun, act, row, before, after, actor_id, changed_at, label, organization_id, region_id"

CHANGED = """
CREATE FUNCTION registry_note_changed_{noun}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_change ({columns})
    SELECT '{noun}', 'update', this.{key}, registry_differing(was, became), registry_differing(became, was),
        registry_actor(), now(), {about}
    FROM old_rows AS past JOIN new_rows AS this ON this.{key} = past.{key} {joined}
    CROSS JOIN LATERAL (
        SELECT to_jsonb(past) - '{{{kept}}}'::text[] AS was, to_jsonb(this) - '{{{kept}}}'::text[] AS became OFFSET 0
    ) AS states
    WHERE {differs};
    RETURN NULL;
END $$;
CREATE TRIGGER note_changed AFTER UPDATE ON registry_{noun} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT {when} EXECUTE FUNCTION registry_note_changed_{noun}();

CREATE FUNCTION registry_note_removed_{noun}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_change ({columns})
    SELECT '{noun}', 'delete', this.{key}, to_jsonb(this) - '{{{kept}}}'::text[], NULL, registry_actor(), now(), {about}
    FROM old_rows AS this {joined};
    RETURN NULL;
END $$;
CREATE TRIGGER note_removed AFTER DELETE ON registry_{noun} REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION registry_note_removed_{noun}();
"""
MADE = """
CREATE FUNCTION registry_note_made_{noun}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_change ({columns})
    SELECT '{noun}', 'insert', this.{key}, NULL, to_jsonb(this), registry_actor(), now(), {about} FROM new_rows AS this;
    RETURN NULL;
END $$;
CREATE TRIGGER note_made AFTER INSERT ON registry_{noun} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION registry_note_made_{noun}();
"""


def triggers() -> str:
    """All of them. What triggers themselves write of an asset (the ledger, the cells) states nothing of it."""
    found = [NOTE]
    for noun, (key, joined, about) in TABLES.items():
        given = {
            "noun": noun,
            "key": key,
            "joined": joined,
            "about": about,
            "columns": COLUMNS,
            "kept": ",".join(KEPT),
        }
        differs, when = "past IS DISTINCT FROM this", ""
        if noun == "asset":
            past, this = (", ".join(f"{row}.{column}" for column in STATED) for row in ("past", "this"))
            differs, when = f"({past}) IS DISTINCT FROM ({this})", "WHEN (pg_trigger_depth() = 0)"
        found.append(CHANGED.format(**given, differs=differs, when=when))
        if joined == "" and noun != "asset":
            found.append(MADE.format(**given))
    return "".join(found)


def forgotten() -> str:
    names = ["listed", *(f"{act}_{noun}" for noun in TABLES for act in ("changed", "removed", "made"))]
    dropped = "".join(f"DROP FUNCTION IF EXISTS registry_note_{name}() CASCADE;" for name in names)
    return f"{dropped} DROP FUNCTION registry_differing(jsonb, jsonb); DROP FUNCTION registry_actor();"
