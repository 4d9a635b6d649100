"""What migrations share that keeps the functions of triggers to the registry's own tables."""

SEAL = """
DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN
        SELECT oid FROM pg_proc
        WHERE prorettype = 'trigger'::regtype AND pronamespace = 'public'::regnamespace AND starts_with(proname, '{app}_')
            AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE starts_with(setting, 'search_path='))
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', one);
    END LOOP;
END $$
"""
"""Temporary tables stand before all others for whoever names no schema, and anybody may make one: by the name of the
ledger or the log, it would be looked at, or written, in their place. To be run again where a function is replaced."""


def sealed(app: str) -> str:
    return SEAL.format(app=app)
