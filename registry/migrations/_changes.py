"""The triggers that note who made, changed and removed what, as SQL for migrations.

Columns are compared one by one, and only those that differ become JSON: whole rows, with their geometry, took twenty times
as long, which a file that changes 100,000 assets would have to wait for.
"""

# What a person or a file states of each; all else of an asset the database keeps of itself. tests/registry/test_changes.py
# holds them against the models.
ASSET = (
    "owner_id", "code", "name", "kind", "status", "region_id", "geometry", "planned_facility_id", "available_from",
    "capacity", "weight_kg", "wind_area_m2", "power_kw", "open_to_sectors", "price_per_unit_year", "terms",
    "protection", "protection_reason", "protection_review_on", "source",
)  # fmt: skip
STATED = {
    "asset": ASSET,
    "tower": (
        "structure_type", "height_m", "free_height_min_m", "free_height_max_m", "design_wind_kn_m2",
        "structural_use_pct", "voltage_kv", "backup_h", "earthing_ohm",
    ),
    "duct": (
        "inner_diameter_mm", "outer_diameter_mm", "material", "sub_ducts", "depth_m", "fill_limit",
        "hazardous_co_use", "blocked",
    ),
    "fiber": (
        "fiber_type", "cable_length_m", "route_length_m", "attenuation_1310_db_km", "attenuation_1550_db_km",
        "splices", "splice_loss_db", "connectors", "connector_loss_db",
    ),
    "equipmentroom": (
        "area_m2", "floor_load_kn_m2", "racks", "ac_power_kw", "dc_power_kw", "feeds", "cooling_kw", "backup_h",
        "security_class", "cable_entries",
    ),
    "organization": (
        "code", "name", "sector", "region_id", "social_credit_code", "contact_email", "contact_phone", "regulates_id",
    ),
    "membership": ("user_id", "organization_id", "role"),
    "plannedfacility": (
        "owner_id", "code", "name", "facility_type", "stage", "region_id", "geometry", "request_by",
        "design_freeze_on", "construction_starts_on", "opens_on", "cost_rule",
    ),
    "placegrant": (
        "organization_id", "region_id", "starts_on", "ends_on", "reason", "granted_by_id", "granted_at",
        "withdrawn_at",
    ),
}  # fmt: skip

KEPT = (
    "created_at", "updated_at", "used_today", "ledger_version", "free_today", "near_rung", "far_rung",
    "masked_geometry", "length_m",
)  # fmt: skip

NOTE = """
CREATE FUNCTION registry_actor() RETURNS bigint LANGUAGE sql STABLE
RETURN nullif(current_setting('registry.actor', true), '')::bigint;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry_change
    FOR EACH STATEMENT EXECUTE FUNCTION registry_append_only();

{listing}
CREATE TRIGGER note_listed AFTER INSERT ON registry_asset REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION registry_note_listed();
"""
# `listed` is how many these are, which their ids tell as well, but slowly where they do not follow each other.
LISTING = """
-- A file lands as one statement, whose assets have ids that follow each other.
CREATE OR REPLACE FUNCTION registry_note_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_change (noun, act, rows, label, organization_id, region_id, actor_id, changed_at{column})
    SELECT 'asset', 'insert', CASE WHEN max(id) - min(id) + 1 = count(*)
            THEN int8multirange(int8range(min(id), max(id), '[]')) ELSE range_agg(int8range(id, id, '[]')) END,
        CASE WHEN count(*) = 1 THEN min(code) ELSE '' END, owner_id,
        CASE WHEN min(region_id) = max(region_id) THEN min(region_id) END, registry_actor(), now(){count}
    FROM new_rows GROUP BY owner_id;
    RETURN NULL;
END $$;
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

# Whoever writes, triggers too, of which anybody may have some of their own on a temporary table.
NOTE_CHANGED = """
CREATE OR REPLACE TRIGGER note_changed AFTER UPDATE ON registry_{noun}
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION registry_note_changed_{noun}();
"""
CHANGED = """
CREATE FUNCTION registry_note_changed_{noun}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_change ({columns})
    SELECT '{noun}', 'update', this.{key}, {was}, {became}, registry_actor(), now(), {about}
    FROM old_rows AS past JOIN new_rows AS this ON this.{key} = past.{key} {joined}
    WHERE {differs};
    RETURN NULL;
END $$;
{trigger}
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
# Details that come to an asset which was there before. Those that come with it, in one transaction, are in its line.
ADDED = """
CREATE FUNCTION registry_note_added_{noun}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    listed int8multirange;
BEGIN
    SELECT range_agg(line.rows) INTO listed FROM registry_change AS line
    WHERE line.noun = 'asset' AND line.act = 'insert' AND line.changed_at = now()
        AND line.rows && (SELECT range_agg(int8range(asset_id, asset_id, '[]')) FROM new_rows);
    INSERT INTO registry_change ({columns})
    SELECT '{noun}', 'insert', this.{key}, NULL, to_jsonb(this), registry_actor(), now(), {about}
    FROM new_rows AS this {joined}
    WHERE listed IS NULL OR NOT listed @> this.{key};
    RETURN NULL;
END $$;
CREATE TRIGGER note_added AFTER INSERT ON registry_{noun} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION registry_note_added_{noun}();
"""
DETAILS = tuple(noun for noun, found in TABLES.items() if found is OF_ASSET)


def triggers() -> str:
    """All of them. What triggers themselves write of an asset (the ledger, the cells) states nothing of it."""
    found = [NOTE.replace("{listing}", listing(counted=False))]
    for noun, (key, joined, about) in TABLES.items():
        given = {
            "noun": noun,
            "key": key,
            "joined": joined,
            "about": about,
            "columns": COLUMNS,
            "kept": ",".join(KEPT),
        }
        past, this = (", ".join(f"{row}.{column}" for column in STATED[noun]) for row in ("past", "this"))
        found.append(
            CHANGED.format(
                **given,
                was=_differing(noun, "past"),
                became=_differing(noun, "this"),
                differs=f"({past}) IS DISTINCT FROM ({this})",
                trigger=NOTE_CHANGED.format(noun=noun),
            )
        )
        if joined == "" and noun != "asset":
            found.append(MADE.format(**given))
    return "".join(found)


def listing(*, counted: bool) -> str:
    """Of the assets that a statement made, a line for each owner."""
    return LISTING.format(column=", listed" if counted else "", count=", count(*)" if counted else "")


def of_added_details() -> str:
    return "".join(
        ADDED.format(noun=noun, key=key, joined=joined, about=about, columns=COLUMNS)
        for noun, (key, joined, about) in TABLES.items()
        if noun in DETAILS
    )


def added_forgotten() -> str:
    return "".join(f"DROP FUNCTION registry_note_added_{noun}() CASCADE;" for noun in DETAILS)


def _differing(noun: str, row: str) -> str:
    """Those columns of `past` or `this` in which they differ, as an object."""
    return " || ".join(
        f"CASE WHEN past.{name} IS DISTINCT FROM this.{name} THEN jsonb_build_object('{name}', {row}.{name})"
        " ELSE '{}'::jsonb END"
        for name in STATED[noun]
    )


def forgotten() -> str:
    names = ["listed", *(f"{act}_{noun}" for noun in TABLES for act in ("changed", "removed", "made"))]
    dropped = "".join(f"DROP FUNCTION IF EXISTS registry_note_{name}() CASCADE;" for name in names)
    return f"{dropped} DROP FUNCTION registry_actor();"


# --- Who may enter, and what is sent out: of these only what is stated, never a password, a secret or its hash -------

# By noun: its table, what is stated of it, and what stands in a line beside its number: code and organization.
ACCOUNTS = {
    "user": (
        "registry_user",
        ("username", "email", "is_superuser", "is_staff", "is_active"),
        "this.username, NULL::bigint",
    ),
    "apitoken": (
        "registry_apitoken",
        ("user_id", "issued_by_id", "organization_id", "name", "scopes", "expires_at", "revoked_at"),
        "this.name, this.organization_id",
    ),
    "webhookendpoint": (
        "sharing_webhookendpoint",
        ("organization_id", "name", "url", "types", "disabled_at", "disabled_reason"),
        "this.name, this.organization_id",
    ),
}
# Row by row, since they are few, and since only so the database passes over what is written all the time, the last
# sign-in or the last call, without calling anything.
ACCOUNT = """
CREATE FUNCTION registry_note_{act}_{noun}() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO registry_change (noun, act, row, before, after, actor_id, changed_at, label, organization_id)
    SELECT '{noun}', lower(TG_OP), this.id, this.before, this.after, registry_actor(), now(), left(about.label, 80),
        about.organization_id
    FROM (SELECT {row}.*, {before} AS before, {after} AS after) AS this
    CROSS JOIN LATERAL (SELECT {about}) AS about (label, organization_id);
    RETURN NULL;
END $$;
CREATE TRIGGER note_{act} AFTER {verb} ON {table}
    FOR EACH ROW {when} EXECUTE FUNCTION registry_note_{act}_{noun}();
"""


def of_account(noun: str) -> str:
    table, stated, about = ACCOUNTS[noun]
    differing = {
        row: " || ".join(
            f"CASE WHEN OLD.{name} IS DISTINCT FROM NEW.{name} THEN jsonb_build_object('{name}', {row}.{name})"
            " ELSE '{}'::jsonb END"
            for name in stated
        )
        for row in ("OLD", "NEW")
    }
    whole = {
        row: "jsonb_build_object({})".format(", ".join(f"'{name}', {row}.{name}" for name in stated))
        for row in differing
    }
    past, this = (", ".join(f"{row}.{name}" for name in stated) for row in ("OLD", "NEW"))
    made = (
        ("made", "INSERT", "", "NEW", "NULL::jsonb", whole["NEW"]),
        (
            "changed", f"UPDATE OF {', '.join(stated)}", f"WHEN (({past}) IS DISTINCT FROM ({this}))", "NEW",
            differing["OLD"], differing["NEW"],
        ),
        ("removed", "DELETE", "", "OLD", whole["OLD"], "NULL::jsonb"),
    )  # fmt: skip
    return "".join(
        ACCOUNT.format(
            noun=noun, table=table, about=about, act=act, verb=verb, when=when, row=row, before=before, after=after
        )
        for act, verb, when, row, before, after in made
    )


def account_forgotten(noun: str) -> str:
    return "".join(f"DROP FUNCTION registry_note_{act}_{noun}() CASCADE;" for act in ("made", "changed", "removed"))
