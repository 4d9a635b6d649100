from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sharing", "0018_disjoint_by")]

    operations = [
        migrations.AddIndex(model_name="event", index=BrinIndex(fields=["occurred_at"], name="event_at")),
    ]
