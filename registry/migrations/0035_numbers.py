"""What the chain of hashes holds up to a number is numbered by the database alone."""

from django.db import migrations

from registry.migrations._numbers import REFUSE, REFUSED, numbered


class Migration(migrations.Migration):
    dependencies = [("registry", "0034_changes_by_triggers")]

    operations = [
        migrations.RunSQL(REFUSE, REFUSED),
        migrations.RunSQL(*numbered("registry_change", "registry_sight", "registry_export", "registry_disclosure")),
    ]
