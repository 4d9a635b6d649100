"""What has the rows of a table numbered by the database alone, as SQL for migrations.

The chain of hashes says up to which number it reaches (sharing/trail.py): one row far beyond would leave all that comes
after it outside, and nobody could take it out again.
"""

# A number that was put by, or left over from what was undone, is no longer the newest once a statement begins. What
# a statement writes it locks first, and a link waits for that lock.
REFUSE = """
CREATE FUNCTION registry_keep_numbers() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_LEVEL = 'STATEMENT' THEN
        PERFORM nextval(TG_TABLE_NAME || '_id_seq');
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'rows of % are numbered by the database alone', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'number_is_the_newest';
END $$;
"""
REFUSED = "DROP FUNCTION registry_keep_numbers()"
KEEP = """
CREATE TRIGGER numbers_are_new BEFORE INSERT ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION registry_keep_numbers();
CREATE TRIGGER number_is_the_newest BEFORE INSERT ON {table} FOR EACH ROW
    WHEN (NEW.id IS DISTINCT FROM currval('{table}_id_seq'::regclass)) EXECUTE FUNCTION registry_keep_numbers();
"""
KEPT = "DROP TRIGGER numbers_are_new ON {table}; DROP TRIGGER number_is_the_newest ON {table};"


def numbered(*tables: str) -> tuple[str, str]:
    """SQL, and what takes it back."""
    return "".join(KEEP.format(table=one) for one in tables), "".join(KEPT.format(table=one) for one in tables)
