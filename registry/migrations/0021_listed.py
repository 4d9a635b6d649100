from django.db import migrations, models

from registry.migrations._changes import listing

COUNTED = """
ALTER TABLE registry_change DISABLE TRIGGER append_only;
UPDATE registry_change SET listed = (SELECT sum(upper(part) - lower(part)) FROM unnest(rows) AS part)
    WHERE rows IS NOT NULL;
ALTER TABLE registry_change ENABLE TRIGGER append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0020_changes")]

    operations = [
        migrations.AddField(
            model_name="change",
            name="listed",
            field=models.IntegerField(editable=False, null=True),
        ),
        migrations.RunSQL(listing(counted=True) + COUNTED, listing(counted=False)),
    ]
