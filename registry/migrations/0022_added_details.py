from django.db import migrations

from registry.migrations._changes import added_forgotten, of_added_details


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0021_listed"),
    ]

    operations = [
        migrations.RunSQL(of_added_details(), added_forgotten()),
    ]
