"""Disclosures can be emptied no more than changed or removed, as the other tables that only grow."""

from django.db import migrations

KEEP = """
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON registry_disclosure
    FOR EACH STATEMENT EXECUTE FUNCTION registry_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0029_sealed_triggers")]

    operations = [migrations.RunSQL(KEEP, "DROP TRIGGER never_emptied ON registry_disclosure")]
