"""The account of a service token is a member of the token's organization alone, and no manager there."""

from django.db import migrations

KEEP = """
-- Of tokens and memberships alike, by whichever of the two the account would become more.
CREATE FUNCTION registry_service_keeps_its_place() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM registry_apitoken AS token JOIN registry_membership AS own USING (user_id)
        WHERE user_id = NEW.user_id AND (own.organization_id <> token.organization_id
            OR token.organization_id IS NOT NULL AND own.role = 'manager')
    ) THEN
        RAISE EXCEPTION 'account % is that of a service token', NEW.user_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'service_token_keeps_its_place';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER service_keeps_its_place AFTER INSERT OR UPDATE OF user_id, organization_id, role ON registry_membership
    FOR EACH ROW EXECUTE FUNCTION registry_service_keeps_its_place();
CREATE TRIGGER service_keeps_its_place AFTER INSERT OR UPDATE OF user_id, organization_id ON registry_apitoken
    FOR EACH ROW EXECUTE FUNCTION registry_service_keeps_its_place();
"""
LEAVE = "DROP FUNCTION registry_service_keeps_its_place() CASCADE"

# What was made of such accounts before anything kept them: first out of other organizations, then no manager any more.
RETURN = """
DELETE FROM registry_membership AS own USING registry_apitoken AS token
WHERE own.user_id = token.user_id AND own.organization_id <> token.organization_id;
UPDATE registry_membership AS own SET role = 'editor' FROM registry_apitoken AS token
WHERE own.user_id = token.user_id AND own.organization_id = token.organization_id AND own.role = 'manager';
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0032_reasons_of_protection")]

    operations = [migrations.RunSQL(KEEP, LEAVE), migrations.RunSQL(RETURN, migrations.RunSQL.noop)]
